//! Tests the table row by row: answers of real gateways, proxies and providers, and their classification.

mod providers;
mod status;
mod subjects;
mod within;

use super::why::*;
use super::*;
use openclaw_core::fault::FaultCode::*;
use serde_json::json;

/// A response: status, headers other than the media type, media type, body.
struct Answer<'a>(u16, &'a [(&'a str, &'a str)], &'a str, &'a str);

fn fault_of(Answer(status, headers, content_type, body): &Answer, locale: Locale) -> Fault {
    let header = |name: &str| {
        let mut headers = headers.iter();
        let found = headers.find(|(other, _)| *other == name);
        found
            .map(|(_, value)| (*value).to_owned())
            .unwrap_or_default()
    };
    let head = Head {
        status: *status,
        content_type: (*content_type).to_owned(),
        content_encoding: header("content-encoding"),
        allow: header("allow"),
        retry_after: header("retry-after"),
        date: header("date"),
        location: header("location"),
        www_authenticate: header("www-authenticate"),
        server: header("server"),
    };
    classify(&head, body.as_bytes(), locale)
}

/// Every answer is classified as `why`, and its message contains these words.
#[track_caller]
fn all_are(why: impl Into<Why>, answers: &[(Answer, &str)]) {
    let why = why.into();
    for (answer, words) in answers {
        let fault = fault_of(answer, Locale::En);
        let Answer(status, _, _, body) = answer;
        assert_eq!(fault.why(), why, "{status} {body}: {fault:?}");
        assert!(fault.message.contains(words), "{}", fault.message);
        assert!(
            fault.message.starts_with(&format!("HTTP {status}")),
            "{}",
            fault.message
        );
        assert_eq!(fault.http_status, Some(*status));
        let chinese = fault_of(answer, Locale::Zh);
        assert_eq!(chinese.why(), why);
    }
}

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain";

fn json(status: u16, body: &str) -> Answer<'_> {
    Answer(status, &[], JSON, body)
}

fn text(status: u16, body: &str) -> Answer<'_> {
    Answer(status, &[], TEXT, body)
}

fn page(status: u16, body: &str) -> Answer<'_> {
    Answer(status, &[], HTML, body)
}

fn failed_response(response: &str) -> Fault {
    failed("failed", Json::first(response.as_bytes()), Locale::En)
}

const UNAUTHORIZED: &str = r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#;

// Report A13 (attack), also router-for-me/CLIProxyAPI#1834: compressed unasked, sometimes without a header.
#[test]
fn a_compressed_answer_is_a_protocol_error_that_says_so() {
    let gzip = [("content-encoding", "gzip")];
    all_are(
        COMPRESSED,
        &[
            (
                Answer(200, &gzip, "text/event-stream", "\u{1f}x"),
                "compressed",
            ),
            (
                Answer(200, &[("content-encoding", "br")], JSON, "x"),
                "compressed",
            ),
        ],
    );
    let fault = classify(
        &Head {
            status: 200,
            ..Head::default()
        },
        &[0x1f, 0x8b, 8, 0],
        Locale::En,
    );
    assert_eq!(fault.why(), COMPRESSED);
    // Otherwise the status decides, and the message says that the body was unreadable.
    let fault = fault_of(&Answer(401, &gzip, JSON, "x"), Locale::En);
    assert_eq!(
        (fault.code, fault.message.as_str()),
        (AuthFailed, "HTTP 401: the body is compressed")
    );
    for (start, is) in [
        (&[0x1f, 0x8b, 8][..], true),
        (&[0x28, 0xb5, 0x2f, 0xfd], true),
        (&[0x78, 0x9c, 1], true),
        (b"event: x", false),
        (b"x^2", false),
        (b"{", false),
        (b"", false),
    ] {
        assert_eq!(is_compressed(start), is, "{start:?}");
    }
}

#[test]
fn foreign_words_are_one_short_line() {
    for body in [
        "a\r\n\tb ".repeat(10_000),
        format!("<title>{}", "a\n".repeat(10_000)),
    ] {
        for content_type in [TEXT, HTML] {
            let fault = fault_of(
                &Answer(500, &[("server", &body)], content_type, &body),
                Locale::En,
            );
            assert!(!fault.message.contains('\n') && fault.message.chars().count() < 1_100);
        }
    }
}

#[test]
fn every_cause_and_remedy_is_a_sentence_in_both_languages() {
    for why in why::ALL {
        let (en, zh) = (Locale::En, Locale::Zh);
        for text in [why.cause(en), why.remedy(en)] {
            assert!(text.is_ascii() && text.ends_with('.'), "{text}");
        }
        for text in [why.cause(zh), why.remedy(zh)] {
            assert!(text.ends_with('。') && !text.contains(['—', ';']), "{text}");
        }
    }
}

/// The table as documentation.
fn reference() -> String {
    let mut text = String::from(
        "# Which answer is which fault\n\n\
         Generated from `src/gateway/classify/table.rs`; `UPDATE_DOCS=1 cargo test --release -p openclaw-plugin reference` \
         writes it anew.\n\n\
         The first row that fits decides. The status speaks first: what the body says decides where it is more exact, \
         and a web page only where the status says nothing. 200 stands for whatever comes in an answer that claims to \
         be one: an error event, an error in JSON, a response that failed. Words are looked for in codes and types, and, \
         where the status leaves it open, in messages too (`src/gateway/classify/words.rs`).\n\n\
         | status | the answer | code | counts for the breaker | cause | remedy |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in TABLE {
        let code = row.why.code;
        let cells = [
            row.statuses(),
            row.when().to_owned(),
            format!("`{}`", code.as_str()),
            if code.counts_for_breaker() {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
            row.why.cause(Locale::En).to_owned(),
            row.why.remedy(Locale::En).to_owned(),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

#[test]
fn the_reference_has_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ANSWERS.md");
    let current = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &current).expect("written");
        return;
    }
    assert!(
        include_str!("../../../ANSWERS.md") == current,
        "{path} is not current; UPDATE_DOCS=1 writes it anew"
    );
}

#[test]
fn every_row_can_decide() {
    // A row after a more general one is never reached.
    let mut reached = std::collections::HashSet::new();
    let saids = words::Said::ALL;
    let bits = |n: u32, bit: u32| n & (1 << bit) != 0;
    for status in 0..=599 {
        for said in saids.iter().copied() {
            for n in 0..128 {
                let facts = Facts {
                    status,
                    said,
                    page: bits(n, 0),
                    proxy: bits(n, 1),
                    failed: bits(n, 2),
                    error: bits(n, 3),
                    compressed: bits(n, 4),
                    allows_post: bits(n, 5),
                    wants_login: bits(n, 6),
                };
                reached.insert(std::ptr::from_ref(find(&facts)));
            }
        }
    }
    for (at, row) in TABLE.iter().enumerate() {
        assert!(
            reached.contains(&std::ptr::from_ref(row)),
            "row {at}: {} {}",
            row.statuses(),
            row.when()
        );
    }
}
