//! What the tests of the event stream reader share.
#![allow(dead_code, reason = "each test binary uses a part")]

use openclaw_plugin::gateway::sse::{Limits, SseError, SseEvent, SseReader};
use std::time::Duration;

/// Limits that no test stream reaches by accident.
pub const ROOMY: Limits = Limits {
    max_line: 1 << 20,
    max_event: 1 << 20,
};

/// All that can be seen of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Those before the error, if there is one.
    pub events: Vec<SseEvent>,
    pub error: Option<SseError>,
    pub reconnection_time: Option<Duration>,
}

/// Reads a stream that comes in these chunks, with events taken and with events lent.
pub fn read<'a>(limits: Limits, chunks: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let chunks: Vec<&[u8]> = chunks.into_iter().collect();
    let mut lent = Vec::new();
    let mut reader = SseReader::new(limits);
    let error = chunks.iter().find_map(|chunk| {
        let read = reader.each(chunk, |event, data| {
            lent.push((event.to_owned(), data.to_owned()));
            true
        });
        read.err()
    });
    let seen = read_taken(limits, chunks);
    let taken = seen.events.iter().map(|one| (&one.event, &one.data));
    assert!(
        taken.eq(lent.iter().map(|one| (&one.0, &one.1))),
        "{lent:?}"
    );
    assert_eq!(error, seen.error);
    seen
}

fn read_taken<'a>(limits: Limits, chunks: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let mut reader = SseReader::new(limits);
    let mut seen = Seen::default();
    'stream: for chunk in chunks {
        for event in reader.push(chunk) {
            match event {
                Ok(event) => seen.events.push(event),
                Err(error) => {
                    seen.error = Some(error);
                    break 'stream;
                }
            }
        }
    }
    seen.reconnection_time = reader.reconnection_time();
    seen
}

/// Reads the stream whole, byte by byte, cut in two at every place, and, if it is short, cut in
/// three at every two places. All must give the same, which is returned.
pub fn read_every_way(limits: Limits, stream: &[u8]) -> Seen {
    let seen = read(limits, [stream]);
    assert_eq!(read(limits, stream.chunks(1)), seen, "byte by byte");
    for first in 0..=stream.len() {
        let (head, tail) = stream.split_at(first);
        assert_eq!(read(limits, [head, tail]), seen, "cut at {first}");
        if stream.len() <= 256 {
            for second in 0..=tail.len() {
                let (middle, end) = tail.split_at(second);
                let again = read(limits, [head, middle, end]);
                assert_eq!(again, seen, "cut at {first} and {}", first + second);
            }
        }
    }
    seen
}

/// An event as the standard describes it.
pub fn event(event: &str, data: &str, last_event_id: &str) -> SseEvent {
    SseEvent {
        event: event.to_owned(),
        data: data.to_owned(),
        last_event_id: last_event_id.into(),
    }
}

/// An event of the default type, without an id.
pub fn message(data: &str) -> SseEvent {
    event("message", data, "")
}
