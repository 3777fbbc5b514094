//! Time that passes while a call waits for a person.

use super::approvals::{expired_after, guarded_turn, one_of_each};
use super::host::*;
use super::scenes::replies;
use super::*;
use DeciderRole::Admin;

#[test]
fn no_answer_is_a_no_and_does_not_cost_the_turn_its_time() {
    let mut config = expired_after(300);
    config.timeouts.turn = Duration::from_secs(100);
    let setup = setup(config, one_of_each());
    let (end, events) = setup.ask(&guarded_turn());
    assert_eq!(end.expect("no fault").text, "done");
    assert_eq!(setup.world.now.get(), 300_000);
    let decisions: Vec<_> = events
        .outcomes()
        .into_iter()
        .map(|one| (one.decision, one.by))
        .collect();
    assert_eq!(
        decisions,
        [
            (Decision::Expired, String::new()),
            (Decision::Expired, String::new())
        ]
    );
    assert_eq!(setup.ran(), ["free"]);
    assert!(setup.outputs()[0].contains("nobody approved"));
    assert_eq!(setup.state.counters().tool_denials, 3);
    assert_eq!(setup.pending(), []);
}

// Others wait meanwhile: one unanswered question is enough for a turn.
#[test]
fn after_an_unanswered_question_nobody_is_asked_again() {
    let round = || one_of_each().remove(0);
    let setup = setup(expired_after(300), vec![round(), round(), replies("done")]);
    let (end, events) = setup.ask(&guarded_turn());
    assert_eq!(end.expect("no fault").text, "done");
    assert_eq!(setup.world.now.get(), 300_000, "waited for once");
    assert_eq!(events.outcomes().len(), 2, "one for each kind of approver");
    assert_eq!(setup.ran(), ["free", "free"]);
}

// The clock stands still until the last request has been decided, whatever else runs, and then goes on.
#[test]
fn the_turns_time_goes_on_after_the_decision() {
    let mut config = expired_after(300);
    config.timeouts.turn = Duration::from_secs(100);
    let setup = setup(config, one_of_each());
    let (events, turn) = (Taken::default(), guarded_turn());
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    setup.world.now.set(250_000);
    setup.decide("a1", true, Admin).expect("in time");
    assert!(step(running.as_mut()).is_pending());
    setup.world.now.set(260_000);
    setup.world.tools_hang.set(true);
    setup.decide("a2", true, Admin).expect("in time");
    let fault = drive(&setup.world, running.as_mut()).expect_err("the tool hangs");
    assert_eq!(fault.code, FaultCode::TimedOut);
    assert_eq!(setup.world.now.get(), 360_000);
    assert_eq!(setup.breaker(0), breaker::State::Closed);
}

// A reader that takes no events does not stop the turn's clock for good.
#[test]
fn a_question_that_nobody_reads_ends_with_the_turn() {
    let mut config = expired_after(10);
    config.timeouts.turn = Duration::from_secs(5);
    let setup = setup(config, one_of_each());
    let (events, turn) = (Taken::default(), guarded_turn());
    events.reader.set(Reader::Dawdles);
    assert_eq!(
        setup.ask_with(&turn, &events).expect_err("late").code,
        FaultCode::TimedOut
    );
    assert_eq!(setup.world.now.get(), 15_000);
    assert_eq!(setup.pending(), []);
}
