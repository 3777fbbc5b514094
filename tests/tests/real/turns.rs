//! Turns with the real gateway 2026.2.9.

use std::sync::Weak;

use host_shim::{Attachment, Event, FaultCode, Level, TurnRequest};
use openclaw_tests::provider::{HELD, PONG, user_messages};
use openclaw_tests::real::Real;
use openclaw_tests::real_gateway::PINNED;
use openclaw_tests::rig::{outcome, tool, turn_with, within};

use crate::{Shared, TURN, shared};

/// The gateway of all tests that do nothing to it.
static SHARED: Shared = Shared::const_new(Weak::new());

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_answers_a_plain_turn() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    let plain = real.run("plain", "hi").await;
    assert_eq!(plain.reply().text, PONG);
    assert!(
        plain.reply().response_id.starts_with("resp_"),
        "{:?}",
        plain.reply()
    );
    let usage = plain.reply().usage.expect("a usage");
    assert_eq!((usage.input_tokens, usage.output_tokens), (123, 7));
    assert_eq!(user_messages(&real.model_call()), ["hi"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_streams_several_deltas_while_the_model_still_writes() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    let mut turn = real.plugin.ask(TurnRequest::new("MAGIC_HOLD"));
    let early = match within(turn.next_event()).await {
        Some(Event::Delta { text }) => text,
        other => panic!("no delta: {other:?}"),
    };
    assert!(HELD.starts_with(&early), "{early:?}");
    // Only now the model may go on.
    real.provider.gate().open();
    let held = outcome(turn).await;
    assert_eq!(held.reply().text, HELD);
    assert_eq!(early + &held.deltas(), HELD);
    assert_ne!(held.deltas(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_remembers_a_session() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    assert_eq!(
        real.run("memory", "the word is walnut").await.reply().text,
        PONG
    );
    let echo = real.run("memory", "MAGIC_ECHO").await;
    assert_eq!(echo.reply().text, "the word is walnut | MAGIC_ECHO");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_keeps_two_sessions_apart_that_differ_only_in_case() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    real.run("Anna", "the word is walnut").await.reply();
    assert_eq!(
        real.run("anna", "MAGIC_ECHO").await.reply().text,
        "MAGIC_ECHO"
    );
    let hers = real.run("Anna", "MAGIC_ECHO").await;
    assert_eq!(hers.reply().text, "the word is walnut | MAGIC_ECHO");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_whose_provider_fails_is_model_provider_failed() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    let failed = real.run("failing", "MAGIC_401").await;
    assert_eq!(
        failed.fault().code,
        FaultCode::ModelProviderFailed,
        "{:?}",
        failed.fault()
    );
    real.plugin.reset().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_takes_tools_in_the_shape_that_is_sent() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    // This version never offers them to the model.
    let tools = [tool("astr_weather", Level::ReadOnly)];
    let turn = real.ask(turn_with("hi", Level::ReadOnly, &tools)).await;
    assert_eq!(turn.reply().text, PONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_hands_files_and_instructions_to_the_model() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    let attachment = Attachment {
        media_type: "text/plain".to_owned(),
        filename: "note.txt".to_owned(),
        data: b"the word is hazelnut".to_vec(),
    };
    let request = TurnRequest {
        attachments: vec![attachment],
        instructions: "Speak like a walrus.".to_owned(),
        ..TurnRequest::new("read it")
    };
    assert_eq!(real.ask(request).await.reply().text, PONG);
    let call = real.model_call().to_string();
    assert!(
        call.contains("the word is hazelnut"),
        "the file did not reach the model"
    );
    assert!(
        call.contains("Speak like a walrus."),
        "the instructions did not reach the model"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_hands_images_to_the_agent() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    let attachments = vec![openclaw_tests::rig::attachment("image/png", 100)];
    let request = TurnRequest {
        attachments,
        ..TurnRequest::new("what is it?")
    };
    assert_eq!(real.ask(request).await.reply().text, PONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_passes_the_diagnosis_without_a_model_call() {
    let (real, _turn) = shared(PINNED, &SHARED).await;
    let before = real.provider.calls().len();
    let diagnosis = within(real.plugin.diagnose(None)).await.unwrap();
    let wrong: Vec<_> = diagnosis
        .checks
        .iter()
        .filter(|check| !check.ok())
        .collect();
    // What else uses this machine's memory is not the gateway's.
    assert!(
        wrong.iter().all(|check| check.name == "memory"),
        "{wrong:?}"
    );
    assert!(
        diagnosis
            .checks
            .iter()
            .any(|check| check.name == "token-primary")
    );
    assert_eq!(
        real.provider.calls().len(),
        before,
        "the diagnosis cost a model call"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_with_another_token_is_auth_failed() {
    let _turn = TURN.lock().await;
    let real = Real::start(|options| options.token = "another-token".to_owned()).await;
    let refused = real.run("a", "hi").await;
    assert_eq!(
        refused.fault().code,
        FaultCode::AuthFailed,
        "{:?}",
        refused.fault()
    );
    assert_eq!(refused.fault().http_status, Some(401));
    let diagnosis = within(real.plugin.diagnose(None)).await.unwrap();
    let wrong = |name: &str| {
        let check = diagnosis.checks.iter().find(|check| check.name == name);
        check.unwrap_or_else(|| panic!("no check {name}")).code
    };
    assert_eq!(wrong("reach-primary"), None);
    assert_eq!(wrong("token-primary"), Some(FaultCode::AuthFailed));
    assert!(real.provider.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_with_the_endpoint_off_says_so() {
    let _turn = TURN.lock().await;
    let real = Real::start(|options| options.responses_enabled = false).await;
    let refused = real.run("a", "hi").await;
    assert_eq!(
        refused.fault().code,
        FaultCode::ResponsesEndpointNotEnabledOrNotFound
    );
    assert_eq!(refused.fault().http_status, Some(405));
    let diagnosis = within(real.plugin.diagnose(None)).await.unwrap();
    let codes: Vec<_> = diagnosis
        .checks
        .iter()
        .filter_map(|check| check.code)
        .collect();
    assert!(
        codes.contains(&FaultCode::ResponsesEndpointNotEnabledOrNotFound),
        "{diagnosis:?}"
    );
}
