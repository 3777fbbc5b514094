//! Calls that wait for a person.

use super::host::*;
use super::scenes::*;
use super::*;
use DeciderRole::{Admin, Asker, Other};

fn tools() -> Vec<Tool> {
    vec![
        tool("free", Level::ReadOnly),
        guarded_tool("mine", Level::Act, Approval::Asker),
        guarded_tool("theirs", Level::Act, Approval::Admin),
        guarded_tool("rooty", Level::Root, Approval::Admin),
    ]
}

pub(super) fn guarded_turn() -> TurnRequest {
    TurnRequest {
        tools: tools(),
        ..turn("x")
    }
}

const ONE: &str = r#"{"x": 1}"#;

/// One call of each kind, and an answer.
pub(super) fn one_of_each() -> Vec<Scene> {
    let round = json!([
        call("a", "theirs", ONE),
        call("b", "free", "{}"),
        call("c", "mine", ONE),
        call("d", "mine", "{}")
    ]);
    vec![calls(round), replies("done")]
}

pub(super) fn expired_after(seconds: u64) -> Config {
    let mut config = config();
    config.timeouts.approval = Duration::from_secs(seconds);
    config
}

#[test]
fn a_round_asks_once_per_approver_and_runs_the_rest_meanwhile() {
    let setup = setup(config(), one_of_each());
    let (events, turn) = (Taken::default(), guarded_turn());
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    assert_eq!(setup.ran(), ["free"], "what needs no approval runs");
    let [mine, theirs] = &events.requests()[..] else {
        panic!("{:?}", events.requests())
    };
    assert_eq!(
        (mine.approver, theirs.approver),
        (Approval::Asker, Approval::Admin)
    );
    let calls = |request: &ApprovalRequest| {
        let calls = request.calls.iter();
        let calls = calls.map(|call| format!("{} {}{}", call.id, call.name, call.arguments));
        calls.collect::<Vec<_>>()
    };
    assert_eq!(calls(mine), [r#"t1-3 mine{"x": 1}"#, "t1-4 mine{}"]);
    assert_eq!(calls(theirs), [r#"t1-1 theirs{"x": 1}"#]);
    assert_eq!(mine.expires_in, Duration::from_secs(300));

    setup.world.now.set(100_000);
    let waits = setup.pending();
    let shown: Vec<_> = waits
        .iter()
        .map(|one| (one.id.clone(), one.expires_in))
        .collect();
    let left = Duration::from_secs(200);
    assert_eq!(shown, [(mine.id.clone(), left), (theirs.id.clone(), left)]);
    assert_eq!(waits[0].tools, ["mine", "mine"]);
    assert_eq!(
        (waits[1].turn_id.as_str(), waits[1].approver),
        ("t1", Approval::Admin)
    );

    setup.decide(&mine.id, true, Asker).expect("their own");
    assert!(step(running.as_mut()).is_pending());
    assert_eq!(setup.ran(), ["free", "mine", "mine"]);
    assert_eq!(setup.pending().len(), 1);
    setup.decide(&theirs.id, true, Admin).expect("an admin");
    let Poll::Ready(Ok(_)) = step(running.as_mut()) else {
        panic!("it ends")
    };
    assert_eq!(setup.ran(), ["free", "mine", "mine", "theirs"]);
    let outcome = |id: &str| ApprovalOutcome {
        id: id.into(),
        decision: Decision::Approved,
        by: "Ann (7)".into(),
    };
    assert_eq!(events.outcomes(), [outcome(&mine.id), outcome(&theirs.id)]);
    let output = |name: &str| format!("output of {name}");
    let ordered = ["theirs", "free", "mine", "mine"].map(output);
    assert_eq!(setup.outputs(), ordered, "in the order of the calls");
    assert_eq!(setup.state.counters().tool_denials, 0);
}

#[test]
fn a_no_is_told_to_the_model_and_is_no_fault() {
    let setup = setup(config(), one_of_each());
    let (events, turn) = (Taken::default(), guarded_turn());
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    for request in events.requests() {
        // The asker may reject what only an admin may approve.
        setup.decide(&request.id, false, Asker).expect("a no");
    }
    let Poll::Ready(Ok(reply)) = step(running.as_mut()) else {
        panic!("a no is no fault")
    };
    assert_eq!(reply.text, "done");
    assert_eq!(setup.ran(), ["free"]);
    let outputs = setup.outputs();
    for at in [0, 2, 3] {
        assert!(
            outputs[at].starts_with("error: the user declined"),
            "{outputs:?}"
        );
    }
    let counters = setup.state.counters();
    assert_eq!((counters.tool_calls, counters.tool_denials), (1, 3));
    assert_eq!(events.notices(), [], "the events have said it");
    assert_eq!(setup.breaker(0), breaker::State::Closed);
}

#[test]
fn who_may_not_decide_changes_nothing_and_a_second_decision_is_too_late() {
    let setup = setup(config(), one_of_each());
    let (events, turn) = (Taken::default(), guarded_turn());
    let not_pending = Err(DecideError::NotPending);
    assert_eq!(setup.decide("a1", true, Admin), not_pending, "no turn runs");
    {
        let mut running = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
        assert!(step(running.as_mut()).is_pending());
        let not_permitted = Err(DecideError::NotPermitted);
        assert_eq!(setup.decide("a1", true, Other), not_permitted);
        assert_eq!(setup.decide("a1", false, Other), not_permitted);
        assert_eq!(setup.decide("a2", true, Asker), not_permitted);
        assert_eq!(setup.pending().len(), 2);
        for unknown in ["a3", "a0", "", "1", "a01", "a+1", "a"] {
            assert_eq!(
                setup.decide(unknown, true, Admin),
                not_pending,
                "{unknown:?}"
            );
        }
        let by = || Decider {
            name: String::new(),
            role: Admin,
        };
        assert_eq!(setup.state.decide("t2", "a1", true, by(), 0), not_pending);

        let already = Err(DecideError::AlreadyDecided);
        assert_eq!(setup.decide("a1", false, Asker), Ok(()));
        assert_eq!(
            setup.decide("a1", true, Admin),
            already,
            "before the turn has seen it"
        );
        assert_eq!(setup.pending().len(), 1);
        assert!(step(running.as_mut()).is_pending());
        assert_eq!(setup.decide("a1", true, Admin), already, "and after");
        // The time is up, although the turn has not seen that yet.
        setup.world.now.set(300_000);
        assert_eq!(setup.decide("a2", true, Admin), already);
        assert_eq!(setup.pending(), []);
        let Poll::Ready(Ok(_)) = step(running.as_mut()) else {
            panic!("it ends")
        };
    }
    assert_eq!(setup.ran(), ["free"]);
    assert_eq!(
        setup.decide("a1", true, Admin),
        not_pending,
        "the turn has ended"
    );
}

#[test]
fn an_equal_call_later_asks_again_under_another_id() {
    let round = || calls(json!([call("a", "mine", ONE)]));
    let setup = setup(config(), vec![round(), round(), replies("done"), round()]);
    let (events, turn) = (Taken::default(), guarded_turn());
    {
        let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
        assert!(step(running.as_mut()).is_pending());
        setup.decide("a1", true, Asker).expect("yes");
        assert!(step(running.as_mut()).is_pending());
        assert_eq!(setup.ran(), ["mine"]);
        setup.decide("a2", false, Asker).expect("no");
        assert!(step(running.as_mut()).is_ready());
    }
    assert_eq!(setup.ran(), ["mine"]);
    // The next turn has the same id here; a late decision about the first still meets nothing.
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    for late in ["a1", "a2"] {
        assert_eq!(
            setup.decide(late, true, Admin),
            Err(DecideError::NotPending)
        );
    }
    assert_eq!(setup.decide("a3", true, Asker), Ok(()));
}

#[test]
fn nobody_is_asked_about_what_the_level_rules_out_before_or_after() {
    // Before: too high a level, arguments that are none, no such tool.
    let round = json!([
        call("a", "rooty", "{}"),
        call("b", "mine", "[]"),
        call("c", "ghost", "{}")
    ]);
    let setup1 = setup(config(), vec![calls(round), replies("done")]);
    let (end, events) = setup1.ask(&guarded_turn());
    assert!(end.is_ok() && events.requests().is_empty());
    assert_eq!(setup1.state.counters().tool_denials, 2);

    // After a yes the memory is read again for each call.
    let setup = setup(config(), one_of_each());
    let (events, turn) = (Taken::default(), guarded_turn());
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    setup.decide("a1", true, Asker).expect("yes");
    setup.world.available.set(Some(300 * MIB));
    assert!(step(running.as_mut()).is_pending());
    setup.decide("a2", true, Admin).expect("yes");
    let Poll::Ready(Ok(reply)) = step(running.as_mut()) else {
        panic!("it ends")
    };
    assert_eq!(reply.level, Level::ReadOnly);
    assert_eq!(setup.ran(), ["free"]);
    assert!(setup.outputs()[2].contains("needs the permission level L2"));
    let denied = NoticeCode::ToolDenied;
    assert_eq!(
        events.notices(),
        [NoticeCode::LevelLowered, denied, denied, denied]
    );
    assert_eq!(setup.state.counters().tool_denials, 3);
}

#[test]
fn cancel_timeout_and_drop_mean_no_and_leave_nothing_behind() {
    let begin = |how: &str| {
        let mut config = expired_after(10);
        config.timeouts.turn = Duration::from_secs(1);
        let setup = setup(config, one_of_each());
        setup.world.tools_hang.set(how == "timeout");
        let (events, turn) = (Taken::default(), guarded_turn());
        let cancelled = Cell::new(false);
        let cancel = poll_fn(|_| match cancelled.get() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        let mut running = Box::pin(run(&setup.state, &setup.world, &events, &turn, cancel));
        assert!(step(running.as_mut()).is_pending());
        assert_eq!(setup.pending().len(), 2);
        // Approved, but not seen yet.
        setup.decide("a1", true, Asker).expect("yes");
        let code = match how {
            "cancel" => {
                cancelled.set(true);
                let Poll::Ready(end) = step(running.as_mut()) else {
                    panic!("it ends")
                };
                Some(end.expect_err("cancelled").code)
            }
            // The tool `free` hangs on after the requests have expired.
            "timeout" => Some(
                drive(&setup.world, running.as_mut())
                    .expect_err("late")
                    .code,
            ),
            _ => None,
        };
        if how == "cancel" {
            // Ended for its caller, but not dropped yet.
            assert_eq!(setup.pending(), []);
            assert_eq!(
                setup.decide("a2", true, Admin),
                Err(DecideError::NotPending)
            );
        }
        drop(running);
        assert_eq!(setup.pending(), []);
        assert_eq!(
            setup.decide("a2", true, Admin),
            Err(DecideError::NotPending)
        );
        assert_eq!(setup.state.load(), (0, 0));
        (code, setup.ran(), events.outcomes().len())
    };
    let free = || vec!["free".to_owned()];
    assert_eq!(begin("cancel"), (Some(FaultCode::Cancelled), free(), 0));
    assert_eq!(begin("drop"), (None, free(), 0));
    let (code, ran, ended) = begin("timeout");
    assert_eq!((code, ended), (Some(FaultCode::TimedOut), 2));
    assert_eq!(ran, ["free", "mine", "mine"], "what was approved runs");
}

#[test]
fn a_new_config_leaves_the_question_open_and_a_snapshot_holds_nothing_of_it() {
    let setup = setup(config(), one_of_each());
    let before = setup.state.snapshot();
    let (events, turn) = (Taken::default(), guarded_turn());
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    let mut other = expired_after(1);
    other.limits.max_level = Level::Talk;
    setup.state.configure(Checked::new(other).expect("good"));
    setup.state.reset();
    assert_eq!(setup.pending().len(), 2);
    let numbers = |snapshot: Vec<u8>| {
        String::from_utf8(snapshot)
            .expect("text")
            .split(' ')
            .count()
    };
    assert_eq!(numbers(setup.state.snapshot()), numbers(before));
    setup.world.now.set(2_000);
    setup
        .decide("a1", true, Asker)
        .expect("the old config's time applies");
    assert!(step(running.as_mut()).is_pending());
    assert_eq!(setup.ran(), ["free", "mine", "mine"]);
}

#[test]
fn what_is_shown_has_no_token_and_what_runs_is_the_original() {
    let arguments = r#"{"to":"t0ken","as":"\u00740ken"}"#;
    let setup = setup(
        config(),
        vec![
            calls(json!([call("a", "mine", arguments)])),
            replies("done"),
        ],
    );
    let (events, turn) = (Taken::default(), guarded_turn());
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    let shown = events.requests().remove(0).calls.remove(0).arguments;
    assert_eq!(shown, r#"{"to":"***","as":"***"}"#);
    setup.decide("a1", true, Asker).expect("yes");
    assert!(step(running.as_mut()).is_ready());
    assert_eq!(setup.world.tool_calls.borrow()[0].1.arguments, arguments);
}

#[test]
fn nothing_else_runs_and_nothing_is_sent_while_a_turn_waits() {
    let setup = setup(config(), one_of_each());
    let (events, turn) = (Taken::default(), guarded_turn());
    let mut first = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(first.as_mut()).is_pending());
    assert_eq!(setup.world.sent.borrow().len(), 1);
    assert_eq!(
        setup.world.closed.get(),
        1,
        "the answer has been read to its end"
    );
    let mut second = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(second.as_mut()).is_pending());
    assert_eq!(setup.state.load(), (1, 1));
    // Of two turns with the same id, the one that runs is meant.
    assert_eq!(setup.decide("a2", true, Admin), Ok(()));
}
