//! `stream_interrupted`: the answer ended before a terminal event.

use host_shim::FaultCode::StreamInterrupted;
use openclaw_fake_gateway::{Answer, End, Http, Scene};
use openclaw_tests::rig::Rig;
use serde_json::json;

use super::outcome_of;

#[tokio::test]
async fn fault_stream_interrupted_on_a_connection_closed_mid_stream_with_what_had_arrived() {
    let cut = Answer::new()
        .delta("One ")
        .delta("and a ")
        .unfinished()
        .then(End::Close);
    let outcome = outcome_of(cut, StreamInterrupted).await;
    assert_eq!(outcome.fault().partial_text, "One and a ");
    assert_eq!(outcome.deltas(), "One and a ");
}

#[tokio::test]
async fn fault_stream_interrupted_on_a_reset_mid_stream() {
    let cut = Answer::new().delta("One ").unfinished().then(End::Reset);
    let outcome = outcome_of(cut, StreamInterrupted).await;
    // What the kernel had not handed over yet is lost with a reset.
    assert!("One ".starts_with(&outcome.fault().partial_text));
}

#[tokio::test]
async fn fault_stream_interrupted_on_a_stream_that_ends_well_without_a_terminal_event() {
    let ended = Answer::new()
        .delta("One ")
        .unfinished()
        .then(End::KeepAlive);
    let outcome = outcome_of(ended, StreamInterrupted).await;
    assert_eq!(outcome.fault().partial_text, "One ");
}

#[tokio::test]
async fn fault_stream_interrupted_on_done_without_a_terminal_event() {
    let delta = json!({ "type": "response.output_text.delta", "delta": "One " });
    let scene = Http::event_stream()
        .event("response.output_text.delta", &delta)
        .bytes("data: [DONE]\n\n");
    outcome_of(scene, StreamInterrupted).await;
}

#[tokio::test]
async fn fault_stream_interrupted_on_an_event_that_is_not_ended_by_its_empty_line() {
    let completed = json!({ "type": "response.completed", "response": { "status": "completed" } });
    let scene = Http::event_stream().bytes(format!("data: {completed}\n"));
    outcome_of(scene, StreamInterrupted).await;
}

#[tokio::test]
async fn fault_stream_interrupted_on_an_empty_stream() {
    let outcome = outcome_of(Http::event_stream(), StreamInterrupted).await;
    assert_eq!(outcome.fault().partial_text, "");
}

#[tokio::test]
async fn fault_stream_interrupted_on_a_json_answer_that_is_cut_off() {
    let cut = Http::new(200)
        .header("Content-Type", "application/json")
        .promise_length(1000)
        .bytes("{\"id\":\"resp_1\",")
        .then(End::Close);
    outcome_of(cut, StreamInterrupted).await;
}

#[tokio::test]
async fn a_terminal_event_ends_the_turn_whatever_comes_after_it() {
    let rig = Rig::new().await;
    for end in [End::Close, End::Reset, End::Silence] {
        rig.gateway.push(Scene::reply("All of it.").then(end));
        assert_eq!(rig.say("hi").await.unwrap().text, "All of it.", "{end:?}");
    }
}

#[tokio::test]
async fn the_first_terminal_event_wins() {
    let rig = Rig::new().await;
    let response = |status: &str, text: &str| {
        json!({ "type": format!("response.{status}"), "response": {
            "id": "resp_1", "status": status, "output": [{ "type": "message", "role": "assistant",
                "content": [{ "type": "output_text", "text": text }] }] } })
    };
    let twice = Http::event_stream()
        .event("response.completed", &response("completed", "the first"))
        .event("response.completed", &response("completed", "the second"));
    rig.gateway.push(twice);
    assert_eq!(rig.say("hi").await.unwrap().text, "the first");
}

#[tokio::test]
async fn the_final_text_holds_not_the_joined_deltas() {
    let rig = Rig::new().await;
    rig.gateway.push(
        Answer::new()
            .delta("part ")
            .delta("part ")
            .delta("two")
            .final_text("part two"),
    );
    let outcome = rig.run(host_shim::TurnRequest::new("hi")).await;
    assert_eq!(outcome.reply().text, "part two");
    assert_eq!(outcome.deltas(), "part part two");
}
