//! Error messages, from the gateway itself or inside a 200.

use super::*;

// Report F14 and R9: while starting or draining, the gateway answers 503 (openclaw/openclaw#78136 and #66130:
// "Gateway is draining for restart; new tasks are not accepted"); restarting it makes that worse.
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

// Report R5 (openclaw/openclaw#13925 and #66646: a lock of the gateway's own, reported as failed models).
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

// Report R6 (attack): a client tool named like a built-in one ends in a failed stream.
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

// Report F6: the content of an error event decides (maximhq/bifrost#5040: the nested error of an
// insufficient_quota event was dropped; farzaa/clicky#132: an overloaded_error event was taken for success).
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
    // An event named `error` is an error whatever its content.
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
