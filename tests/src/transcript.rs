//! Recorded exchanges with real gateways: `tests/fixtures/gateway-transcripts`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use openclaw_fake_gateway::{End, Http, Scene};
use serde_json::Value;

/// The versions that were recorded.
pub const VERSIONS: [&str; 2] = ["2026.2.9", "2026.9.6"];

/// The answer of one exchange.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Head and body as they were on the wire: exactly so where the raw bytes were kept, else put
    /// together from the head and the decoded body.
    pub wire: Vec<u8>,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// How many bytes of `wire` arrived together; empty where only the whole is known.
    pub arrivals: Vec<usize>,
    /// What happens on the connection after the last byte.
    pub end: End,
    /// HTTP status.
    pub status: u16,
}

impl Recording {
    /// Reads `VERSION/NAME.http` and what lies beside it. Panics on a file that is not as the
    /// fixtures' README says.
    pub fn load(version: &str, name: &str) -> Self {
        let folder = folder(version);
        let file = fs::read(folder.join(format!("{name}.http"))).expect("a readable fixture");
        let mark = b"<<< RESPONSE (";
        let at = file
            .windows(mark.len())
            .rposition(|w| w == mark)
            .expect("a response");
        let (notes, answer) = split_once(&file[at..], b"\n").expect("a response's first line");
        let notes = String::from_utf8_lossy(notes);
        // An interim answer (100 Continue) comes before the head proper.
        let mut head_and_body = answer;
        while head_and_body.starts_with(b"HTTP/1.1 1") {
            head_and_body = split_once(head_and_body, b"\r\n\r\n")
                .expect("a head after it")
                .1;
        }
        let (head, body) = split_once(head_and_body, b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(head);
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .expect("a status");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "));
        // A gateway that closes a connection of which it said that it keeps it would be asked once
        // more on it before the news of the close has come.
        let end = if notes.contains("end=client-timeout") {
            End::Silence
        } else if notes.contains("end=complete-") && !head.contains("\r\nConnection: close") {
            End::KeepAlive
        } else {
            End::Close
        };
        // The recorder added a line break to every file.
        let body = match length {
            Some(length) => &body[..length.parse().expect("a length")],
            None => body.strip_suffix(b"\n").unwrap_or(body),
        };
        let interim = answer.len() - head_and_body.len();
        let whole = interim + head.len() + 4 + body.len();
        let wire = match fs::read(folder.join(format!("{name}.raw"))) {
            Ok(raw) => raw,
            Err(_) => answer[..whole].to_vec(),
        };
        Self {
            wire,
            body: body.to_vec(),
            arrivals: arrivals(version, name),
            end,
            status,
        }
    }

    /// The wire's bytes in one piece.
    pub fn replay(&self) -> Scene {
        Scene::wire(self.wire.clone()).then(self.end)
    }

    /// The wire's bytes in the pieces in which they arrived when they were recorded.
    pub fn replay_as_arrived(&self) -> Option<Scene> {
        if self.arrivals.is_empty() {
            return None;
        }
        let mut rest = self.wire.as_slice();
        let mut pieces = Vec::new();
        for &length in &self.arrivals {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            pieces.push(piece.to_vec());
            rest = after;
        }
        pieces.push(rest.to_vec());
        Some(Scene::wire_pieces(pieces).then(self.end))
    }

    /// The decoded body of a stream in chunks of this size, so that the component certainly
    /// gets no more at once.
    pub fn replay_chunked(&self, bytes: usize) -> Scene {
        // A chunked body that is cut off is closed without its last chunk.
        Scene::from(Http::event_stream().bytes(self.body.clone()))
            .split_every(bytes)
            .then(self.end)
    }

    /// Whether it is a stream of events.
    pub fn is_stream(&self) -> bool {
        self.body.starts_with(b"event: ")
    }

    /// The last response object: the JSON body, or that of the stream's last event with one.
    pub fn response(&self) -> Option<Value> {
        if !self.is_stream() {
            return serde_json::from_slice(&self.body).ok();
        }
        self.events()
            .into_iter()
            .rev()
            .find_map(|event| event.get("response").cloned())
    }

    /// All deltas of a stream, joined.
    pub fn deltas(&self) -> String {
        let events = self.events();
        events
            .iter()
            .filter_map(|event| event["delta"].as_str())
            .collect()
    }

    fn events(&self) -> Vec<Value> {
        String::from_utf8_lossy(&self.body)
            .lines()
            .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
            .collect()
    }
}

/// The request of `VERSION/NAME.http`, as it was sent.
pub fn recorded_request(version: &str, name: &str) -> Vec<u8> {
    let file = fs::read(folder(version).join(format!("{name}.http"))).expect("a readable fixture");
    let (_, after) = split_once(&file, b">>> REQUEST\n").expect("a request");
    let (request, _) = split_once(after, b"\n\n<<< RESPONSE").expect("its end");
    request.to_vec()
}

/// The names of all exchanges of a version.
pub fn names(version: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(version)).expect("the fixtures' folder");
    entries
        .filter_map(|entry| {
            entry
                .expect("a readable folder")
                .file_name()
                .into_string()
                .ok()
        })
        .filter_map(|name| name.strip_suffix(".http").map(str::to_owned))
        .collect()
}

fn folder(version: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/gateway-transcripts")
        .join(version)
}

fn arrivals(version: &str, name: &str) -> Vec<usize> {
    let Ok(text) = fs::read(folder(version).join(format!("{name}.timing.json"))) else {
        return Vec::new();
    };
    let timing: Value = serde_json::from_slice(&text).expect("timing in JSON");
    let chunks = timing["chunks_t_len"]
        .as_array()
        .expect("a list of arrivals");
    chunks
        .iter()
        .map(|chunk| chunk[1].as_u64().expect("a length") as usize)
        .collect()
}

fn split_once<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes
        .windows(mark.len())
        .position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}
