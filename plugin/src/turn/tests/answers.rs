//! Turns whose answers do not simply complete.

use super::host::*;
use super::scenes::*;
use super::*;

fn answers(content_type: &str, body: &[u8], pieces: usize) -> Scene {
    let head = Head {
        status: 200,
        content_type: content_type.into(),
        ..Head::default()
    };
    let pieces = body.chunks(pieces).map(|piece| Ok(piece.to_vec()));
    Scene::Answers(head, pieces.collect())
}

// Report F9: a stream without a Content-Type, or with a proxy's (xiaoliu10/claude-code-router-next#45: a
// valid stream sent as text/plain was rejected).
#[test]
fn a_body_is_read_as_what_it_is() {
    let stream = sse(&[delta("PONG"), completed(json!([message("PONG")]))]);
    let json = json!({"status": "completed", "output": [message("PONG")]}).to_string();
    let commented = [&b": hello\n\n"[..], &stream].concat();
    let spaced = format!("\u{feff} \n{json}");
    for body in [&stream[..], &commented, json.as_bytes(), spaced.as_bytes()] {
        for content_type in [
            "",
            "text/plain",
            "text/html",
            "application/octet-stream",
            "application/json",
            "text/event-stream; charset=utf-8",
        ] {
            for pieces in [1, 7, body.len()] {
                let setup = setup(config(), vec![answers(content_type, body, pieces)]);
                let (end, events) = setup.ask(&turn("x"));
                let text = end
                    .unwrap_or_else(|fault| panic!("{content_type}: {fault:?}"))
                    .text;
                assert_eq!((text.as_str(), events.shown().as_str()), ("PONG", "PONG"));
                assert_eq!(setup.world.finished.get(), 1);
            }
        }
    }
    for (body, code) in [
        (
            "<html>nginx</html>",
            FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        ),
        ("OK", FaultCode::ProtocolError),
        ("", FaultCode::ProtocolError),
        ("evening", FaultCode::ProtocolError),
    ] {
        let setup = setup(config(), vec![answers("text/plain", body.as_bytes(), 1)]);
        assert_eq!(setup.code(&turn("x")), code, "{body}");
    }
}

#[test]
fn an_answer_that_is_all_there_counts_whatever_its_connection_does() {
    let json = json!({"status": "completed", "output": [message("PONG")]}).to_string();
    let cut = || {
        Err(Failure::Broken {
            why: "cut".into(),
            uploaded: true,
        })
    };
    let head = || Head {
        status: 200,
        ..Head::default()
    };
    let scenes = [
        vec![Ok(json.clone().into_bytes()), cut()],
        vec![Ok(json[..20].to_owned().into_bytes()), cut()],
        vec![cut()],
    ];
    let scenes = scenes
        .into_iter()
        .map(|pieces| Scene::Answers(head(), pieces));
    let setup = setup(config(), scenes.collect());
    assert_eq!(setup.ask(&turn("x")).0.expect("a reply").text, "PONG");
    assert_eq!(setup.code(&turn("x")), FaultCode::StreamInterrupted);
    assert_eq!(setup.code(&turn("x")), FaultCode::StreamInterrupted);
}

// Report F5, F8, R3: notices about the text appear once.
#[test]
fn notices_are_given_after_the_text_that_they_are_about() {
    let ends = |events: &[Value]| Scene::Answers(stream_head(), vec![Ok(sse(events))]);
    let incomplete = json!({"type": "response.incomplete", "response": {"status": "incomplete",
        "output": [message("Once")], "incomplete_details": {"reason": "max_output_tokens"}}});
    for (events, text, notices) in [
        (
            vec![delta("Once"), incomplete],
            "Once",
            vec![NoticeCode::AnswerIncomplete],
        ),
        (
            vec![delta("nce"), completed(json!([message("Once")]))],
            "Once",
            vec![NoticeCode::AnswerCorrected],
        ),
        (
            vec![completed(json!([]))],
            "",
            vec![NoticeCode::AnswerEmpty],
        ),
    ] {
        let setup = setup(config(), vec![ends(&events)]);
        let (end, events) = setup.ask(&turn("x"));
        assert_eq!(end.expect("a reply").text, text);
        assert_eq!(events.notices(), notices);
        assert_eq!(setup.breaker(0), breaker::State::Closed);
    }
}

#[test]
fn a_corrected_round_does_not_spoil_the_partial_text_of_the_next() {
    let round = [
        delta("ooking."),
        completed(json!([message("Looking."), call("a", "one", "{}")])),
    ];
    let first = Scene::Answers(stream_head(), vec![Ok(sse(&round))]);
    let second = Scene::Answers(stream_head(), vec![Ok(sse(&[delta("It is")]))]);
    let setup = setup(config(), vec![first, second]);
    let (end, events) = setup.ask(&TurnRequest {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    });
    let fault = end.expect_err("it ends in the middle");
    assert_eq!(fault.partial_text, "Looking.\n\nIt is");
    assert_eq!(events.shown(), "ooking.\n\nIt is");
    assert_eq!(events.notices(), [NoticeCode::AnswerCorrected]);
}

#[test]
fn an_empty_last_round_is_no_empty_answer() {
    let first = [
        delta("Done."),
        completed(json!([message("Done."), call("a", "one", "{}")])),
    ];
    let first = Scene::Answers(stream_head(), vec![Ok(sse(&first))]);
    let second = Scene::Answers(stream_head(), vec![Ok(sse(&[completed(json!([]))]))]);
    let setup = setup(config(), vec![first, second]);
    let (end, events) = setup.ask(&TurnRequest {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    });
    assert_eq!(end.expect("a reply").text, "Done.");
    assert_eq!(
        (events.shown().as_str(), events.notices()),
        ("Done.", vec![])
    );
}

// Report R2 (attack): the text is delivered, but proves that the provider failed.
#[test]
fn a_reply_that_was_begun_again_counts_as_a_failure() {
    let scene = || {
        let mut events = vec![delta("part0 part1"); 4];
        events.push(completed(json!([message("part0 part1")])));
        Scene::Answers(stream_head(), vec![Ok(sse(&events))])
    };
    let setup = setup(config(), vec![scene(), scene()]);
    for _ in 0..2 {
        let (end, events) = setup.ask(&turn("x"));
        assert_eq!(end.expect("a reply").text, "part0 part1");
        let both = [NoticeCode::AnswerCorrected, NoticeCode::AnswerIncomplete];
        assert_eq!(events.notices(), both);
    }
    assert!(matches!(setup.breaker(0), breaker::State::Open(_)));
}

// Report F15 (openai/openai-agents-js#664).
#[test]
fn a_tool_is_run_however_no_arguments_are_written() {
    for arguments in [json!(""), json!(null), json!({}), json!("null")] {
        let call =
            json!({"type": "function_call", "call_id": "a", "name": "one", "arguments": arguments});
        let setup = setup(config(), vec![calls(json!([call])), replies("done")]);
        let (end, events) = setup.ask(&TurnRequest {
            tools: vec![tool("one", Level::Talk)],
            ..turn("x")
        });
        assert_eq!(end.expect("a reply").text, "done");
        assert_eq!(events.notices(), []);
        assert_eq!(setup.world.tool_calls.borrow()[0].1.arguments, "{}");
    }
}
