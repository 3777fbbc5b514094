//! Tool calls: rounds, levels and dialects.

use super::host::*;
use super::scenes::*;
use super::*;

#[test]
fn tools_run_in_parallel_and_answer_in_order() {
    let round = json!([
        call("b", "two", "{}"),
        call("a", "one", r#"{"x":1}"#),
        call("c", "fails", "{}"),
        call("d", "one", "[]"),
        call("e", "ghost", "{}"),
        call("f", "rooty", "{}")
    ]);
    let setup = setup(config(), vec![calls(round), replies("done")]);
    let tools = vec![
        tool("one", Level::Talk),
        tool("two", Level::Act),
        tool("fails", Level::ReadOnly),
        tool("rooty", Level::Root),
    ];
    let (end, events) = setup.ask(&TurnRequest { tools, ..turn("x") });
    let reply = end.expect("tools never stop a turn");
    assert_eq!(reply.text, "done");
    assert_eq!(
        reply.usage,
        Some(Usage {
            input_tokens: 20,
            output_tokens: 4
        })
    );
    let sent = setup.world.sent.borrow();
    let outputs: Vec<_> = sent[1].body["input"]
        .as_array()
        .expect("outputs")
        .iter()
        .map(|item| {
            (
                item["call_id"].as_str().expect("id"),
                item["output"].as_str().expect("output"),
            )
        })
        .collect();
    assert_eq!(
        outputs[..2],
        [("b", "output of two"), ("a", "output of one")]
    );
    assert_eq!(outputs[2], ("c", "error: no such city"));
    assert!(outputs[3].0 == "d" && outputs[3].1.contains("no JSON object"));
    assert!(outputs[4].0 == "e" && outputs[4].1.contains("there is no tool"));
    assert!(outputs[5].0 == "f" && outputs[5].1.contains("needs the permission level L4"));
    let ran: Vec<_> = setup
        .world
        .tool_calls
        .borrow()
        .iter()
        .map(|(turn, call)| format!("{turn} {}", call.name))
        .collect();
    assert_eq!(ran, ["t1 two", "t1 one", "t1 fails"]);
    assert_eq!(
        events.notices(),
        [NoticeCode::ToolDenied, NoticeCode::ToolDenied]
    );
    let counters = setup.state.counters();
    assert_eq!((counters.tool_calls, counters.tool_denials), (3, 2));
    let offered = sent[0].body["tools"].as_array().expect("tools").len();
    assert_eq!(offered, 3, "the one above the level is not offered");
}

#[test]
fn calls_of_one_reply_run_at_once() {
    let round = json!([call("a", "one", "{}"), call("b", "two", "{}")]);
    let setup = setup(config(), vec![calls(round)]);
    setup.world.tools_hang.set(true);
    let tools = vec![tool("one", Level::Act), tool("two", Level::Act)];
    let (events, turn) = (Taken::default(), TurnRequest { tools, ..turn("x") });
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    assert_eq!(setup.world.tool_calls.borrow().len(), 2);
}

#[test]
fn more_output_than_the_model_is_given_is_an_error_of_the_tool() {
    let most = openclaw_core::turn::MAX_TOOL_OUTPUT_BYTES;
    for (bytes, taken) in [(most, true), (most + 1, false)] {
        let round = calls(json!([call("a", "long", "{}")]));
        let setup = setup(config(), vec![round, replies("done")]);
        setup.world.long_output.set(bytes);
        let turn = TurnRequest {
            tools: vec![tool("long", Level::Act)],
            ..turn("x")
        };
        assert!(setup.ask(&turn).0.is_ok());
        let sent = setup.world.sent.borrow();
        let output = sent[1].body["input"][0]["output"].as_str().expect("text");
        assert_eq!(output.len() == bytes, taken, "{}", output.len());
        assert_eq!(output.starts_with("error: the tool's output has"), !taken);
    }
}

#[test]
fn outputs_that_are_too_much_together_are_not_sent() {
    let round: Vec<Value> = (0..21)
        .map(|at| call(&at.to_string(), "long", "{}"))
        .collect();
    let setup = setup(config(), vec![calls(json!(round))]);
    setup
        .world
        .long_output
        .set(openclaw_core::turn::MAX_TOOL_OUTPUT_BYTES);
    let tools = vec![tool("long", Level::Act)];
    let turn = TurnRequest { tools, ..turn("x") };
    assert_eq!(setup.code(&turn), FaultCode::RequestTooLarge);
    assert_eq!(setup.world.sent.borrow().len(), 1);
}

#[test]
fn guard_memory_is_read_again_before_each_tool_call() {
    let scenes = vec![
        calls(json!([call("a", "one", "{}")])),
        calls(json!([call("b", "one", "{}")])),
        replies("ok"),
    ];
    let setup = setup(config(), scenes);
    setup.world.available_after_tool.set(Some(300 * MIB));
    let (end, events) = setup.ask(&TurnRequest {
        tools: vec![tool("one", Level::Act)],
        ..turn("x")
    });
    assert_eq!(end.expect("a reply").level, Level::ReadOnly);
    assert_eq!(
        setup.world.tool_calls.borrow().len(),
        1,
        "the second is above L1"
    );
    assert_eq!(
        events.notices(),
        [NoticeCode::LevelLowered, NoticeCode::ToolDenied]
    );
    assert!(
        setup.world.sent.borrow()[2].body.get("tools").is_none(),
        "nor is it offered any more"
    );
}

#[test]
fn tool_rounds_are_bounded() {
    let ask = |scenes| {
        let setup = setup(
            Config {
                max_tool_rounds: 2,
                ..config()
            },
            scenes,
        );
        let (end, events) = setup.ask(&TurnRequest {
            tools: vec![tool("one", Level::Talk)],
            ..turn("x")
        });
        let offers: Vec<bool> = setup
            .world
            .sent
            .borrow()
            .iter()
            .map(|s| s.body.get("tools").is_some())
            .collect();
        let ran = setup.world.tool_calls.borrow().len();
        (end, events.notices(), offers, ran)
    };
    let round = || calls(json!([call("a", "one", "{}")]));
    let (end, notices, offers, ran) = ask(vec![round(), round(), round(), replies("enough")]);
    assert_eq!(end.expect("a reply").text, "enough");
    assert_eq!(notices, [NoticeCode::ToolRoundsExhausted]);
    assert_eq!((offers, ran), (vec![true, true, false, false], 2));
    let (end, ..) = ask(vec![round(), round(), round(), round()]);
    assert_eq!(end.expect_err("no answer").code, FaultCode::ProtocolError);
}

#[test]
fn the_other_shape_of_tools_is_learnt_and_remembered() {
    let flat = r#"{"error":{"message":"tools.0.name: Invalid input: expected string, received undefined","type":"invalid_request_error"}}"#;
    let setup = setup(
        config(),
        vec![
            refuses(400, flat),
            replies("one"),
            replies("two"),
            refuses(400, flat),
        ],
    );
    let turn = TurnRequest {
        tools: vec![tool("t", Level::Talk)],
        ..turn("x")
    };
    let (end, events) = setup.ask(&turn);
    assert_eq!(end.expect("a reply").text, "one");
    assert_eq!(events.notices(), [NoticeCode::DialectChanged]);
    assert_eq!(setup.ask(&turn).0.expect("a reply").text, "two");
    let shapes: Vec<_> = setup
        .world
        .sent
        .borrow()
        .iter()
        .map(|sent| sent.body["tools"][0].get("function").is_some())
        .collect();
    assert_eq!(shapes, [true, false, false]);
    // The same 400 again does not resend the request forever.
    assert_eq!(setup.code(&turn), FaultCode::RequestRejected);
    assert_eq!(setup.world.sent.borrow().len(), 4);
}

#[test]
fn a_tool_that_never_ends_is_not_the_gateways_fault() {
    let round = || calls(json!([call("a", "one", "{}")]));
    let setup = setup(config(), vec![round(), round()]);
    setup.world.tools_hang.set(true);
    let turn = TurnRequest {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    };
    for _ in 0..2 {
        assert_eq!(setup.code(&turn), FaultCode::TimedOut);
    }
    assert_eq!(setup.breaker(0), breaker::State::Closed);
}
