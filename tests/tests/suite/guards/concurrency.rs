//! | concurrency | one turn at a time, always; a bounded queue in order, a bounded wait |

use host_shim::{Event, FaultCode, NoticeCode, Patience, Turn, TurnRequest};
use openclaw_fake_gateway::{Answer, Gate, Scene};
use openclaw_tests::rig::{Rig, code, within};
use serde_json::json;

/// A turn that has begun to be answered and goes on when the gate opens.
async fn running(rig: &Rig) -> (Turn, Gate) {
    let gate = Gate::new();
    rig.gateway.push(Answer::new().delta("one").hold(&gate));
    let turn = rig.plugin.ask(TurnRequest::new("one"));
    within(gate.reached()).await;
    (turn, gate)
}

/// Waits until so many turns are in the queue.
async fn queued(rig: &Rig, turns: u32) {
    within(async { while rig.plugin.status().await.unwrap().queued != turns {} }).await;
}

#[tokio::test]
async fn guard_concurrency_one_turn_at_a_time_others_wait_in_order() {
    let rig = Rig::new().await;
    let (first, gate) = running(&rig).await;
    let mut others = Vec::new();
    for (index, text) in ["two", "three", "four"].into_iter().enumerate() {
        others.push(rig.plugin.ask(TurnRequest::new(text)));
        queued(&rig, index as u32 + 1).await;
    }
    let status = rig.plugin.status().await.unwrap();
    assert_eq!((status.in_flight, status.queued), (1, 3));
    assert_eq!(
        rig.gateway.requests().len(),
        1,
        "the others have not been sent"
    );

    let gates: Vec<_> = others.iter().map(|_| Gate::new()).collect();
    for gate in &gates {
        rig.gateway.push(Answer::new().hold(gate).delta("done"));
    }
    gate.open();
    within(first.reply()).await.unwrap();
    for (index, (turn, gate)) in others.into_iter().zip(gates).enumerate() {
        within(gate.reached()).await;
        assert_eq!(
            rig.gateway.requests().len(),
            index + 2,
            "only one more has been sent"
        );
        gate.open();
        within(turn.reply()).await.unwrap();
    }
    let texts: Vec<_> = rig.gateway.requests().iter().map(said).collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
}

/// The user's text in a request.
fn said(request: &openclaw_fake_gateway::Recorded) -> String {
    let body = request.json.as_ref().unwrap();
    let text = body["input"].as_str().map(str::to_owned);
    text.unwrap_or_else(|| {
        let content = &body["input"][0]["content"];
        content
            .as_str()
            .or(content[0]["text"].as_str())
            .unwrap()
            .to_owned()
    })
}

/// What the component does at the end of a turn may wait for the host; turns asked meanwhile keep their order.
#[tokio::test(flavor = "multi_thread")]
async fn guard_concurrency_turns_asked_at_once_run_in_the_order_asked() {
    let rig = Rig::new().await;
    rig.gateway.otherwise(Scene::reply("done"));
    let mut asked = 0;
    while asked < 3_000 {
        let five: Vec<_> = (0..5)
            .map(|_| {
                asked += 1;
                rig.plugin.ask(TurnRequest::new(format!("turn {asked}")))
            })
            .collect();
        for turn in five {
            within(turn.reply()).await.unwrap();
        }
    }
    let texts: Vec<_> = rig.gateway.requests().iter().map(said).collect();
    let in_order: Vec<_> = (1..=asked).map(|number| format!("turn {number}")).collect();
    assert_eq!(texts, in_order);
}

#[tokio::test]
async fn guard_concurrency_a_waiting_turn_is_told_so() {
    let rig = Rig::new().await;
    let (first, gate) = running(&rig).await;
    let mut second = rig.plugin.ask(TurnRequest::new("two"));
    let event = within(second.next_event()).await;
    assert!(
        matches!(&event, Some(Event::Notice(notice)) if notice.code == NoticeCode::Queued),
        "{event:?}"
    );
    gate.open();
    within(first.reply()).await.unwrap();
    within(second.reply()).await.unwrap();
}

#[tokio::test]
async fn guard_concurrency_a_full_queue_is_busy() {
    let rig = Rig::with(json!({ "queue_length": 1 })).await;
    let (first, gate) = running(&rig).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    queued(&rig, 1).await;
    assert_eq!(code(&rig.say("three").await), FaultCode::Busy);
    gate.open();
    within(first.reply()).await.unwrap();
    within(second.reply()).await.unwrap();
    assert_eq!(rig.gateway.requests().len(), 2);
}

#[tokio::test]
async fn guard_concurrency_without_a_queue_the_second_turn_is_busy_at_once() {
    let rig = Rig::with(json!({ "queue_length": 0 })).await;
    let (first, gate) = running(&rig).await;
    assert_eq!(code(&rig.say("two").await), FaultCode::Busy);
    gate.open();
    within(first.reply()).await.unwrap();
}

#[tokio::test]
async fn guard_concurrency_the_default_queue_holds_eight() {
    let rig = Rig::new().await;
    let (first, gate) = running(&rig).await;
    let waiting: Vec<_> = (0..8)
        .map(|_| rig.plugin.ask(TurnRequest::new("wait")))
        .collect();
    queued(&rig, 8).await;
    assert_eq!(code(&rig.say("the ninth").await), FaultCode::Busy);
    gate.open();
    within(first.reply()).await.unwrap();
    for turn in waiting {
        within(turn.reply()).await.unwrap();
    }
}

#[tokio::test]
async fn guard_concurrency_a_flood_of_background_turns_holds_up_nobody() {
    let rig = Rig::with(json!({ "queue_length": 1, "background_length": 20 })).await;
    let (first, gate) = running(&rig).await;
    let background = |text: &str| TurnRequest {
        patience: Patience::Background,
        ..TurnRequest::new(text)
    };
    let flood: Vec<_> = (0..20)
        .map(|_| rig.plugin.ask(background("flood")))
        .collect();
    queued(&rig, 20).await;
    let refused = rig.plugin.ask(background("one more"));
    assert_eq!(code(&within(refused.reply()).await), FaultCode::Busy);
    let asked = rig.plugin.ask(TurnRequest::new("asked"));
    queued(&rig, 21).await;
    rig.gateway.push(Scene::reply("asked"));
    rig.gateway.push(Answer::new().hold(&Gate::new()));
    gate.open();
    within(first.reply()).await.unwrap();
    assert_eq!(within(asked.reply()).await.unwrap().text, "asked");
    queued(&rig, 19).await;
    let texts: Vec<_> = rig.gateway.requests().iter().map(said).collect();
    assert_eq!(texts[..2], ["one", "asked"]);
    drop(flood);
}

#[tokio::test]
async fn guard_concurrency_a_turn_that_waited_too_long_is_busy() {
    let rig = Rig::with(json!({ "queue_wait_seconds": 100 })).await;
    let (first, gate) = running(&rig).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    queued(&rig, 1).await;
    rig.advance(50);
    assert_eq!(
        rig.plugin.status().await.unwrap().queued,
        1,
        "half the time is not enough"
    );
    rig.advance(50);
    assert_eq!(code(&within(second.reply()).await), FaultCode::Busy);
    assert_eq!(rig.plugin.status().await.unwrap().queued, 0);
    gate.open();
    within(first.reply()).await.unwrap();
    assert_eq!(rig.gateway.requests().len(), 1, "it was never sent");
}

#[tokio::test]
async fn guard_concurrency_a_cancelled_waiter_leaves_the_queue() {
    let rig = Rig::with(json!({ "queue_length": 2 })).await;
    let (first, gate) = running(&rig).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    queued(&rig, 1).await;
    let third = rig.plugin.ask(TurnRequest::new("three"));
    queued(&rig, 2).await;
    second.cancel();
    assert_eq!(code(&within(second.reply()).await), FaultCode::Cancelled);
    queued(&rig, 1).await;
    // Its place is free again.
    let fourth = rig.plugin.ask(TurnRequest::new("four"));
    queued(&rig, 2).await;
    drop(fourth);
    queued(&rig, 1).await;
    gate.open();
    within(first.reply()).await.unwrap();
    within(third.reply()).await.unwrap();
    let texts: Vec<_> = rig.gateway.requests().iter().map(said).collect();
    assert_eq!(texts, ["one", "three"]);
}

#[tokio::test]
async fn guard_concurrency_a_failed_turn_lets_the_next_one_go() {
    let rig = Rig::new().await;
    let gate = Gate::new();
    rig.gateway
        .push(Answer::new().hold(&gate).failed("api_error", "no key"));
    rig.gateway.push(Scene::reply("two"));
    let first = rig.plugin.ask(TurnRequest::new("one"));
    within(gate.reached()).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    queued(&rig, 1).await;
    gate.open();
    assert_eq!(
        code(&within(first.reply()).await),
        FaultCode::ModelProviderFailed
    );
    assert_eq!(within(second.reply()).await.unwrap().text, "two");
}

#[tokio::test]
async fn guard_concurrency_status_answers_while_a_turn_runs() {
    let rig = Rig::new().await;
    let (first, gate) = running(&rig).await;
    let status = within(rig.plugin.status()).await.unwrap();
    assert_eq!((status.in_flight, status.counters.turns), (1, 1));
    gate.open();
    within(first.reply()).await.unwrap();
    assert_eq!(rig.plugin.status().await.unwrap().in_flight, 0);
}

/// A turn that is cancelled while its gateway, which goes on all by itself, has begun to answer.
async fn abandoned(rig: &Rig) -> Gate {
    let gate = Gate::new();
    rig.gateway
        .push(Answer::new().runs_on().delta("one").hold(&gate));
    let mut turn = rig.plugin.ask(TurnRequest::new("one"));
    within(turn.next_event()).await.expect("the delta");
    turn.cancel();
    let fault = within(turn.reply()).await.unwrap_err();
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::Cancelled, "one")
    );
    gate
}

// Report R1 (attack): two runs at a time at 2026.2.9, which goes on when its client leaves
// (openclaw/openclaw#54388 changed that in April 2026).
#[tokio::test]
async fn guard_concurrency_counts_what_the_gateway_still_runs() {
    let rig = Rig::new().await;
    let gate = abandoned(&rig).await;
    rig.plugin.reset().await.unwrap();
    let second = rig.plugin.ask(TurnRequest::new("two"));
    queued(&rig, 1).await;
    assert_eq!(rig.plugin.status().await.unwrap().in_flight, 1);
    assert_eq!(rig.gateway.requests().len(), 1, "it has not been sent");
    gate.open();
    let outcome = openclaw_tests::rig::outcome(second).await;
    outcome.reply();
    assert_eq!(outcome.notices(), [NoticeCode::Queued]);
    assert_eq!(rig.plugin.status().await.unwrap().in_flight, 0);
}

#[tokio::test]
async fn guard_concurrency_waits_a_minute_for_an_abandoned_run_and_then_says_so() {
    let rig = Rig::new().await;
    let _gate = abandoned(&rig).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    queued(&rig, 1).await;
    rig.advance(59);
    assert_eq!(rig.plugin.status().await.unwrap().queued, 1);
    rig.advance(1);
    let outcome = openclaw_tests::rig::outcome(second).await;
    outcome.reply();
    assert_eq!(
        outcome.notices(),
        [NoticeCode::Queued, NoticeCode::MayStillRun]
    );
    assert_eq!(rig.run(TurnRequest::new("three")).await.notices(), []);
}

#[tokio::test]
async fn guard_concurrency_an_instance_that_has_grown_is_kept_while_it_reads_out() {
    let rig = Rig::new().await;
    // More than an idle instance may keep.
    let gate = Gate::new();
    rig.gateway.push(
        Answer::new()
            .runs_on()
            .delta(&"x".repeat(6 << 20))
            .final_text("what is left of it is short")
            .hold(&gate),
    );
    let mut turn = rig.plugin.ask(TurnRequest::new("one"));
    let mut seen = 0;
    while seen < 6 << 20 {
        if let Some(Event::Delta { text }) = within(turn.next_event()).await {
            seen += text.len();
        }
    }
    drop(turn);
    within(async { while rig.plugin.status().await.unwrap().counters.cancelled == 0 {} }).await;
    let second = rig.plugin.ask(TurnRequest::new("two"));
    queued(&rig, 1).await;
    gate.open();
    let outcome = openclaw_tests::rig::outcome(second).await;
    outcome.reply();
    assert_eq!(outcome.notices(), [NoticeCode::Queued]);
}

#[tokio::test]
async fn guard_concurrency_cannot_be_configured() {
    for key in ["concurrency", "max_concurrency", "in_flight"] {
        let error = host_shim::ConfigLoader::new()
            .set(key, 2)
            .err()
            .expect("no such key");
        assert!(error.to_string().contains(key), "{error}");
    }
}
