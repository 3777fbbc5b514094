//! The guards' and the caller's own: `circuit_open`, `busy`, `heavy_task_refused`, `cancelled`,
//! `config_invalid`.

use std::time::Duration;

use host_shim::FaultCode::*;
use host_shim::{ConfigureError, Level, Plugin, TurnRequest};
use openclaw_fake_gateway::{Answer, FakeGateway, Gate, Http};
use openclaw_tests::rig::{Rig, cache_dir, code, config, tool, turn_with, within};
use serde_json::json;

use super::check;

#[tokio::test]
async fn fault_circuit_open_while_the_breaker_is_open() {
    let rig = Rig::new().await;
    for _ in 0..2 {
        rig.gateway.push(Http::new(500).text("broken"));
        assert_eq!(code(&rig.say("hi").await), GatewayError);
    }
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, CircuitOpen);
    assert!(
        fault
            .retry_after
            .is_some_and(|after| after <= Duration::from_secs(60)),
        "{fault:?}"
    );
    assert_eq!(rig.gateway.requests().len(), 2);
    let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
    assert_eq!(breaker.failures, 2, "a refusal does not count");
}

#[tokio::test]
async fn fault_busy_while_another_turn_runs_and_the_queue_is_full() {
    let rig = Rig::with(json!({ "queue_length": 0 })).await;
    let gate = Gate::new();
    rig.gateway.push(Answer::new().hold(&gate));
    let turn = rig.plugin.ask(TurnRequest::new("one"));
    within(gate.reached()).await;
    let fault = rig.say("two").await.unwrap_err();
    check(&rig, &fault, Busy).await;
    drop(turn);
}

#[tokio::test]
async fn fault_heavy_task_refused_with_too_little_memory() {
    let rig = Rig::new().await;
    rig.memory.available(0);
    let heavy = TurnRequest {
        heavy: true,
        ..TurnRequest::new("hi")
    };
    let fault = rig.ask(heavy).await.unwrap_err();
    check(&rig, &fault, HeavyTaskRefused).await;
    assert_eq!(rig.gateway.connections(), 0);
}

#[tokio::test]
async fn fault_cancelled_on_a_cancelled_turn_with_what_had_arrived_and_its_connection_closed() {
    let rig = Rig::new().await;
    let gate = Gate::new();
    rig.gateway.push(Answer::new().delta("Well, ").hold(&gate));
    let mut turn = rig.plugin.ask(TurnRequest::new("hi"));
    within(turn.next_event()).await.expect("the delta");
    let canceller = turn.canceller();
    let reply = tokio::spawn(turn.reply());
    canceller.cancel();
    let fault = within(reply).await.unwrap().unwrap_err();
    check(&rig, &fault, Cancelled).await;
    assert_eq!(fault.partial_text, "Well, ");
    assert_eq!(
        within(rig.gateway.closed(1)).await,
        openclaw_fake_gateway::ClosedBy::Client
    );
    // The next turn is not held up by it.
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn fault_cancelled_while_a_tool_runs_which_is_dropped() {
    struct Dropped(tokio::sync::mpsc::UnboundedSender<&'static str>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let runner = move |_: &str, _call: host_shim::ToolCall| {
        let sender = sender.clone();
        let future: futures::future::BoxFuture<'static, Result<String, String>> =
            Box::pin(async move {
                let _ = sender.send("started");
                let _dropped = Dropped(sender);
                std::future::pending().await
            });
        future
    };
    let rig = Rig::new().await;
    rig.gateway.push(Answer::new().call("c1", "slow", "{}"));
    let request = turn_with("hi", Level::Act, &[tool("slow", Level::Act)]);
    let turn = rig.plugin.ask_with(request, std::sync::Arc::new(runner));
    assert_eq!(within(receiver.recv()).await, Some("started"));
    turn.cancel();
    let fault = within(turn.reply()).await.unwrap_err();
    check(&rig, &fault, Cancelled).await;
    assert_eq!(within(receiver.recv()).await, Some("dropped"));
}

#[tokio::test]
async fn fault_config_invalid_without_a_config_and_gone_with_one() {
    let plugin = Plugin::builder()
        .cache_dir(cache_dir())
        .build()
        .await
        .unwrap();
    let fault = within(plugin.ask(TurnRequest::new("hi")).reply())
        .await
        .unwrap_err();
    assert_eq!(fault.code, ConfigInvalid);
    let breakers = plugin.status().await.unwrap().breakers;
    assert_eq!(breakers, host_shim::Breakers::default());
    let gateway = FakeGateway::start(openclaw_tests::rig::TOKEN)
        .await
        .unwrap();
    plugin
        .configure(config(&gateway.url(), json!({})))
        .await
        .unwrap();
    within(plugin.ask(TurnRequest::new("hi")).reply())
        .await
        .unwrap();
}

#[tokio::test]
async fn fault_config_invalid_names_the_key_and_never_shows_a_token() {
    let rig = Rig::new().await;
    let url = rig.gateway.url();
    let bad: &[(&str, serde_json::Value)] = &[
        ("gateway_primary_url", json!("127.0.0.1:18789")),
        (
            "gateway_primary_url",
            json!("http://127.0.0.1:18789/v1/responses"),
        ),
        (
            "gateway_primary_url",
            json!("http://user:secret-7d@127.0.0.1:18789"),
        ),
        ("gateway_primary_url", json!("ftp://127.0.0.1")),
        ("gateway_primary_url", json!("")),
        ("gateway_bearer_token", json!("secret-7d\nX: y")),
        ("gateway_bearer_token", json!("secret-7d é")),
        ("gateway_bearer_token", json!("")),
        (
            "gateway_bearer_token",
            json!("replace_with_strong_random_token"),
        ),
        ("gateway_bearer_token", json!("__OPENCLAW_REDACTED__")),
        ("gateway_agent_id", json!("Not An Agent")),
        ("gateway_backup_url", json!("no url")),
    ];
    for (key, value) in bad {
        match rig
            .plugin
            .configure(config(&url, json!({ *key: value })))
            .await
        {
            Err(ConfigureError::Invalid(error)) => {
                let text = format!("{error} {error:?}");
                assert!(text.contains(key), "{key} = {value}: {text}");
                assert!(!text.contains("secret-7d"), "{key} = {value}: {text}");
            }
            other => panic!("{key} = {value}: {other:?}"),
        }
    }
    rig.say("the config before is still in force")
        .await
        .unwrap();
}
