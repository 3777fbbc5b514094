//! The web-platform-tests for event streams, each cut into chunks at every place.
//! The cases and where they come from: `tests/fixtures/wpt/`.

mod sse_support;

use serde::Deserialize;
use sse_support::{ROOMY, Seen, event, read_every_way};
use std::time::Duration;

#[derive(Deserialize)]
struct Case {
    case: String,
    input: Vec<Part>,
    events: Vec<Event>,
    reconnection_time_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Repeated { repeat: String, times: usize },
}

#[derive(Deserialize)]
struct Event {
    event: String,
    data: String,
    last_event_id: String,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../tests/fixtures/wpt/eventsource.json")).unwrap()
}

fn check(name: &str) {
    let cases = cases();
    let case = cases.iter().find(|case| case.case == name).unwrap();
    let stream: String = case
        .input
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Repeated { repeat, times } => repeat.repeat(*times),
        })
        .collect();
    let expected = Seen {
        events: case
            .events
            .iter()
            .map(|e| event(&e.event, &e.data, &e.last_event_id))
            .collect(),
        error: None,
        reconnection_time: case.reconnection_time_ms.map(Duration::from_millis),
    };
    assert_eq!(read_every_way(ROOMY, stream.as_bytes()), expected);
}

macro_rules! wpt {
    ($($test:ident: $case:literal,)+) => {
        $(
            #[test]
            fn $test() {
                check($case);
            }
        )+

        #[test]
        fn every_case_of_the_fixture_is_run() {
            let names: Vec<_> = cases().into_iter().map(|case| case.case).collect();
            assert_eq!(names, [$($case),+]);
        }
    };
}

wpt! {
    event_data: "event-data",
    format_bom: "format-bom",
    format_bom_2: "format-bom-2",
    format_comments: "format-comments",
    format_data_before_final_empty_line: "format-data-before-final-empty-line",
    format_field_data: "format-field-data",
    format_field_event: "format-field-event",
    format_field_event_empty: "format-field-event-empty",
    format_field_id: "format-field-id",
    format_field_id_2: "format-field-id-2",
    format_field_id_3_persists: "format-field-id-3-persists",
    format_field_id_3_resets: "format-field-id-3-resets",
    format_field_id_3_resets_without_colon: "format-field-id-3-resets-without-colon",
    format_field_id_null_two_nulls: "format-field-id-null-two-nulls",
    format_field_id_null_at_end: "format-field-id-null-at-end",
    format_field_id_null_at_start: "format-field-id-null-at-start",
    format_field_id_null_in_the_middle: "format-field-id-null-in-the-middle",
    format_field_id_null_after_space: "format-field-id-null-after-space",
    format_field_parsing: "format-field-parsing",
    format_field_retry: "format-field-retry",
    format_field_retry_bogus: "format-field-retry-bogus",
    format_field_retry_empty: "format-field-retry-empty",
    format_field_unknown: "format-field-unknown",
    format_leading_space: "format-leading-space",
    format_newlines: "format-newlines",
    format_null_character: "format-null-character",
    format_utf_8: "format-utf-8",
}
