//! `network_or_unreachable`.

use host_shim::FaultCode::NetworkOrUnreachable;
use openclaw_fake_gateway::FakeGateway;
use openclaw_tests::rig::{Rig, TOKEN, config};
use serde_json::json;

use super::check;

#[tokio::test]
async fn fault_network_or_unreachable_on_a_refused_connection() {
    let rig = Rig::new().await;
    rig.gateway.stop().await;
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, NetworkOrUnreachable).await;
    assert_eq!(fault.http_status, None);
    // And it works when the gateway is back.
    rig.gateway.restart().await.unwrap();
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn fault_network_or_unreachable_on_a_name_that_cannot_be_resolved() {
    let rig = Rig::new().await;
    // A label of 64 letters is refused by the resolver itself: nothing leaves this machine.
    let url = format!("http://{}:18789", "a".repeat(64));
    rig.plugin.configure(config(&url, json!({}))).await.unwrap();
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, NetworkOrUnreachable).await;
}

#[tokio::test]
async fn fault_network_or_unreachable_on_failed_tls() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let rig = Rig::new().await;
    let url = gateway.url().replace("http://", "https://");
    rig.plugin.configure(config(&url, json!({}))).await.unwrap();
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, NetworkOrUnreachable).await;
    assert!(
        gateway.requests().is_empty(),
        "nothing was said in the clear"
    );
}
