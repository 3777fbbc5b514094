//! `plugin_trapped`: the component traps, a new instance takes over with the guards' state.

use host_shim::{BreakerState, Clock, FaultCode, Plugin, TurnRequest};
use openclaw_fake_gateway::{Answer, FakeGateway, Gate, Http, Scene};
use openclaw_tests::rig::{Rig, TOKEN, cache_dir, code, config, within};
use serde_json::json;

/// A rig whose component may have so little memory that a long answer traps it.
async fn tight() -> Rig {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let memory = openclaw_tests::rig::PretendMemory::default();
    let clock = Clock::adjustable();
    let plugin = Plugin::builder()
        .config(config(
            &gateway.url(),
            json!({ "max_answer_bytes": 16 << 20 }),
        ))
        .memory(memory.clone())
        .clock(clock.clone())
        .memory_cap(4 << 20)
        .cache_dir(cache_dir())
        .build()
        .await
        .unwrap();
    Rig {
        gateway,
        memory,
        clock,
        plugin,
    }
}

/// More than the component can hold.
fn too_much() -> Scene {
    let piece = "x".repeat(64 << 10);
    (0..256)
        .fold(Answer::new(), |answer, _| answer.delta(&piece))
        .into()
}

#[tokio::test]
async fn fault_plugin_trapped_when_the_component_needs_more_memory_than_it_may_have() {
    let rig = tight().await;
    rig.gateway.push(too_much());
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, FaultCode::PluginTrapped);
    assert_eq!(
        fault.remedy,
        FaultCode::PluginTrapped.remedy(host_shim::Locale::En)
    );
    assert!(!format!("{fault:?}").contains(TOKEN));
    assert!(fault.message.contains("its limit is 4194304"), "{fault}");
    assert!(!fault.message.contains('\n'), "{fault}");
    // The turn's connection went with the old instance, and the next turn works.
    within(rig.gateway.closed(1)).await;
    assert_eq!(
        rig.say("hi").await.unwrap().text,
        "PONG from the fake gateway."
    );
}

#[tokio::test]
async fn fault_plugin_trapped_ends_the_turns_that_waited_and_none_hangs() {
    let rig = tight().await;
    let gate = Gate::new();
    let piece = "x".repeat(64 << 10);
    let answer = (0..256).fold(Answer::new().hold(&gate), |answer, _| answer.delta(&piece));
    rig.gateway.push(answer);
    let first = rig.plugin.ask(TurnRequest::new("one"));
    within(gate.reached()).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    within(async { while rig.plugin.status().await.unwrap().queued == 0 {} }).await;
    gate.open();
    assert_eq!(code(&within(first.reply()).await), FaultCode::PluginTrapped);
    match within(second.reply()).await {
        Ok(reply) => assert_eq!(reply.text, "PONG from the fake gateway."),
        Err(fault) => assert_eq!(fault.code, FaultCode::PluginTrapped),
    }
    rig.say("three").await.unwrap();
}

#[tokio::test]
async fn fault_plugin_trapped_keeps_the_breakers_state() {
    let rig = tight().await;
    rig.gateway.push(Http::new(500).text("broken"));
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    rig.gateway.push(too_much());
    assert_eq!(code(&rig.say("hi").await), FaultCode::PluginTrapped);

    let status = rig.plugin.status().await.unwrap();
    let breaker = status.breakers.primary.unwrap();
    assert_eq!((breaker.state, breaker.failures), (BreakerState::Closed, 1));
    assert_eq!(status.counters.failed, 1);

    // The second failure in a row, over the trap.
    rig.gateway.push(Http::new(500).text("broken"));
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    assert_eq!(code(&rig.say("hi").await), FaultCode::CircuitOpen);
}

#[tokio::test]
async fn fault_plugin_trapped_in_a_trial_gives_its_permit_back() {
    let rig = tight().await;
    for _ in 0..2 {
        rig.gateway.push(Http::new(500).text("broken"));
        assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    }
    rig.advance(60);
    rig.gateway.push(too_much());
    assert_eq!(code(&rig.say("the trial").await), FaultCode::PluginTrapped);
    let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
    assert_eq!(breaker.state, BreakerState::HalfOpen);
    rig.say("the next trial").await.unwrap();
}
