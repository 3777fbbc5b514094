//! The same events however the stream is cut, within the limits' memory, and the same as another implementation's.

use std::convert::Infallible;

use eventsource_stream::Eventsource as _;
use futures::{FutureExt as _, StreamExt as _};
use openclaw_wire::sse::{Limits, SseError, SseReader};

use crate::bounded;
use crate::input::{Input, MOST};

type Seen = (Vec<[String; 3]>, Option<SseError>);

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let stream = input.bytes(MOST / 4);
    let roomy = input.choice(1, 2) == 0;
    let limit = |choice: u8| if roomy { MOST } else { usize::from(choice) };
    let limits = Limits {
        max_line: limit(input.byte(1)),
        max_event: limit(input.byte(2)),
    };
    let pieces = input.pieces(&stream);
    // Without what its user keeps: the line, the data, the type and the id, each of the latter replacing a byte by
    // three; and what it grows from beside what it grows into.
    let most = |line: usize, event: usize| 3 * (line + event) + 12 * line.max(64) + 1024;
    let most = match roomy {
        true => most(stream.len(), stream.len()),
        false => most(limits.max_line, limits.max_event),
    };
    let (count, error) = bounded(most, || lent(limits, &pieces));
    let whole = read(limits, &[&stream]);
    assert_eq!(read(limits, &pieces), whole, "cut elsewhere");
    assert_eq!((whole.0.len(), whole.1), (count, error), "lent");
    for [name, data, id] in &whole.0 {
        assert!(data.len() <= limits.max_event);
        assert!(name == "message" || name.len() <= 3 * limits.max_line);
        assert!(id.len() <= 3 * limits.max_line);
    }
    if roomy && stream.len() < 4096 {
        assert_eq!(whole.1, None);
        agrees(&stream, &whole.0);
    }
}

fn read(limits: Limits, pieces: &[&[u8]]) -> Seen {
    let mut reader = SseReader::new(limits);
    let mut events = vec![];
    for piece in pieces {
        for event in reader.push(piece) {
            match event {
                Ok(event) => {
                    events.push([event.event, event.data, event.last_event_id.to_string()]);
                }
                Err(error) => return (events, Some(error)),
            }
        }
    }
    (events, None)
}

fn lent(limits: Limits, pieces: &[&[u8]]) -> (usize, Option<SseError>) {
    let mut reader = SseReader::new(limits);
    let mut count = 0;
    let error = pieces.iter().find_map(|piece| {
        let each = reader.each(piece, |_, _| {
            count += 1;
            true
        });
        each.err()
    });
    (count, error)
}

/// Compares with `eventsource-stream`, which claims to follow the same standard. It does not where
///
/// - bytes are not UTF-8: it ends there, the standard replaces them;
/// - there is a byte order mark: it cuts inside of it and panics;
/// - a CR is last: it waits for an LF, the standard's line has ended.
fn agrees(stream: &[u8], ours: &[[String; 3]]) {
    let Ok(text) = std::str::from_utf8(stream) else {
        return;
    };
    if text.contains('\u{feff}') || text.ends_with('\r') {
        return;
    }
    let chunk = futures::stream::iter([Ok::<_, Infallible>(stream)]);
    let theirs = chunk.eventsource().collect::<Vec<_>>().now_or_never();
    let Ok(theirs) = theirs
        .unwrap_or_default()
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
    else {
        return;
    };
    let theirs: Vec<_> = theirs
        .into_iter()
        .map(|event| [event.event, event.data, event.id])
        .collect();
    assert_eq!(theirs, ours, "as eventsource-stream");
}
