//! A request body in pieces. The caller's data is encoded as JSON or base64 while sending; it is never copied
//! as a whole.

use crate::prelude::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openclaw_wire::json;

/// A piece of a body.
enum Piece<'a> {
    /// JSON text written here.
    Json(String),
    /// JSON text from the caller.
    Raw(&'a str),
    /// Content of a JSON string, to be escaped.
    Text(&'a str),
    /// Bytes to be written as base64.
    Data(&'a [u8]),
}

/// A body, sent in chunks.
#[derive(Default)]
pub struct Body<'a>(Vec<Piece<'a>>);

/// Most bytes of a chunk.
const CHUNK: usize = 64 * 1024;
/// Bytes of a [`Piece::Text`] per chunk; each grows to at most six.
const TEXT: usize = 10 * 1024;
/// Bytes of a [`Piece::Data`] per chunk. A multiple of 3, so that the base64 has no padding and chunks can be joined.
const DATA: usize = 48 * 1024;

impl<'a> Body<'a> {
    /// Adds JSON text written here.
    pub(crate) fn push(&mut self, json: &str) {
        match self.0.last_mut() {
            Some(Piece::Json(text)) => text.push_str(json),
            _ => self.0.push(Piece::Json(json.to_owned())),
        }
    }

    /// Adds JSON text unchanged.
    pub(crate) fn push_raw(&mut self, json: &'a str) {
        self.0.push(Piece::Raw(json));
    }

    /// Adds the content of a JSON string.
    pub(crate) fn push_text(&mut self, text: &'a str) {
        self.0.push(Piece::Text(text));
    }

    /// Adds a JSON string.
    pub(crate) fn push_string(&mut self, text: &'a str) {
        self.push("\"");
        self.push_text(text);
        self.push("\"");
    }

    /// Adds the content of a JSON string that holds these bytes in base64.
    pub(crate) fn push_data(&mut self, data: &'a [u8]) {
        self.0.push(Piece::Data(data));
    }

    /// Body size in bytes.
    #[allow(clippy::len_without_is_empty, reason = "a body is never empty")]
    pub fn len(&self) -> u64 {
        let piece = |piece: &Piece<'_>| match piece {
            Piece::Json(json) => json.len() as u64,
            Piece::Raw(json) => json.len() as u64,
            Piece::Text(text) => json_bytes(text),
            Piece::Data(data) => (data.len() as u64).div_ceil(3) * 4,
        };
        self.0.iter().map(piece).sum()
    }

    /// The body in order, in chunks of at most 64 KiB, and no more of them than needed: each is a crossing to the host,
    /// and often a wait.
    pub fn chunks(&self) -> impl Iterator<Item = Vec<u8>> {
        Chunks {
            pieces: &self.0,
            taken: 0,
        }
    }
}

/// See [`Body::chunks`].
struct Chunks<'a> {
    pieces: &'a [Piece<'a>],
    /// Bytes of the first one that are in earlier chunks.
    taken: usize,
}

impl Iterator for Chunks<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut chunk = vec![];
        while let Some((piece, after)) = self.pieces.split_first() {
            let rest = &piece.bytes()[self.taken..];
            let part = &rest[..piece.step(rest)];
            let before = chunk.len();
            if before > 0 && before + part.len() > CHUNK {
                break;
            }
            match piece {
                Piece::Json(_) | Piece::Raw(_) => chunk.extend_from_slice(part),
                Piece::Text(_) => chunk.extend_from_slice(&escaped(part)),
                Piece::Data(_) => chunk.extend_from_slice(STANDARD.encode(part).as_bytes()),
            }
            // It has become longer by encoding.
            if before > 0 && chunk.len() > CHUNK {
                chunk.truncate(before);
                break;
            }
            self.taken += part.len();
            if part.len() == rest.len() {
                (self.pieces, self.taken) = (after, 0);
            }
        }
        (!chunk.is_empty()).then_some(chunk)
    }
}

impl Piece<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Piece::Json(json) => json.as_bytes(),
            Piece::Raw(json) => json.as_bytes(),
            Piece::Text(text) => text.as_bytes(),
            Piece::Data(data) => data,
        }
    }

    /// How much of the rest goes into the next chunk.
    fn step(&self, rest: &[u8]) -> usize {
        let (most, is_text) = match self {
            Piece::Text(_) => (TEXT, true),
            _ => (DATA, false),
        };
        let most = most.min(rest.len());
        let mut at = most;
        while is_text && rest.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
            if at == 0 {
                return most;
            }
            at -= 1;
        }
        at
    }
}

/// Bytes of a text inside a JSON string.
pub(crate) fn json_bytes(text: &str) -> u64 {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..32 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}

/// Escapes whole characters for a JSON string.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut json = String::with_capacity(text.len() + 16);
    json::push_string(&mut json, &String::from_utf8_lossy(text));
    let mut json = json.into_bytes();
    json.pop();
    json.drain(..1);
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: &Body<'_>) -> Vec<u8> {
        let chunks: Vec<_> = body.chunks().collect();
        assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK));
        // As few as possible.
        let pairs = chunks.windows(2);
        assert!(
            pairs
                .into_iter()
                .all(|pair| pair[0].len() + pair[1].len() > CHUNK)
        );
        let bytes = chunks.concat();
        assert_eq!(bytes.len() as u64, body.len());
        bytes
    }

    #[test]
    fn any_text_is_a_json_string_wherever_it_is_cut() {
        let all: String = (0..0x2100).filter_map(char::from_u32).collect();
        for text in ["", "plain 一", &all, &"\u{1}一😀\"\\".repeat(20_000)] {
            let mut body = Body::default();
            body.push_string(text);
            let read: String = serde_json::from_slice(&written(&body)).expect("JSON");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn pieces_of_all_kinds_are_written_in_order() {
        let mut body = Body::default();
        body.push("[");
        body.push_raw(r#"{"a":1}"#);
        body.push(",");
        body.push("\"");
        body.push_data(b"\0\x01");
        body.push("\"]");
        assert_eq!(written(&body), br#"[{"a":1},"AAE="]"#);
    }
}
