//! Turns that end for the caller before they end at the gateway.
//!
//! 2026.2.9 keeps running after its client disconnects, and must not get a second run meanwhile. So the
//! caller gets its result at once, but the queue waits while the answer is drained, for up to
//! [`ABANDONED_MS`] and the size limit of an answer. Newer versions stop such a run: if the answer shows that
//! it comes from one, the connection is simply closed.

use super::run::{Ending, Run};
use crate::gateway::answer::Format;
use crate::host::{AnswerBody, Events, Host};
use crate::prelude::*;
use crate::state::State;
use core::future::Future;
use core::pin::Pin;
use futures::future::select;
use openclaw_core::scan::find;

/// Milliseconds the queue waits for an abandoned run.
pub const ABANDONED_MS: u64 = 60_000;

/// The rest of a turn that has ended for its caller. Dropping it frees the place in the queue and closes the
/// connection.
pub struct Rest<'a> {
    pub(super) turn: Pin<Box<dyn Future<Output = Ending> + 'a>>,
    pub(super) limit: Pin<Box<dyn Future<Output = ()> + 'a>>,
    pub(super) state: &'a State,
}

impl Rest<'_> {
    /// Resolves when the gateway's run is over, or after [`ABANDONED_MS`].
    pub async fn read_out(mut self) {
        select(self.turn.as_mut(), self.limit.as_mut()).await;
    }
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        self.state.set_reading_out(false);
    }
}

impl<H: Host, E: Events> Run<'_, H, E> {
    /// Drains an abandoned answer, starting with a piece already read. `opening` may not know the version yet.
    pub(super) async fn read_out(
        &self,
        at: usize,
        mut body: H::Body,
        format: Format,
        mut piece: Vec<u8>,
        mut opening: Opening,
    ) {
        let mut end = EndFinder::default();
        let mut left = self.config.max_answer_bytes;
        while self.progress.runs_on() {
            let found = end.found_in(&piece);
            left = left.saturating_sub(piece.len() as u64);
            if found {
                self.progress.over();
                return body.finish();
            }
            if left == 0 {
                return;
            }
            piece = match body.chunk().await {
                Ok(Some(piece)) => {
                    self.learn_version(at, format, &mut opening, &piece);
                    piece
                }
                Ok(None) if format == Format::Json => return self.progress.over(),
                Ok(None) => return self.progress.cut(),
                Err(failure) => return self.cut_unless_late(&failure),
            };
        }
    }

    /// Learns from the start of a stream whether its gateway stops a run when the client disconnects.
    pub(super) fn learn_version(
        &self,
        at: usize,
        format: Format,
        opening: &mut Opening,
        piece: &[u8],
    ) {
        if format == Format::Stream
            && let Some(stops) = opening.stops(piece)
        {
            self.files.hands_out.set(stops);
            self.state.learn_stops(at, self.config, stops);
        }
    }
}

/// Finds the event that ends a stream, across arbitrary pieces. May start in the middle of one.
struct EndFinder {
    /// The relevant start of the current line.
    line: Vec<u8>,
    /// The start of the line was missed.
    in_line: bool,
}

impl Default for EndFinder {
    fn default() -> Self {
        Self {
            line: vec![],
            in_line: true,
        }
    }
}

/// Bytes of a line that contain the event name.
const NAME_WITHIN: usize = 64;

impl EndFinder {
    fn found_in(&mut self, piece: &[u8]) -> bool {
        let mut found = false;
        for &byte in piece {
            if byte == b'\n' || byte == b'\r' {
                found |= self.is_last();
                self.line.clear();
                self.in_line = false;
            } else if !self.in_line && self.line.len() < NAME_WITHIN {
                self.line.push(byte);
            }
        }
        found
    }

    /// Whether the line names a terminal event.
    fn is_last(&self) -> bool {
        const LAST: [&str; 5] = ["[DONE]", "completed", "failed", "incomplete", "cancelled"];
        let Ok(line) = core::str::from_utf8(&self.line) else {
            return false;
        };
        let name = if let Some(data) = line.strip_prefix("data:") {
            let data = data.trim_start();
            let name = data.strip_prefix(r#"{"type":""#).unwrap_or(data);
            name.split('"').next().unwrap_or_default()
        } else {
            line.strip_prefix("event:").unwrap_or_default()
        };
        let name = name.trim();
        LAST.contains(&name.strip_prefix("response.").unwrap_or(name))
    }
}

/// Detects the gateway's version from the start of a stream.
#[derive(Default)]
pub(super) struct Opening {
    start: Vec<u8>,
    known: bool,
}

/// Maximum bytes of the first event that are read.
const FIRST_EVENT: usize = 4096;

impl Opening {
    /// Whether the gateway stops a run when its client disconnects, once known. Gateways that report usage
    /// details in their first event do: details came in August 2026, stopping in April.
    pub fn stops(&mut self, piece: &[u8]) -> Option<bool> {
        if self.known {
            return None;
        }
        let room = FIRST_EVENT - self.start.len();
        self.start
            .extend_from_slice(&piece[..piece.len().min(room)]);
        let event_end = find(&self.start, b"\n\n");
        if event_end.is_none() && self.start.len() < FIRST_EVENT {
            return None;
        }
        self.known = true;
        let event = &self.start[..event_end.unwrap_or(0)];
        let has = |words: &[u8]| find(event, words).is_some();
        let stops = has(b"response.created") && has(b"\"input_tokens_details\"");
        self.start = vec![];
        Some(stops)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_is_found_wherever_the_stream_is_cut() {
        let before = "ext\":\"\\n\"}\n\nevent: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"response.completed\"}\n\n";
        for last in [
            "event: response.completed\n",
            "event:response.failed\r\n",
            "data: {\"type\":\"response.incomplete\",\"response\":{}}\n",
            "data: [DONE]\n",
        ] {
            let stream = [before, last].concat();
            for at in 0..stream.len() {
                let (one, two) = stream.as_bytes().split_at(at);
                let mut end = EndFinder::default();
                assert!(!end.found_in(&before.as_bytes()[..at.min(before.len())]));
                let rest = &one[at.min(before.len())..];
                assert!(end.found_in(rest) | end.found_in(two), "{last}: {at}");
            }
        }
        let mut end = EndFinder::default();
        assert!(!end.found_in("\n".as_bytes()) && !end.found_in(&[b'x'; 1 << 20]));
        assert!(end.line.len() <= NAME_WITHIN);
    }

    // First events of recorded streams.
    const OLD: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_16473209-f1b5-4e5c-9f74-2646f972b537\",\"object\":\"response\",\"created_at\":1795331802,\"status\":\"in_progress\",\"model\":\"openclaw\",\"output\":[],\"usage\":{\"input_tokens\":0,\"output_tokens\":0,\"total_tokens\":0}}}\n\n";
    const NEW: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_16131caf-2dcd-4241-8d92-4698255542aa\",\"object\":\"response\",\"created_at\":1795332605,\"status\":\"in_progress\",\"model\":\"openclaw\",\"output\":[],\"usage\":{\"input_tokens\":0,\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0},\"output_tokens\":0,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":0}}}\n\n";

    #[test]
    fn the_first_event_tells_the_version() {
        for (event, stops) in [(OLD, false), (NEW, true)] {
            for at in 0..event.len() {
                let (one, two) = event.as_bytes().split_at(at);
                let mut opening = Opening::default();
                assert_eq!(opening.stops(one), None);
                assert_eq!(opening.stops(two), Some(stops));
                assert_eq!(opening.stops(two), None, "once");
            }
        }
        // Text from the model proves nothing.
        let spoof = format!("{OLD}data: {{\"delta\":\"\\\"input_tokens_details\\\"\"}}\n\n");
        let mut opening = Opening::default();
        assert_eq!(opening.stops(spoof.as_bytes()), Some(false));
        let mut opening = Opening::default();
        assert_eq!(opening.stops(&[b'x'; 1 << 20]), Some(false));
        assert!(opening.start.is_empty());
    }
}
