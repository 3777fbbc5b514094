//! Classification by status, and by who answered.

use super::*;

#[test]
fn fault_auth_failed_is_the_gateways_own_401() {
    all_are(
        AuthFailed,
        &[
            (json(401, UNAUTHORIZED), "HTTP 401: Unauthorized"),
            (json(401, "{}"), ""),
            (text(401, "nope"), "nope"),
            (
                Answer(401, &[("www-authenticate", "Bearer")], JSON, UNAUTHORIZED),
                "Unauthorized",
            ),
        ],
    );
}

// Report F12: a 401 or 403 that is not about the token (quirq-ai/xo-space#57: a gateway behind a proxy
// answers every request with proxy_attribution_required, and users look for a wrong token).
#[test]
fn a_401_or_403_follows_its_own_words() {
    let attribution = r#"{"error":{"type":"proxy_attribution_required","message":"Proxy client attribution is required. Configure gateway.trustedProxies narrowly."}}"#;
    all_are(
        ATTRIBUTION,
        &[(json(403, attribution), "gateway.trustedProxies")],
    );
    all_are(
        SCOPE,
        &[
            (
                json(
                    403,
                    r#"{"error":{"type":"forbidden","message":"missing scope: operator.write"}}"#,
                ),
                "operator.write",
            ),
            (
                json(
                    401,
                    r#"{"error":{"code":"insufficient_scope","message":"Nope"}}"#,
                ),
                "Nope",
            ),
            (
                json(
                    403,
                    r#"{"error":{"type":"forbidden","message":"device pairing required"}}"#,
                ),
                "pairing",
            ),
        ],
    );
    all_are(
        FORBIDDEN,
        &[
            (json(403, "{}"), ""),
            (
                json(403, r#"{"error":"origin not allowed"}"#),
                "origin not allowed",
            ),
            (
                page(403, "<html><head><title>Just a moment...</title>"),
                "Just a moment...",
            ),
            (
                page(403, "<html><h1>403 Forbidden</h1>nginx"),
                "403 Forbidden",
            ),
        ],
    );
    let basic = [("www-authenticate", "Basic realm=\"nginx\"")];
    all_are(
        PROXY_LOGIN,
        &[
            (
                Answer(
                    401,
                    &basic,
                    HTML,
                    "<html><title>401 Authorization Required</title>",
                ),
                "401 Authorization",
            ),
            (
                Answer(401, &[("www-authenticate", "Negotiate")], TEXT, "no"),
                "no",
            ),
            (page(401, "<html><title>Sign in</title>"), "Sign in"),
            (
                text(407, "Proxy Authentication Required"),
                "Proxy Authentication",
            ),
            (page(511, "<title>Hotel Wi-Fi</title>"), "Hotel Wi-Fi"),
        ],
    );
}

// Report F11: a proxy's page instead of the gateway's answer (bountybench/bountybench#670: an nginx page
// where JSON was expected; Kong/kong#927). We said "endpoint not enabled", and 413s opened the breaker.
#[test]
fn the_status_speaks_first_and_a_proxy_is_named() {
    let nginx = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>";
    let caddy = [("server", "Caddy")];
    all_are(
        PROXY_DOWN,
        &[
            (
                page(502, nginx),
                "HTTP 502 from a proxy: a web page (502 Bad Gateway)",
            ),
            (page(500, "<html>"), "from a proxy"),
            (
                page(
                    503,
                    "<html><title>503 Service Temporarily Unavailable</title>",
                ),
                "from a proxy",
            ),
            (Answer(502, &caddy, "", ""), "HTTP 502 from a proxy (Caddy)"),
            (text(502, "Bad Gateway"), "from a proxy: Bad Gateway"),
            (text(503, "no available server\n"), "no available server"),
            (
                text(
                    503,
                    "upstream connect error or disconnect/reset before headers",
                ),
                "upstream",
            ),
            (text(502, "error code: 502"), "error code"),
            (
                page(
                    520,
                    "<title>Web server is returning an unknown error</title>",
                ),
                "unknown error",
            ),
            (page(521, "<title>Web server is down</title>"), "is down"),
            (page(523, ""), ""),
            (page(530, ""), ""),
        ],
    );
    all_are(
        PROXY_SLOW,
        &[
            (
                page(504, "<title>504 Gateway Time-out</title>"),
                "504 Gateway Time-out",
            ),
            (text(504, "stream timeout"), "stream timeout"),
            (page(522, ""), ""),
            (
                page(524, "<title>A timeout occurred</title>"),
                "A timeout occurred",
            ),
        ],
    );
    all_are(PROXY_TLS, &[(page(525, ""), ""), (page(526, ""), "")]);
    all_are(
        PROXY_SIZE,
        &[
            (
                page(413, "<title>413 Request Entity Too Large</title>"),
                "413 Request Entity Too Large",
            ),
            (Answer(413, &caddy, "", ""), "Caddy"),
        ],
    );
    all_are(
        RequestTooLarge,
        &[
            (text(413, ""), ""),
            (
                json(413, r#"{"error":{"message":"Payload too large"}}"#),
                "Payload",
            ),
        ],
    );
    all_are(
        PROXY_LIMIT,
        &[
            (page(429, "<title>Error 1015</title>"), "1015"),
            (Answer(429, &caddy, TEXT, "slow"), "slow"),
        ],
    );
    all_are(
        UPLOAD_SLOW,
        &[
            (page(408, "<title>408 Request Time-out</title>"), "408"),
            (json(408, "{}"), ""),
        ],
    );
    all_are(
        HEAD_SIZE,
        &[
            (page(431, ""), ""),
            (page(414, ""), ""),
            (
                page(494, "<title>400 Request Header Or Cookie Too Large</title>"),
                "Too Large",
            ),
        ],
    );
    all_are(
        ProtocolError,
        &[
            (page(421, "<title>421</title>"), "421"),
            (text(204, ""), ""),
            (text(206, "x"), "x"),
        ],
    );
    all_are(
        PROXY_REFUSES,
        &[
            (
                page(400, "<title>400 Bad Request</title>"),
                "400 Bad Request",
            ),
            (page(411, ""), ""),
            (page(418, ""), ""),
        ],
    );
    all_are(
        USE_HTTPS,
        &[
            (
                page(
                    400,
                    "<title>400 The plain HTTP request was sent to HTTPS port</title>",
                ),
                "HTTPS port",
            ),
            (
                text(400, "Client sent an HTTP request to an HTTPS server.\n"),
                "HTTPS server",
            ),
        ],
    );
    let location = [("location", "https://evil/")];
    all_are(
        REDIRECT,
        &[
            (
                Answer(302, &location, HTML, "<title>302 Found</title>"),
                "a redirect to https://evil/ is not followed",
            ),
            (text(304, ""), ""),
        ],
    );
}

#[test]
fn every_status_of_a_page_but_200_404_and_405_is_judged_by_the_status() {
    for status in 100..=599 {
        let fault = fault_of(&page(status, "<html><title>x</title>"), Locale::En);
        let endpoint = fault.code == ResponsesEndpointNotEnabledOrNotFound;
        assert_eq!(endpoint, matches!(status, 200 | 404 | 405), "{status}");
        assert_eq!(
            fault.code == RequestTooLarge,
            matches!(status, 413 | 414 | 431 | 494),
            "{status}"
        );
    }
}

#[test]
fn an_agent_that_does_not_exist_is_a_mistake_of_the_settings() {
    let unknown =
        r#"{"error":{"message":"Unknown agent 'main-l1'.","type":"invalid_request_error"}}"#;
    for status in [400, 404, 422] {
        all_are(
            AGENT,
            &[(json(status, unknown), "Unknown agent 'main-l1'.")],
        );
    }
    let agent_of_a_provider =
        r#"{"error":{"message":"Invalid `agent`.","type":"invalid_request_error"}}"#;
    all_are(
        RequestRejected,
        &[(json(400, agent_of_a_provider), "Invalid `agent`.")],
    );
}

#[test]
fn fault_request_rejected_has_the_gateways_words() {
    all_are(
        RequestRejected,
        &[
            (
                json(400, r#"{"error":{"message":"Unrecognized key: 'ghost'"}}"#),
                "HTTP 400: Unrecognized key: 'ghost'",
            ),
            (
                json(
                    400,
                    r#"{"error":{"message":"Invalid `model`.","type":"invalid_request_error"}}"#,
                ),
                "Invalid `model`.",
            ),
            (
                json(
                    400,
                    r#"{"status":"failed","error":{"code":"invalid_request_error"}}"#,
                ),
                "invalid_request_error",
            ),
            (
                json(
                    422,
                    r#"{"detail":[{"loc":["body","input"],"msg":"field required","type":"missing"}]}"#,
                ),
                "field required",
            ),
            (
                json(400, r#"{"errors":[{"message":"one"},{"message":"two"}]}"#),
                "one",
            ),
            (
                Answer(
                    409,
                    &[],
                    "application/problem+json",
                    r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"busy"}"#,
                ),
                "busy",
            ),
            (
                json(400, r#"{"message":"just a message"}"#),
                "just a message",
            ),
            (text(400, "plain"), "plain"),
        ],
    );
}

// Report R11 (attack): behind a bridge, a valid token is locked out by another client's invalid one.
#[test]
fn fault_rate_limited_is_the_gateways_own_429() {
    let limited = r#"{"error":{"type":"rate_limited","message":"later"}}"#;
    all_are(
        RateLimited,
        &[
            (
                Answer(429, &[("retry-after", "300")], JSON, limited),
                "later (Retry-After: 300)",
            ),
            (
                json(
                    429,
                    r#"{"error":{"message":"Too many failed authentication attempts"}}"#,
                ),
                "Too many",
            ),
            (json(429, "{}"), ""),
        ],
    );
    assert!(RateLimited.cause(Locale::En).contains("other clients"));
    assert!(RateLimited.cause(Locale::Zh).contains("其他客户端"));
}

// Report F10 and A1: see `head`.
#[test]
fn retry_after_is_kept_to_for_15_minutes_at_the_most_and_said_in_full() {
    let asks = |seconds: &str| {
        fault_of(
            &Answer(503, &[("retry-after", seconds)], JSON, "{}"),
            Locale::En,
        )
    };
    for (seconds, ms) in [
        ("5", 5_000),
        ("900", 900_000),
        ("901", 900_000),
        ("57600", 900_000),
        ("1795331921", 900_000),
        ("99999999999999999999999", 900_000),
    ] {
        let fault = asks(seconds);
        assert_eq!(fault.retry_after_ms, Some(ms), "{seconds}");
        assert!(fault.message.contains(seconds), "{}", fault.message);
    }
    assert_eq!(asks("-1").retry_after_ms, None);
}
