//! Agent answers in the events and JSON of OpenClaw 2026.2.9.

use serde_json::{Value, json};

use super::http::Http;
use super::scene::{Asked, End, Gate, Scene};

/// What the agent says and calls, in the format of OpenClaw 2026.2.9: streamed if the request asks for a
/// stream, otherwise one JSON response.
#[derive(Clone, Debug)]
pub struct Answer {
    said: Vec<Said>,
    final_text: Option<String>,
    calls: Vec<Call>,
    closing: Closing,
    usage: Option<(u64, u64)>,
    runs_on: bool,
}

#[derive(Clone, Debug)]
enum Said {
    Delta(String),
    Hold(Gate),
}

#[derive(Clone, Debug)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

#[derive(Clone, Debug)]
enum Closing {
    /// `response.completed` with this status.
    Completed(&'static str),
    /// `response.failed`.
    Failed { code: String, message: String },
    /// No terminal event at all.
    Missing,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            said: Vec::new(),
            final_text: None,
            calls: Vec::new(),
            closing: Closing::Completed("completed"),
            usage: Some((123, 7)),
            runs_on: false,
        }
    }
}

impl Answer {
    /// An empty answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// A complete text; each delta is a word with its leading whitespace.
    pub fn text(text: &str) -> Self {
        let mut answer = Self::new();
        let mut rest = text;
        while !rest.is_empty() {
            let blank = rest
                .find(|c: char| !c.is_whitespace())
                .unwrap_or(rest.len());
            let end = rest[blank..]
                .find(char::is_whitespace)
                .map_or(rest.len(), |at| blank + at);
            let (word, after) = rest.split_at(end);
            answer = answer.delta(word);
            rest = after;
        }
        answer
    }

    /// One more delta.
    pub fn delta(mut self, text: &str) -> Self {
        self.said.push(Said::Delta(text.to_owned()));
        self
    }

    /// Waits here until the gate opens.
    pub fn hold(mut self, gate: &Gate) -> Self {
        self.said.push(Said::Hold(gate.clone()));
        self
    }

    /// Final text, in `output_text.done` and the terminal event, if it differs from the joined deltas:
    /// after a retry in the gateway, deltas come twice and the final text once.
    pub fn final_text(mut self, text: &str) -> Self {
        self.final_text = Some(text.to_owned());
        self
    }

    /// One more function call; `arguments` is JSON text, sent as it is. The status becomes
    /// `incomplete`, as in 2026.2.9 (see [`Answer::status`]).
    pub fn call(mut self, id: &str, name: &str, arguments: &str) -> Self {
        self.calls.push(Call {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        });
        self.status("incomplete")
    }

    /// The status in `response.completed`.
    pub fn status(mut self, status: &'static str) -> Self {
        self.closing = Closing::Completed(status);
        self
    }

    /// `response.failed` with this error at the end; not streamed: HTTP 500.
    pub fn failed(mut self, code: &str, message: &str) -> Self {
        self.closing = Closing::Failed {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        self
    }

    /// How 2026.2.9 streams most provider failures: its stock sentence, completed, with zero usage.
    pub fn provider_failed() -> Self {
        Self::new()
            .final_text("No response from OpenClaw.")
            .usage(0, 0)
    }

    /// Stops after the deltas, without `done` or terminal events. [`Answer::then`] chooses how the
    /// connection ends.
    pub fn unfinished(mut self) -> Self {
        self.closing = Closing::Missing;
        self
    }

    /// Tokens in and out, of the terminal event.
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        self.usage = Some((input, output));
        self
    }

    /// No usage at all.
    pub fn no_usage(mut self) -> Self {
        self.usage = None;
        self
    }

    /// Starts like versions that continue a run after the client has left, such as 2026.2.9. Without it
    /// the answer starts like versions that end the run.
    pub fn runs_on(mut self) -> Self {
        self.runs_on = true;
        self
    }

    /// A scene that ends its connection this way.
    pub fn then(self, end: End) -> Scene {
        Scene::from(self).then(end)
    }

    fn whole_text(&self) -> String {
        self.final_text.clone().unwrap_or_else(|| {
            self.said
                .iter()
                .filter_map(|said| match said {
                    Said::Delta(text) => Some(text.as_str()),
                    Said::Hold(_) => None,
                })
                .collect()
        })
    }

    fn call_items(&self, asked: &Asked) -> Vec<Value> {
        let item = |(index, call): (usize, &Call)| {
            json!({
                "type": "function_call",
                "id": format!("call_{}_{index}", asked.number),
                "call_id": call.id,
                "name": call.name,
                "arguments": call.arguments,
            })
        };
        self.calls.iter().enumerate().map(item).collect()
    }

    /// One JSON answer.
    pub(super) fn whole(&self, asked: &Asked) -> Http {
        let (status, body) = match &self.closing {
            Closing::Completed(status) => {
                let output = if self.calls.is_empty() {
                    vec![message(asked, &self.whole_text(), "completed")]
                } else {
                    self.call_items(asked)
                };
                (200, resource(asked, status, &output, self.usage))
            }
            Closing::Failed { code, message } => {
                let mut body = resource(asked, "failed", &[], Some((0, 0)));
                body["error"] = json!({ "code": code, "message": message });
                (500, body)
            }
            Closing::Missing => (200, resource(asked, "in_progress", &[], self.usage)),
        };
        let holds = self.said.iter().filter_map(|said| match said {
            Said::Hold(gate) => Some(gate),
            Said::Delta(_) => None,
        });
        let http = holds.fold(Http::new(status), Http::hold);
        http.json(&body)
    }

    /// The stream of events.
    pub(super) fn streamed(&self, asked: &Asked) -> Http {
        let item_id = message_id(asked);
        let mut start = resource(asked, "in_progress", &[], Some((0, 0)));
        if !self.runs_on {
            start["usage"]["input_tokens_details"] =
                json!({ "cached_tokens": 0, "cache_write_tokens": 0 });
        }
        let at = |kind: &str| json!({ "type": kind, "item_id": item_id, "output_index": 0, "content_index": 0 });
        let with = |kind: &str, key: &str, value: Value| {
            let mut data = at(kind);
            data[key] = value;
            (kind.to_owned(), data)
        };
        let item = |kind: &str, index: usize, item: &Value| {
            (
                kind.to_owned(),
                json!({ "type": kind, "output_index": index, "item": item }),
            )
        };
        let send = |http: Http, (name, data): (String, Value)| http.event(&name, &data);
        let part = |text: &str| json!({ "type": "output_text", "text": text });

        let mut http = Http::event_stream();
        for kind in ["response.created", "response.in_progress"] {
            http = http.event(kind, &json!({ "type": kind, "response": start }));
        }
        let added = message(asked, "", "in_progress");
        http = send(http, item("response.output_item.added", 0, &added));
        http = send(http, with("response.content_part.added", "part", part("")));
        for said in &self.said {
            http = match said {
                Said::Hold(gate) => http.hold(gate),
                Said::Delta(text) => send(
                    http,
                    with("response.output_text.delta", "delta", text.as_str().into()),
                ),
            };
        }

        let terminal = match &self.closing {
            Closing::Missing => return http,
            Closing::Failed { code, message } => {
                let mut response = resource(asked, "failed", &[], Some((0, 0)));
                response["error"] = json!({ "code": code, "message": message });
                ("response.failed", response)
            }
            Closing::Completed(status) => {
                let text = self.whole_text();
                let done = message(asked, &text, "completed");
                http = send(
                    http,
                    with("response.output_text.done", "text", text.as_str().into()),
                );
                http = send(
                    http,
                    with("response.content_part.done", "part", part(&text)),
                );
                http = send(http, item("response.output_item.done", 0, &done));
                let mut output = vec![done];
                for (index, call) in self.call_items(asked).into_iter().enumerate() {
                    http = send(http, item("response.output_item.added", index + 1, &call));
                    let mut done = call.clone();
                    done["status"] = "completed".into();
                    http = send(http, item("response.output_item.done", index + 1, &done));
                    output.push(call);
                }
                (
                    "response.completed",
                    resource(asked, status, &output, self.usage),
                )
            }
        };
        http.event(
            terminal.0,
            &json!({ "type": terminal.0, "response": terminal.1 }),
        )
        .bytes("data: [DONE]\n\n")
    }
}

fn message_id(asked: &Asked) -> String {
    format!("msg_{}", asked.number)
}

fn message(asked: &Asked, text: &str, status: &str) -> Value {
    json!({
        "type": "message",
        "id": message_id(asked),
        "role": "assistant",
        "content": [{ "type": "output_text", "text": text }],
        "status": status,
    })
}

fn resource(asked: &Asked, status: &str, output: &[Value], usage: Option<(u64, u64)>) -> Value {
    let mut resource = json!({
        "id": format!("resp_{}", asked.number),
        "object": "response",
        "created_at": 1_795_331_802,
        "status": status,
        "model": asked.model,
        "output": output,
    });
    if let Some((input, output)) = usage {
        resource["usage"] = json!({
            "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        });
    }
    resource
}
