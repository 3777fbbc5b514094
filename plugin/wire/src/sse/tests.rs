//! Memory use of the reader, which only its internals show.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const PIECES: &[&[u8]] = &[b"data:", b"event:", b"id:", b":", b"\n", b"\r", b"\xff"];

#[test]
fn appending_byte_by_byte_grows_seldom_and_never_beyond_the_limit() {
    let (limit, mut capacity, mut growths) = (1_000_000, 0, 0);
    for len in 0..limit {
        let more = growth(len, capacity, 1, limit);
        if more > 0 {
            capacity = len + more;
            growths += 1;
        }
        assert!((len + 1..=limit).contains(&capacity));
    }
    assert!(growths <= 21, "{growths}");
}

#[test]
fn a_long_id_is_kept_once_over_any_number_of_events() {
    let mut reader = SseReader::new(Limits {
        max_line: 100,
        max_event: 100,
    });
    let stream = format!("id:{}\n{}", "x".repeat(90), "data\n\n".repeat(1000));
    let events: Result<Vec<_>, _> = reader.push(stream.as_bytes()).collect();
    let events = events.unwrap();
    assert_eq!(events.len(), 1000);
    for event in &events {
        assert!(Arc::ptr_eq(&event.last_event_id, &reader.last_event_id));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn memory_stays_within_the_limits(
        chunks in vec(
            prop_oneof![
                vec(any::<u8>(), 0..60),
                select(PIECES).prop_map(<[u8]>::to_vec),
            ],
            0..60,
        ),
        max_line in 0..200usize,
        max_event in 0..200usize,
    ) {
        let mut reader = SseReader::new(Limits { max_line, max_event });
        for chunk in chunks {
            for event in reader.push(&chunk).flatten() {
                prop_assert!(event.data.capacity() <= max_event + 1);
            }
            prop_assert!(reader.line.capacity() <= max_line);
            prop_assert!(reader.data.capacity() <= max_event + 1);
            prop_assert!(reader.event_type.len() <= 3 * max_line);
            prop_assert!(reader.last_event_id.len() <= 3 * max_line);
        }
    }
}
