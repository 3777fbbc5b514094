//! Lines: the first, bad ones, the end.

use std::process::Stdio;

use openclaw_fake_gateway::{Answer, Gate, Scene};
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
fn bad_lines_are_answered_and_the_session_goes_on() {
    let gateway = Gateway::start();
    let mut session = Session::start(gateway.program(["session"]));
    for (line, id) in [
        (&b"nonsense\n"[..], Value::Null),
        (b"[1,2]\n", Value::Null),
        (b"\"text\"\n", Value::Null),
        (b"{\"id\":1,\"op\":\"st\xff\xfe\"}\n", json!(1)),
        (b"{\"op\":\"ask\",\"text\":\"cut off\n", Value::Null),
        (
            b"{\"op\":\"ask\",\"id\":\"c\",\"text\":\"cut off\n",
            json!("c"),
        ),
        (b"{\"op\":ask,\"id\":5}\n", json!(5)),
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
    // Report F17: also of a line that is not kept the id is in the error (helidon-io/helidon#10740: errors without the id leave clients waiting).
    for (begin, end, id) in [
        ("", "", Value::Null),
        ("{\"id\":7,\"op\":\"ask\",\"text\":\"", "\"}", json!(7)),
        (
            "{\"op\":\"ask\",\"text\":\"",
            "\",\"id\":\"last\"}",
            json!("last"),
        ),
    ] {
        session.send_bytes(begin.as_bytes());
        session.send_bytes(&vec![b'x'; 33 << 20]);
        session.send_bytes(format!("{end}\n").as_bytes());
        let error = session.next();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("longer"), "{error}");
        assert_eq!(error["id"], id, "{error}");
    }
    session.call(json!({"id": 1, "op": "status"}), "status");
    assert_eq!(session.end().1, 0);
}

// Report F1: half of an emoji in what a user and a tool say (serde-rs/json#827: such JSON is refused as a whole).
#[test]
fn half_characters_of_users_and_tools_are_replaced_and_the_rest_is_asked() {
    let gateway = Gateway::start();
    gateway.push(Answer::new().call("c1", "t", r#"{"city":"\ud83d"}"#));
    gateway.push(Scene::reply("done"));
    let mut session = Session::start(gateway.program(["session"]));
    session.send_bytes(
        br#"{"id":1,"op":"ask","text":"hi \ud83d","level":"L1","tools":[{"name":"t","level":"L1"}]}
"#,
    );
    let call = session.event(1, "tool-call");
    assert_eq!(call["arguments"]["city"], "\u{fffd}", "{call}");
    let result = format!(
        r#"{{"id":2,"op":"tool-result","turn":1,"call":{},"output":"half \ude00"}}"#,
        call["call"]
    );
    session.send_bytes(format!("{result}\n").as_bytes());
    assert_eq!(session.event(1, "completed")["text"], "done");
    let asked: Vec<_> = gateway
        .turns()
        .into_iter()
        .map(|turn| turn.json.unwrap())
        .collect();
    assert_eq!(asked[0]["input"][0]["content"][0]["text"], "hi \u{fffd}");
    assert!(
        asked[1].to_string().contains("half \u{fffd}"),
        "{}",
        asked[1]
    );
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
    // The answers are more than a pipe holds: see the same test in ask.rs.
    let lines = "{\"id\":1,\"op\":\"status\"}\n".repeat(1_000);
    let _ = std::io::Write::write_all(&mut stdin, lines.as_bytes());
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
