//! Scenes: what the fake gateway does with one request, and the bytes it sends.

use std::time::Duration;

use tokio::sync::watch;

use super::answer::Answer;
use super::http::{Http, resplit};

/// A gate in a scene: what follows is sent once a test has opened it. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(std::sync::Arc<watch::Sender<Door>>);

#[derive(Clone, Copy, Debug, Default)]
struct Door {
    reached: bool,
    open: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self(std::sync::Arc::new(watch::Sender::new(Door::default())))
    }
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the gate for good.
    pub fn open(&self) {
        self.0.send_modify(|door| door.open = true);
    }

    /// Resolves when a scene has reached the gate (everything before it has been written) or passed it.
    pub async fn reached(&self) {
        self.wait(|door| door.reached).await;
    }

    /// Waits at the gate as a scene does.
    pub async fn pass(&self) {
        self.0.send_modify(|door| door.reached = true);
        self.wait(|door| door.open).await;
    }

    async fn wait(&self, condition: impl FnMut(&Door) -> bool + Copy) {
        let mut door = self.0.subscribe();
        let mut condition = condition;
        // The sender lives in `self`, so this cannot fail while we wait.
        let _ = door.wait_for(|door| condition(door)).await;
    }
}

/// What a scene does with its connection at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// The response is complete and the connection waits for the next request.
    #[default]
    KeepAlive,
    /// The connection is closed (FIN); a chunked response is cut off before its last chunk.
    Close,
    /// The connection is reset (RST).
    Reset,
    /// Nothing more is ever sent, and the connection stays open until the client or
    /// [`crate::FakeGateway::stop`] closes it.
    Silence,
}

/// One thing that a scene does, in order.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Write(Vec<u8>),
    Hold(Gate),
    /// Writes the same bytes until the client leaves.
    Forever(Vec<u8>),
}

/// What the fake gateway does with one request.
///
/// The functions here build common scenes; [`Answer`] and [`Http`] build others and convert into a scene.
#[derive(Clone, Debug)]
pub struct Scene {
    what: What,
    end: End,
    split: Option<usize>,
    pace: Duration,
}

#[derive(Clone, Debug)]
enum What {
    Answer(Answer),
    Http(Http),
    Wire(Vec<Step>),
}

impl From<Answer> for Scene {
    fn from(answer: Answer) -> Self {
        Self::new(What::Answer(answer))
    }
}

impl From<Http> for Scene {
    fn from(http: Http) -> Self {
        Self::new(What::Http(http))
    }
}

impl Scene {
    fn new(what: What) -> Self {
        Self {
            what,
            end: End::default(),
            split: None,
            pace: Duration::ZERO,
        }
    }

    /// A reply with this text, streamed word by word if the request asks for a stream.
    pub fn reply(text: &str) -> Self {
        Answer::text(text).into()
    }

    /// 401, as the gateway answers a wrong token.
    pub fn unauthorized() -> Self {
        Http::error(401, "unauthorized", "Unauthorized").into()
    }

    /// The answer with `/v1/responses` switched off and the control UI on, OpenClaw's default:
    /// 405 without `Allow`.
    pub fn endpoint_off() -> Self {
        Http::new(405).text("Method Not Allowed").into()
    }

    /// The answer with `/v1/responses` and the control UI switched off: 404.
    pub fn not_found() -> Self {
        Http::new(404).text("Not Found").into()
    }

    /// An HTML page with status 200, as another server would send.
    pub fn html_page() -> Self {
        Http::new(200)
            .header("Content-Type", "text/html; charset=utf-8")
            .bytes("<!doctype html><html><head><title>OpenClaw Control</title></head></html>")
            .into()
    }

    /// 400 with these words.
    pub fn bad_request(message: &str) -> Self {
        Http::error(400, "invalid_request_error", message).into()
    }

    /// 429 of the gateway itself; `retry_after` in seconds.
    pub fn rate_limited(retry_after: Option<u32>) -> Self {
        let http = Http::error(
            429,
            "rate_limited",
            "Too many failed authentication attempts",
        );
        match retry_after {
            Some(seconds) => http.header("Retry-After", &seconds.to_string()).into(),
            None => http.into(),
        }
    }

    /// 302 to this address.
    pub fn redirect(location: &str) -> Self {
        Http::new(302)
            .header("Location", location)
            .text("Found")
            .into()
    }

    /// The connection is closed before a byte of an answer.
    pub fn close_before_answer() -> Self {
        Self::wire("").then(End::Close)
    }

    /// The connection is reset before a byte of an answer.
    pub fn reset_before_answer() -> Self {
        Self::wire("").then(End::Reset)
    }

    /// The request is read and never answered.
    pub fn never_answer() -> Self {
        Self::wire("").then(End::Silence)
    }

    /// Exactly these bytes, HTTP head included, then the connection is closed.
    pub fn wire(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(What::Wire(vec![Step::Write(bytes.into())])).then(End::Close)
    }

    /// As [`Scene::wire`], each piece in a write of its own.
    pub fn wire_pieces(pieces: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let steps = pieces.into_iter().map(Step::Write).collect();
        Self::new(What::Wire(steps)).then(End::Close)
    }

    /// Exactly these bytes, again and again, until the client leaves.
    pub fn flood(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(What::Wire(vec![Step::Forever(bytes.into())])).then(End::Close)
    }

    /// After these bytes others, again and again, until the client leaves. For [`Scene::wire`].
    pub fn and_forever(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if let What::Wire(steps) = &mut self.what {
            steps.push(Step::Forever(bytes.into()));
        }
        self
    }

    /// Then waits until the gate opens. For [`Scene::wire`].
    pub fn and_hold(mut self, gate: &Gate) -> Self {
        if let What::Wire(steps) = &mut self.what {
            steps.push(Step::Hold(gate.clone()));
        }
        self
    }

    /// Sets what happens to the connection at the end.
    pub fn then(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// Sends the body (of [`Scene::wire`]: everything) in pieces of this many bytes, each a chunk
    /// and a write of its own, wherever that cuts events and characters. Without it each line
    /// of a stream is a piece, as with the real gateway. Zero is taken as one.
    pub fn split_every(mut self, bytes: usize) -> Self {
        self.split = Some(bytes.max(1));
        self
    }

    /// Pauses this long before each piece, for a demonstration to look at. Tests hold a scene
    /// with a [`Gate`].
    pub fn paced(mut self, pause: Duration) -> Self {
        self.pace = pause;
        self
    }

    /// The bytes and holds of this scene for a request, in order.
    pub(super) fn play(&self, asked: &Asked) -> Play {
        let steps = match &self.what {
            What::Answer(answer) => {
                let http = if asked.stream {
                    answer.streamed(asked)
                } else {
                    answer.whole(asked)
                };
                http.steps(self.end, self.split)
            }
            What::Http(http) => http.steps(self.end, self.split),
            What::Wire(steps) => resplit(steps.clone(), self.split),
        };
        Play {
            steps,
            end: self.end,
            pace: self.pace,
        }
    }
}

/// What a scene needs to know of the request that it answers.
#[derive(Debug)]
pub(super) struct Asked {
    /// Number of the request at this gateway, from 1; makes ids unique.
    pub number: usize,
    pub stream: bool,
    pub model: String,
}

/// A scene made into bytes.
#[derive(Debug)]
pub(super) struct Play {
    pub steps: Vec<Step>,
    pub end: End,
    pub pace: Duration,
}

impl Play {
    /// Writes everything; resolves when the scene is over, never for [`End::Silence`].
    pub async fn write(
        self,
        out: &mut (impl tokio::io::AsyncWrite + Unpin),
    ) -> std::io::Result<End> {
        use tokio::io::AsyncWriteExt as _;
        for step in self.steps {
            match step {
                Step::Write(bytes) => {
                    if !self.pace.is_zero() {
                        tokio::time::sleep(self.pace).await;
                    }
                    out.write_all(&bytes).await?;
                    // Lets a client on the same thread read this piece before the next is written.
                    tokio::task::yield_now().await;
                }
                Step::Hold(gate) => gate.pass().await,
                Step::Forever(bytes) => loop {
                    if !self.pace.is_zero() {
                        tokio::time::sleep(self.pace).await;
                    }
                    out.write_all(&bytes).await?;
                    tokio::task::yield_now().await;
                },
            }
        }
        if self.end == End::Silence {
            std::future::pending::<()>().await;
        }
        Ok(self.end)
    }
}
