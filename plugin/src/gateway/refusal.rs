//! Answers that are no reply: which fault they are.

use super::http_date::unix_seconds;
use super::response::{error_is, error_words};
use crate::fault::{FaultCode, Locale};
use crate::json::Json;
use crate::prelude::*;
use crate::text::say;
use crate::turn::model::Fault;
use crate::untrusted::excerpt;

/// Bytes of a refusal's body that are looked at.
pub const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// The head of an answer, as far as it matters.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, with its parameters; empty for none.
    pub content_type: String,
    /// `Allow`, if there is one.
    pub allow: Option<String>,
    /// `Retry-After`, if there is one.
    pub retry_after: Option<String>,
    /// `Date`, if there is one.
    pub date: Option<String>,
    /// `Location`, if there is one.
    pub location: Option<String>,
}

impl Head {
    /// The media type in lower case, without parameters.
    pub fn media_type(&self) -> String {
        self.content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    /// `Retry-After` in milliseconds: seconds, or a date measured against the answer's own `Date`
    /// (a component has no wall clock, and the two machines' clocks may differ).
    pub fn retry_after_ms(&self) -> Option<u64> {
        let value = self.retry_after.as_deref()?.trim();
        if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
            return Some(
                value
                    .parse::<u64>()
                    .unwrap_or(u64::MAX)
                    .saturating_mul(1000),
            );
        }
        let until = unix_seconds(value)?;
        let now = unix_seconds(self.date.as_deref()?)?;
        Some(until.saturating_sub(now) * 1000)
    }
}

/// Types and codes by which a provider's error is told from the gateway's own.
const PROVIDER_ERRORS: [&str; 9] = [
    "authentication_error",
    "permission_error",
    "rate_limit_error",
    "overloaded_error",
    "billing_error",
    "insufficient_quota",
    "invalid_api_key",
    "rate_limit_exceeded",
    "upstream_error",
];

/// The fault of an answer whose status is not 200, or that is a page for people.
///
/// `body` may be cut after [`MAX_REFUSAL_BYTES`]; `locale` is for what the fault says.
pub fn classify(head: &Head, body: &[u8], locale: Locale) -> Fault {
    let [error, status] = Json::object(body)
        .unwrap_or_default()
        .get(["error", "status"]);
    let error = error.is_object().then_some(error);
    let failed = status.is("failed");
    let providers =
        error.is_some_and(|error| PROVIDER_ERRORS.iter().any(|name| error_is(error, name)));
    let html = is_page(head, body);
    let code = match head.status {
        _ if html => FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        401 | 403 if providers => FaultCode::ModelProviderFailed,
        401 | 403 => FaultCode::AuthFailed,
        404 => FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        405 if !allows_post(head) => FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        413 => FaultCode::RequestTooLarge,
        429 if providers => FaultCode::ModelProviderFailed,
        429 => FaultCode::RateLimited,
        402 => FaultCode::ModelProviderFailed,
        405 => FaultCode::ProtocolError,
        400..=499 => FaultCode::RequestRejected,
        500..=599 if failed || providers => FaultCode::ModelProviderFailed,
        500..=599 => FaultCode::GatewayError,
        _ => FaultCode::ProtocolError,
    };
    let words = match (error, &head.location) {
        (Some(error), _) => error_words(error),
        (None, Some(location)) if (300..400).contains(&head.status) => say!(locale,
            en: "a redirect to {location} is not followed",
            zh: "不跟随到 {location} 的重定向"),
        _ if html => say!(locale, en: "a web page", zh: "一个网页"),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let mut fault = Fault::new(
        code,
        join(&format!("HTTP {}", head.status), &excerpt(words.as_bytes())),
    );
    fault.http_status = Some(head.status);
    fault.retry_after_ms = head.retry_after_ms();
    fault
}

/// Whether the answer is a page for people, whatever its status.
pub fn is_page(head: &Head, body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let begins =
        |tag: &[u8]| start.len() >= tag.len() && start[..tag.len()].eq_ignore_ascii_case(tag);
    head.media_type() == "text/html" || begins(b"<!doctype html") || begins(b"<html")
}

fn allows_post(head: &Head) -> bool {
    head.allow.as_deref().is_some_and(|allow| {
        allow
            .split(',')
            .any(|m| m.trim().eq_ignore_ascii_case("POST"))
    })
}

/// The fault of a response object that says that it failed.
pub(super) fn failed(status: &str, response: Json<'_>, locale: Locale) -> Fault {
    let what = say!(locale,
        en: "the response's status is `{status}`",
        zh: "response 的状态为 `{status}`");
    let [error] = response.get(["error"]);
    let words = excerpt(error_words(error).as_bytes());
    Fault::new(FaultCode::ModelProviderFailed, join(&what, &words))
}

/// The fault of an error that stands where an answer should: an event of a stream, or a JSON body
/// with status 200.
pub(super) fn in_place_of_an_answer(error: Json<'_>, locale: Locale) -> Fault {
    let words = say!(locale,
        en: "the gateway says instead of an answer: {}",
        zh: "网关没有给出回答，而是报告：{}",
        excerpt(error_words(error).as_bytes()));
    Fault::new(FaultCode::GatewayError, words)
}

fn join(what: &str, words: &str) -> String {
    if words.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {words}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FaultCode::*;

    fn head(status: u16, content_type: &str) -> Head {
        Head {
            status,
            content_type: content_type.into(),
            ..Head::default()
        }
    }

    fn code(status: u16, body: &str) -> FaultCode {
        let head = head(status, "application/json; charset=utf-8");
        classify(&head, body.as_bytes(), Locale::En).code
    }

    const UNAUTHORIZED: &str = r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#;
    const PROVIDER_KEY: &str = r#"{"status":"failed","error":{"code":"authentication_error","message":"401 Incorrect API key"}}"#;

    #[test]
    fn fault_auth_failed_is_the_gateways_own_401_or_403() {
        assert_eq!(code(401, UNAUTHORIZED), AuthFailed);
        assert_eq!(code(403, "{}"), AuthFailed);
        assert_eq!(code(401, "nope"), AuthFailed);
    }

    #[test]
    fn fault_model_provider_failed_is_the_providers_401_429_402_and_failed_5xx() {
        assert_eq!(code(401, PROVIDER_KEY), ModelProviderFailed);
        assert_eq!(
            code(429, r#"{"error":{"type":"rate_limit_error"}}"#),
            ModelProviderFailed
        );
        assert_eq!(code(402, "{}"), ModelProviderFailed);
        assert_eq!(
            code(
                500,
                r#"{"status":"failed","error":{"code":"api_error","message":"x"}}"#
            ),
            ModelProviderFailed
        );
        assert_eq!(
            code(502, r#"{"status":"failed","error":{"code":"api_error"}}"#),
            ModelProviderFailed
        );
    }

    #[test]
    fn fault_endpoint_is_404_405_without_allow_post_or_a_page() {
        let plain = |status, allow: Option<&str>| {
            let head = Head {
                allow: allow.map(str::to_owned),
                ..head(status, "text/plain")
            };
            classify(&head, b"Method Not Allowed", Locale::En).code
        };
        assert_eq!(plain(404, None), ResponsesEndpointNotEnabledOrNotFound);
        assert_eq!(plain(405, None), ResponsesEndpointNotEnabledOrNotFound);
        assert_eq!(
            plain(405, Some("GET, HEAD")),
            ResponsesEndpointNotEnabledOrNotFound
        );
        assert_eq!(plain(405, Some("GET, post")), ProtocolError);
        for status in [200, 403, 500] {
            let page = classify(
                &head(status, "text/html; charset=utf-8"),
                b"<p>",
                Locale::En,
            );
            assert_eq!(page.code, ResponsesEndpointNotEnabledOrNotFound, "{status}");
            let sniffed = classify(&head(status, ""), b"\n<!DOCTYPE HTML><html>", Locale::En);
            assert_eq!(
                sniffed.code, ResponsesEndpointNotEnabledOrNotFound,
                "{status}"
            );
        }
    }

    #[test]
    fn fault_rate_limited_with_its_retry_after() {
        let limited = Head {
            retry_after: Some("300".into()),
            ..head(429, "application/json")
        };
        let fault = classify(
            &limited,
            br#"{"error":{"type":"rate_limited","message":"later"}}"#,
            Locale::En,
        );
        assert_eq!(
            (fault.code, fault.retry_after_ms),
            (RateLimited, Some(300_000))
        );
    }

    #[test]
    fn retry_after_may_be_a_date() {
        let at = |retry: &str, date: Option<&str>| {
            Head {
                retry_after: Some(retry.into()),
                date: date.map(str::to_owned),
                ..Head::default()
            }
            .retry_after_ms()
        };
        let now = Some("Sun, 22 Nov 2026 07:16:41 GMT");
        assert_eq!(at("Sun, 22 Nov 2026 07:18:41 GMT", now), Some(120_000));
        assert_eq!(at("Sun, 22 Nov 2026 07:00:00 GMT", now), Some(0));
        assert_eq!(at("Sun, 22 Nov 2026 07:18:41 GMT", None), None);
        assert_eq!(at("soon", now), None);
        assert_eq!(at("99999999999999999999999", now), Some(u64::MAX));
    }

    #[test]
    fn fault_gateway_error_is_another_5xx() {
        assert_eq!(code(500, "oops"), GatewayError);
        assert_eq!(
            code(
                503,
                r#"{"error":{"type":"unavailable","message":"starting"}}"#
            ),
            GatewayError
        );
    }

    #[test]
    fn fault_request_rejected_and_too_large() {
        let fault = classify(
            &head(400, "application/json"),
            br#"{"error":{"message":"Unknown agent 'ghost'."}}"#,
            Locale::En,
        );
        assert_eq!(
            (fault.code, fault.message.as_str()),
            (RequestRejected, "HTTP 400: Unknown agent 'ghost'.")
        );
        assert_eq!(
            code(
                400,
                r#"{"status":"failed","error":{"code":"invalid_request_error"}}"#
            ),
            RequestRejected
        );
        assert_eq!(code(413, ""), RequestTooLarge);
    }

    #[test]
    fn fault_protocol_error_is_any_other_status() {
        assert_eq!(code(204, ""), ProtocolError);
        let redirect = Head {
            location: Some("http://evil/".into()),
            ..head(302, "")
        };
        let fault = classify(&redirect, b"", Locale::En);
        assert_eq!(fault.code, ProtocolError);
        assert_eq!(
            fault.message,
            "HTTP 302: a redirect to http://evil/ is not followed"
        );
    }

    #[test]
    fn foreign_words_are_one_short_line() {
        let fault = classify(
            &head(500, "text/plain"),
            "a\r\n\tb ".repeat(10_000).as_bytes(),
            Locale::En,
        );
        assert!(!fault.message.contains('\n') && fault.message.chars().count() < 600);
    }
}
