//! What the guards know, and what a test can pretend to them.

use openclaw_fake_gateway::{Answer, Gate, Scene};
use serde_json::{Value, json};

use crate::support::{Gateway, Session, run_with_input};

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
