//! What happens when the component is stopped.

use std::time::Duration;

use super::*;
use host_shim::{FaultCode, TurnRequest};
use openclaw_fake_gateway::Gate;

/// A turn whose text alone is more than the component may have.
fn too_big() -> TurnRequest {
    TurnRequest::new("x".repeat(6 << 20))
}

async fn small() -> (FakeGateway, Plugin) {
    let gateway = gateway().await;
    let config = config(&gateway.url());
    let plugin = builder()
        .config(config)
        .memory_cap(4 << 20)
        .build()
        .await
        .unwrap();
    (gateway, plugin)
}

#[test]
fn a_trap_ends_every_turn_under_way_and_closes_connections() {
    run(async {
        let (gateway, plugin) = small().await;
        let gate = Gate::new();
        gateway.push(
            openclaw_fake_gateway::Answer::new()
                .delta("half")
                .hold(&gate),
        );
        let mut running = plugin.ask(TurnRequest::new("hi"));
        assert!(running.next_event().await.is_some());
        let fault = plugin.ask(too_big()).reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::PluginTrapped);
        assert_eq!(running.next_event().await, None);
        assert_eq!(
            running.reply().await.unwrap_err().code,
            FaultCode::PluginTrapped
        );
        assert_eq!(
            gateway.closed(1).await,
            openclaw_fake_gateway::ClosedBy::Client
        );
    });
}

#[test]
fn waiting_and_host_functions_are_not_computing() {
    run(async {
        let gateway = gateway().await;
        let config = config(&gateway.url());
        let slow = || {
            let begun = std::time::Instant::now();
            while begun.elapsed() < Duration::from_millis(80) {}
            plenty()
        };
        let plugin = builder()
            .config(config)
            .memory(slow)
            .compute_budget(Duration::from_millis(40))
            .build()
            .await
            .unwrap();
        let gate = Gate::new();
        gateway.push(
            openclaw_fake_gateway::Answer::new()
                .delta("a")
                .hold(&gate)
                .delta("b"),
        );
        let turn = plugin.ask(TurnRequest::new("hi"));
        gate.reached().await;
        tokio::time::sleep(Duration::from_millis(80)).await;
        gate.open();
        assert_eq!(turn.reply().await.unwrap().text, "ab");
    });
}
