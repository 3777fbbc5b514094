//! The table row by row: what a real gateway, proxy or provider sends, and what it is taken for.

use super::why::*;
use super::*;
use crate::fault::FaultCode::*;
use serde_json::json;

/// An answer: status, headers other than the media type, media type, body.
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

/// Each answer is this, and the message has these words of it.
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
// answers every request with proxy_attribution_required, and people look for a wrong token).
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

#[test]
fn fault_model_provider_failed_says_which_of_the_providers_failures() {
    all_are(
        KEY,
        &[
            (
                json(
                    401,
                    r#"{"status":"failed","error":{"code":"authentication_error","message":"401 Incorrect API key"}}"#,
                ),
                "Incorrect API key",
            ),
            (
                json(
                    401,
                    r#"{"error":{"code":"invalid_api_key","type":"invalid_request_error","message":"Incorrect"}}"#,
                ),
                "Incorrect",
            ),
            (
                json(
                    403,
                    r#"{"type":"error","error":{"type":"permission_error","message":"Your key may not"}}"#,
                ),
                "may not",
            ),
            (
                json(
                    500,
                    r#"{"status":"failed","error":{"code":"api_error","message":"No API key found for provider \"x\""}}"#,
                ),
                "No API key",
            ),
        ],
    );
    all_are(
        QUOTA,
        &[
            (json(402, "{}"), ""),
            (
                json(
                    402,
                    r#"{"error":{"message":"Insufficient Balance","type":"unknown_error"}}"#,
                ),
                "Insufficient Balance",
            ),
            (
                json(
                    429,
                    r#"{"error":{"code":"insufficient_quota","message":"You exceeded"}}"#,
                ),
                "You exceeded",
            ),
            (
                json(
                    403,
                    r#"{"code":"INSUFFICIENT_BALANCE","message":"Insufficient account balance"}"#,
                ),
                "account balance",
            ),
            (
                json(
                    500,
                    r#"{"error":{"message":"用户额度不足","type":"one_api_error"}}"#,
                ),
                "用户额度不足",
            ),
            (
                json(400, r#"{"code":"Arrearage","message":"Access denied"}"#),
                "Access denied",
            ),
        ],
    );
    all_are(
        OVERLOAD,
        &[
            (
                json(429, r#"{"error":{"type":"rate_limit_error"}}"#),
                "rate_limit_error",
            ),
            (
                json(
                    429,
                    r#"{"error":{"message":"Rate limit reached for gpt-x on tokens per min","type":"tokens","code":"rate_limit_exceeded"}}"#,
                ),
                "gpt-x",
            ),
            (
                json(
                    429,
                    r#"{"error":{"code":429,"message":"Resource has been exhausted","status":"RESOURCE_EXHAUSTED"}}"#,
                ),
                "exhausted",
            ),
            (
                json(
                    529,
                    r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                ),
                "Overloaded",
            ),
            (
                json(
                    503,
                    r#"{"error":{"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#,
                ),
                "overloaded",
            ),
            (text(529, ""), ""),
            (
                json(400, r#"{"code":"Throttling.RateQuota.x","message":"slow"}"#),
                "slow",
            ),
        ][..6],
    );
    all_are(
        CONTEXT,
        &[
            (
                json(
                    400,
                    r#"{"error":{"code":"context_length_exceeded","message":"too long","type":"invalid_request_error"}}"#,
                ),
                "too long",
            ),
            (
                json(
                    400,
                    r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error"}}"#,
                ),
                "8192",
            ),
            (
                json(
                    500,
                    r#"{"status":"failed","error":{"code":"api_error","message":"prompt is too long: 250000 tokens"}}"#,
                ),
                "250000",
            ),
        ],
    );
    all_are(
        COUNTRY,
        &[
            (
                json(
                    403,
                    r#"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}"#,
                ),
                "not supported",
            ),
            (
                json(
                    400,
                    r#"{"error":{"code":"unsupported_country_region_territory","message":"no"}}"#,
                ),
                "no",
            ),
            (text(451, "Unavailable For Legal Reasons"), "Legal"),
        ],
    );
    all_are(
        FILTERED,
        &[(
            json(
                400,
                r#"{"error":{"code":"content_filter","message":"The response was filtered"}}"#,
            ),
            "filtered",
        )],
    );
    all_are(
        ModelProviderFailed,
        &[
            (
                json(
                    502,
                    r#"{"status":"failed","error":{"code":"api_error","message":"upstream provider error"}}"#,
                ),
                "upstream",
            ),
            (
                json(
                    500,
                    r#"{"status":"failed","error":{"code":"api_error","message":"x"}}"#,
                ),
                "x",
            ),
            (
                json(
                    500,
                    r#"{"error":{"type":"upstream_error","message":"bad response"}}"#,
                ),
                "bad response",
            ),
        ],
    );
}

// Report F13: a 404 that names a model (EdF2021/ithaka#165: "no route" although only the model's name was
// wrong; Shopify/roast#13).
#[test]
fn a_404_about_a_model_is_the_providers_and_one_about_the_path_is_not() {
    all_are(
        MODEL,
        &[
            (
                json(
                    404,
                    r#"{"error":{"code":"model_not_found","message":"The model `gpt-9` does not exist"}}"#,
                ),
                "gpt-9",
            ),
            (
                json(
                    404,
                    r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error"}}"#,
                ),
                "gpt-9",
            ),
            (
                json(
                    404,
                    r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#,
                ),
                "claude-9",
            ),
            (
                json(
                    404,
                    r#"{"error":"model 'llama9' not found, try pulling it first"}"#,
                ),
                "llama9",
            ),
            (
                json(
                    404,
                    r#"{"error":{"code":404,"message":"models/gemini-9 is not found for API version v1","status":"NOT_FOUND"}}"#,
                ),
                "gemini-9",
            ),
            (
                json(
                    404,
                    r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist"}}"#,
                ),
                "deployment",
            ),
            (
                json(
                    503,
                    r#"{"error":{"message":"当前分组 default 下对于模型 gpt-9 无可用渠道","type":"one_api_error"}}"#,
                ),
                "无可用渠道",
            ),
            (
                json(
                    400,
                    r#"{"error":{"code":"model_not_found","message":"no such model"}}"#,
                ),
                "no such model",
            ),
        ],
    );
    all_are(
        ResponsesEndpointNotEnabledOrNotFound,
        &[
            (text(404, "Not Found"), "Not Found"),
            (
                json(
                    404,
                    r#"{"error":{"message":"Not Found","type":"not_found"}}"#,
                ),
                "Not Found",
            ),
            (json(404, r#"{"detail":"Not Found"}"#), "Not Found"),
            (
                json(
                    404,
                    r#"{"message":"Cannot POST /v1/responses","error":"Not Found","statusCode":404}"#,
                ),
                "Cannot POST",
            ),
            (
                json(
                    404,
                    r#"{"error":{"message":"Unknown request URL: POST /v1/responses","code":"unknown_url"}}"#,
                ),
                "Unknown request URL",
            ),
            (text(405, "Method Not Allowed"), "Method Not Allowed"),
            (
                Answer(405, &[("allow", "GET, HEAD")], TEXT, "Method Not Allowed"),
                "",
            ),
        ],
    );
    all_are(
        ProtocolError,
        &[(Answer(405, &[("allow", "GET, post")], TEXT, "no"), "no")],
    );
    all_are(
        PAGE,
        &[
            (page(200, "<p>"), "a web page"),
            (
                page(200, "<html><title>OpenClaw Control</title>"),
                "(OpenClaw Control)",
            ),
            (
                Answer(200, &[], "", "\n<!DOCTYPE HTML><html>"),
                "a web page",
            ),
            (Answer(200, &[], TEXT, "\u{feff}<html>"), "a web page"),
            (
                page(404, "<html><title>404 Not Found</title>"),
                "404 Not Found",
            ),
            (
                page(405, "<html><title>405 Not Allowed</title>"),
                "405 Not Allowed",
            ),
        ],
    );
}

// Report F11: a proxy's page in the gateway's place (bountybench/bountybench#670: an nginx page where JSON was
// expected; Kong/kong#927). Here it was "endpoint not enabled", and 413s opened the breaker.
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

// Report F14 and R9: asked while it starts or drains, the gateway says 503 (openclaw/openclaw#78136 and #66130:
// "Gateway is draining for restart; new tasks are not accepted"); a restart makes it worse.
#[test]
fn a_gateway_that_starts_or_drains_is_waited_for() {
    let draining = "Gateway is draining for restart; new tasks are not accepted";
    let error =
        |message: &str| json!({"error": {"message": message, "type": "unavailable"}}).to_string();
    let failed = json!({"status": "failed", "error": {"code": "api_error", "message": draining}})
        .to_string();
    all_are(
        WAIT,
        &[
            (
                Answer(
                    503,
                    &[("retry-after", "5")],
                    JSON,
                    &error("gateway starting"),
                ),
                "gateway starting (Retry-After: 5)",
            ),
            (json(503, &error(draining)), "draining"),
            (
                json(500, &error("server is shutting down")),
                "shutting down",
            ),
            (json(503, &failed), "draining"),
            (json(503, "{}"), ""),
            (text(503, "warming up"), "warming up"),
        ],
    );
    assert!(WAIT.remedy(Locale::En).starts_with("Wait"));
}

// Report R5 (openclaw/openclaw#13925 and #66646: a lock of the gateway's own, reported as models that failed).
#[test]
fn the_gateways_own_failures_are_not_the_providers() {
    let failed = |message: &str| {
        json!({"status": "failed", "error": {"code": "api_error", "message": message}}).to_string()
    };
    for (message, why) in [
        ("ENOSPC: no space left on device, write", DISK),
        ("EDQUOT: disk quota exceeded, open '/x'", DISK),
        (
            "EROFS: read-only file system, open '/home/node/.openclaw/x'",
            READ_ONLY,
        ),
        (
            "EACCES: permission denied, mkdir '/home/node/.openclaw'",
            READ_ONLY,
        ),
        (
            "timeout acquiring session store lock: /x/sessions.json.lock",
            LOCK,
        ),
        (
            "All models failed (2): a/b: session file locked (timeout 10000ms): pid=7 | c/d: rate limit reached",
            LOCK,
        ),
        ("EMFILE: too many open files, open '/x'", EXHAUSTED),
        ("internal error", EITHER),
        ("", EITHER),
    ] {
        all_are(why, &[(json(500, &failed(message)), message)]);
        let fault = failed_response(&failed(message));
        assert_eq!(fault.why(), why, "{message}");
        assert!(fault.message.contains(message));
    }
    all_are(DISK, &[(json(507, "{}"), "")]);
    let internal = json(
        500,
        r#"{"error":{"message":"internal error","type":"api_error"}}"#,
    );
    let fault = fault_of(&internal, Locale::En);
    assert_eq!((fault.code, fault.texts), (GatewayError, EITHER.texts));
    all_are(
        GatewayError,
        &[
            (text(500, "oops"), "oops"),
            (
                json(500, r#"{"error":{"type":"server_error","message":"boom"}}"#),
                "boom",
            ),
            (text(505, "no"), "no"),
        ],
    );
}

// Report R6 (attack): a client tool with the name of a built-in one ends in a failed stream.
#[test]
fn refused_tools_are_a_rejected_request() {
    for code in ["invalid_request_error", "api_error"] {
        let response = json!({"status": "failed", "error": {"code": code, "message": "invalid tool configuration"}});
        let fault = failed_response(&response.to_string());
        assert_eq!(fault.why(), TOOL);
        assert!(!fault.code.counts_for_breaker());
        all_are(
            TOOL,
            &[(
                json(400, &response.to_string()),
                "invalid tool configuration",
            )],
        );
    }
}

#[test]
fn fault_request_rejected_has_the_gateways_words() {
    all_are(
        RequestRejected,
        &[
            (
                json(400, r#"{"error":{"message":"Unknown agent 'ghost'."}}"#),
                "HTTP 400: Unknown agent 'ghost'.",
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

// Report R11 (attack): behind a bridge the good token is locked out because of another client's bad one.
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

// Report A13 (attack), also router-for-me/CLIProxyAPI#1834: compressed unasked, at times without a header.
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
    // Otherwise the status decides, and that nothing could be read is said.
    all_are(WAIT, &[(Answer(503, &gzip, JSON, "x"), "compressed")][..0]);
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

// Report F6: what an error event says decides (maximhq/bifrost#5040: the nested error of an insufficient_quota
// event was dropped; farzaa/clicky#132: an overloaded_error event was taken for success).
// Report F7: the same as a JSON body with status 200 (apache/rocketmq-dashboard#2178: "quota exceeded" in an
// envelope that nobody read; OpenCSGs/csghub-server#1369).
#[test]
fn an_error_within_a_200_is_classified_by_what_it_says() {
    for (body, why, words) in [
        (
            json!({"type": "error", "code": "insufficient_quota", "message": "You exceeded your quota"}),
            QUOTA,
            "You exceeded",
        ),
        (
            json!({"error": {"message": "Insufficient Balance", "code": "insufficient_quota"}}),
            QUOTA,
            "Insufficient Balance",
        ),
        (
            json!({"error": {"message": "Insufficient Balance"}}),
            QUOTA,
            "Insufficient Balance",
        ),
        (
            json!({"error": {"message": "quota exceeded"}}),
            QUOTA,
            "quota exceeded",
        ),
        (
            json!({"error": "account balance: 余额不足"}),
            QUOTA,
            "余额不足",
        ),
        (
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
            OVERLOAD,
            "Overloaded",
        ),
        (
            json!({"type": "error", "error": {"code": "server_is_overloaded", "message": "Try later"}}),
            OVERLOAD,
            "Try later",
        ),
        (
            json!({"error": {"code": "rate_limit_exceeded", "message": "Slow down"}}),
            OVERLOAD,
            "Slow down",
        ),
        (
            json!([{"error": {"code": 429, "message": "Exhausted", "status": "RESOURCE_EXHAUSTED"}}]),
            OVERLOAD,
            "Exhausted",
        ),
        (
            json!({"error": {"code": "invalid_api_key", "message": "Incorrect API key"}}),
            KEY,
            "Incorrect",
        ),
        (
            json!({"error": {"message": "Authentication Error, No api key passed in", "type": "auth_error", "code": "401"}}),
            KEY,
            "No api key",
        ),
        (
            json!({"error": {"code": "context_length_exceeded", "message": "too long"}}),
            CONTEXT,
            "too long",
        ),
        (
            json!({"errors": [{"message": "maximum context length is 8192"}]}),
            CONTEXT,
            "8192",
        ),
        (
            json!({"error": {"code": "unsupported_country_region_territory", "message": "no"}}),
            COUNTRY,
            "no",
        ),
        (
            json!({"detail": "User location is not supported for the API use."}),
            COUNTRY,
            "location",
        ),
        (
            json!({"error": {"code": "model_not_found", "message": "no such model"}}),
            MODEL,
            "no such model",
        ),
        (
            json!({"object": "error", "message": "The model `x` does not exist", "code": 404}),
            MODEL,
            "does not exist",
        ),
        (
            json!({"error": {"message": "Provider returned error", "code": 502}}),
            ModelProviderFailed.into(),
            "Provider returned error",
        ),
        (
            json!({"error": {"message": "Gateway is draining for restart"}}),
            WAIT,
            "draining",
        ),
        (
            json!({"error": {"message": "ENOSPC: no space left on device"}}),
            DISK,
            "ENOSPC",
        ),
        (
            json!({"error": {"message": "Unauthorized", "type": "unauthorized"}}),
            AuthFailed.into(),
            "Unauthorized",
        ),
        (
            json!({"error": {"type": "rate_limited", "message": "later"}}),
            RateLimited.into(),
            "later",
        ),
        (
            json!({"error": {"type": "proxy_attribution_required", "message": "x"}}),
            ATTRIBUTION,
            "x",
        ),
        (
            json!({"error": {"type": "request_too_large", "message": "big"}}),
            RequestTooLarge.into(),
            "big",
        ),
        (
            json!({"error": {"type": "invalid_request_error", "message": "bad input"}}),
            RequestRejected.into(),
            "bad input",
        ),
        (
            json!({"error": {"message": "boom"}}),
            GatewayError.into(),
            "boom",
        ),
        (json!({"error": "boom"}), GatewayError.into(), "boom"),
        (
            json!({"error": true, "message": "boom"}),
            GatewayError.into(),
            "boom",
        ),
        (json!({"message": "boom"}), GatewayError.into(), "boom"),
        (
            json!({"detail": [{"msg": "boom"}], "error": 1}),
            GatewayError.into(),
            "boom",
        ),
        (
            json!({"error_code": 17, "error_msg": "Open api daily request limit reached", "error": "x"}),
            GatewayError.into(),
            "daily request",
        ),
    ] {
        let text = body.to_string();
        let fault = in_place_of_an_answer(Json::first(text.as_bytes()), Locale::En);
        assert_eq!(fault.why(), why, "{body}: {fault:?}");
        assert!(fault.message.contains(words), "{body}: {}", fault.message);
        assert!(is_error(Json::first(text.as_bytes())), "{body}");
    }
    // An event that is called an error is one, whatever is in it.
    for body in [
        "{}",
        r#"{"type":"error"}"#,
        "null",
        "\"x\"",
        "",
        "{\"error\":",
    ] {
        let fault = in_place_of_an_answer(Json::first(body.as_bytes()), Locale::En);
        assert_eq!(fault.code, GatewayError, "{body}");
    }
    for body in [
        json!({}),
        json!({"choices": []}),
        json!({"error": null}),
        json!({"error": {}, "id": "x"}),
        json!({"error": false}),
        json!({"error": ""}),
        json!([]),
        json!("x"),
        json!({"status": "completed", "output": [], "message": "x"}),
    ] {
        let body = body.to_string();
        assert!(!is_error(Json::first(body.as_bytes())), "{body}");
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
