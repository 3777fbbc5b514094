//! Approvals: the events, `decide`, and what a decision without effect is answered with.

use openclaw_fake_gateway::{Answer, Scene};
use serde_json::{Value, json};

use crate::support::{Gateway, Session};

/// Asks with a tool for each kind of approver.
fn ask(id: impl Into<Value>) -> Value {
    let tool =
        |name: &str, approval: &str| json!({"name": name, "level": "L1", "approval": approval});
    json!({"id": id.into(), "op": "ask", "text": "tidy up", "level": "L2",
        "tools": [tool("wipe", "admin"), tool("note", "asker")]})
}

fn decide(id: u64, turn: &Value, request: &Value, approve: bool, more: Value) -> Value {
    let mut decide =
        json!({"id": id, "op": "decide", "turn": turn, "request": request, "approve": approve});
    let more = more.as_object().unwrap().clone();
    decide.as_object_mut().unwrap().extend(more);
    decide
}

/// What the model got for its calls.
fn outputs_in(request: &Value) -> Vec<String> {
    let items = request["input"].as_array().unwrap().iter();
    items
        .filter(|item| item["type"] == "function_call_output")
        .map(|item| item["output"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_round_is_asked_once_for_each_kind_of_approver_and_waits_without_a_request() {
    let gateway = Gateway::start();
    gateway.push(
        Answer::new()
            .call("1", "wipe", r#"{"disk":1}"#)
            .call("2", "note", "{}")
            .call("3", "wipe", r#"{"disk":3}"#),
    );
    gateway.push(Scene::reply("tidy"));
    gateway.push(Scene::reply("next"));
    let mut session = Session::start(gateway.program(["session"]));
    let turn = json!(7);
    session.send(ask(7));
    let mut asked = [session.event(7, "approval"), session.event(7, "approval")];
    asked.sort_by_key(|event| event["approver"].to_string());
    let [admin, asker] = asked;
    assert_eq!(
        (&admin["approver"], &asker["approver"]),
        (&json!("admin"), &json!("asker"))
    );
    assert_eq!(admin["calls"][0]["arguments"], json!({"disk": 1}));
    assert_eq!(admin["calls"][1]["arguments"], json!({"disk": 3}));
    assert_eq!(admin["expires_in_seconds"], 300);
    assert_eq!(
        (
            admin["calls"].as_array().unwrap().len(),
            &asker["calls"][0]["name"]
        ),
        (2, &json!("note"))
    );

    // The status is answered, the next turn queues, and nothing is asked of the gateway meanwhile.
    session.send(json!({"id": "next", "op": "ask", "text": "hi"}));
    session.event("next", "notice");
    let status = session.call(json!({"id": 1, "op": "status"}), "status");
    assert_eq!(
        (&status["in_flight"], &status["queued"]),
        (&json!(1), &json!(1)),
        "{status}"
    );
    let waiting = status["approvals"].as_array().unwrap();
    assert_eq!(waiting.len(), 2, "{status}");
    for (pending, event, tools) in [
        (&waiting[0], &asker, json!(["note"])),
        (&waiting[1], &admin, json!(["wipe", "wipe"])),
    ] {
        assert_eq!(
            (&pending["turn"], &pending["request"], &pending["tools"]),
            (&turn, &event["request"], &tools)
        );
    }
    assert_eq!(status["level_agents"], false);
    assert_eq!(gateway.turns().len(), 1);

    session.call(
        decide(2, &turn, &admin["request"], false, json!({"by": "Ann"})),
        "done",
    );
    let ended = session.event(7, "approval-ended");
    assert_eq!(
        (&ended["request"], &ended["decision"], &ended["by"]),
        (&admin["request"], &json!("rejected"), &json!("Ann"))
    );
    session.call(
        decide(3, &turn, &asker["request"], true, json!({"role": "asker"})),
        "done",
    );
    assert_eq!(session.event(7, "approval-ended")["decision"], "approved");
    let call = session.event(7, "tool-call");
    assert_eq!(call["name"], "note");
    session.call(
        json!({"id": 4, "op": "tool-result", "turn": 7, "call": call["call"], "output": "noted"}),
        "done",
    );
    assert_eq!(session.event(7, "completed")["text"], "tidy");
    assert_eq!(session.event("next", "completed")["text"], "next");
    let turns = gateway.turns();
    assert_eq!(turns.len(), 3);
    let given = outputs_in(turns[1].json.as_ref().unwrap());
    assert_eq!(given[1], "noted");
    assert!(
        given[0] == given[2] && given[0].contains("not"),
        "{given:?}"
    );
    session.end();
}

#[test]
fn a_decision_without_effect_is_an_error_with_a_code() {
    let gateway = Gateway::start();
    gateway.push(Answer::new().call("1", "wipe", "{}"));
    gateway.push(Scene::reply("done"));
    let mut session = Session::start(gateway.program(["session"]));
    session.send(ask("t"));
    let request = session.event("t", "approval")["request"].clone();
    let (turn, other) = (json!("t"), json!("u"));
    let mut refused = |op: Value| {
        let error = session.call(op, "error");
        assert!(!error["message"].as_str().unwrap().is_empty());
        error["code"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(
        refused(decide(1, &turn, &request, true, json!({"role": "asker"}))),
        "not_permitted"
    );
    assert_eq!(
        refused(decide(2, &turn, &request, false, json!({"role": "other"}))),
        "not_permitted"
    );
    assert_eq!(
        refused(decide(3, &turn, &json!("a99"), true, json!({}))),
        "not_pending"
    );
    assert_eq!(
        refused(decide(4, &other, &request, true, json!({}))),
        "not_pending"
    );
    assert_eq!(
        refused(decide(5, &json!(true), &request, true, json!({}))),
        "none"
    );
    session.call(decide(6, &turn, &request, true, json!({})), "done");
    let mut refused = |op: Value| session.call(op, "error")["code"].clone();
    assert_eq!(
        refused(decide(7, &turn, &request, true, json!({}))),
        "already_decided"
    );
    let call = session.event("t", "tool-call");
    session.call(
        json!({"id": 8, "op": "tool-result", "turn": "t", "call": call["call"], "output": "wiped"}),
        "done",
    );
    session.event("t", "completed");
    let sent = gateway.turns().pop().unwrap().json.unwrap();
    assert_eq!(outputs_in(&sent), ["wiped"]);
    let late = session.call(decide(9, &turn, &request, true, json!({})), "error");
    assert_eq!(late["code"], "not_pending", "{late}");
    session.end();
}

#[test]
fn a_request_expires_on_the_guards_clock_and_a_cancelled_turn_means_no() {
    let gateway = Gateway::start();
    gateway.push(Answer::new().call("1", "wipe", "{}"));
    gateway.push(Scene::reply("gave up"));
    gateway.push(Answer::new().call("2", "wipe", "{}"));
    let mut session = Session::start(gateway.program(["session"]));
    session.send(ask(1));
    session.event(1, "approval");
    session.call(json!({"id": "a", "op": "advance", "seconds": 301}), "done");
    let ended = session.event(1, "approval-ended");
    assert_eq!(
        (&ended["decision"], &ended["by"]),
        (&json!("expired"), &json!(""))
    );
    assert_eq!(session.event(1, "completed")["text"], "gave up");

    session.send(ask(2));
    let request = session.event(2, "approval")["request"].clone();
    session.call(json!({"id": "c", "op": "cancel", "turn": 2}), "done");
    assert_eq!(session.event(2, "fault")["code"], "cancelled");
    let late = session.call(decide(3, &json!(2), &request, true, json!({})), "error");
    assert_eq!(late["code"], "not_pending");
    let (rest, ..) = session.end();
    assert!(
        rest.iter().all(|event| event["event"] != "tool-call"),
        "{rest:?}"
    );
}

#[test]
fn bad_input_is_named() {
    let gateway = Gateway::start();
    let mut session = Session::start(gateway.program(["session"]));
    for (line, says) in [
        (
            json!({"id": 1, "op": "decide", "turn": 1, "request": "a1", "approve": "yes"}),
            "decide: approve: invalid type",
        ),
        (
            json!({"id": 1, "op": "decide", "turn": 1, "request": "a1"}),
            "decide: missing field `approve`",
        ),
        (
            json!({"id": 1, "op": "decide", "turn": 1, "request": "a1", "approve": true, "role": "root"}),
            "decide: role: unknown role `root`",
        ),
        (
            json!({"id": 1, "op": "ask", "text": "hi", "context": {"is_admin": "no"}}),
            "ask: context.is_admin: invalid type",
        ),
        (
            json!({"id": 1, "op": "ask", "text": "hi", "context": {"nick": "x"}}),
            "unknown field `nick`",
        ),
        (
            json!({"id": 1, "op": "ask", "text": "hi", "tools": [{"name": "t", "level": "L1", "approval": "root"}]}),
            "ask: tools[0].approval: unknown approval `root`",
        ),
    ] {
        let error = session.call(line, "error");
        assert!(
            error["message"].as_str().unwrap().contains(says),
            "{says}: {error}"
        );
    }
    session.end();
}

#[test]
fn who_is_talking_reaches_the_gateway() {
    let gateway = Gateway::start();
    gateway.push(Scene::reply("hi"));
    let mut session = Session::start(gateway.program(["session"]));
    let context = json!({"platform": "aiocqhttp", "sender_name": "小明", "quoted": {"sender": "老王", "text": "昨天的方案"}});
    session.send(json!({"id": 1, "op": "ask", "text": "hi", "context": context}));
    session.event(1, "completed");
    let sent = gateway.turns().pop().unwrap().json.unwrap().to_string();
    for part in ["aiocqhttp", "小明", "老王", "昨天的方案"] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    session.end();
}
