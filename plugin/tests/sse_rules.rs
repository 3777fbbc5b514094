//! What the standard says of event streams and the web-platform-tests do not show, and the limits.

mod sse_support;

use openclaw_plugin::gateway::sse::{Limits, SseError, SseReader};
use sse_support::{ROOMY, Seen, event, message, read, read_every_way};
use std::time::Duration;

/// The data of the only event of a stream that has one `data` field with this value.
fn data(value: &[u8]) -> String {
    let stream = [b"data:", value, b"\n\n"].concat();
    let seen = read_every_way(ROOMY, &stream);
    assert_eq!((seen.events.len(), seen.error), (1, None));
    seen.events[0].data.clone()
}

fn limits(max_line: usize, max_event: usize) -> Limits {
    Limits {
        max_line,
        max_event,
    }
}

#[test]
fn a_gateways_stream_is_read_whole() {
    let stream = "event: response.created\ndata: {\"type\":\"response.created\"}\n\n\
        event: response.output_text.delta\ndata: {\"delta\":\"你好 \\n\"}\n\n\
        event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n\
        data: [DONE]\n\n";
    let expected = [
        event("response.created", r#"{"type":"response.created"}"#, ""),
        event("response.output_text.delta", r#"{"delta":"你好 \n"}"#, ""),
        event("response.completed", r#"{"type":"response.completed"}"#, ""),
        message("[DONE]"),
    ];
    assert_eq!(read_every_way(ROOMY, stream.as_bytes()).events, expected);
}

#[test]
fn an_event_is_given_with_the_first_byte_that_ends_its_blank_line() {
    for (stream, after) in [
        ("data:x\n\n", ""),
        ("data:x\r\n\r", "\n"),
        ("data:x\r\r", ""),
    ] {
        let mut reader = SseReader::new(ROOMY);
        let (head, last) = stream.as_bytes().split_at(stream.len() - 1);
        assert_eq!(reader.push(head).next(), None);
        assert_eq!(reader.push(last).next(), Some(Ok(message("x"))));
        assert_eq!(reader.push(after.as_bytes()).next(), None);
        assert_eq!(reader.push(b"data:y\n\n").next(), Some(Ok(message("y"))));
    }
}

#[test]
fn every_mix_of_line_ends_is_read_alike() {
    let ends = ["\n", "\r", "\r\n"];
    for a in ends {
        for b in ends {
            for c in ends {
                let stream = format!("data:1{a}data:2{b}:{c}data:3{a}{a}data:4{b}{b}");
                let expected = [message("1\n2\n3"), message("4")];
                assert_eq!(
                    read_every_way(ROOMY, stream.as_bytes()).events,
                    expected,
                    "{stream:?}"
                );
            }
        }
    }
}

#[test]
fn only_cr_and_lf_end_a_line() {
    let value = "a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f\u{1e}g";
    assert_eq!(data(value.as_bytes()), value);
}

#[test]
fn an_event_without_data_is_none_and_resets_the_type() {
    let seen = read_every_way(ROOMY, b"event:lost\n\ndata:x\n\n\n\n");
    assert_eq!(seen.events, [message("x")]);
}

#[test]
fn an_event_with_an_empty_data_field_is_one() {
    assert_eq!(data(b""), "");
}

#[test]
fn the_last_type_of_an_event_holds_for_that_event_only() {
    let seen = read_every_way(
        ROOMY,
        b"event:a\nevent:b\ndata:1\n\ndata:2\n\nevent:c\nevent\ndata:3\n\n",
    );
    assert_eq!(
        seen.events,
        [event("b", "1", ""), message("2"), message("3")]
    );
}

#[test]
fn an_id_without_an_event_holds_for_the_next_events() {
    let seen = read_every_way(ROOMY, b"id:7\n\ndata:1\n\nid:\0\ndata:2\n\n");
    assert_eq!(
        seen.events,
        [event("message", "1", "7"), event("message", "2", "7")]
    );
}

#[test]
fn an_event_that_the_end_of_the_stream_cuts_off_is_none() {
    for stream in [
        "data:x",
        "data:x\n",
        "data:x\r\n",
        "data:x\ndata",
        "event:e\ndata:x\nid:1",
    ] {
        assert_eq!(
            read_every_way(ROOMY, stream.as_bytes()).events,
            [],
            "{stream:?}"
        );
    }
}

#[test]
fn field_names_are_compared_literally() {
    for line in [
        "Data:x", " data:x", "data :x", "data\0:x", "\tdata:x", "dat:x", "datax", ":data:x",
    ] {
        let seen = read_every_way(ROOMY, format!("{line}\n\n").as_bytes());
        assert_eq!(seen, Seen::default(), "{line:?}");
    }
}

#[test]
fn one_space_after_the_first_colon_is_removed_and_nothing_else() {
    for (value, expected) in [
        (" x", "x"),
        ("  x", " x"),
        (" ", ""),
        ("\tx", "\tx"),
        (" x ", "x "),
        (" a: b", "a: b"),
        (":", ":"),
    ] {
        assert_eq!(data(value.as_bytes()), expected);
    }
}

#[test]
fn a_retry_of_ascii_digits_sets_the_time_without_an_event() {
    for (value, milliseconds) in [
        ("0", 0),
        ("007", 7),
        (" 15", 15),
        ("18446744073709551615", u64::MAX),
        ("99999999999999999999999", u64::MAX),
    ] {
        let seen = read_every_way(ROOMY, format!("retry:{value}\n").as_bytes());
        assert_eq!(
            seen.reconnection_time,
            Some(Duration::from_millis(milliseconds)),
            "{value:?}"
        );
    }
}

#[test]
fn a_retry_of_anything_else_is_ignored() {
    for value in [
        "", " ", "+5", "-5", "5.0", "5 ", "  5", "0x5", "1e3", "5\0", "\u{665}",
    ] {
        let seen = read_every_way(ROOMY, format!("retry:{value}\n").as_bytes());
        assert_eq!(seen.reconnection_time, None, "{value:?}");
    }
}

#[test]
fn a_byte_order_mark_is_stripped_once_at_the_start_only() {
    let bom = "\u{feff}";
    let first = |stream: String| read_every_way(ROOMY, stream.as_bytes()).events;
    assert_eq!(first(format!("{bom}data:x\n\n")), [message("x")]);
    assert_eq!(first(format!("{bom}\ndata:x\n\n")), [message("x")]);
    assert_eq!(first(format!("\n{bom}data:x\n\n")), []);
    assert_eq!(first(format!("{bom}:\n{bom}data:x\n\n")), []);
    assert_eq!(first(format!("data:{bom}x\n\n")), [message("\u{feff}x")]);
}

#[test]
fn a_part_of_a_byte_order_mark_belongs_to_its_line() {
    for part in [&b"\xef"[..], b"\xef\xbb"] {
        let seen = read_every_way(ROOMY, &[part, b"data:x\n\n"].concat());
        assert_eq!(seen.events, []);
        let seen = read_every_way(ROOMY, &[part, b"\ndata:x\n\n"].concat());
        assert_eq!(seen.events, [message("x")]);
    }
}

#[test]
fn each_maximal_part_of_a_sequence_that_is_not_utf_8_becomes_one_replacement_character() {
    // The encoding standard's decoder gives up at the first byte that cannot continue.
    for (bytes, replaced) in [
        (&b"\x80"[..], 1),            // a continuation without a start
        (b"\xff", 1),                 // never valid
        (b"\xc0\x80", 2),             // overlong
        (b"\xc1\xbf", 2),             // overlong
        (b"\xe0\x80\x80", 3),         // overlong
        (b"\xe2\x82", 1),             // cut off after two of three
        (b"\xed\xa0\x80", 3),         // a surrogate
        (b"\xf0\x80\x80\x80", 4),     // overlong
        (b"\xf0\x9f\x92", 1),         // cut off after three of four
        (b"\xf0\x9f", 1),             // cut off after two of four
        (b"\xf4\x90\x80\x80", 4),     // beyond U+10FFFF
        (b"\xf5\x80\x80\x80", 4),     // beyond U+10FFFF
        (b"\xe2\xe2\x82\xe2\x82", 3), // starts within sequences
    ] {
        let expected = format!("a{}b", "\u{fffd}".repeat(replaced));
        assert_eq!(data(&[b"a", bytes, b"b"].concat()), expected, "{bytes:x?}");
        // The end of the line is never taken into the sequence.
        assert_eq!(data(bytes), "\u{fffd}".repeat(replaced), "{bytes:x?}");
    }
    assert_eq!(
        data("é…💒\u{fffd}\u{10ffff}".as_bytes()),
        "é…💒\u{fffd}\u{10ffff}"
    );
}

#[test]
fn types_and_ids_are_decoded_too() {
    let seen = read_every_way(
        ROOMY,
        b"event:\xf0\x9f\xff\nid:\xe2\x80\xa6\x80\ndata:x\n\n",
    );
    assert_eq!(seen.events, [event("\u{fffd}\u{fffd}", "x", "…\u{fffd}")]);
}

#[test]
fn a_line_may_be_as_long_as_its_limit_and_not_a_byte_longer() {
    let too_long = Some(SseError::LineTooLong { limit: 8 });
    for end in ["\n", "\r", "\r\n", ""] {
        for start in ["data:", ":", "x", "id:"] {
            let line = |len| format!("{start:z<len$}{end}");
            for (len, error) in [(7, None), (8, None), (9, too_long), (40, too_long)] {
                let seen = read_every_way(limits(8, 100), line(len).as_bytes());
                assert_eq!(seen.error, error, "{:?}", line(len));
                // Not only the first line.
                let seen = read_every_way(
                    limits(8, 100),
                    format!("data:1\n\n{}", line(len)).as_bytes(),
                );
                assert_eq!((seen.events, seen.error), (vec![message("1")], error));
            }
        }
    }
}

#[test]
fn a_byte_order_mark_counts_for_the_limit_of_its_line() {
    let stream = "\u{feff}data:x\n\n".as_bytes();
    assert_eq!(read_every_way(limits(9, 1), stream).events, [message("x")]);
    let error = read_every_way(limits(8, 1), stream).error;
    assert_eq!(error, Some(SseError::LineTooLong { limit: 8 }));
}

#[test]
fn the_data_of_an_event_may_be_as_long_as_its_limit_and_not_a_byte_longer() {
    for (stream, len) in [
        ("data\n", 0),
        ("data:x\n", 1),
        ("data\ndata\n", 1),
        ("data\ndata\ndata\ndata\n", 3),
        ("data:abc\ndata:def\n", 7),
        ("event:a long one\nid:another\n:comment\ndata:abc\n", 3),
        ("data:…\n", 3),
    ] {
        let stream = format!("{stream}\n");
        let seen = read_every_way(limits(100, len), stream.as_bytes());
        assert_eq!(
            (seen.events[0].data.len(), seen.error),
            (len, None),
            "{stream:?}"
        );
        if let Some(limit) = len.checked_sub(1) {
            let seen = read_every_way(limits(100, limit), stream.as_bytes());
            assert_eq!(seen.events, [], "{stream:?}");
            assert_eq!(
                seen.error,
                Some(SseError::EventTooLong { limit }),
                "{stream:?}"
            );
        }
    }
}

#[test]
fn replaced_bytes_count_for_the_limit_as_what_replaces_them() {
    let stream = b"data:\xff\xff\n\n";
    assert_eq!(
        read_every_way(limits(100, 6), stream).events,
        [message("\u{fffd}\u{fffd}")]
    );
    let error = read_every_way(limits(100, 5), stream).error;
    assert_eq!(error, Some(SseError::EventTooLong { limit: 5 }));
}

#[test]
fn an_event_is_too_long_before_its_blank_line_has_come() {
    let error = read_every_way(limits(100, 3), b"data:ab\ndata:c\n").error;
    assert_eq!(error, Some(SseError::EventTooLong { limit: 3 }));
}

#[test]
fn the_limit_of_an_event_is_each_events_own() {
    let seen = read_every_way(limits(100, 3), b"data:abc\n\ndata:def\n\n");
    assert_eq!((seen.events.len(), seen.error), (2, None));
}

#[test]
fn the_least_and_the_greatest_limits_work() {
    let seen = read_every_way(limits(0, 0), b"\n\r\n\r");
    assert_eq!(seen, Seen::default());
    let error = read_every_way(limits(0, 0), b"\nx").error;
    assert_eq!(error, Some(SseError::LineTooLong { limit: 0 }));
    let seen = read_every_way(limits(usize::MAX, usize::MAX), b"data:a\ndata:b\n\n");
    assert_eq!(seen.events, [message("a\nb")]);
}

#[test]
fn events_before_an_error_are_given_and_after_it_the_reader_only_repeats_it() {
    let mut reader = SseReader::new(limits(8, 8));
    let error = SseError::LineTooLong { limit: 8 };
    let mut events = reader.push(b"data:1\n\ndata:2\n\ndata:too long\n\ndata:3\n\n");
    assert_eq!(events.next(), Some(Ok(message("1"))));
    assert_eq!(events.next(), Some(Ok(message("2"))));
    assert_eq!(events.next(), Some(Err(error)));
    assert_eq!(events.next(), None);
    for chunk in [&b"data:4\n\n"[..], b""] {
        let again: Vec<_> = reader.push(chunk).collect();
        assert_eq!(again, [Err(error)]);
    }
}

#[test]
fn errors_say_which_limit_and_nothing_of_the_stream() {
    let error = read(limits(10, 100), [&b"data:sk-secret-token\n"[..]])
        .error
        .unwrap();
    assert_eq!(
        error.to_string(),
        "a line of the event stream is longer than the 10 bytes allowed"
    );
    let error = read(limits(100, 10), [&b"data:sk-secret-token\n"[..]])
        .error
        .unwrap();
    assert_eq!(
        error.to_string(),
        "an event of the stream has more data than the 10 bytes allowed"
    );
}
