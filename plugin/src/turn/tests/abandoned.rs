//! Report R1 (attack): a run that continues at the gateway after its turn has ended here counts for
//! concurrency 1. openclaw/openclaw#54388: until April 2026 a disconnect stops nothing.

use super::host::*;
use super::scenes::*;
use super::*;
use crate::turn::{ABANDONED_MS, Rest};

/// The first event of 2026.2.9 or 2026.9.6.
fn created(new: bool) -> Vec<u8> {
    let details = json!({"cached_tokens": 0, "cache_write_tokens": 0});
    let mut usage = json!({"input_tokens": 0, "output_tokens": 0, "total_tokens": 0});
    if new {
        usage["input_tokens_details"] = details;
    }
    sse(&[
        json!({"type": "response.created", "response": {"status": "in_progress", "usage": usage}}),
    ])
}

fn live(pieces: Vec<Vec<u8>>) -> Live {
    Rc::new(RefCell::new(pieces.into()))
}

/// A cancellation controlled by the test.
fn when(cancelled: &Cell<bool>) -> impl Future<Output = ()> {
    poll_fn(|_| {
        if cancelled.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
}

type Ended<'a> = (Result<Reply, Fault>, Option<Rest<'a>>);

/// Runs a turn and cancels it once it can make no more progress.
fn cancelled<'a>(setup: &'a Setup, events: &'a Taken, turn: &'a TurnRequest) -> Ended<'a> {
    let cancel = Cell::new(false);
    let mut running = Box::pin(crate::turn::run(
        &setup.state,
        &setup.world,
        events,
        turn,
        when(&cancel),
    ));
    assert!(step(running.as_mut()).is_pending());
    cancel.set(true);
    match step(running.as_mut()) {
        Poll::Ready(ended) => ended,
        Poll::Pending => panic!("a cancelled turn ends at once"),
    }
}

fn code(end: &Result<Reply, Fault>) -> FaultCode {
    end.as_ref().expect_err("a fault").code
}

#[test]
fn the_queue_waits_until_the_abandoned_run_is_over() {
    let stream = live(vec![created(false), sse(&[delta("tick")])]);
    let setup = setup(config(), vec![Scene::Lives(stream.clone()), replies("two")]);
    let (events, one) = (Taken::default(), turn("one"));
    let (end, rest) = cancelled(&setup, &events, &one);
    let fault = end.expect_err("cancelled");
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::Cancelled, "tick")
    );
    assert_eq!(
        setup.state.counters().cancelled,
        1,
        "its caller has its end"
    );
    let mut rest = Box::pin(rest.expect("it runs on").read_out());
    assert!(step(rest.as_mut()).is_pending());
    // Neither a reset nor another cancelled turn frees the queue.
    setup.state.reset();
    let (later, two) = (Taken::default(), turn("two"));
    assert_eq!(
        code(&cancelled(&setup, &later, &two).0),
        FaultCode::Cancelled
    );
    assert_eq!(setup.state.load(), (1, 0));

    let later = Taken::default();
    let mut next = Box::pin(run(&setup.state, &setup.world, &later, &two, pending()));
    assert!(step(next.as_mut()).is_pending());
    assert_eq!(setup.state.load(), (1, 1));
    assert!(
        later.notice_texts()[0].contains("abandoned"),
        "{:?}",
        later.notice_texts()
    );
    stream.borrow_mut().push_back(sse(&[delta("tock")]));
    assert!(step(rest.as_mut()).is_pending());
    assert!(step(next.as_mut()).is_pending());
    assert_eq!(setup.world.sent.borrow().len(), 1, "one run at a time");
    stream.borrow_mut().push_back(sse(&[completed(json!([]))]));
    assert!(step(rest.as_mut()).is_ready());
    drop(rest);
    assert!(matches!(step(next.as_mut()), Poll::Ready(Ok(reply)) if reply.text == "two"));
    assert_eq!(
        later.notices(),
        [NoticeCode::Queued],
        "it certainly runs no more"
    );
    assert_eq!(events.shown(), "tick", "nobody is shown the rest");
}

#[test]
fn a_gateway_that_stops_by_itself_is_just_left() {
    let stream = live(vec![created(true), sse(&[delta("tick")])]);
    let setup = setup(
        config(),
        // Known from then on, even before the first byte.
        vec![Scene::Lives(stream), Scene::IsSilent, replies("two")],
    );
    let (events, one) = (Taken::default(), turn("one"));
    for closed in [1, 1] {
        let (end, rest) = cancelled(&setup, &events, &one);
        assert_eq!(code(&end), FaultCode::Cancelled);
        assert!(rest.is_none());
        assert_eq!(
            (setup.world.closed.get(), setup.state.load()),
            (closed, (0, 0))
        );
    }
    let (end, events) = setup.ask(&turn("two"));
    assert_eq!(
        (end.expect("a reply").text.as_str(), events.notices()),
        ("two", vec![])
    );
}

#[test]
fn one_that_shows_only_later_that_it_stops_is_left_then() {
    let first = created(true);
    // The gateway writes line by line; the turn may be cancelled between any two.
    for at in (0..first.len() - 1).step_by(7) {
        let (before, after) = first.split_at(at);
        let stream = live(if at == 0 {
            vec![]
        } else {
            vec![before.to_vec()]
        });
        let setup = setup(config(), vec![Scene::Lives(stream.clone())]);
        let (events, one) = (Taken::default(), turn("one"));
        let rest = cancelled(&setup, &events, &one).1;
        let mut rest = Box::pin(rest.expect("not known yet").read_out());
        assert!(step(rest.as_mut()).is_pending());
        stream.borrow_mut().push_back(after.to_vec());
        assert!(step(rest.as_mut()).is_ready(), "{at}");
        drop(rest);
        assert_eq!(
            (setup.state.load(), setup.state.take_may_still_run(0)),
            ((0, 0), false)
        );
    }
}

#[test]
fn after_the_bound_the_next_turn_says_once_that_it_may_still_run() {
    let hangs = || Scene::Hangs(vec![created(false)]);
    let setup = setup(config(), vec![hangs(), replies("two"), replies("three")]);
    let (events, one) = (Taken::default(), turn("one"));
    let rest = cancelled(&setup, &events, &one).1.expect("it runs on");
    drive(&setup.world, pin!(rest.read_out()));
    assert_eq!(setup.world.now.get(), ABANDONED_MS);
    assert_eq!((setup.state.load(), setup.world.closed.get()), ((0, 0), 1));
    for notices in [vec![NoticeCode::MayStillRun], vec![]] {
        let (end, events) = setup.ask(&turn("next"));
        assert!(end.is_ok());
        assert_eq!(events.notices(), notices);
    }
}

#[test]
fn what_is_read_of_an_abandoned_answer_is_bounded() {
    let stream = live(vec![created(false)]);
    let setup = setup(config(), vec![Scene::Lives(stream.clone())]);
    let (events, one) = (Taken::default(), turn("one"));
    let rest = cancelled(&setup, &events, &one).1.expect("it runs on");
    let mut rest = Box::pin(rest.read_out());
    for _ in 0..8 {
        assert!(step(rest.as_mut()).is_pending());
        stream.borrow_mut().push_back(vec![b'x'; 1 << 20]);
    }
    assert!(step(rest.as_mut()).is_ready());
    drop(rest);
    assert!(setup.state.take_may_still_run(0));
}

#[test]
fn every_way_to_leave_a_run_keeps_the_queue_waiting() {
    // The turn timeout.
    let hangs = || Scene::Hangs(vec![created(false), sse(&[delta("tick")])]);
    let unreadable = || {
        let bad = b"event: response.output_text.delta\ndata: {\"delta\": nonsense\n\n";
        Scene::Hangs(vec![created(false), bad.to_vec()])
    };
    let one = turn("one");
    for (scene, reader, wanted) in [
        (hangs(), Reader::Takes, FaultCode::TimedOut),
        (hangs(), Reader::Dawdles, FaultCode::TimedOut),
        (Scene::IsSilent, Reader::Takes, FaultCode::TimedOut),
        (hangs(), Reader::IsGone, FaultCode::Cancelled),
        (unreadable(), Reader::Takes, FaultCode::ProtocolError),
    ] {
        let setup = setup(config(), vec![scene]);
        let events = Taken::default();
        events.reader.set(reader);
        let running = crate::turn::run(&setup.state, &setup.world, &events, &one, pending());
        let (end, rest) = drive(&setup.world, pin!(running));
        assert_eq!(code(&end), wanted);
        assert!(rest.is_some(), "{wanted:?}");
        assert_eq!(setup.state.load(), (1, 0));
        let failures = u32::from(wanted != FaultCode::Cancelled && reader != Reader::Dawdles);
        assert_eq!(
            setup.state.breaker(0, 0).failures,
            failures,
            "counted at once"
        );
        drop(rest);
        assert_eq!(setup.state.load(), (0, 0));
    }
}

#[test]
fn what_runs_nowhere_else_is_left_at_once() {
    let tools = vec![tool("one", Level::ReadOnly)];
    let with_tool = TurnRequest { tools, ..turn("x") };
    for scene in [
        // Waiting for a tool: the gateway has answered.
        calls(json!([call("a", "one", "{}")])),
        // The gateway never received all of it.
        Scene::IsDeaf,
    ] {
        let setup = setup(config(), vec![scene]);
        setup.world.tools_hang.set(true);
        let events = Taken::default();
        assert!(cancelled(&setup, &events, &with_tool).1.is_none());
        assert_eq!(setup.state.load(), (0, 0));
        assert!(!setup.state.take_may_still_run(0));
    }
}

#[test]
fn a_connection_that_is_lost_may_leave_a_run_behind() {
    let broken = |why: &str| Failure::Broken {
        why: why.into(),
        uploaded: true,
    };
    for (new, failure, may) in [
        (false, broken("reset"), true),
        // 2026.9.6 resumes it after a restart.
        (true, broken("reset"), true),
        (false, Failure::IdleTimeout, true),
        (true, Failure::IdleTimeout, false),
    ] {
        let pieces = vec![Ok(created(new)), Err(failure.clone())];
        let scenes = vec![Scene::Answers(stream_head(), pieces), replies("next")];
        let setup = setup(config(), scenes);
        assert!(setup.ask(&turn("one")).0.is_err());
        let (end, events) = setup.ask(&turn("next"));
        assert!(end.is_ok());
        let said = events.notices().contains(&NoticeCode::MayStillRun);
        assert_eq!(said, may, "{new} {failure:?}");
    }
    // What never reached the gateway, or was rejected, does not run.
    for scene in [
        refused(),
        refuses(400, "{}"),
        refuses(503, "{}"),
        replies("whole"),
    ] {
        let setup = setup(config(), vec![scene]);
        let _ = setup.ask(&turn("one"));
        assert!(!setup.state.take_may_still_run(0));
    }
}

#[test]
fn another_gateway_has_nothing_to_do_with_it() {
    let silent = || Scene::IsSilent;
    let setup = setup(
        with_backup(),
        vec![silent(), refused(), replies("two"), replies("three")],
    );
    let (events, one) = (Taken::default(), turn("one"));
    drop(cancelled(&setup, &events, &one));
    // Reported before the unreachable primary is tried; not for the backup.
    let (end, events) = setup.ask(&turn("two"));
    assert!(end.is_ok());
    assert_eq!(
        events.notices(),
        [NoticeCode::MayStillRun, NoticeCode::FailedOver]
    );
    // Nor for a gateway configured there later.
    setup
        .world
        .scenes
        .replace([silent(), replies("four")].into());
    drop(cancelled(&setup, &Taken::default(), &one));
    let mut other = config();
    other.gateway_primary_url = "http://other:1".into();
    setup.state.configure(Checked::new(other).expect("good"));
    assert_eq!(setup.ask(&turn("four")).1.notices(), []);
}

#[test]
fn a_new_instance_knows_of_the_run() {
    let setup_with = |scenes| setup(config(), scenes);
    let carried = |old: &Setup| {
        let new = setup_with(vec![replies("next")]);
        new.state
            .carry(&old.state.snapshot())
            .expect("the same version");
        new.ask(&turn("next")).1.notices()
    };
    let old = setup_with(vec![Scene::Hangs(vec![created(false)])]);
    let (events, one) = (Taken::default(), turn("one"));
    let mut running = Box::pin(run(&old.state, &old.world, &events, &one, pending()));
    assert!(step(running.as_mut()).is_pending());
    assert_eq!(
        carried(&old),
        [NoticeCode::MayStillRun],
        "it traps in the middle"
    );
    drop(running);
    assert_eq!(carried(&old), [NoticeCode::MayStillRun], "it was torn down");
    let old = setup_with(vec![Scene::Hangs(vec![created(true)])]);
    let mut running = Box::pin(run(&old.state, &old.world, &events, &one, pending()));
    assert!(step(running.as_mut()).is_pending());
    assert_eq!(carried(&old), []);
}
