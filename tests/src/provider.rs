//! A stand-in for the model provider behind a real gateway: the streaming OpenAI completions API
//! on a free loopback port, inside the test process.
//!
//! What it does follows from a word in what the user has said since its last answer:
//!
//! | word | answer |
//! |---|---|
//! | `MAGIC_401`, `MAGIC_429`, `MAGIC_500` | that status with an OpenAI error |
//! | `MAGIC_DROP` | two deltas, then the connection is closed |
//! | `MAGIC_HANG` | nothing, ever |
//! | `MAGIC_EMPTY` | no text, status 200 |
//! | `MAGIC_HOLD` | two deltas, then the rest once [`Provider::gate`] is open |
//! | `MAGIC_LENGTH` | some text, cut off at the token limit |
//! | `MAGIC_MEDIA_ONLY` | nothing but a `MEDIA:` line |
//! | `MAGIC_MEDIA_AMID` | [`AMID`], a few characters at a time |
//! | `MAGIC_TOOL=name` | one call of this tool, with the JSON after `MAGIC_ARGS=` to the end of the line |
//! | `MAGIC_ECHO` | all user messages of the request, joined by ` \| ` |
//! | else | [`PONG`] |

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use openclaw_fake_gateway::Gate;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

/// What the stand-in says when no word asks for something else.
pub const PONG: &str = "PONG from the stand-in provider.";

/// What it says after [`Provider::gate`] was opened, with the deltas before it.
pub const HELD: &str = "Before the gate, after the gate.";

/// What it streams with a `MEDIA:` line in the middle.
pub const AMID: &str = "Before.\nMEDIA: https://127.0.0.1/picture.png\nAfter.";

type Body = StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>>;

/// The stand-in, on a thread of its own; stops when dropped.
pub struct Provider {
    address: SocketAddr,
    state: Arc<State>,
    // Never sent: its end is what the thread waits for.
    _stop: oneshot::Sender<Infallible>,
}

#[derive(Default)]
struct State {
    calls: Mutex<Vec<Value>>,
    gate: Mutex<Gate>,
    runs: watch::Sender<Runs>,
}

/// Answers that are being written.
#[derive(Clone, Copy, Default)]
struct Runs {
    now: usize,
    most: usize,
}

/// One of them. It is over when its whole answer is written, or its connection closed.
struct Run(Arc<State>);

impl Run {
    fn begin(state: Arc<State>) -> Self {
        state.runs.send_modify(|runs| {
            runs.now += 1;
            runs.most = runs.most.max(runs.now);
        });
        Self(state)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.0.runs.send_modify(|runs| runs.now -= 1);
    }
}

impl Provider {
    /// Listens on a free loopback port.
    pub async fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        // Bound here and driven there: this may be called from within another runtime.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _runtime = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let state = Arc::new(State::default());
        let (stop, stopped) = oneshot::channel();
        let accept = accept(listener, state.clone());
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            address,
            state,
            _stop: stop,
        })
    }

    /// The base URL for the gateway's config, such as `http://127.0.0.1:40123/v1`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Bodies of all requests for a completion so far: the model calls.
    pub fn calls(&self) -> Vec<Value> {
        self.state
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What `MAGIC_HOLD` waits at.
    pub fn gate(&self) -> Gate {
        let gate = self.state.gate.lock();
        gate.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whoever comes from now on waits at a closed gate again.
    pub fn close_gate(&self) {
        let gate = self.state.gate.lock();
        *gate.unwrap_or_else(PoisonError::into_inner) = Gate::new();
    }

    /// The most answers that were being written at a time since the last call.
    pub fn most_at_a_time(&self) -> usize {
        let mut most = 0;
        self.state.runs.send_modify(|runs| {
            most = runs.most;
            runs.most = runs.now;
        });
        most
    }

    /// Waits until no answer is being written.
    pub async fn idle(&self) {
        // The sender lives in `self`, so this cannot fail while we wait.
        let _ = self
            .state
            .runs
            .subscribe()
            .wait_for(|runs| runs.now == 0)
            .await;
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        while connections.try_join_next().is_some() {}
        let state = state.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, state.clone()));
            // An error is a client that left, or MAGIC_DROP.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<State>,
) -> Result<Response<Body>, Infallible> {
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(error(400, "the request broke off")),
    };
    let Ok(call) = serde_json::from_slice::<Value>(&body) else {
        return Ok(error(400, "not JSON"));
    };
    let said = user_messages(&call);
    let newest = newest(&call);
    let after_tool = since_the_answer(&call)
        .iter()
        .any(|message| message["role"] == "tool");
    state
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(call);
    let run = Run::begin(state.clone());

    let words = |text: &str| deltas(text.split_inclusive(' '));
    let response = match newest {
        said if said.contains("MAGIC_401") => error(401, "Incorrect API key provided"),
        said if said.contains("MAGIC_429") => error(429, "rate limit of the stand-in"),
        said if said.contains("MAGIC_500") => error(500, "the stand-in exploded"),
        said if said.contains("MAGIC_HANG") => std::future::pending().await,
        said if said.contains("MAGIC_DROP") => {
            // Pending once, so that the deltas are written before the connection goes.
            let cut = async {
                tokio::task::yield_now().await;
                Err(io::Error::other("MAGIC_DROP"))
            };
            stream(
                deltas(["Half ", "a "])
                    .chain(futures::stream::once(cut))
                    .boxed(),
            )
        }
        said if said.contains("MAGIC_EMPTY") => stream(finish(words(""), "stop")),
        said if said.contains("MAGIC_HOLD") => {
            let (before, after) = HELD.split_at(HELD.find("after").unwrap_or(0));
            let gate = state.gate.lock();
            let gate = gate.unwrap_or_else(PoisonError::into_inner).clone();
            let hold = futures::stream::once(async move { gate.pass().await })
                .filter_map(|()| async { None });
            let text = words(before).chain(hold).chain(words(after)).boxed();
            stream(finish(text, "stop"))
        }
        said if said.contains("MAGIC_LENGTH") => {
            stream(finish(words("Half of an answer"), "length"))
        }
        said if said.contains("MAGIC_MEDIA_ONLY") => stream(finish(
            words("MEDIA: https://127.0.0.1/picture.png"),
            "stop",
        )),
        said if said.contains("MAGIC_MEDIA_AMID") => {
            let pieces = AMID.as_bytes().chunks(3);
            let pieces = pieces.map(|piece| str::from_utf8(piece).unwrap_or_default());
            stream(finish(deltas(pieces), "stop"))
        }
        said if said.contains("MAGIC_TOOL=") && !after_tool => {
            let name = said.split("MAGIC_TOOL=").nth(1).unwrap_or_default();
            let name = name
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned();
            let arguments = said
                .split("MAGIC_ARGS=")
                .nth(1)
                .and_then(|rest| rest.lines().next());
            let arguments = arguments.unwrap_or("{\"city\":\"Paris\"}");
            let call = json!({ "tool_calls": [{ "index": 0, "id": "call_stand_in", "type": "function",
                "function": { "name": name, "arguments": arguments } }] });
            let call = futures::stream::once(async move { Ok(chunk(call, Value::Null)) });
            stream(finish(call.boxed(), "tool_calls"))
        }
        newest if newest.contains("MAGIC_ECHO") => stream(finish(words(&said.join(" | ")), "stop")),
        _ => stream(finish(words(PONG), "stop")),
    };
    Ok(response.map(|body| {
        let whole = body.inspect(move |_| {
            let _under_way = &run;
        });
        StreamBody::new(whole.boxed())
    }))
}

/// What the user has said since the model's last answer: 2026.9.6 adds a message of its own.
fn newest(call: &Value) -> String {
    user_messages(&json!({ "messages": since_the_answer(call) })).join("\n")
}

/// The messages since the model's last answer.
fn since_the_answer(call: &Value) -> &[Value] {
    let messages = call["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let answers =
        |message: &Value| message["role"] == "assistant" && message["tool_calls"].is_null();
    let from = messages.iter().rposition(answers).map_or(0, |at| at + 1);
    &messages[from..]
}

/// The names of the tools that a model call offers, sorted.
pub fn offered(call: &Value) -> Vec<String> {
    let tools = call["tools"].as_array().into_iter().flatten();
    let names = tools.filter_map(|tool| tool["function"]["name"].as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// What the tools have answered since the model's last answer.
pub fn tool_results(call: &Value) -> Vec<String> {
    let results = since_the_answer(call)
        .iter()
        .filter(|message| message["role"] == "tool");
    results
        .map(|message| text_of(&message["content"]))
        .collect()
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

/// The texts of the user's messages, oldest first.
pub fn user_messages(call: &Value) -> Vec<String> {
    call["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|message| message["role"] == "user")
        .map(|message| text_of(&message["content"]))
        .collect()
}

fn chunk(delta: Value, finish_reason: Value) -> Value {
    json!({ "id": "chatcmpl-stand-in", "object": "chat.completion.chunk", "created": 1_795_331_802,
        "model": "fake-1", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }] })
}

fn deltas<'a>(pieces: impl IntoIterator<Item = &'a str>) -> BoxStream<'static, io::Result<Value>> {
    let chunks: Vec<_> = pieces
        .into_iter()
        .map(|piece| {
            Ok(chunk(
                json!({ "role": "assistant", "content": piece }),
                Value::Null,
            ))
        })
        .collect();
    futures::stream::iter(chunks).boxed()
}

/// The finish reason and the usage after `before`.
fn finish(
    before: BoxStream<'static, io::Result<Value>>,
    reason: &str,
) -> BoxStream<'static, io::Result<Value>> {
    let mut usage = chunk(json!({}), Value::Null);
    usage["choices"] = json!([]);
    usage["usage"] = json!({ "prompt_tokens": 123, "completion_tokens": 7, "total_tokens": 130 });
    let end = [Ok(chunk(json!({}), reason.into())), Ok(usage)];
    before.chain(futures::stream::iter(end)).boxed()
}

/// Server-sent events, ended by `[DONE]`.
fn stream(chunks: BoxStream<'static, io::Result<Value>>) -> Response<Body> {
    let done = futures::stream::once(async { Ok("data: [DONE]\n\n".to_owned()) });
    let events = chunks
        .map(|chunk| chunk.map(|chunk| format!("data: {chunk}\n\n")))
        .chain(done);
    respond(200, "text/event-stream", events.boxed())
}

fn error(status: u16, message: &str) -> Response<Body> {
    let body = json!({ "error": { "message": message, "type": "stand_in", "code": status } });
    let body = futures::stream::once(async move { Ok(body.to_string()) });
    respond(status, "application/json", body.boxed())
}

fn respond(
    status: u16,
    content_type: &str,
    body: BoxStream<'static, io::Result<String>>,
) -> Response<Body> {
    let frames = body.map(|piece| piece.map(|piece| Frame::data(Bytes::from(piece))));
    let mut response = Response::new(StreamBody::new(frames.boxed()));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = content_type.parse() {
        response
            .headers_mut()
            .insert(hyper::header::CONTENT_TYPE, value);
    }
    response
}
