//! Reads the answer to one request, stream or JSON, to its end.

use super::refusal::{self, excerpt};
use super::response::{self, error_words, text_of};
use super::sse::{self, SseReader};
use crate::fault::FaultCode;
use crate::prelude::*;
use crate::turn::model::{Fault, ToolCall, Usage};
use serde_json::Value;

/// What 2026.2.9 says, as a reply that went well, when its model provider failed.
const STOCK_SENTENCE: &str = "No response from OpenClaw.";

/// A complete answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The gateway's final text.
    pub text: String,
    /// Its id; may be empty.
    pub response_id: String,
    /// Where reported.
    pub usage: Option<Usage>,
    /// What the model wants run, in order.
    pub calls: Vec<ToolCall>,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Server-sent events.
    Stream,
    /// One JSON object.
    Json,
}

/// Reads an answer whose status is 200, piece by piece.
pub struct AnswerReader {
    format: Form,
    left: u64,
    max: u64,
    /// Deltas and final texts by output and content index.
    parts: Sorted<(u64, u64), Part>,
    calls: Sorted<u64, ToolCall>,
    /// All deltas so far, as they were shown.
    shown: String,
    end: Option<Result<Answer, Fault>>,
}

enum Form {
    Stream(SseReader),
    Json(Vec<u8>),
}

/// A map in the order of its keys. An answer has few of them, mostly one.
struct Sorted<K, V>(Vec<(K, V)>);

impl<K: Ord, V> Sorted<K, V> {
    /// The value of this key; made if there is none.
    fn entry(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        let at = match self.0.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (key, new()));
                at
            }
        };
        &mut self.0[at].1
    }

    fn set(&mut self, key: K, value: V) {
        match self.0.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }
}

#[derive(Default)]
struct Part {
    joined: String,
    done: Option<String>,
}

impl AnswerReader {
    /// A reader that takes at most so many bytes.
    pub fn new(format: Format, max_bytes: u64) -> Self {
        let cap = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let format = match format {
            Format::Stream => Form::Stream(SseReader::new(sse::Limits {
                max_line: cap,
                max_event: cap,
            })),
            Format::Json => Form::Json(Vec::new()),
        };
        Self {
            format,
            left: max_bytes,
            max: max_bytes,
            parts: Sorted(vec![]),
            calls: Sorted(vec![]),
            shown: String::new(),
            end: None,
        }
    }

    /// Reads on. Gives the new deltas, joined, for showing.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut fresh = String::new();
        if self.end.is_some() {
            return fresh;
        }
        // What is within the limit counts, however the answer is cut: its end may be there.
        let taken = bytes
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let cut_off = taken < bytes.len();
        let bytes = &bytes[..taken];
        self.left -= taken as u64;
        let events = match &mut self.format {
            Form::Json(all) => {
                all.extend_from_slice(bytes);
                vec![]
            }
            Form::Stream(reader) => reader.push(bytes).collect::<Vec<_>>(),
        };
        for event in events {
            if self.end.is_some() {
                break;
            }
            let read = event
                .map_err(|error| protocol_error(&error.to_string()))
                .and_then(|event| self.event(&event.event, &event.data, &mut fresh));
            if let Err(fault) = read {
                self.end = Some(Err(fault));
            }
        }
        self.shown.push_str(&fresh);
        if cut_off && self.end.is_none() {
            let why = format!("the answer is over {} bytes and was cut off", self.max);
            self.end = Some(Err(Fault::new(FaultCode::ProtocolError, why)));
        }
        fresh
    }

    /// Whether the end has been read; what follows does not matter.
    pub fn ended(&self) -> bool {
        self.end.is_some()
    }

    /// What had been shown of the answer.
    pub fn partial_text(&self) -> &str {
        &self.shown
    }

    /// The answer, or the fault, once nothing more comes. `rest` are deltas that were never sent
    /// though the final text has them.
    pub fn finish(mut self) -> (Result<Answer, Fault>, String) {
        let end = match (self.end.take(), &self.format) {
            (Some(end), _) => end,
            (None, Form::Stream(_)) => Err(Fault::new(
                FaultCode::StreamInterrupted,
                "the answer ended before its last event",
            )),
            (None, Form::Json(all)) => match serde_json::from_slice::<Value>(all) {
                Ok(response) if text_of(&response, "status").is_empty() => {
                    Err(protocol_error("it is no response object"))
                }
                Ok(response) => self.terminal(text_of(&response, "status"), &response),
                // Cut in the middle rather than garbled.
                Err(error) if error.is_eof() => Err(Fault::new(
                    FaultCode::StreamInterrupted,
                    "the answer ended in the middle",
                )),
                Err(error) => Err(protocol_error(&error.to_string())),
            },
        };
        match end {
            Ok(answer) => {
                let rest = answer
                    .text
                    .strip_prefix(self.shown.as_str())
                    .unwrap_or_default()
                    .to_owned();
                (Ok(answer), rest)
            }
            Err(mut fault) => {
                fault.partial_text = self.shown;
                (Err(fault), String::new())
            }
        }
    }

    fn event(&mut self, name: &str, data: &str, fresh: &mut String) -> Result<(), Fault> {
        if data == "[DONE]" {
            self.end = Some(Err(Fault::new(
                FaultCode::StreamInterrupted,
                "the answer said that it is done, but gave no last event",
            )));
            return Ok(());
        }
        if !(name == "message" || name == "error" || name.starts_with("response.")) {
            return Ok(());
        }
        let event: Value = serde_json::from_slice(data.as_bytes())
            .map_err(|error| protocol_error(&error.to_string()))?;
        let kind = event["type"].as_str().unwrap_or(name);
        let index = |field: &str| event[field].as_u64().unwrap_or_default();
        let at = (index("output_index"), index("content_index"));
        match kind {
            "response.output_text.delta" => {
                let delta = text_of(&event, "delta");
                let earlier = self
                    .parts
                    .0
                    .iter()
                    .any(|(other, part)| *other < at && !part.joined.is_empty());
                let part = self.parts.entry(at, Part::default);
                // A new message of the same answer begins on a line of its own, as in the final text.
                if part.joined.is_empty() && !delta.is_empty() && earlier && at.1 == 0 {
                    fresh.push_str("\n\n");
                }
                part.joined.push_str(delta);
                fresh.push_str(delta);
            }
            "response.output_text.done" => {
                self.parts.entry(at, Part::default).done =
                    event["text"].as_str().map(str::to_owned);
            }
            "response.output_item.added" | "response.output_item.done" => {
                if let Some(call) = response::call(&event["item"]) {
                    self.calls.set(at.0, call);
                }
            }
            "response.completed" | "response.failed" | "response.incomplete" => {
                let response = &event["response"];
                let status = match text_of(response, "status") {
                    "" => kind.trim_start_matches("response."),
                    status => status,
                };
                self.end = Some(if response.is_object() || status == "failed" {
                    self.terminal(status, response)
                } else {
                    Err(protocol_error("its last event has no response"))
                });
            }
            "error" => {
                let error = if event["error"].is_object() {
                    &event["error"]
                } else {
                    &event
                };
                let why = format!(
                    "the stream says: {}",
                    excerpt(error_words(error).as_bytes())
                );
                self.end = Some(Err(Fault::new(FaultCode::GatewayError, why)));
            }
            _ => {}
        }
        Ok(())
    }

    /// What a response object that claims to be the end makes of the turn.
    fn terminal(&self, status: &str, response: &Value) -> Result<Answer, Fault> {
        match status {
            "completed" | "incomplete" => {}
            "failed" | "cancelled" => return Err(refusal::failed(status, response)),
            other => {
                return Err(protocol_error(&format!(
                    "an end with the status `{}`",
                    excerpt(other.as_bytes())
                )));
            }
        }
        let mut calls = response::calls(response);
        if calls.is_empty() {
            calls = self.calls.0.iter().map(|(_, call)| call.clone()).collect();
        }
        let mut text = response::text(response);
        if text.is_empty() {
            text = self.text_of_parts();
        }
        if calls.is_empty() && text == STOCK_SENTENCE {
            return Err(Fault::new(
                FaultCode::ModelProviderFailed,
                format!("the gateway's whole answer is \"{STOCK_SENTENCE}\""),
            ));
        }
        let usage = response::usage(response);
        Ok(Answer {
            text,
            usage,
            response_id: text_of(response, "id").to_owned(),
            calls,
        })
    }

    /// `output_text.done` before joined deltas: a provider that drops out repeats deltas.
    fn text_of_parts(&self) -> String {
        let mut text = String::new();
        for (at, part) in &self.parts.0 {
            let part = part.done.as_deref().unwrap_or(&part.joined);
            if at.1 == 0 && !text.is_empty() && !part.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(part);
        }
        text
    }
}

fn protocol_error(why: &str) -> Fault {
    Fault::new(
        FaultCode::ProtocolError,
        format!("the answer cannot be read: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> String {
        let kind = serde_json::from_str::<serde_json::Value>(data).expect("JSON")["type"].clone();
        format!(
            "event: {}\ndata: {data}\n\n",
            kind.as_str().expect("a type")
        )
    }

    fn delta(text: &str) -> String {
        event(&serde_json::json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}).to_string())
    }

    fn done(text: &str) -> String {
        event(&serde_json::json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": text}).to_string())
    }

    fn completed(text: &str) -> String {
        event(&serde_json::json!({"type": "response.completed", "response": {"id": "r1", "status": "completed",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
            "usage": {"input_tokens": 3, "output_tokens": 4}}}).to_string())
    }

    /// Reads a stream whole and byte by byte; both must agree.
    fn read(stream: &str) -> (Result<Answer, Fault>, String) {
        let run = |chunk: usize| {
            let mut reader = AnswerReader::new(Format::Stream, 1 << 20);
            let mut shown: String = stream
                .as_bytes()
                .chunks(chunk)
                .map(|bytes| reader.push(bytes))
                .collect();
            let (end, rest) = reader.finish();
            shown.push_str(&rest);
            (end, shown)
        };
        let whole = run(stream.len().max(1));
        assert_eq!(run(1), whole);
        whole
    }

    fn code(stream: &str) -> FaultCode {
        read(stream).0.expect_err("a fault").code
    }

    #[test]
    fn a_stream_gives_deltas_and_the_final_text() {
        let stream = [
            delta("PO"),
            delta("NG"),
            done("PONG"),
            completed("PONG"),
            "data: [DONE]\n\n".into(),
        ]
        .concat();
        let (end, shown) = read(&stream);
        let answer = end.expect("an answer");
        assert_eq!(
            (
                answer.text.as_str(),
                answer.response_id.as_str(),
                shown.as_str()
            ),
            ("PONG", "r1", "PONG")
        );
        assert_eq!(
            answer.usage,
            Some(Usage {
                input_tokens: 3,
                output_tokens: 4
            })
        );
    }

    #[test]
    fn the_final_text_is_authoritative_over_repeated_deltas() {
        let stream = [
            delta("PO"),
            delta("PO"),
            delta("PONG"),
            done("PONG"),
            completed("PONG"),
        ]
        .concat();
        let (end, shown) = read(&stream);
        assert_eq!(
            (end.expect("an answer").text.as_str(), shown.as_str()),
            ("PONG", "POPOPONG")
        );
        let no_output =
            r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#;
        let stream = [delta("PO"), delta("PO"), done("PONG"), event(no_output)].concat();
        assert_eq!(read(&stream).0.expect("an answer").text, "PONG");
    }

    #[test]
    fn text_that_came_without_deltas_is_shown_at_the_end() {
        assert_eq!(read(&[done("PONG"), completed("PONG")].concat()).1, "PONG");
        assert_eq!(read(&[delta("PO"), completed("PONG")].concat()).1, "PONG");
    }

    #[test]
    fn the_first_terminal_event_wins() {
        let failed = event(
            r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"api_error","message":"no key"}}}"#,
        );
        let fault = read(&[failed.clone(), completed("x")].concat())
            .0
            .expect_err("failed");
        assert_eq!(fault.code, FaultCode::ModelProviderFailed);
        assert!(fault.message.contains("no key"), "{}", fault.message);
        assert!(read(&[completed("x"), failed].concat()).0.is_ok());
        // Some versions say `completed` with a status of `failed`.
        let liar = event(r#"{"type":"response.completed","response":{"status":"failed"}}"#);
        assert_eq!(code(&liar), FaultCode::ModelProviderFailed);
    }

    #[test]
    fn fault_stream_interrupted_keeps_what_had_arrived() {
        for end in ["", "event: response.comp", "data: [DONE]\n\n"] {
            let fault = read(&(delta("PO") + end)).0.expect_err("interrupted");
            assert_eq!(
                (fault.code, fault.partial_text.as_str()),
                (FaultCode::StreamInterrupted, "PO")
            );
        }
        assert_eq!(code(""), FaultCode::StreamInterrupted);
    }

    #[test]
    fn fault_model_provider_failed_by_the_stock_sentence() {
        assert_eq!(
            code(&[done(STOCK_SENTENCE), completed(STOCK_SENTENCE)].concat()),
            FaultCode::ModelProviderFailed
        );
        let quoted = format!("{STOCK_SENTENCE} That is what it says.");
        assert!(read(&completed(&quoted)).0.is_ok());
    }

    #[test]
    fn fault_protocol_error_on_garbage_and_size() {
        assert_eq!(
            code("event: response.created\ndata: {\n\n"),
            FaultCode::ProtocolError
        );
        assert_eq!(code("data: hello\n\n"), FaultCode::ProtocolError);
        let mut reader = AnswerReader::new(Format::Stream, 10);
        reader.push(b"0123456789");
        assert!(!reader.ended());
        reader.push(b"0");
        assert!(reader.ended());
        assert_eq!(
            reader.finish().0.map_err(|f| f.code),
            Err(FaultCode::ProtocolError)
        );
    }

    #[test]
    fn an_end_within_the_limit_counts_however_the_answer_is_cut() {
        let end = completed("ok");
        let stream = end.clone() + "data: [DONE]\n\n";
        for chunk in [1, end.len(), stream.len()] {
            let mut reader = AnswerReader::new(Format::Stream, end.len() as u64);
            stream
                .as_bytes()
                .chunks(chunk)
                .for_each(|bytes| drop(reader.push(bytes)));
            assert_eq!(reader.finish().0.expect("an answer").text, "ok", "{chunk}");
        }
    }

    #[test]
    fn unknown_events_and_fields_are_skipped() {
        let stream = [
            "event: gateway.gossip\ndata: not json\n\n: comment\nretry: 5\n\n".to_owned(),
            event(r#"{"type":"response.reasoning.delta","delta":{"x":1},"new":[null]}"#),
            completed("ok"),
        ];
        assert_eq!(read(&stream.concat()).0.expect("an answer").text, "ok");
    }

    #[test]
    fn tool_calls_arrive_whole_and_in_order() {
        let call = |at: u64, id: &str| {
            event(&serde_json::json!({"type": "response.output_item.done", "output_index": at, "item": {
                "type": "function_call", "id": "i", "call_id": id, "name": "t", "arguments": "{}"}}).to_string())
        };
        let end = event(
            r#"{"type":"response.incomplete","response":{"status":"incomplete","output":[]}}"#,
        );
        let answer = read(&[call(2, "b"), call(1, "a"), end].concat())
            .0
            .expect("an answer");
        assert_eq!(
            answer
                .calls
                .iter()
                .map(|call| call.id.as_str())
                .collect::<Vec<_>>(),
            ["a", "b"]
        );
    }

    #[test]
    fn several_messages_are_joined_by_an_empty_line() {
        let message = |text: &str| serde_json::json!({"type": "message", "content": [{"type": "output_text", "text": text}]});
        let end = serde_json::json!({"type": "response.completed", "response": {"status": "completed",
            "output": [message("one"), message(""), message("two")]}});
        let second = event(&serde_json::json!({"type": "response.output_text.delta", "output_index": 2, "delta": "two"}).to_string());
        let (answer, shown) = read(&[delta("one"), second, event(&end.to_string())].concat());
        assert_eq!(
            (answer.expect("an answer").text.as_str(), shown.as_str()),
            ("one\n\ntwo", "one\n\ntwo")
        );
    }

    #[test]
    fn a_json_answer_is_read_too() {
        let read = |body: &str| {
            let mut reader = AnswerReader::new(Format::Json, 1 << 20);
            for byte in body.as_bytes() {
                assert_eq!(reader.push(&[*byte]), "");
            }
            reader.finish()
        };
        let good = r#"{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"PONG"}]}],"usage":{"input_tokens":0,"output_tokens":0}}"#;
        let (end, rest) = read(good);
        let answer = end.expect("an answer");
        assert_eq!(
            (answer.text.as_str(), rest.as_str(), answer.usage),
            ("PONG", "PONG", None)
        );
        let code = |body: &str| read(body).0.expect_err("a fault").code;
        assert_eq!(
            code(r#"{"status":"failed"}"#),
            FaultCode::ModelProviderFailed
        );
        assert_eq!(code(&good[..40]), FaultCode::StreamInterrupted);
        assert_eq!(code("{}"), FaultCode::ProtocolError);
        assert_eq!(code("[]"), FaultCode::ProtocolError);
    }
}
