//! Answers of the gateway that are no reply.

use std::time::Duration;

use host_shim::FaultCode::*;
use openclaw_fake_gateway::{Answer, End, FakeGateway, Http, Scene};
use openclaw_tests::rig::{Rig, code};
use serde_json::json;

use super::{check, fault_of};

#[tokio::test]
async fn fault_auth_failed_on_401_of_the_gateway() {
    // Not scripted: the gateway itself compares the tokens.
    let gateway = FakeGateway::start("another-token").await.unwrap();
    let rig = Rig::at(gateway, json!({})).await;
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, AuthFailed).await;
    assert_eq!(fault.http_status, Some(401));
    assert_eq!(rig.gateway.requests().len(), 1);
}

// Report F11 (bountybench/bountybench#670: an nginx page where the client expected JSON).
#[tokio::test]
async fn a_proxys_page_is_judged_by_its_status_and_the_proxy_is_named() {
    let page = |status, title: &str| {
        Http::new(status)
            .header("Content-Type", "text/html")
            .header("Server", "nginx/1.27.0")
            .bytes(format!("<html><head><title>{title}</title></head></html>"))
    };
    for (status, title, code) in [
        (502, "502 Bad Gateway", GatewayError),
        (504, "504 Gateway Time-out", GatewayError),
        (413, "413 Request Entity Too Large", RequestTooLarge),
        (429, "429 Too Many Requests", RateLimited),
        (403, "403 Forbidden", AuthFailed),
        (404, "404 Not Found", ResponsesEndpointNotEnabledOrNotFound),
    ] {
        let fault = fault_of(page(status, title), code).await;
        assert_eq!(fault.http_status, Some(status));
        assert!(fault.message.contains(title), "{fault:?}");
        if status != 404 {
            assert!(fault.message.contains("from a proxy (nginx"), "{fault:?}");
        }
    }
}

// Report F12 (quirq-ai/xo-space#57), F13 (EdF2021/ithaka#165), F14 (openclaw/openclaw#78136): cause and remedy
// follow the gateway's words.
#[tokio::test]
async fn cause_and_remedy_follow_what_the_gateway_says() {
    for (scene, code, cause, remedy) in [
        (
            Http::error(
                403,
                "proxy_attribution_required",
                "Proxy client attribution is required",
            ),
            AuthFailed,
            "does not trust",
            "gateway.trustedProxies",
        ),
        (
            Http::new(404)
                .json(&json!({ "error": { "code": "model_not_found", "message": "no gpt-9" } })),
            ModelProviderFailed,
            "does not know the model",
            "model's name",
        ),
        (
            Http::error(503, "unavailable", "gateway starting").header("Retry-After", "5"),
            GatewayError,
            "starting",
            "Wait",
        ),
    ] {
        let fault = fault_of(scene, code).await;
        assert!(fault.cause.contains(cause), "{fault:?}");
        assert!(fault.remedy.contains(remedy), "{fault:?}");
    }
}

// Report F7 (apache/rocketmq-dashboard#2178) and F6 (maximhq/bifrost#5040).
#[tokio::test]
async fn an_error_within_a_200_is_classified_by_what_it_says() {
    let balance =
        json!({ "error": { "message": "Insufficient Balance", "code": "insufficient_quota" } });
    let fault = fault_of(Http::new(200).json(&balance), ModelProviderFailed).await;
    assert!(fault.message.contains("Insufficient Balance"), "{fault:?}");
    assert!(fault.cause.contains("quota or balance"), "{fault:?}");
    let event = json!({ "type": "error", "code": "server_is_overloaded", "message": "Try later" });
    let stream = Http::event_stream().event("error", &event);
    let fault = fault_of(stream, ModelProviderFailed).await;
    assert!(fault.message.contains("Try later"), "{fault:?}");
    assert!(fault.cause.contains("overloaded"), "{fault:?}");
    let failed = Answer::new().failed("api_error", "invalid tool configuration");
    fault_of(failed, RequestRejected).await;
}

// Report A13 (attack; also router-for-me/CLIProxyAPI#1834).
#[tokio::test]
async fn fault_protocol_error_on_a_compressed_answer_says_that_a_proxy_compresses() {
    for head in [Some("gzip"), None] {
        let stream = Http::event_stream();
        let stream = match head {
            Some(coding) => stream.header("Content-Encoding", coding),
            None => stream,
        };
        let fault = fault_of(
            stream.bytes(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
            ProtocolError,
        )
        .await;
        assert!(fault.cause.contains("compresses"), "{fault:?}");
    }
}

// Report A15 (attack): a 401 whose body never ends was known after the idle limit.
#[tokio::test]
async fn a_refusal_whose_body_never_ends_is_known_within_seconds() {
    let endless = Http::new(401)
        .header("Content-Type", "application/json")
        .promise_length(1_000_000)
        .bytes("{\"error\":")
        .then(End::Silence);
    fault_of(endless, AuthFailed).await;
}

// Report F10 and A1 (urllib3/urllib3#3743): 16 hours and epoch seconds were kept to.
#[tokio::test]
async fn retry_after_is_kept_to_for_15_minutes_at_the_most() {
    for asked in ["57600", "99999999999999999999999"] {
        let rig = Rig::new().await;
        for _ in 0..2 {
            rig.gateway
                .push(Http::new(503).header("Retry-After", asked).text("busy"));
            let fault = rig.say("hi").await.unwrap_err();
            assert!(fault.message.contains(asked), "{fault:?}");
        }
        let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
        assert!(
            breaker.retry_after <= Duration::from_secs(900),
            "{breaker:?}"
        );
        assert!(
            breaker.retry_after > Duration::from_secs(600),
            "{breaker:?}"
        );
    }
}

#[tokio::test]
async fn fault_model_provider_failed_on_a_failed_status() {
    let failed = || Answer::new().failed("api_error", "No API key found for provider \"x\"");
    let fault = fault_of(failed(), ModelProviderFailed).await;
    assert!(fault.message.contains("No API key found"), "{fault:?}");
    // 2026.2.9 never ends this stream.
    fault_of(failed().then(End::Silence), ModelProviderFailed).await;
}

#[tokio::test]
async fn fault_model_provider_failed_on_the_providers_401_and_429() {
    let providers_401 = Http::error(401, "authentication_error", "Incorrect API key provided");
    fault_of(providers_401, ModelProviderFailed).await;
    let providers_429 = Http::error(429, "rate_limit_error", "Slow down");
    fault_of(providers_429, ModelProviderFailed).await;
}

#[tokio::test]
async fn fault_model_provider_failed_on_the_stock_sentence_of_2026_2_9() {
    fault_of(Answer::provider_failed(), ModelProviderFailed).await;
}

#[tokio::test]
async fn fault_model_provider_failed_not_on_zero_usage_alone_nor_on_the_sentence_within_a_text() {
    let rig = Rig::new().await;
    rig.gateway
        .push(Answer::text("Some providers report none.").usage(0, 0));
    rig.say("hi").await.unwrap();
    rig.gateway
        .push(Answer::text("Some report nothing.").no_usage());
    assert_eq!(rig.say("hi").await.unwrap().usage, None);
    rig.gateway
        .push(Answer::text("It says: No response from OpenClaw."));
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn fault_rate_limited_on_429_of_the_gateway_with_its_retry_after() {
    let fault = fault_of(Scene::rate_limited(Some(300)), RateLimited).await;
    assert_eq!(fault.http_status, Some(429));
    assert_eq!(fault.retry_after, Some(Duration::from_secs(300)));
    let without = fault_of(Scene::rate_limited(None), RateLimited).await;
    assert_eq!(without.http_status, Some(429));
}

#[tokio::test]
async fn fault_rate_limited_reads_a_date_against_the_answers_own_clock() {
    let scene = Http::error(429, "rate_limited", "later")
        .header("Date", "Sun, 22 Nov 2026 07:16:41 GMT")
        .header("Retry-After", "Sun, 22 Nov 2026 07:18:41 GMT");
    let fault = fault_of(scene, RateLimited).await;
    assert_eq!(fault.retry_after, Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn fault_protocol_error_on_a_redirect_which_is_not_followed() {
    let elsewhere = FakeGateway::start(openclaw_tests::rig::TOKEN)
        .await
        .unwrap();
    let location = format!("{}/v1/responses", elsewhere.url());
    for status in [301, 302, 307, 308] {
        let scene = Http::new(status)
            .header("Location", &location)
            .text("elsewhere");
        let fault = fault_of(scene, ProtocolError).await;
        assert_eq!(fault.http_status, Some(status));
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn fault_messages_name_the_gateway() {
    let rig = Rig::new().await;
    rig.gateway.push(Http::new(500).text("broken"));
    let fault = rig.say("hi").await.unwrap_err();
    assert!(fault.message.contains(&rig.gateway.url()), "{fault:?}");
    rig.gateway.push(Scene::bad_request("no"));
    assert_eq!(code(&rig.say("hi").await), RequestRejected);
}
