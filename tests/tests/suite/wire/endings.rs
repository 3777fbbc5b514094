//! A turn that nobody wants any more ends, and its connection with it.

use host_shim::{FaultCode, TurnRequest};
use openclaw_fake_gateway::{Answer, ClosedBy, Gate, Scene};
use openclaw_tests::rig::{Rig, code, within};

#[tokio::test]
async fn dropping_a_turn_mid_stream_closes_its_connection() {
    let rig = Rig::new().await;
    let gate = Gate::new();
    rig.gateway.push(Answer::new().delta("Well, ").hold(&gate));
    let mut turn = rig.plugin.ask(TurnRequest::new("hi"));
    within(turn.next_event()).await.expect("the delta");
    drop(turn);
    assert_eq!(within(rig.gateway.closed(1)).await, ClosedBy::Client);
    rig.say("the next").await.unwrap();
    assert_eq!(rig.plugin.status().await.unwrap().counters.cancelled, 1);
}

#[tokio::test]
async fn dropping_a_turn_before_the_answer_closes_its_connection_after_a_while() {
    let rig = Rig::new().await;
    rig.gateway.push(Scene::never_answer());
    let turn = rig.plugin.ask(TurnRequest::new("hi"));
    within(rig.gateway.request(1)).await;
    drop(turn);
    // Which version it is cannot be known: it may run on.
    within(async { while rig.plugin.status().await.unwrap().counters.cancelled == 0 {} }).await;
    assert_eq!(rig.plugin.status().await.unwrap().in_flight, 1);
    rig.advance(60);
    assert_eq!(within(rig.gateway.closed(1)).await, ClosedBy::Client);
    rig.say("the next").await.unwrap();
}

#[tokio::test]
async fn dropping_the_reply_future_closes_the_connection() {
    let rig = Rig::new().await;
    rig.gateway.push(Scene::never_answer());
    let reply = rig.plugin.ask(TurnRequest::new("hi")).reply();
    tokio::select! {
        _ = reply => panic!("there is no answer"),
        _ = within(rig.gateway.request(1)) => {}
    }
    within(async { while rig.plugin.status().await.unwrap().counters.cancelled == 0 {} }).await;
    rig.advance(60);
    assert_eq!(within(rig.gateway.closed(1)).await, ClosedBy::Client);
}

#[tokio::test]
async fn a_turn_that_is_dropped_at_once_leaves_nothing_behind() {
    let rig = Rig::new().await;
    for _ in 0..50 {
        drop(rig.plugin.ask(TurnRequest::new("never mind")));
    }
    rig.say("hi").await.unwrap();
    let status = rig.plugin.status().await.unwrap();
    assert_eq!((status.in_flight, status.queued), (0, 0));
}

#[tokio::test]
async fn cancelling_twice_or_after_the_end_does_nothing() {
    let rig = Rig::new().await;
    let mut turn = rig.plugin.ask(TurnRequest::new("hi"));
    let canceller = turn.canceller();
    while within(turn.next_event()).await.is_some() {}
    canceller.cancel();
    turn.cancel();
    within(turn.reply()).await.unwrap();
    canceller.cancel();
}

#[tokio::test]
async fn closing_the_plugin_ends_its_turns_and_connections() {
    let rig = Rig::new().await;
    let gate = Gate::new();
    rig.gateway.push(Answer::new().hold(&gate));
    let turn = rig.plugin.ask(TurnRequest::new("hi"));
    within(gate.reached()).await;
    within(rig.plugin.close()).await;
    assert_eq!(code(&within(turn.reply()).await), FaultCode::Cancelled);
    assert_eq!(within(rig.gateway.closed(1)).await, ClosedBy::Client);
    assert_eq!(code(&rig.say("too late").await), FaultCode::Cancelled);
    assert_eq!(
        rig.plugin.status().await.unwrap_err().code,
        FaultCode::Cancelled
    );
    within(rig.plugin.close()).await;
}

#[tokio::test]
async fn a_reader_that_is_slow_loses_nothing() {
    let rig = Rig::new().await;
    let words: Vec<String> = (0..5000).map(|n| format!("{n} ")).collect();
    let answer = words
        .iter()
        .fold(Answer::new(), |answer, word| answer.delta(word));
    rig.gateway.push(answer);
    let turn = rig.plugin.ask(TurnRequest::new("hi"));
    // Long after the events' queue must be full.
    within(async { while rig.plugin.status().await.unwrap().in_flight == 0 {} }).await;
    for _ in 0..200 {
        rig.plugin.status().await.unwrap();
    }
    let outcome = openclaw_tests::rig::outcome(turn).await;
    assert_eq!(outcome.deltas(), words.concat());
    assert_eq!(outcome.reply().text, words.concat());
}
