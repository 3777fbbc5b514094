//! Failures of the model provider.

use super::*;

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
        ],
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

// Report F13: a 404 that names a model (EdF2021/ithaka#165: "no route" although only the model name was
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
