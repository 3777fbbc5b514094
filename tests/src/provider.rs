//! A stand-in for the model provider behind a real gateway: the streaming OpenAI completions API
//! on a free loopback port, inside the test process.
//!
//! What it does follows from a word in what the user has said since its last answer:
//!
//! | word | answer |
//! |---|---|
//! | `MAGIC_401`, `MAGIC_429`, `MAGIC_500` | that status with an OpenAI error |
//! | `MAGIC_DROP` | two deltas, then the connection is closed |
//! | `MAGIC_RESET` | the connection is reset |
//! | `MAGIC_GARBAGE` | status 200 and no JSON |
//! | `MAGIC_SILENT` | nothing, until [`Provider::gate`] is open |
//! | `MAGIC_EMPTY` | no text, status 200 |
//! | `MAGIC_HOLD` | two deltas, then the rest once [`Provider::gate`] is open |
//! | `MAGIC_LENGTH` | some text, cut off at the token limit |
//! | `MAGIC_MEDIA_ONLY` | nothing but a `MEDIA:` line |
//! | `MAGIC_MEDIA_AMID` | [`AMID`], a few characters at a time |
//! | `MAGIC_TOOL=name` | one call of this tool, with the JSON after `MAGIC_ARGS=` to the end of the line |
//! | `MAGIC_SAY=text` | the JSON string after it, to the end of the line, a few characters at a time |
//! | `MAGIC_ECHO` | all user messages of the request, joined by ` \| ` |
//! | else | [`PONG`] |

mod answers;
mod messages;

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

use answers::{chunk, deltas, error, finish, respond, stream};
use messages::{newest, since_the_answer};
pub use messages::{offered, tool_results, user_messages};

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
    refuses: watch::Sender<bool>,
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

    /// Refuses connections from now on, or takes them again.
    pub async fn refuse(&self, refuses: bool) {
        self.state.refuses.send_replace(refuses);
        // Until that has happened.
        while tokio::net::TcpStream::connect(self.address).await.is_err() != refuses {
            tokio::task::yield_now().await;
        }
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

/// Ends a connection by a reset.
#[derive(Debug)]
struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MAGIC_RESET")
    }
}

impl std::error::Error for Reset {}

/// Accepts connections, or refuses them for a while: then nobody listens.
async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut refuses = state.refuses.subscribe();
    let mut listener = Some(listener);
    let address = listener
        .as_ref()
        .and_then(|listener| listener.local_addr().ok());
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = refuses.changed() => {
                listener = None;
                if *refuses.borrow_and_update() {
                    connections.shutdown().await;
                } else if let Some(address) = address {
                    // Nobody else can have taken it but by bad luck, which the test then shows.
                    listener = TcpListener::bind(address).await.ok();
                }
                continue;
            }
            accepted = accepted(listener.as_ref()) => accepted,
        };
        let Ok((stream, _)) = accepted else {
            continue;
        };
        while connections.try_join_next().is_some() {}
        let state = state.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, state.clone()));
            let mut connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            // An error is a client that left, MAGIC_DROP, or MAGIC_RESET.
            let ended = (&mut connection).await;
            let caused = ended.as_ref().err().and_then(std::error::Error::source);
            if caused.is_some_and(|source| source.is::<Reset>()) {
                // Dropping it then sends RST instead of FIN.
                let _ = connection.into_parts().io.into_inner().set_zero_linger();
            }
        });
    }
}

/// The next connection; never, while nobody listens.
async fn accepted(
    listener: Option<&TcpListener>,
) -> io::Result<(tokio::net::TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

async fn answer(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Body>, Reset> {
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
        said if said.contains("MAGIC_RESET") => return Err(Reset),
        said if said.contains("MAGIC_GARBAGE") => {
            let garbage = futures::stream::once(async { Ok("data: <garbage>\n\n".to_owned()) });
            respond(200, "text/event-stream", garbage.boxed())
        }
        said if said.contains("MAGIC_SILENT") => {
            let gate = state.gate.lock();
            let gate = gate.unwrap_or_else(PoisonError::into_inner).clone();
            gate.pass().await;
            stream(finish(words(PONG), "stop"))
        }
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
        said if said.contains("MAGIC_SAY=") => {
            let text = said.split("MAGIC_SAY=").nth(1);
            let text = text.and_then(|rest| rest.lines().next());
            let text: String = serde_json::from_str(text.unwrap_or_default()).unwrap_or_default();
            let pieces = text.as_bytes().chunks(3);
            let pieces = pieces.map(|piece| str::from_utf8(piece).unwrap_or_default());
            stream(finish(deltas(pieces), "stop"))
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
