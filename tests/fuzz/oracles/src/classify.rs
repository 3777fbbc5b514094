//! A failed answer has one code that agrees with its status, and words that a person can read; an answer's format does
//! not depend on how its bytes arrive.

use openclaw_core::fault::FaultCode;
use openclaw_core::guards::breaker::MAX_RETRY_AFTER_MS;
use openclaw_core::locale::Locale;
use openclaw_plugin::gateway::answer::sniff;
use openclaw_plugin::gateway::classify::{Head, MAX_REFUSAL_BYTES, classify, is_page};
use openclaw_plugin::gateway::dialect::Dialect;

use crate::answer::explains;
use crate::bounded;
use crate::input::{Input, MOST};

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 16);
    let (head, body) = head(&bytes);
    // Of headers, lower-case copies and excerpts are made.
    let headers = bytes.len() - body.len();
    formats(&head, &body[..body.len().min(5000)], &input);
    let body = &body[..body.len().min(MAX_REFUSAL_BYTES)];
    // The words are taken out, searched in lower case, and said in both languages.
    let most = 16 * (body.len() + headers) + (32 << 10);
    for locale in [Locale::En, Locale::Zh] {
        let fault = bounded(most, || classify(&head, body, locale));
        explains(&fault);
        assert_eq!(fault.http_status, Some(head.status));
        assert!(fault.partial_text.is_empty());
        assert!(
            fault
                .retry_after_ms
                .is_none_or(|ms| ms <= MAX_RETRY_AFTER_MS)
        );
        agrees(&head, &fault.code);
        let flipped = Dialect::Nested.wanted_by(&fault.message);
        let back = Dialect::Flat.wanted_by(&fault.message);
        assert!(flipped.is_none_or(|to| to == Dialect::Flat));
        assert!(back.is_none_or(|to| to == Dialect::Nested));
    }
}

/// The head: a status and values, a line each; then an empty line and the body.
fn head(bytes: &[u8]) -> (Head, &[u8]) {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    let (lines, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &b""[..]),
    };
    let lines = String::from_utf8_lossy(lines);
    let mut lines = lines.split('\n').map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    let head = Head {
        status: next().trim().parse().unwrap_or(200),
        content_type: next(),
        content_encoding: next(),
        allow: next(),
        retry_after: next(),
        date: next(),
        location: next(),
        www_authenticate: next(),
        server: next(),
    };
    (head, body)
}

/// "The status decides first": a code that only one kind of status can have.
fn agrees(head: &Head, code: &FaultCode) {
    let possible = match code {
        FaultCode::RateLimited => matches!(head.status, 200 | 429),
        // An address or a head can be too long, too.
        FaultCode::RequestTooLarge => matches!(head.status, 200 | 413 | 414 | 431 | 494),
        // The guards', the caller's and the host's own.
        FaultCode::Busy | FaultCode::CircuitOpen | FaultCode::PluginTrapped => false,
        FaultCode::HeavyTaskRefused | FaultCode::Cancelled => false,
        _ => true,
    };
    assert!(possible, "{code} for {}", head.status);
}

/// What is told once is told however much more has arrived, and it is told in the end.
fn formats(head: &Head, body: &[u8], input: &Input<'_>) {
    let whole = sniff(head, body, true);
    assert!(whole.is_ok(), "told at the end");
    let mut told = None;
    let mut arrived = 0;
    for piece in input.pieces(body) {
        arrived += piece.len();
        match (sniff(head, &body[..arrived], false), told) {
            (Ok(format), None) => told = Some(format),
            (now, Some(before)) => assert_eq!(now, Ok(before), "at {arrived} of {body:?}"),
            (Err(_), None) => assert!(arrived < 4200, "waits for more and more"),
        }
    }
    if let Some(told) = told {
        assert_eq!(whole, Ok(told), "at the end of {body:?}");
    }
    if is_page(head, body) && !head.content_type.contains('/') {
        assert_eq!(whole, Ok(None), "a page is no answer");
    }
}
