//! | breaker | per gateway; 2 failures in a row open it for 60 s; then one trial |

use std::time::Duration;

use host_shim::{Breaker, BreakerState, FaultCode, GatewayName, TurnRequest};
use openclaw_fake_gateway::{Answer, FakeGateway, Gate, Http, Scene};
use openclaw_tests::rig::{Rig, TOKEN, code, config, within};
use serde_json::json;

fn failure() -> Scene {
    Http::new(500).text("broken").into()
}

async fn breaker(rig: &Rig) -> Breaker {
    rig.plugin.status().await.unwrap().breakers.primary.unwrap()
}

/// A rig whose primary breaker has just opened.
async fn open() -> Rig {
    let rig = Rig::new().await;
    for _ in 0..2 {
        rig.gateway.push(failure());
        assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    }
    rig
}

/// The fault of a turn that the open breaker refuses; nothing is sent.
async fn refused(rig: &Rig) -> host_shim::Fault {
    let before = rig.gateway.requests().len();
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, FaultCode::CircuitOpen);
    assert_eq!(rig.gateway.requests().len(), before, "nothing was sent");
    fault
}

#[tokio::test]
async fn guard_breaker_two_failures_in_a_row_open_it_for_60_seconds() {
    let rig = Rig::new().await;
    rig.gateway.push(failure());
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    let after_one = breaker(&rig).await;
    assert_eq!(
        (after_one.state, after_one.failures),
        (BreakerState::Closed, 1)
    );

    rig.gateway.push(failure());
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    let after_two = breaker(&rig).await;
    assert_eq!(
        (after_two.state, after_two.failures),
        (BreakerState::Open, 2)
    );
    let left = after_two.retry_after;
    assert!(
        left <= Duration::from_secs(60) && left > Duration::from_secs(30),
        "{left:?}"
    );

    let fault = refused(&rig).await;
    let left = fault.retry_after.expect("when to try again");
    assert!(
        left <= Duration::from_secs(60) && left > Duration::from_secs(30),
        "{left:?}"
    );
    rig.advance(30);
    refused(&rig).await;
    rig.advance(30);
    assert_eq!(breaker(&rig).await.state, BreakerState::HalfOpen);
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn guard_breaker_a_success_between_failures_keeps_it_closed() {
    let rig = Rig::new().await;
    for _ in 0..3 {
        rig.gateway.push(failure());
        assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
        rig.say("hi").await.unwrap();
        assert_eq!(breaker(&rig).await.failures, 0);
    }
}

#[tokio::test]
async fn guard_breaker_a_good_trial_closes_it() {
    let rig = open().await;
    rig.advance(60);
    rig.say("hi").await.unwrap();
    let closed = breaker(&rig).await;
    assert_eq!((closed.state, closed.failures), (BreakerState::Closed, 0));
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn guard_breaker_a_failed_trial_opens_it_for_another_60_seconds() {
    let rig = open().await;
    rig.advance(60);
    rig.gateway.push(failure());
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    assert_eq!(breaker(&rig).await.state, BreakerState::Open);
    refused(&rig).await;
    rig.advance(30);
    refused(&rig).await;
    rig.advance(30);
    rig.say("hi").await.unwrap();
}

/// A trial that is being answered.
async fn trial(rig: &Rig) -> host_shim::Turn {
    rig.advance(60);
    let gate = Gate::new();
    rig.gateway.push(Answer::new().delta("so").hold(&gate));
    let turn = rig.plugin.ask(TurnRequest::new("trial"));
    within(gate.reached()).await;
    turn
}

#[tokio::test]
async fn guard_breaker_a_cancelled_trial_gives_its_permit_back() {
    let rig = open().await;
    let turn = trial(&rig).await;
    turn.cancel();
    assert_eq!(code(&within(turn.reply()).await), FaultCode::Cancelled);
    assert_eq!(breaker(&rig).await.state, BreakerState::HalfOpen);
    rig.say("the next trial").await.unwrap();
    assert_eq!(breaker(&rig).await.state, BreakerState::Closed);
}

#[tokio::test]
async fn guard_breaker_a_dropped_trial_gives_its_permit_back() {
    let rig = open().await;
    drop(trial(&rig).await);
    rig.say("the next trial").await.unwrap();
    assert_eq!(breaker(&rig).await.state, BreakerState::Closed);
}

#[tokio::test]
async fn guard_breaker_outcomes_that_say_nothing_of_the_gateway_neither_count_nor_reset() {
    let rig = Rig::new().await;
    rig.gateway.push(failure());
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    let neutral = async |what: &str| assert_eq!(breaker(&rig).await.failures, 1, "{what}");

    rig.gateway.push(Scene::bad_request("not like this"));
    assert_eq!(code(&rig.say("hi").await), FaultCode::RequestRejected);
    neutral("the request was bad").await;

    rig.gateway.push(Http::new(413).text("too large"));
    assert_eq!(code(&rig.say("hi").await), FaultCode::RequestTooLarge);
    neutral("the request was too large").await;

    rig.memory.available(0);
    let heavy = TurnRequest {
        heavy: true,
        ..TurnRequest::new("hi")
    };
    assert_eq!(code(&rig.ask(heavy).await), FaultCode::HeavyTaskRefused);
    neutral("refused by a guard").await;

    let gate = Gate::new();
    rig.gateway.push(Answer::new().hold(&gate));
    let turn = rig.plugin.ask(TurnRequest::new("hi"));
    within(gate.reached()).await;
    turn.cancel();
    assert_eq!(code(&within(turn.reply()).await), FaultCode::Cancelled);
    neutral("cancelled").await;

    rig.plugin.diagnose(None).await.unwrap();
    neutral("diagnosed").await;

    rig.gateway.push(failure());
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    assert_eq!(breaker(&rig).await.state, BreakerState::Open);
}

#[tokio::test]
async fn guard_breaker_retry_after_lengthens_the_open_time() {
    let rig = Rig::new().await;
    for _ in 0..2 {
        rig.gateway.push(Scene::rate_limited(Some(300)));
        assert_eq!(code(&rig.say("hi").await), FaultCode::RateLimited);
    }
    rig.advance(60);
    refused(&rig).await;
    rig.advance(120);
    refused(&rig).await;
    rig.advance(120);
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn guard_breaker_retry_after_never_shortens_the_open_time() {
    let rig = Rig::new().await;
    for _ in 0..2 {
        rig.gateway.push(Scene::rate_limited(Some(1)));
        assert_eq!(code(&rig.say("hi").await), FaultCode::RateLimited);
    }
    rig.advance(30);
    refused(&rig).await;
    rig.advance(30);
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn guard_breaker_is_per_gateway() {
    let backup = FakeGateway::start(TOKEN).await.unwrap();
    let rig = Rig::with(json!({ "gateway_backup_url": backup.url() })).await;
    for _ in 0..2 {
        rig.gateway.push(failure());
        assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    }
    let breakers = rig.plugin.status().await.unwrap().breakers;
    assert_eq!(breakers.primary.unwrap().state, BreakerState::Open);
    let backups = breakers.backup.unwrap();
    assert_eq!((backups.state, backups.failures), (BreakerState::Closed, 0));
    // The primary rests, so the backup is asked.
    let reply = rig.say("hi").await.unwrap();
    assert_eq!(reply.gateway, GatewayName::Backup);
    assert_eq!(backup.turns().len(), 1);
}

#[tokio::test]
async fn guard_breaker_reset_closes_it() {
    let rig = open().await;
    refused(&rig).await;
    rig.plugin.reset().await.unwrap();
    let reset = breaker(&rig).await;
    assert_eq!((reset.state, reset.failures), (BreakerState::Closed, 0));
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn guard_breaker_keeps_its_state_when_the_config_is_set_again() {
    let rig = open().await;
    let config = openclaw_tests::rig::config(&rig.gateway.url(), json!({ "locale": "zh" }));
    rig.plugin.configure(config).await.unwrap();
    let fault = refused(&rig).await;
    assert!(!fault.cause.is_ascii(), "the new locale holds: {fault:?}");
}

// Report F31 (attack): the component took `http://[1:2:3]`, the host refused it and put the old config back; both
// looked like a change of address, and the breaker was closed.
#[tokio::test]
async fn guard_breaker_a_refused_config_changes_nothing() {
    let rig = open().await;
    let before = breaker(&rig).await;
    let with = |key: &str, value: serde_json::Value| {
        let mut keys = serde_json::Map::new();
        keys.insert(key.to_owned(), value);
        config(&rig.gateway.url(), keys.into())
    };
    let mut bad: Vec<(&str, host_shim::Config)> = [
        "",
        "localhost",
        "http://[1:2:3]",
        "http://[::1%25lo]",
        "http://[fe80::1%eth0]",
        "http://[::1",
        "http://a:65536",
        "http://a b",
        "http://a/v1/responses",
        "http://user:s3cret@a",
        "http://例子",
        "ftp://a",
    ]
    .into_iter()
    .map(|url| ("gateway_primary_url", config(url, json!({}))))
    .collect();
    for url in ["http://[1:2:3]", "http://a/x"] {
        bad.push(("gateway_backup_url", with("gateway_backup_url", json!(url))));
    }
    // Report F32 (openclaw/openclaw#151189): what stands in a token's place is no token.
    for token in [
        "***",
        "change_me",
        "your-token",
        "__OPENCLAW_REDACTED__",
        "<token>",
        "${TOKEN}",
        "xxxxxxxx",
        "••••••••",
    ] {
        bad.push((
            "gateway_bearer_token",
            with("gateway_bearer_token", json!(token)),
        ));
    }
    for (key, value) in [
        ("gateway_agent_id", json!("a b")),
        ("breaker_failures", json!(3)),
        ("max_answer_bytes", json!(1)),
    ] {
        bad.push((key, with(key, value)));
    }
    for (key, config) in bad {
        let url = config.gateway_primary_url.clone();
        let error = rig.plugin.configure(config).await.unwrap_err();
        let host_shim::ConfigureError::Invalid(error) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error.key(), Some(key), "{url}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        let after = breaker(&rig).await;
        assert_eq!(
            (after.state, after.failures),
            (before.state, before.failures),
            "{url} {key}"
        );
        assert!(after.retry_after <= before.retry_after, "{url} {key}");
    }
    refused(&rig).await;
    // And the old config is in force.
    rig.advance(60);
    rig.gateway.push(Answer::text("back"));
    assert_eq!(rig.say("hi").await.unwrap().text, "back");
}
