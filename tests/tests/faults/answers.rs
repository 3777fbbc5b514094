//! Answers of the gateway that are no reply.

use std::time::Duration;

use host_shim::FaultCode::*;
use host_shim::scripted::{Answer, End, Http, Scene, ScriptedGateway};
use openclaw_tests::rig::{Rig, code};
use serde_json::json;

use super::{check, fault_of};

#[tokio::test]
async fn fault_auth_failed_on_401_of_the_gateway() {
    // Not scripted: the gateway itself compares the tokens.
    let gateway = ScriptedGateway::start("another-token").await.unwrap();
    let rig = Rig::at(gateway, json!({})).await;
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, AuthFailed).await;
    assert_eq!(fault.http_status, Some(401));
    assert_eq!(rig.gateway.requests().len(), 1);
}

#[tokio::test]
async fn fault_auth_failed_on_403_of_the_gateway() {
    let fault = fault_of(Http::error(403, "forbidden", "Forbidden"), AuthFailed).await;
    assert_eq!(fault.http_status, Some(403));
}

#[tokio::test]
async fn fault_responses_endpoint_not_enabled_or_not_found_on_404() {
    let fault = fault_of(Scene::not_found(), ResponsesEndpointNotEnabledOrNotFound).await;
    assert_eq!(fault.http_status, Some(404));
}

#[tokio::test]
async fn fault_responses_endpoint_not_enabled_or_not_found_on_405_without_allow_post() {
    let fault = fault_of(Scene::endpoint_off(), ResponsesEndpointNotEnabledOrNotFound).await;
    assert_eq!(fault.http_status, Some(405));
    let other = Http::new(405)
        .header("Allow", "GET, HEAD")
        .text("Method Not Allowed");
    fault_of(other, ResponsesEndpointNotEnabledOrNotFound).await;
}

#[tokio::test]
async fn fault_responses_endpoint_not_enabled_or_not_found_on_an_html_page() {
    fault_of(Scene::html_page(), ResponsesEndpointNotEnabledOrNotFound).await;
    let unlabelled = Http::new(200).bytes("\n<!DOCTYPE html><html></html>");
    fault_of(unlabelled, ResponsesEndpointNotEnabledOrNotFound).await;
    let page = Http::new(502)
        .header("Content-Type", "text/html")
        .bytes("<html>nginx</html>");
    fault_of(page, ResponsesEndpointNotEnabledOrNotFound).await;
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
async fn fault_model_provider_failed_on_completed_with_status_failed() {
    fault_of(
        Answer::new().delta("half").status("failed"),
        ModelProviderFailed,
    )
    .await;
}

#[tokio::test]
async fn fault_model_provider_failed_on_a_failed_json_answer_with_status_500() {
    let body = json!({
        "id": "resp_1", "object": "response", "status": "failed", "output": [],
        "error": { "code": "api_error", "message": "upstream provider error" },
    });
    for status in [500, 502] {
        let fault = fault_of(Http::new(status).json(&body), ModelProviderFailed).await;
        assert_eq!(fault.http_status, Some(status));
    }
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
async fn fault_gateway_error_on_another_5xx() {
    for status in [500, 502, 503, 504] {
        let fault = fault_of(Http::new(status).text("no upstream"), GatewayError).await;
        assert_eq!(fault.http_status, Some(status));
    }
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
async fn fault_protocol_error_on_an_answer_that_cannot_be_read() {
    let no_json = Http::new(200)
        .header("Content-Type", "application/json")
        .bytes("{\"id\": oops}");
    fault_of(no_json, ProtocolError).await;
    let other_json = Http::new(200).json(&json!({ "choices": [] }));
    fault_of(other_json, ProtocolError).await;
    fault_of(Http::new(200).text("OK"), ProtocolError).await;
    fault_of(Http::new(204), ProtocolError).await;
}

#[tokio::test]
async fn fault_protocol_error_on_an_answer_that_is_not_http() {
    fault_of(
        Scene::wire("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
        ProtocolError,
    )
    .await;
}

#[tokio::test]
async fn fault_protocol_error_on_a_redirect_which_is_not_followed() {
    let elsewhere = ScriptedGateway::start(openclaw_tests::rig::TOKEN)
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
async fn fault_protocol_error_on_an_answer_over_the_size_limit() {
    let rig = Rig::with(json!({ "max_answer_bytes": 10_000 })).await;
    rig.gateway.push(Answer::new().delta(&"x".repeat(20_000)));
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, ProtocolError).await;

    let rig = Rig::with(json!({ "max_answer_bytes": 10_000 })).await;
    rig.gateway.push(Answer::new().delta(&"x".repeat(1_000)));
    rig.say("hi").await.unwrap();
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
