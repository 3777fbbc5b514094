//! `timed_out`: connect, first byte, idle and whole turn; the message says which.

use std::net::Ipv4Addr;

use host_shim::FaultCode::TimedOut;
use host_shim::TurnRequest;
use openclaw_fake_gateway::{Answer, End, Gate, Scene};
use openclaw_tests::rig::{Rig, config, within};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};

use super::check;

#[tokio::test]
async fn fault_timed_out_on_the_connect_limit() {
    // A listener whose queue is full takes no more connections and refuses none.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    loop {
        let connect = TcpStream::connect(address);
        match tokio::time::timeout(std::time::Duration::from_millis(200), connect).await {
            Ok(connection) => waiting.push(connection.unwrap()),
            Err(_) => break,
        }
    }

    let rig = Rig::new().await;
    let keys = json!({ "connect_timeout_seconds": 0.2 });
    rig.plugin
        .configure(config(&format!("http://{address}"), keys))
        .await
        .unwrap();
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, TimedOut).await;
    assert!(
        fault.message.contains("connect limit of 0.2 s"),
        "{fault:?}"
    );
}

#[tokio::test]
async fn fault_timed_out_on_the_first_byte_limit() {
    let rig = Rig::with(json!({ "first_byte_timeout_seconds": 0.2 })).await;
    rig.gateway.push(Scene::never_answer());
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, TimedOut).await;
    assert!(
        fault.message.contains("first byte limit of 0.2 s"),
        "{fault:?}"
    );
    within(rig.gateway.closed(1)).await;
}

#[tokio::test]
async fn fault_timed_out_on_the_idle_limit_with_what_had_arrived() {
    let rig = Rig::with(json!({ "idle_timeout_seconds": 0.3 })).await;
    rig.gateway.push(
        Answer::new()
            .delta("Well, ")
            .unfinished()
            .then(End::Silence),
    );
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, TimedOut).await;
    assert!(fault.message.contains("idle limit of 0.3 s"), "{fault:?}");
    assert_eq!(fault.partial_text, "Well, ");
    within(rig.gateway.closed(1)).await;
}

#[tokio::test]
async fn fault_timed_out_on_the_whole_turn_limit_with_what_had_arrived() {
    let rig = Rig::with(json!({ "turn_timeout_seconds": 1000 })).await;
    let gate = Gate::new();
    rig.gateway.push(Answer::new().delta("Well, ").hold(&gate));
    let mut turn = rig.plugin.ask(TurnRequest::new("hi"));
    within(turn.next_event()).await.expect("the delta");
    rig.advance(500);
    assert_eq!(
        rig.plugin.status().await.unwrap().in_flight,
        1,
        "half the time is not enough"
    );
    rig.advance(500);
    let fault = within(turn.reply()).await.unwrap_err();
    check(&rig, &fault, TimedOut).await;
    assert!(
        fault.message.contains("whole-turn limit of 1000 s"),
        "{fault:?}"
    );
    assert_eq!(fault.partial_text, "Well, ");
    within(rig.gateway.closed(1)).await;
}

#[tokio::test]
async fn the_wait_in_the_queue_does_not_count_for_the_whole_turn_limit() {
    let keys = json!({ "turn_timeout_seconds": 1000, "queue_wait_seconds": 3600 });
    let rig = Rig::with(keys).await;
    let (first_gate, second_gate) = (Gate::new(), Gate::new());
    rig.gateway
        .push(Answer::new().hold(&first_gate).delta("one"));
    rig.gateway
        .push(Answer::new().hold(&second_gate).delta("two"));
    let first = rig.plugin.ask(TurnRequest::new("one"));
    within(first_gate.reached()).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    within(async { while rig.plugin.status().await.unwrap().queued == 0 {} }).await;
    rig.advance(700);
    first_gate.open();
    within(first.reply()).await.unwrap();
    within(second_gate.reached()).await;
    rig.advance(700);
    second_gate.open();
    assert_eq!(within(second.reply()).await.unwrap().text, "two");
}
