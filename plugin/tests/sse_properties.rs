//! The reader against a simple model, over random streams cut into random chunks.

mod sse_support;

use openclaw_plugin::gateway::sse::{Limits, SseEvent};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sse_support::{ROOMY, Seen, event, read};
use std::time::Duration;

/// The standard's algorithm over a whole stream, as plainly as it can be said: first decode, then
/// cut into lines, then interpret.
fn model(stream: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // Every way to end a line becomes LF; what follows the last one is no line.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();

    let mut seen = Seen::default();
    let (mut data, mut kind, mut id) = (Vec::new(), "", "");
    for line in lines {
        if line.is_empty() {
            if !data.is_empty() {
                let kind = if kind.is_empty() { "message" } else { kind };
                seen.events.push(event(kind, &data.join("\n"), id));
            }
            (data, kind) = (Vec::new(), "");
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => data.push(value),
            "event" => kind = value,
            "id" if !value.contains('\0') => id = value,
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // A number of digits only can but be too great.
                let milliseconds = value.parse().unwrap_or(u64::MAX);
                seen.reconnection_time = Some(Duration::from_millis(milliseconds));
            }
            _ => {}
        }
    }
    seen
}

/// Streams that are made of what the reader treats specially, with some noise.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"data",
        b"event",
        b"id",
        b"retry",
        b"Data",
        b":",
        b": ",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\0",
        b"12",
        b"x",
        b"data: y\n\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb",
        b"\xff",
        b"\xe2\x80\xa6",
        b"\xe2\x80",
        b"\xf0\x9f\x92\x92",
        b"\xf0\x9f\x92",
        b"\xed\xa0\x80",
    ];
    let piece = prop_oneof![
        15 => select(PIECES).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..8),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Cuts a stream into chunks of these sizes, over and over; empty chunks are among them.
fn chunks<'a>(stream: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = stream;
    let mut chunks = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, tail) = rest.split_at(rest.len().min(*size));
        chunks.push(chunk);
        rest = tail;
    }
    chunks
}

/// At least one of the sizes is not 0.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    (vec(0..20usize, 0..6), 1..20usize).prop_map(|(mut sizes, last)| {
        sizes.push(last);
        sizes
    })
}

fn small_limits() -> impl Strategy<Value = Limits> {
    (0..40usize, 0..40usize).prop_map(|(max_line, max_event)| Limits {
        max_line,
        max_event,
    })
}

/// Whether the event keeps what the limits promise; replacing a byte triples it.
fn within(limits: Limits, event: &SseEvent) -> bool {
    event.data.len() <= limits.max_event
        && (event.event == "message" || event.event.len() <= 3 * limits.max_line)
        && event.last_event_id.len() <= 3 * limits.max_line
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn random_chunks_give_what_the_model_says(stream in streams(), sizes in sizes()) {
        prop_assert_eq!(read(ROOMY, chunks(&stream, &sizes)), model(&stream));
    }

    #[test]
    fn random_chunks_end_at_the_same_limit_after_the_same_events(
        stream in streams(), sizes in sizes(), limits in small_limits(),
    ) {
        let seen = read(limits, chunks(&stream, &sizes));
        prop_assert!(seen.events.iter().all(|event| within(limits, event)));
        prop_assert_eq!(&read(limits, [&stream[..]]), &seen);
        // Up to the error nothing differs from a reader with room.
        let all = read(ROOMY, [&stream[..]]);
        prop_assert_eq!(&all.events[..seen.events.len()], &seen.events[..]);
        if seen.error.is_none() {
            prop_assert_eq!(all, seen);
        }
    }

    #[test]
    fn random_bytes_do_no_harm(
        stream in vec(any::<u8>(), 0..2000), sizes in sizes(), limits in small_limits(),
    ) {
        prop_assert_eq!(read(ROOMY, chunks(&stream, &sizes)), model(&stream));
        let seen = read(limits, chunks(&stream, &sizes));
        prop_assert!(seen.events.iter().all(|event| within(limits, event)));
    }
}
