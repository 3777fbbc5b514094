//! The loop of tool calls, and the two JSON shapes of tools.

use std::sync::Arc;

use futures::future::BoxFuture;
use host_shim::{Event, FaultCode, Level, NoticeCode, ToolCall, TurnRequest};
use openclaw_fake_gateway::{Answer, Gate, Recorded, Scene, ToolShape};
use openclaw_tests::rig::{Recorder, Rig, code, outcome, tool, turn_with, within};
use openclaw_tests::transcript::Recording;
use serde_json::{Value, json};

fn body(request: &Recorded) -> &Value {
    request.json.as_ref().unwrap()
}

/// A turn with two tools.
fn turn() -> TurnRequest {
    let tools = ["get_weather", "get_time"].map(|name| tool(name, Level::ReadOnly));
    turn_with("hi", Level::ReadOnly, &tools)
}

/// The outputs in a request, as (call id, output).
fn outputs(request: &Recorded) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = body(request)["input"].as_array().unwrap().iter();
    items
        .filter(|item| item["type"] == "function_call_output")
        .map(|item| (text(&item["call_id"]), text(&item["output"])))
        .collect()
}

#[tokio::test]
async fn a_call_is_run_and_its_output_sent_in_the_same_session() {
    let rig = Rig::new().await;
    rig.gateway.push(Answer::new().delta("Let me see. ").call(
        "c1",
        "get_weather",
        r#"{"city":"北京"}"#,
    ));
    rig.gateway.push(Scene::reply("Sunny."));
    let recorder = Recorder::default();
    let asked = rig.plugin.ask_with(turn(), recorder.runner());
    // The gateway's id is only there to answer it.
    let id = format!("{}-1", asked.id());
    let outcome = outcome(asked).await;

    let call = ToolCall {
        id: id.clone(),
        name: "get_weather".into(),
        arguments: r#"{"city":"北京"}"#.into(),
    };
    assert_eq!(recorder.calls(), std::slice::from_ref(&call));
    let started = outcome
        .events
        .iter()
        .position(|event| *event == Event::ToolCall(call.clone()));
    let ended = Event::ToolEnded {
        call: id,
        succeeded: true,
    };
    let ended = outcome.events.iter().position(|event| *event == ended);
    assert!(started.is_some() && started < ended, "{:?}", outcome.events);
    assert!(
        outcome.reply().text.ends_with("Sunny."),
        "{:?}",
        outcome.reply()
    );

    let requests = rig.gateway.turns();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        outputs(&requests[1]),
        [("c1".to_owned(), "output of get_weather".to_owned())]
    );
    assert_eq!(body(&requests[0])["user"], body(&requests[1])["user"]);
    // Usage is that of both rounds.
    let usage = outcome.reply().usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (246, 14));
}

#[tokio::test]
async fn several_calls_of_one_reply_run_at_once_and_are_answered_in_order() {
    let rig = Rig::new().await;
    let calls = Answer::new()
        .call("c1", "get_weather", "{}")
        .call("c2", "get_time", "{}");
    rig.gateway.push(calls);
    // The first ends only after the second has.
    let gate = Gate::new();
    let runner = {
        let gate = gate.clone();
        move |_: &str, call: ToolCall| -> BoxFuture<'static, Result<String, String>> {
            let gate = gate.clone();
            Box::pin(async move {
                match call.name.as_str() {
                    "get_weather" => gate.pass().await,
                    _ => gate.open(),
                }
                Ok(format!("of {}", call.name))
            })
        }
    };
    let outcome = rig.run_with(turn(), Arc::new(runner)).await;
    outcome.end.unwrap();
    let outputs = outputs(&rig.gateway.turns()[1]);
    let pair = |id: &str, name: &str| (id.to_owned(), format!("of {name}"));
    assert_eq!(outputs, [pair("c1", "get_weather"), pair("c2", "get_time")]);
}

#[tokio::test]
async fn a_failing_tool_gives_the_model_its_error_and_the_turn_goes_on() {
    let rig = Rig::new().await;
    rig.gateway
        .push(Answer::new().call("c1", "get_weather", "{}"));
    rig.gateway.push(Scene::reply("Then not."));
    let runner = |_: &str, _: ToolCall| -> BoxFuture<'static, Result<String, String>> {
        Box::pin(async { Err("no such city".to_owned()) })
    };
    let outcome = rig.run_with(turn(), Arc::new(runner)).await;
    assert_eq!(outcome.reply().text, "Then not.");
    let failed = |event: &Event| {
        matches!(
            event,
            Event::ToolEnded {
                succeeded: false,
                ..
            }
        )
    };
    assert!(outcome.events.iter().any(failed), "{:?}", outcome.events);
    let outputs = outputs(&rig.gateway.turns()[1]);
    assert!(outputs[0].1.contains("no such city"), "{outputs:?}");
}

#[tokio::test]
async fn arguments_that_are_no_object_give_the_model_an_error_and_are_not_run() {
    for arguments in ["", "not json", "[1]", "null", "{\"a\":"] {
        let rig = Rig::new().await;
        rig.gateway
            .push(Answer::new().call("c1", "get_weather", arguments));
        rig.gateway.push(Scene::reply("Sorry."));
        let recorder = Recorder::default();
        let outcome = rig.run_with(turn(), recorder.runner()).await;
        assert_eq!(outcome.reply().text, "Sorry.", "{arguments:?}");
        // Report F15: no arguments at all are none, however they are written.
        let none = ["", "null"].contains(&arguments);
        assert_eq!(recorder.calls().len(), usize::from(none), "{arguments:?}");
        assert_eq!(outputs(&rig.gateway.turns()[1]).len(), 1, "{arguments:?}");
    }
}

#[tokio::test]
async fn after_8_rounds_the_model_is_told_to_answer_without_tools() {
    let rig = Rig::new().await;
    for round in 0..9 {
        rig.gateway
            .push(Answer::new().call(&format!("c{round}"), "get_time", "{}"));
    }
    rig.gateway.push(Scene::reply("Enough."));
    let recorder = Recorder::default();
    let outcome = rig.run_with(turn(), recorder.runner()).await;
    assert_eq!(outcome.reply().text, "Enough.");
    assert_eq!(recorder.calls().len(), 8);
    assert!(
        outcome.notices().contains(&NoticeCode::ToolRoundsExhausted),
        "{:?}",
        outcome.notices()
    );
    let requests = rig.gateway.turns();
    assert!(
        body(&requests[7]).get("tools").is_some(),
        "the eighth round has tools"
    );
    assert_eq!(body(requests.last().unwrap()).get("tools"), None);
}

#[tokio::test]
async fn a_model_that_calls_tools_for_ever_does_not_keep_the_turn_for_ever() {
    let rig = Rig::with(json!({ "max_tool_rounds": 2 })).await;
    rig.gateway
        .otherwise(Answer::new().call("c", "get_time", "{}"));
    let recorder = Recorder::default();
    let _ = rig.run_with(turn(), recorder.runner()).await;
    assert_eq!(recorder.calls().len(), 2);
    assert!(
        rig.gateway.turns().len() <= 4,
        "{}",
        rig.gateway.turns().len()
    );
}

#[tokio::test]
async fn the_other_tool_shape_is_learnt_from_the_400_and_remembered() {
    for shape in [ToolShape::Flat, ToolShape::Nested] {
        let rig = Rig::new().await;
        // Learn the other one first, so that both directions are seen.
        let other = match shape {
            ToolShape::Flat => ToolShape::Nested,
            ToolShape::Nested => ToolShape::Flat,
        };
        let recorder = Recorder::default();
        rig.gateway.set_tool_shape(other);
        rig.run_with(turn(), recorder.runner()).await.end.unwrap();

        rig.gateway.set_tool_shape(shape);
        let before = rig.gateway.requests().len();
        let outcome = rig.run_with(turn(), recorder.runner()).await;
        assert_eq!(outcome.reply().text, "PONG from the fake gateway.");
        assert_eq!(outcome.notices(), [NoticeCode::DialectChanged]);
        assert_eq!(
            rig.gateway.requests().len(),
            before + 2,
            "refused, then taken"
        );
        assert!(
            !rig.gateway.requests()[before].reaches_agent,
            "a refusal costs no model call"
        );

        let before = rig.gateway.requests().len();
        assert_eq!(rig.run_with(turn(), recorder.runner()).await.notices(), []);
        assert_eq!(rig.gateway.requests().len(), before + 1, "remembered");
        let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
        assert_eq!(breaker.failures, 0);
    }
}

#[tokio::test]
async fn the_other_tool_shape_is_tried_once_on_the_recorded_400s() {
    let recordings = [
        (
            ToolShape::Nested,
            Recording::load("2026.2.9", "24_flat_tool"),
        ),
        (
            ToolShape::Flat,
            Recording::load("2026.9.6", "24_nested_tool"),
        ),
    ];
    for (wanted, recording) in recordings {
        let rig = Rig::new().await;
        let recorder = Recorder::default();
        // Learn the shape that the recorded gateway refuses.
        rig.gateway.set_tool_shape(match wanted {
            ToolShape::Nested => ToolShape::Flat,
            ToolShape::Flat => ToolShape::Nested,
        });
        rig.run_with(turn(), recorder.runner()).await.end.unwrap();
        let before = rig.gateway.requests().len();
        rig.gateway.push(recording.replay());
        rig.gateway.push(recording.replay());
        // It insists: then it is a refusal like any other.
        rig.gateway.answer_everything_with(recording.replay());
        assert_eq!(
            code(&rig.run_with(turn(), recorder.runner()).await.end),
            FaultCode::RequestRejected
        );
        let requests = rig.gateway.requests();
        assert_eq!(requests.len(), before + 2);
        let nested = |request: &Recorded| body(request)["tools"][0].get("function").is_some();
        assert_eq!(nested(&requests[before]), wanted == ToolShape::Flat);
        assert_eq!(nested(&requests[before + 1]), wanted == ToolShape::Nested);
    }
}

#[tokio::test]
async fn a_whole_turn_limit_in_a_tool_says_nothing_about_the_gateway() {
    let rig = Rig::with(json!({ "turn_timeout_seconds": 100 })).await;
    rig.gateway.push(Answer::new().call("c1", "get_time", "{}"));
    let started = Gate::new();
    let runner = {
        let started = started.clone();
        move |_: &str, _: ToolCall| -> BoxFuture<'static, Result<String, String>> {
            started.open();
            Box::pin(std::future::pending())
        }
    };
    let asked = rig.plugin.ask_with(turn(), Arc::new(runner));
    within(started.pass()).await;
    rig.advance(100);
    assert_eq!(code(&within(asked.reply()).await), FaultCode::TimedOut);
    let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
    assert_eq!(breaker.failures, 0);
}
