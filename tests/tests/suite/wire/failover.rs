//! The backup gateway: only when nothing can have been sent, or the primary rests.

use host_shim::{BreakerState, FaultCode, GatewayName, Level, NoticeCode, TurnRequest};
use openclaw_fake_gateway::{Answer, End, FakeGateway, Http, Scene};
use openclaw_tests::rig::{Recorder, Rig, TOKEN, code, tool, turn_with};
use serde_json::json;

const BACKUP_TOKEN: &str = "backup-token-b7";

async fn pair() -> (Rig, FakeGateway) {
    let backup = FakeGateway::start(BACKUP_TOKEN).await.unwrap();
    let keys = json!({
        "gateway_backup_url": backup.url(),
        "gateway_backup_bearer_token": BACKUP_TOKEN,
    });
    (Rig::with(keys).await, backup)
}

#[tokio::test]
async fn the_primary_is_asked_while_it_answers() {
    let (rig, backup) = pair().await;
    let reply = rig.say("hi").await.unwrap();
    assert_eq!(reply.gateway, GatewayName::Primary);
    assert_eq!(backup.connections(), 0);
}

#[tokio::test]
async fn a_refused_connection_fails_over_and_says_so() {
    let (rig, backup) = pair().await;
    rig.gateway.stop().await;
    let outcome = rig.run(TurnRequest::new("hi")).await;
    assert_eq!(outcome.reply().gateway, GatewayName::Backup);
    assert_eq!(outcome.notices(), [NoticeCode::FailedOver]);
    assert_eq!(backup.turns().len(), 1);
    // The primary's failure counts for the primary.
    let breakers = rig.plugin.status().await.unwrap().breakers;
    assert_eq!(breakers.primary.unwrap().failures, 1);
    assert_eq!(breakers.backup.unwrap().failures, 0);
}

#[tokio::test]
async fn nothing_else_of_the_primary_fails_over() {
    let scenes: Vec<(&str, Scene)> = vec![
        ("reset", Scene::reset_before_answer()),
        ("closed", Scene::close_before_answer()),
        ("401", Scene::unauthorized()),
        ("404", Scene::not_found()),
        ("429", Scene::rate_limited(None)),
        ("500", Http::new(500).text("broken").into()),
        (
            "cut",
            Answer::new().delta("half").unfinished().then(End::Close),
        ),
        ("failed", Answer::new().failed("api_error", "no key").into()),
        ("garbage", Http::new(200).text("hello").into()),
    ];
    for (what, scene) in scenes {
        let (rig, backup) = pair().await;
        rig.gateway.push(scene);
        let fault = rig.say("hi").await.unwrap_err();
        assert!(fault.code.counts_for_breaker(), "{what}: {fault:?}");
        assert_eq!(backup.connections(), 0, "{what}: the backup was asked");
    }
}

#[tokio::test]
async fn an_open_breaker_of_the_primary_fails_over_until_its_trial_succeeds() {
    let (rig, backup) = pair().await;
    for _ in 0..2 {
        rig.gateway.push(Http::new(500).text("broken"));
        assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    }
    let outcome = rig.run(TurnRequest::new("hi")).await;
    assert_eq!(outcome.reply().gateway, GatewayName::Backup);
    assert_eq!(outcome.notices(), [NoticeCode::FailedOver]);
    assert_eq!(rig.gateway.requests().len(), 2, "the primary rests");
    rig.advance(60);
    assert_eq!(rig.say("hi").await.unwrap().gateway, GatewayName::Primary);
    assert_eq!(backup.turns().len(), 1);
}

#[tokio::test]
async fn with_both_out_of_reach_the_fault_says_so_and_both_count() {
    let (rig, backup) = pair().await;
    rig.gateway.stop().await;
    backup.stop().await;
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, FaultCode::NetworkOrUnreachable);
    assert!(fault.message.contains(&rig.gateway.url()), "{fault:?}");
    assert!(fault.message.contains(&backup.url()), "{fault:?}");
    let breakers = rig.plugin.status().await.unwrap().breakers;
    assert_eq!(breakers.primary.unwrap().failures, 1);
    assert_eq!(breakers.backup.unwrap().failures, 1);
}

#[tokio::test]
async fn with_both_breakers_open_nothing_is_sent() {
    let (rig, backup) = pair().await;
    rig.gateway.stop().await;
    backup.stop().await;
    for _ in 0..2 {
        assert_eq!(code(&rig.say("hi").await), FaultCode::NetworkOrUnreachable);
    }
    rig.gateway.restart().await.unwrap();
    backup.restart().await.unwrap();
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, FaultCode::CircuitOpen);
    assert!(fault.retry_after.is_some());
    assert_eq!(rig.gateway.connections() + backup.connections(), 0);
    let breakers = rig.plugin.status().await.unwrap().breakers;
    assert_eq!(breakers.primary.unwrap().state, BreakerState::Open);
    assert_eq!(breakers.backup.unwrap().state, BreakerState::Open);
}

#[tokio::test]
async fn each_gateway_gets_its_own_token() {
    // Both compare tokens; the backup's is another one.
    let (rig, backup) = pair().await;
    rig.say("hi").await.unwrap();
    rig.gateway.stop().await;
    rig.say("hi").await.unwrap();
    assert_eq!(backup.turns().len(), 1);
    // Without a token of its own the backup gets the primary's.
    let backup = FakeGateway::start(TOKEN).await.unwrap();
    let rig = Rig::with(json!({ "gateway_backup_url": backup.url() })).await;
    rig.gateway.stop().await;
    rig.say("hi").await.unwrap();
    assert_eq!(backup.turns().len(), 1);
}

#[tokio::test]
async fn later_rounds_of_a_turn_stay_with_the_gateway_that_answered() {
    let (rig, backup) = pair().await;
    rig.gateway.stop().await;
    backup.push(Answer::new().call("c1", "look", "{}"));
    let recorder = Recorder::default();
    let request = turn_with("hi", Level::ReadOnly, &[tool("look", Level::ReadOnly)]);
    let outcome = rig.run_with(request, recorder.runner()).await;
    assert_eq!(outcome.reply().gateway, GatewayName::Backup);
    assert_eq!((recorder.calls().len(), backup.turns().len()), (1, 2));
}

#[tokio::test]
async fn a_gateway_lost_between_two_rounds_is_a_fault_not_a_failover() {
    // The tools have run: what they did must not be done again for another gateway.
    let (rig, backup) = pair().await;
    rig.gateway
        .push(Answer::new().call("c1", "look", "{}").then(End::Close));
    let gate = openclaw_fake_gateway::Gate::new();
    let called = openclaw_fake_gateway::Gate::new();
    let (wait, tell) = (gate.clone(), called.clone());
    let runner = move |_: &str, _: host_shim::ToolCall| {
        let (wait, tell) = (wait.clone(), tell.clone());
        let future: futures::future::BoxFuture<'static, Result<String, String>> =
            Box::pin(async move {
                tell.open();
                wait.pass().await;
                Ok("seen".to_owned())
            });
        future
    };
    let request = turn_with("hi", Level::ReadOnly, &[tool("look", Level::ReadOnly)]);
    let turn = rig.plugin.ask_with(request, std::sync::Arc::new(runner));
    openclaw_tests::rig::within(called.pass()).await;
    rig.gateway.stop().await;
    gate.open();
    let end = openclaw_tests::rig::within(turn.reply()).await;
    assert_eq!(code(&end), FaultCode::NetworkOrUnreachable);
    assert_eq!(backup.connections(), 0);
}
