//! `host-shim session` holds the protocol.

use std::process::Stdio;

use host_shim::scripted::{Answer, ClosedBy, Gate, Scene};
use serde_json::{Value, json};

use crate::support::{Gateway, Session, program, run_with_input};

#[test]
fn ready_and_a_status_without_any_gateway() {
    let ran = run_with_input(program(["session"]), b"{\"id\":1,\"op\":\"status\"}\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.json();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert_eq!(lines[0]["event"], "ready");
    assert!(
        lines[0]["component"]
            .as_str()
            .unwrap()
            .starts_with("astr:openclaw/plugin@")
    );
    assert!(lines[0]["version"].is_string());
    assert_eq!(
        (&lines[1]["id"], &lines[1]["event"]),
        (&json!(1), &json!("status"))
    );
    for field in [
        "available_mib",
        "total_mib",
        "bound",
        "level_cap",
        "heavy_allowed",
    ] {
        assert!(
            !lines[1]["memory"][field].is_null(),
            "{field}: {}",
            lines[1]
        );
    }
    assert!(ran.err.contains("OPENCLAW_GATEWAY_URL"), "{}", ran.err);
}

#[test]
fn without_a_gateway_an_ask_ends_with_config_invalid() {
    let mut session = Session::start(program(["session"]));
    let fault = session.call(json!({"id": 1, "op": "ask", "text": "hi"}), "fault");
    assert_eq!(fault["code"], "config_invalid");
    assert_eq!(session.end().1, 0);
}

#[test]
fn an_ask_streams_deltas_and_ends_with_the_whole() {
    let gateway = Gateway::start();
    gateway.push(Scene::reply("你好 from the gateway"));
    let mut session = Session::start(gateway.program(["session"]));
    session.send(json!({"id": "a", "op": "ask", "text": "hi", "session": "s", "level": "L1"}));
    let mut said = String::new();
    let completed = loop {
        let event = session.next();
        assert_eq!(event["id"], "a");
        match event["event"].as_str().unwrap() {
            "delta" => said.push_str(event["text"].as_str().unwrap()),
            "completed" => break event,
            _ => {}
        }
    };
    assert_eq!(said, "你好 from the gateway");
    assert_eq!(completed["text"], "你好 from the gateway");
    assert_eq!(completed["response_id"], "resp_1");
    assert_eq!(completed["level"], "L1");
    assert_eq!(completed["gateway"], "primary");
    assert_eq!(
        completed["usage"],
        json!({"input_tokens": 123, "output_tokens": 7})
    );
    let (rest, code, _) = session.end();
    assert_eq!((rest.len(), code), (0, 0));
}

/// Asks with one tool that needs L1.
fn ask_with_tool(id: &str) -> Value {
    json!({"id": id, "op": "ask", "text": "weather?", "level": "L1", "tools": [
        {"name": "weather", "description": "Tells the weather.",
         "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
         "level": "L1"},
    ]})
}

fn outputs(request: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    request["input"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["type"] == "function_call_output")
        .map(|item| (text(&item["call_id"]), text(&item["output"])))
        .collect()
}

#[test]
fn tool_calls_are_answered_by_tool_results_in_any_order() {
    let gateway = Gateway::start();
    gateway.push(
        Answer::new()
            .call("call_a", "weather", r#"{"city":"北京"}"#)
            .call("call_b", "weather", r#"{"city":"上海"}"#),
    );
    gateway.push(Scene::reply("Sunny."));
    let mut session = Session::start(gateway.program(["session"]));
    session.send(ask_with_tool("t"));
    let first = session.event("t", "tool-call");
    assert_eq!(
        (&first["call"], &first["name"]),
        (&json!("call_a"), &json!("weather"))
    );
    assert_eq!(first["arguments"], json!({"city": "北京"}));
    let second = session.event("t", "tool-call");
    assert_eq!(second["call"], "call_b");

    let wrong = json!({"id": 1, "op": "tool-result", "turn": "t", "call": "no", "output": ""});
    assert!(
        session.call(wrong, "error")["message"]
            .as_str()
            .unwrap()
            .contains("no")
    );
    let wrong = json!({"id": 2, "op": "tool-result", "turn": "u", "call": "call_a", "output": ""});
    assert!(
        session.call(wrong, "error")["message"]
            .as_str()
            .unwrap()
            .contains("\"u\"")
    );
    let b =
        json!({"id": 3, "op": "tool-result", "turn": "t", "call": "call_b", "error": "no data"});
    session.call(b, "done");
    let a = json!({"id": 4, "op": "tool-result", "turn": "t", "call": "call_a", "output": "21 °C"});
    session.call(a, "done");
    assert_eq!(session.event("t", "completed")["text"], "Sunny.");

    let request = gateway.turns().pop().unwrap().json.unwrap();
    let outputs = outputs(&request);
    assert_eq!(outputs[0], ("call_a".to_owned(), "21 °C".to_owned()));
    assert_eq!(outputs[1].0, "call_b");
    assert!(outputs[1].1.contains("no data"), "{outputs:?}");
    assert_eq!(session.end().1, 0);
}

#[test]
fn a_cancelled_turn_ends_with_cancelled_and_its_connection_is_closed() {
    let gateway = Gateway::start();
    let gate = Gate::new();
    gateway.push(Answer::new().delta("One").hold(&gate).delta(" two"));
    let mut session = Session::start(gateway.program(["session"]));
    session.send(json!({"id": 1, "op": "ask", "text": "count"}));
    session.event(1, "delta");
    session.call(json!({"id": 2, "op": "cancel", "turn": 1}), "done");
    assert_eq!(session.event(1, "fault")["code"], "cancelled");
    assert_eq!(
        gateway.wait(|gateway| async move { gateway.closed(1).await }),
        ClosedBy::Client
    );
    let again = session.call(json!({"id": 3, "op": "cancel", "turn": 1}), "error");
    assert!(
        again["message"].as_str().unwrap().contains("no turn"),
        "{again}"
    );
    let status = session.call(json!({"id": 4, "op": "status"}), "status");
    assert_eq!(status["counters"]["cancelled"], 1);
    assert_eq!(status["breakers"]["primary"]["failures"], 0);
    assert_eq!(session.end().1, 0);
}

#[test]
fn cancelling_a_turn_that_waits_for_a_tool_ends_it() {
    let gateway = Gateway::start();
    gateway.push(Answer::new().call("c", "weather", "{}"));
    let mut session = Session::start(gateway.program(["session"]));
    session.send(ask_with_tool("t"));
    session.event("t", "tool-call");
    session.call(json!({"id": 2, "op": "cancel", "turn": "t"}), "done");
    assert_eq!(session.event("t", "fault")["code"], "cancelled");
    let late = json!({"id": 3, "op": "tool-result", "turn": "t", "call": "c", "output": "late"});
    session.call(late, "error");
    assert_eq!(session.end().1, 0);
}

#[test]
fn a_second_ask_is_queued_and_status_answers_meanwhile() {
    let gateway = Gateway::start();
    let gate = Gate::new();
    gateway.push(Answer::new().delta("1").hold(&gate));
    gateway.push(Scene::reply("2"));
    let mut session = Session::start(gateway.program(["session"]));
    session.send(json!({"id": 1, "op": "ask", "text": "first"}));
    session.event(1, "delta");
    session.send(json!({"id": 2, "op": "ask", "text": "second"}));
    assert_eq!(session.event(2, "notice")["code"], "queued");
    let status = session.call(json!({"id": 3, "op": "status"}), "status");
    assert_eq!(
        (&status["in_flight"], &status["queued"]),
        (&json!(1), &json!(1))
    );
    let twice = session.call(json!({"id": 2, "op": "ask", "text": "third"}), "error");
    assert!(
        twice["message"].as_str().unwrap().contains("running"),
        "{twice}"
    );
    assert_eq!(gateway.turns().len(), 1);
    gate.open();
    assert_eq!(session.event(1, "completed")["text"], "1");
    assert_eq!(session.event(2, "completed")["text"], "2");
    // The id is free again.
    assert_eq!(
        session.call(json!({"id": 2, "op": "ask", "text": "third"}), "completed")["event"],
        "completed"
    );
    assert_eq!(session.end().1, 0);
}

#[test]
fn memory_pretends_and_the_guards_follow_at_the_exact_bounds() {
    let gateway = Gateway::start();
    let mut session = Session::start(gateway.program(["session"]));
    let heavy = || json!({"id": 9, "op": "ask", "text": "hi", "heavy": true, "level": "L2"});
    let mib = |value: Value| json!({"id": 1, "op": "memory", "available_mib": value});
    session.call(mib(json!(512)), "done");
    assert_eq!(session.call(heavy(), "completed")["level"], "L2");
    session.call(mib(json!(511)), "done");
    let fault = session.call(heavy(), "fault");
    assert_eq!(fault["code"], "heavy_task_refused");
    assert!(
        fault["cause"]
            .as_str()
            .is_some_and(|cause| !cause.is_empty())
    );
    assert!(
        fault["remedy"]
            .as_str()
            .is_some_and(|remedy| !remedy.is_empty())
    );

    session.call(mib(json!(349)), "done");
    session.send(json!({"id": 2, "op": "ask", "text": "hi", "level": "L2"}));
    assert_eq!(session.event(2, "notice")["code"], "level_lowered");
    assert_eq!(session.event(2, "completed")["level"], "L1");
    let memory = session.call(json!({"id": 3, "op": "status"}), "status")["memory"].clone();
    assert_eq!(memory["available_mib"], 349);
    assert_eq!(
        (&memory["level_cap"], &memory["heavy_allowed"]),
        (&json!("L1"), &json!(false))
    );

    session.call(json!({"id": 1, "op": "memory", "unreadable": true}), "done");
    session.send(json!({"id": 4, "op": "ask", "text": "hi", "level": "L2"}));
    assert_eq!(session.event(4, "notice")["code"], "memory_unreadable");
    assert_eq!(session.event(4, "completed")["level"], "L1");
    session.call(mib(Value::Null), "done");
    let memory = session.call(json!({"id": 5, "op": "status"}), "status")["memory"].clone();
    assert_ne!(memory["available_mib"], Value::Null);
    assert_eq!(session.end().1, 0);
}

#[test]
fn advance_takes_the_breaker_through_open_half_open_and_closed() {
    let gateway = Gateway::start();
    gateway.answer_everything_with(Scene::unauthorized());
    let mut session = Session::start(gateway.program(["session"]));
    let ask = |id: u32| json!({"id": id, "op": "ask", "text": "hi"});
    let breaker = |session: &mut Session| {
        session.call(json!({"id": "s", "op": "status"}), "status")["breakers"]["primary"].clone()
    };
    for id in 0..2 {
        let fault = session.call(ask(id), "fault");
        assert_eq!(
            (&fault["code"], &fault["http_status"]),
            (&json!("auth_failed"), &json!(401))
        );
    }
    let open = breaker(&mut session);
    assert_eq!(open["state"], "open");
    assert!(
        open["retry_after_seconds"]
            .as_f64()
            .is_some_and(|s| s > 50.0 && s <= 60.0),
        "{open}"
    );
    let asked = gateway.requests().len();
    let fault = session.call(ask(2), "fault");
    assert_eq!(fault["code"], "circuit_open");
    assert!(
        fault["retry_after_seconds"]
            .as_f64()
            .is_some_and(|s| s > 50.0),
        "{fault}"
    );
    assert_eq!(gateway.requests().len(), asked, "something was sent");

    session.call(json!({"id": 3, "op": "advance", "seconds": 60}), "done");
    assert_eq!(breaker(&mut session)["state"], "half_open");
    gateway.answer_everything_with(None);
    session.call(ask(4), "completed");
    assert_eq!(breaker(&mut session)["state"], "closed");

    gateway.answer_everything_with(Scene::unauthorized());
    session.call(ask(5), "fault");
    session.call(ask(6), "fault");
    assert_eq!(breaker(&mut session)["state"], "open");
    session.call(json!({"id": 7, "op": "reset"}), "done");
    assert_eq!(breaker(&mut session)["state"], "closed");
    assert_eq!(session.end().1, 0);
}

#[test]
fn diagnose_answers_also_at_the_end_of_the_input() {
    let gateway = Gateway::start();
    let input = b"{\"id\":1,\"op\":\"diagnose\"}\n";
    let ran = run_with_input(gateway.program(["session"]), input);
    let diagnosis = ran.json().pop().unwrap();
    assert_eq!(diagnosis["event"], "diagnosis", "{ran:?}");
    assert_eq!(diagnosis["ok"], true, "{diagnosis}");
    assert!(
        diagnosis["checks"].as_array().unwrap().len() >= 4,
        "{diagnosis}"
    );
    assert_eq!(gateway.turns().len(), 0, "a model was called");
}

#[test]
fn bad_lines_are_answered_and_the_session_goes_on() {
    let gateway = Gateway::start();
    let mut session = Session::start(gateway.program(["session"]));
    for (line, id) in [
        (&b"nonsense\n"[..], Value::Null),
        (b"[1,2]\n", Value::Null),
        (b"\"text\"\n", Value::Null),
        (b"{\"id\":1,\"op\":\"st\xff\xfe\"}\n", Value::Null),
        (b"{\"id\":true,\"op\":\"status\"}\n", Value::Null),
        (b"{\"op\":\"status\"}\n", Value::Null),
        (b"{\"id\":\"x\"}\n", json!("x")),
        (b"{\"id\":7,\"op\":\"fly\"}\n", json!(7)),
        (b"{\"id\":8,\"op\":\"ask\"}\n", json!(8)),
        (
            b"{\"id\":9,\"op\":\"ask\",\"text\":\"hi\",\"level\":\"L9\"}\n",
            json!(9),
        ),
        (
            b"{\"id\":10,\"op\":\"advance\",\"seconds\":-1}\n",
            json!(10),
        ),
        (b"{\"id\":11,\"op\":\"memory\"}\n", json!(11)),
        (b"{\"id\":12,\"op\":\"status\",\"extra\":1}\n", json!(12)),
    ] {
        session.send_bytes(line);
        let error = session.next();
        assert_eq!(
            (&error["id"], &error["event"]),
            (&id, &json!("error")),
            "{error}"
        );
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{error}"
        );
    }
    session.send_bytes(b"\n  \r\n");
    assert_eq!(
        session.call(json!({"id": 13, "op": "status"}), "status")["id"],
        13
    );
    assert!(gateway.requests().is_empty(), "something was asked");
    assert_eq!(session.end().1, 0);
}

#[test]
fn a_line_over_the_limit_is_answered_and_the_session_goes_on() {
    let mut session = Session::start(program(["session"]));
    let mut line = vec![b'x'; 33 << 20];
    line.push(b'\n');
    session.send_bytes(&line);
    let error = session.next();
    assert!(
        error["message"].as_str().unwrap().contains("longer"),
        "{error}"
    );
    session.call(json!({"id": 1, "op": "status"}), "status");
    assert_eq!(session.end().1, 0);
}

#[test]
fn attachments_come_from_a_path_or_in_the_line() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let path = crate::support::file(folder.path(), "cat.png", png);
    let mut session = Session::start(gateway.program(["session"]));
    session.call(
        json!({"id": 0, "op": "memory", "available_mib": 4096}),
        "done",
    );
    session.call(
        json!({"id": 1, "op": "ask", "text": "what?", "attachments": [
            {"path": path}, {"media_type": "text/plain", "data": "aGk=", "filename": "a.txt"},
        ]}),
        "completed",
    );
    let sent = gateway.turns().pop().unwrap().json.unwrap().to_string();
    assert!(
        sent.contains("input_image") && sent.contains("image/png"),
        "{sent}"
    );
    assert!(
        sent.contains("input_file") && sent.contains("aGk="),
        "{sent}"
    );

    let missing = folder.path().join("none.png");
    let fault = session.call(
        json!({"id": 2, "op": "ask", "text": "what?", "attachments": [{"path": missing}]}),
        "fault",
    );
    assert_eq!(fault["code"], "request_rejected");
    assert!(
        fault["message"].as_str().unwrap().contains("none.png"),
        "{fault}"
    );
    assert_eq!(gateway.turns().len(), 1, "something was asked");
    assert_eq!(session.end().1, 0);
}

#[test]
fn quit_and_the_end_of_the_input_cancel_what_runs_and_exit_with_0() {
    for by_quit in [true, false] {
        let gateway = Gateway::start();
        let gate = Gate::new();
        gateway.push(Answer::new().delta("One").hold(&gate));
        let mut session = Session::start(gateway.program(["session"]));
        session.send(json!({"id": 1, "op": "ask", "text": "count"}));
        session.event(1, "delta");
        session.send(json!({"id": 2, "op": "ask", "text": "wait"}));
        session.event(2, "notice");
        if by_quit {
            session.send(json!({"id": 3, "op": "quit"}));
        }
        let (rest, code, _) = session.end();
        assert_eq!(code, 0);
        for id in [1, 2] {
            let cancelled = |e: &&Value| e["id"] == id && e["code"] == "cancelled";
            assert_eq!(rest.iter().filter(cancelled).count(), 1, "{id}: {rest:?}");
        }
        gateway.wait(|gateway| async move { gateway.closed(1).await });
    }
}

#[test]
fn a_reader_that_leaves_ends_the_session_quietly() {
    let mut child = program(["session"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    // Writing fails once the program is gone, which is what is hoped for.
    let mut stdin = child.stdin.take().unwrap();
    let _ = std::io::Write::write_all(&mut stdin, b"{\"id\":1,\"op\":\"status\"}\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("error"),
        "{output:?}"
    );
    drop(stdin);
}

#[test]
fn logs_at_their_most_talkative_show_no_token() {
    let gateway = Gateway::start();
    let mut session = Session::start(gateway.program(["session", "-vvv"]));
    session.call(json!({"id": 1, "op": "ask", "text": "hi"}), "completed");
    gateway.answer_everything_with(Scene::unauthorized());
    session.call(json!({"id": 2, "op": "ask", "text": "hi"}), "fault");
    // `Session` looks at every line of stdout, and at stderr here.
    assert_eq!(session.end().1, 0);
}
