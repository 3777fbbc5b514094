//! Classifies failed answers: the fault and its cause.
//!
//! [`TABLE`] decides; this module extracts the facts it needs.

mod head;
mod marks;
mod table;
mod why;
mod words;

pub use head::Head;
pub use table::{Row, TABLE};
pub(crate) use why::{PROBE_SLOW, UPLOAD_BROKE};

use crate::fault::{Fault, Why};
use crate::prelude::*;
use openclaw_core::guards::breaker::MAX_RETRY_AFTER_MS;
use openclaw_core::locale::Locale;
use openclaw_core::locale::say;
use openclaw_core::printable::excerpt;
use openclaw_wire::json::Json;
use table::{Facts, find};
use words::Words;

/// Maximum bytes of an error body that are read.
pub const MAX_REFUSAL_BYTES: usize = 16 * 1024;

/// The fault for a status other than 200, or for a 200 that is not a reply.
///
/// `body` may be truncated to [`MAX_REFUSAL_BYTES`]; `locale` is for the fault's texts.
pub fn classify(head: &Head, body: &[u8], locale: Locale) -> Fault {
    let page = is_page(head, body);
    let compressed = head.is_compressed() || is_compressed(body);
    let json = (!page && !compressed).then(|| Words::of(Json::first(body)));
    let (words, is_json) = match json {
        Some(words) if !words.message.is_empty() || words.failed => (words, true),
        // Even an object without a message did not come from a proxy.
        _ => (
            Words::plain(plain_words(body, page, compressed)),
            body.trim_ascii_start().starts_with(b"{"),
        ),
    };
    let proxy = !is_json && (page || !head.server.is_empty() || is_proxys(&words.message));
    let facts = Facts {
        status: head.status,
        said: words.said(head.status, is_json),
        page,
        proxy,
        failed: words.failed,
        error: words.error,
        compressed,
        allows_post: head.allows_post(),
        wants_login: head.wants_login(),
    };
    let redirect = (300..400).contains(&head.status) && !head.location.is_empty();
    // If the body is only a page or empty, the message says who answered.
    let by_proxy = proxy && !matches!(head.status, 200 | 404 | 405);
    let status = match (by_proxy, head.server.as_str()) {
        (false, _) => format!("HTTP {}", head.status),
        (true, "") => say!(locale, en: "HTTP {} from a proxy", zh: "代理返回 HTTP {}", head.status),
        (true, server) => say!(locale,
            en: "HTTP {} from a proxy ({})",
            zh: "代理（{1}）返回 HTTP {0}",
            head.status, excerpt(server.as_bytes())),
    };
    let seen = if redirect {
        say!(locale,
            en: "a redirect to {} is not followed",
            zh: "不跟随到 {} 的重定向",
            excerpt(head.location.as_bytes()))
    } else if compressed {
        say!(locale, en: "the body is compressed", zh: "内容被压缩")
    } else if page {
        let title = excerpt(words.message.as_bytes());
        let title = if title.is_empty() {
            title
        } else {
            format!(" ({title})")
        };
        say!(locale, en: "a web page{title}", zh: "一个网页{title}")
    } else {
        excerpt(words.message.as_bytes())
    };
    let mut fault = fault(find(&facts).why, join(&status, &seen));
    fault.message += &head.retry_after_words(locale);
    fault.http_status = Some(head.status);
    // A longer delay is a mistake, or meant to lock us out.
    fault.retry_after_ms = head.retry_after_ms().map(|ms| ms.min(MAX_RETRY_AFTER_MS));
    fault
}

/// The fault for an error inside a 200: in a stream event, or in place of a response.
pub(super) fn in_place_of_an_answer(error: Json<'_>, locale: Locale) -> Fault {
    let words = within(Words::of(error));
    let message = say!(locale,
        en: "the gateway says: {}",
        zh: "网关返回的错误：{}",
        shown(&words.1, locale));
    fault(words.0, message)
}

/// The fault for a failed response object.
pub(super) fn failed(status: &str, response: Json<'_>, locale: Locale) -> Fault {
    let mut words = Words::of(response);
    words.failed = true;
    let (why, words) = within(words);
    let message = say!(locale,
        en: "the response's status is `{status}`: {}",
        zh: "response 的状态为 `{status}`：{}",
        shown(&words, locale));
    fault(why, message)
}

/// Whether an object has the form of an error.
pub(super) fn is_error(object: Json<'_>) -> bool {
    Words::of(object).error
}

/// Classifies an error inside an answer, where the status says nothing.
fn within(words: Words) -> (Why, Words) {
    let facts = Facts {
        status: 200,
        said: words.said(200, true),
        failed: words.failed,
        error: true,
        ..Facts::default()
    };
    (find(&facts).why, words)
}

/// The error's message, for display.
fn shown(words: &Words, locale: Locale) -> String {
    let shown = excerpt(words.message.as_bytes());
    if shown.is_empty() {
        say!(locale, en: "no reason given", zh: "没有给出原因")
    } else {
        shown
    }
}

fn fault(why: Why, message: String) -> Fault {
    Fault {
        texts: why.texts,
        ..Fault::new(why.code, message)
    }
}

/// Whether the body is an HTML page, whatever the status.
pub fn is_page(head: &Head, body: &[u8]) -> bool {
    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let start = start.trim_ascii_start();
    let begins =
        |tag: &[u8]| start.len() >= tag.len() && start[..tag.len()].eq_ignore_ascii_case(tag);
    let json = start.starts_with(b"{") || start.starts_with(b"[");
    (matches!(
        head.media_type().as_str(),
        "text/html" | "application/xhtml+xml"
    ) && !json)
        || begins(b"<!doctype html")
        || begins(b"<html")
}

/// Detects gzip, zstd and zlib by their first bytes.
pub(super) fn is_compressed(body: &[u8]) -> bool {
    matches!(
        body,
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x78, 0x01 | 0x9c | 0xda, ..]
    )
}

/// The text of a body that is not JSON: a page's title, or the text itself.
fn plain_words(body: &[u8], page: bool, compressed: bool) -> String {
    let text = String::from_utf8_lossy(body);
    if compressed {
        return String::new();
    }
    if !page {
        return text.into_owned();
    }
    let lower = text.to_ascii_lowercase();
    let within = |tag: &str| {
        let from = lower.find(&format!("<{tag}"))?;
        let from = from + lower[from..].find('>')? + 1;
        let to = from + lower[from..].find('<')?;
        let title = text[from..to].trim();
        (!title.is_empty()).then(|| title.to_owned())
    };
    within("title").or_else(|| within("h1")).unwrap_or_default()
}

/// Plain-text messages of proxies.
fn is_proxys(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    [
        "bad gateway",
        "gateway timeout",
        "gateway time-out",
        "service unavailable",
        "no healthy upstream",
        "upstream connect error",
        "upstream request timeout",
        "no available server",
        "error code: 5",
        "backend fetch failed",
    ]
    .iter()
    .any(|words| text.starts_with(words))
}

fn join(what: &str, words: &str) -> String {
    if words.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {words}")
    }
}

#[cfg(test)]
mod tests;
