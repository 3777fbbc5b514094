//! Many calls, calls with bad ids, invented tool names.

use super::host::*;
use super::scenes::*;
use super::*;
use crate::turn::round::MAX_CALLS;
use crate::turn::tools::{MAX_CALLS_AT_ONCE, MAX_DENIALS_SAID};

fn with_tool(name: &str) -> TurnRequest {
    TurnRequest {
        tools: vec![tool(name, Level::ReadOnly)],
        ..turn("x")
    }
}

/// Ids and arguments of the calls that were run.
fn ran(setup: &Setup) -> Vec<(String, String)> {
    let calls = setup.world.tool_calls.borrow();
    let calls = calls.iter();
    calls
        .map(|(_, call)| (call.id.clone(), call.arguments.clone()))
        .collect()
}

/// The call ids that a request answers.
fn answered(setup: &Setup, request: usize) -> Vec<String> {
    let sent = setup.world.sent.borrow();
    let items = sent[request].body["input"].as_array().expect("outputs");
    let id = |item: &Value| item["call_id"].as_str().expect("an id").to_owned();
    items.iter().map(id).collect()
}

// Report F16: the same call twice in one answer (NousResearch/hermes-agent#94961); A8 (attack).
#[test]
fn calls_have_ids_of_our_own_and_the_gateway_is_answered_by_its() {
    let long = "i".repeat(200);
    let round = json!([
        call("a", "one", r#"{"x":1}"#),
        call("a", "one", r#"{"x":1}"#),
        call("a", "one", r#"{"x":2}"#),
        {"type": "function_call", "name": "one", "arguments": "{}"},
        call(&long, "one", "{}"),
    ]);
    let setup = setup(config(), vec![calls(round), replies("done")]);
    let (end, events) = setup.ask(&with_tool("one"));
    assert_eq!(end.expect("a reply").text, "done");
    let own = |id: &str, arguments: &str| (id.to_owned(), arguments.to_owned());
    assert_eq!(
        ran(&setup),
        [
            own("t1-1", r#"{"x":1}"#),
            own("t1-2", r#"{"x":2}"#),
            own("t1-3", "{}"),
            own("t1-4", "{}")
        ]
    );
    assert_eq!(answered(&setup, 1), ["a", "a", "t1-3", &long]);
    assert_eq!(events.tools_ended(), ["t1-1", "t1-2", "t1-3", "t1-4"]);
    assert!(events.notices().is_empty());
}

// Report F16: a gateway that restarts its ids in each answer (1ay1/agentty#9).
#[test]
fn an_id_that_comes_again_in_a_later_round_is_a_new_call() {
    let round = || calls(json!([call("one:0", "one", "{}")]));
    let setup = setup(config(), vec![round(), round(), replies("done")]);
    assert!(setup.ask(&with_tool("one")).0.is_ok());
    let ids: Vec<_> = ran(&setup).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["t1-1", "t1-2"]);
    assert_eq!(answered(&setup, 2), ["one:0"]);
}

fn many(count: usize, name: &str) -> Scene {
    let one = |at: usize| call(&format!("c{at}"), name, "{}");
    calls((0..count).map(one).collect())
}

// Report A9 (attack).
#[test]
fn of_thousands_of_calls_a_few_run_at_once_and_some_at_all() {
    let setup = setup(config(), vec![many(8_000, "one"), many(8_000, "one")]);
    setup.world.tools_hang.set(true);
    let (events, turn) = (Taken::default(), with_tool("one"));
    let mut hanging = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(hanging.as_mut()).is_pending());
    assert_eq!(setup.world.tool_calls.borrow().len(), MAX_CALLS_AT_ONCE);
    drop(hanging);

    setup.world.tool_calls.borrow_mut().clear();
    setup.world.tools_hang.set(false);
    setup.then(replies("done"));
    let (end, events) = setup.ask(&turn);
    assert_eq!(end.expect("a reply").text, "done");
    assert_eq!(setup.world.tool_calls.borrow().len(), MAX_CALLS);
    let sent = setup.world.sent.borrow().len() - 1;
    assert_eq!(answered(&setup, sent).len(), 8_000);
    assert_eq!(events.notices(), [NoticeCode::ToolDenied]);
}

// Report A9 (attack): 60,000 unknown calls produced 60,000 notices, each a chat message.
#[test]
fn notices_of_calls_are_folded() {
    let setup = setup(config(), vec![many(60_000, "ghost"), replies("done")]);
    let (end, events) = setup.ask(&with_tool("one"));
    assert_eq!(end.expect("a reply").text, "done");
    let notices = events.notice_texts();
    assert_eq!(notices.len(), MAX_DENIALS_SAID + 1);
    assert_eq!(notices[10], "Rejected 59990 more tool calls.");
    assert_eq!(setup.state.counters().tool_denials, 60_000);
    // Later rounds only report the sum.
    let rounds = (0..8).map(|_| many(30, "ghost")).chain([replies("done")]);
    setup.world.scenes.replace(rounds.collect());
    let (end, events) = setup.ask(&with_tool("one"));
    assert!(end.is_ok());
    assert_eq!(events.notices().len(), MAX_DENIALS_SAID + 8);
}

// Report A9 (attack): a notice per call, here because memory fluctuates.
#[test]
fn a_level_is_said_to_be_lowered_once() {
    let setup = setup(config(), vec![many(60, "one"), replies("done")]);
    let low = Cell::new(false);
    setup.world.each_reading.replace(Some(Box::new(move || {
        low.set(!low.get());
        if low.get() { 300 * MIB } else { 1024 * MIB }
    })));
    let (end, events) = setup.ask(&with_tool("one"));
    assert!(end.is_ok());
    assert_eq!(events.notices(), [NoticeCode::LevelLowered]);
}

// Report A10 (attack): 15 outputs of 1 MiB of control characters, each six bytes in JSON.
#[test]
fn outputs_that_become_too_large_as_json_are_not_put_together() {
    let setup = setup(config(), vec![many(15, "control")]);
    setup
        .world
        .long_output
        .set(openclaw_core::turn::MAX_TOOL_OUTPUT_BYTES);
    assert_eq!(
        setup.code(&with_tool("control")),
        FaultCode::RequestTooLarge
    );
    assert_eq!(setup.world.sent.borrow().len(), 1);
    // No more calls run than needed to detect that.
    assert!(setup.world.tool_calls.borrow().len() <= 4 + MAX_CALLS_AT_ONCE);
}

// Report A12 (attack).
#[test]
fn a_made_up_name_is_masked_printable_and_bounded() {
    let long = "x".repeat(1 << 20);
    for name in [
        "t0ken",
        "see t0ken\u{1b}[31m!\u{7}",
        "\u{202e}t0ken\n\u{0}",
        &long,
        "",
    ] {
        let setup = setup(
            config(),
            vec![calls(json!([call("a", name, "{}")])), replies("ok")],
        );
        let (end, events) = setup.ask(&with_tool("one"));
        assert!(end.is_ok());
        let sent = setup.world.sent.borrow();
        let output = sent[1].body["input"][0]["output"].as_str().expect("text");
        for text in [&events.notice_texts()[0], output] {
            assert!(!text.contains("t0ken"), "{text:?}");
            assert!(
                !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
                "{text:?}"
            );
            assert!(text.len() < 1_000, "{}", text.len());
        }
    }
}
