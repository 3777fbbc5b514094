//! Turns: their events, their tools, their cancellation.

use openclaw_fake_gateway::{Answer, ClosedBy, Gate, Scene};
use serde_json::{Value, json};

use crate::support::{Gateway, Session};

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
    assert_eq!(first["name"], "weather");
    assert_eq!(first["arguments"], json!({"city": "北京"}));
    let second = session.event("t", "tool-call");
    assert_eq!(second["arguments"], json!({"city": "上海"}));
    assert_ne!(first["call"], second["call"]);

    let wrong = json!({"id": 1, "op": "tool-result", "turn": "t", "call": "no", "output": ""});
    assert!(
        session.call(wrong, "error")["message"]
            .as_str()
            .unwrap()
            .contains("no")
    );
    let wrong =
        json!({"id": 2, "op": "tool-result", "turn": "u", "call": first["call"], "output": ""});
    assert!(
        session.call(wrong, "error")["message"]
            .as_str()
            .unwrap()
            .contains("\"u\"")
    );
    let b = json!({"id": 3, "op": "tool-result", "turn": "t", "call": second["call"], "error": "no data"});
    session.call(b, "done");
    let a = json!({"id": 4, "op": "tool-result", "turn": "t", "call": first["call"], "output": "21 °C"});
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
    let call = session.event("t", "tool-call");
    session.call(json!({"id": 2, "op": "cancel", "turn": "t"}), "done");
    assert_eq!(session.event("t", "fault")["code"], "cancelled");
    let late =
        json!({"id": 3, "op": "tool-result", "turn": "t", "call": call["call"], "output": "late"});
    session.call(late, "error");
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
