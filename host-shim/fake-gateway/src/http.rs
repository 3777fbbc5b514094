//! Hand-made HTTP responses and their framing.

use serde_json::{Value, json};

use super::scene::{End, Gate, Scene, Step};

/// A hand-made HTTP response.
#[derive(Clone, Debug)]
pub struct Http {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<Step>,
    framing: Framing,
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    /// Content-Length of the body's bytes.
    Length,
    /// This Content-Length, whatever the body is.
    Promised(u64),
    Chunked,
}

impl Http {
    /// A response with this status and `Content-Length`, no other headers and no body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            framing: Framing::Length,
        }
    }

    /// Status 200, `text/event-stream`, chunked; the body is still empty.
    pub fn event_stream() -> Self {
        Self::new(200)
            .header("Content-Type", "text/event-stream; charset=utf-8")
            .header("Cache-Control", "no-cache")
            .chunked()
    }

    /// An error in OpenClaw's shape, `{"error":{"message","type"}}`.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        Self::new(status).json(&json!({ "error": { "message": message, "type": kind } }))
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A JSON body with its content type.
    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json; charset=utf-8")
            .bytes(body.to_string())
    }

    /// A plain text body with its content type.
    pub fn text(self, body: &str) -> Self {
        self.header("Content-Type", "text/plain; charset=utf-8")
            .bytes(body)
    }

    /// More of the body.
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body.push(Step::Write(bytes.into()));
        self
    }

    /// One server-sent event, written in two pieces as the real gateway does.
    pub fn event(self, name: &str, data: &Value) -> Self {
        self.bytes(format!("event: {name}\n"))
            .bytes(format!("data: {data}\n\n"))
    }

    /// Waits here, after writing the head, until the gate opens.
    pub fn hold(mut self, gate: &Gate) -> Self {
        self.body.push(Step::Hold(gate.clone()));
        self
    }

    /// Repeats these bytes in a chunked body until the client leaves; nothing after this is sent.
    pub fn forever(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body.push(Step::Forever(bytes.into()));
        self.chunked()
    }

    /// Sends the body chunked instead of with a length.
    pub fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// Announces this length, whatever the body is.
    pub fn promise_length(mut self, bytes: u64) -> Self {
        self.framing = Framing::Promised(bytes);
        self
    }

    /// A scene that ends its connection this way.
    pub fn then(self, end: End) -> Scene {
        Scene::from(self).then(end)
    }

    /// The framed bytes and gates of this response.
    pub(super) fn steps(&self, end: End, split: Option<usize>) -> Vec<Step> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n");
        let body_length = |step: &Step| match step {
            Step::Write(bytes) => bytes.len() as u64,
            Step::Hold(_) | Step::Forever(_) => 0,
        };
        match self.framing {
            Framing::Length => {
                let length: u64 = self.body.iter().map(body_length).sum();
                head.push_str(&format!("Content-Length: {length}\r\n\r\n"));
            }
            Framing::Promised(length) => {
                head.push_str(&format!("Content-Length: {length}\r\n\r\n"));
            }
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n\r\n"),
        }
        let chunked = matches!(self.framing, Framing::Chunked);
        let mut steps = vec![Step::Write(head.into_bytes())];
        steps.extend(
            resplit(self.body.clone(), split)
                .into_iter()
                .map(|step| match step {
                    Step::Write(bytes) if chunked => Step::Write(chunk(&bytes)),
                    Step::Forever(bytes) if chunked => Step::Forever(chunk(&bytes)),
                    other => other,
                }),
        );
        if chunked && end == End::KeepAlive {
            steps.push(Step::Write(b"0\r\n\r\n".to_vec()));
        }
        steps
    }
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    // A chunk of length zero would end the body.
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// Joins adjacent writes and splits them again.
pub(super) fn resplit(steps: Vec<Step>, split: Option<usize>) -> Vec<Step> {
    let Some(size) = split else { return steps };
    let mut out = Vec::new();
    let mut run = Vec::new();
    let cut = |run: &mut Vec<u8>, out: &mut Vec<Step>| {
        out.extend(run.chunks(size).map(|piece| Step::Write(piece.to_vec())));
        run.clear();
    };
    for step in steps {
        match step {
            Step::Write(bytes) => run.extend(bytes),
            other => {
                cut(&mut run, &mut out);
                out.push(other);
            }
        }
    }
    cut(&mut run, &mut out);
    out
}

fn reason(status: u16) -> &'static str {
    ::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|code| code.canonical_reason())
        .unwrap_or("Other")
}
