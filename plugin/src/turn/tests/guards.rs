//! The guards during a turn.

use super::host::*;
use super::scenes::*;
use super::*;

#[test]
fn guard_memory_heavy_refused_strictly_below_512_mib_and_nothing_is_sent() {
    let heavy = TurnRequest {
        heavy: true,
        ..turn("x")
    };
    let at = |available: Option<u64>, turn: &TurnRequest| {
        let setup = setup(config(), vec![replies("ok")]);
        setup.world.available.set(available);
        let (end, events) = setup.ask(turn);
        let sent = setup.world.sent.borrow().len();
        (
            end.map(|reply| reply.level).map_err(|fault| fault.code),
            events.notices(),
            sent,
        )
    };
    let refused = Err(FaultCode::HeavyTaskRefused);
    assert_eq!(at(Some(512 * MIB), &heavy), (Ok(Level::Act), vec![], 1));
    assert_eq!(at(Some(512 * MIB - 1), &heavy), (refused, vec![], 0));
    assert_eq!(
        at(Some(512 * MIB - 1), &turn("x")),
        (Ok(Level::Act), vec![], 1)
    );
    assert_eq!(at(Some(350 * MIB), &turn("x")), (Ok(Level::Act), vec![], 1));
    let lowered = vec![NoticeCode::LevelLowered];
    assert_eq!(
        at(Some(350 * MIB - 1), &turn("x")),
        (Ok(Level::ReadOnly), lowered, 1)
    );
    let unreadable = vec![NoticeCode::MemoryUnreadable, NoticeCode::LevelLowered];
    assert_eq!(
        at(None, &turn("x")),
        (Ok(Level::ReadOnly), unreadable.clone(), 1)
    );
    assert_eq!(at(None, &heavy), (refused, unreadable, 0));
}

// Reports F21, A22: partly unreadable memory is reported once, not on every turn.
#[test]
fn guard_memory_that_is_an_estimate_holds_and_is_said_once() {
    let setup = setup(config(), vec![replies("ok"), replies("ok"), replies("ok")]);
    let estimated = |why: &str| *setup.world.estimated.borrow_mut() = Some(why.to_owned());
    let notices = || {
        let (end, events) = setup.ask(&turn("x"));
        assert_eq!(end.expect("a reply").level, Level::Act);
        events.notices()
    };
    estimated("no MemAvailable");
    assert_eq!(notices(), [NoticeCode::MemoryEstimated]);
    assert_eq!(notices(), []);
    estimated("groups hidden");
    assert_eq!(notices(), [NoticeCode::MemoryEstimated]);
}

#[test]
fn guard_levels_a_config_caps_them() {
    let limits = Limits {
        max_level: Level::ReadOnly,
        ..Limits::default()
    };
    let setup = setup(Config { limits, ..config() }, vec![replies("ok")]);
    let (end, events) = setup.ask(&turn("x"));
    assert_eq!(end.expect("a reply").level, Level::ReadOnly);
    assert_eq!(events.notices(), [NoticeCode::LevelLowered]);
}

#[test]
fn guard_concurrency_one_turn_at_a_time_in_order() {
    let setup = setup(
        config(),
        vec![Scene::Hangs(vec![]), replies("second"), replies("third")],
    );
    let events = [Taken::default(), Taken::default(), Taken::default()];
    let turns = [turn("1"), turn("2"), turn("3")];
    let mut first = Box::pin(run(
        &setup.state,
        &setup.world,
        &events[0],
        &turns[0],
        pending(),
    ));
    let mut second = Box::pin(run(
        &setup.state,
        &setup.world,
        &events[1],
        &turns[1],
        pending(),
    ));
    let mut third = Box::pin(run(
        &setup.state,
        &setup.world,
        &events[2],
        &turns[2],
        pending(),
    ));
    assert!(step(first.as_mut()).is_pending());
    assert!(step(second.as_mut()).is_pending());
    assert!(step(third.as_mut()).is_pending());
    assert_eq!(setup.state.load(), (1, 2));
    assert_eq!(events[1].notices(), [NoticeCode::Queued]);
    assert_eq!(setup.world.sent.borrow().len(), 1);
    drop(first);
    assert!(step(third.as_mut()).is_pending(), "it is not its turn yet");
    assert!(matches!(step(second.as_mut()), Poll::Ready(Ok(reply)) if reply.text == "second"));
    assert!(matches!(step(third.as_mut()), Poll::Ready(Ok(reply)) if reply.text == "third"));
    assert_eq!(
        setup.breaker(0),
        breaker::State::Closed,
        "the cancelled turn counts for nothing"
    );
}

#[test]
fn a_turn_that_waits_begins_under_the_config_of_its_time() {
    let setup = setup(config(), vec![Scene::Hangs(vec![]), replies("second")]);
    let (events, turn) = (Taken::default(), turn("x"));
    let mut first = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(first.as_mut()).is_pending());
    let mut second = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(second.as_mut()).is_pending());
    let mut other = config();
    other.gateway_primary_url = "http://other:1".into();
    other.limits.max_level = Level::Talk;
    setup.state.configure(Checked::new(other).expect("good"));
    drop(first);
    let Poll::Ready(Ok(reply)) = step(second.as_mut()) else {
        panic!("it is its turn")
    };
    assert_eq!(reply.level, Level::Talk);
    assert_eq!(setup.sent_to(), ["primary:1", "other:1"]);
}

#[test]
fn guard_concurrency_the_queue_and_the_wait_are_bounded() {
    let limits = Limits {
        queue_length: 1,
        queue_wait: Duration::from_secs(5),
        ..Limits::default()
    };
    let setup = setup(Config { limits, ..config() }, vec![Scene::Hangs(vec![])]);
    let (events, turn) = (Taken::default(), turn("x"));
    let mut first = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(first.as_mut()).is_pending());
    let waiting_events = Taken::default();
    let mut waiting = Box::pin(run(
        &setup.state,
        &setup.world,
        &waiting_events,
        &turn,
        pending(),
    ));
    assert!(step(waiting.as_mut()).is_pending());
    assert_eq!(setup.code(&turn), FaultCode::Busy, "the queue is full");
    let fault = drive(&setup.world, waiting.as_mut()).expect_err("too long");
    assert_eq!(
        (fault.code, setup.world.now.get()),
        (FaultCode::Busy, 5_000)
    );
    drop(waiting);
    assert_eq!(setup.state.load(), (1, 0), "who gave up has left the queue");
}

#[test]
fn guard_concurrency_what_the_queue_holds_is_bounded() {
    let setup = setup(config(), vec![Scene::Hangs(vec![]), replies("second")]);
    let big = turn(&"x".repeat(9 << 20));
    let events = Taken::default();
    // The running turn does not count; of two more only one may be queued.
    let mut first = Box::pin(run(&setup.state, &setup.world, &events, &big, pending()));
    assert!(step(first.as_mut()).is_pending());
    let mut second = Box::pin(run(&setup.state, &setup.world, &events, &big, pending()));
    assert!(step(second.as_mut()).is_pending());
    let fault = setup.ask(&big).0.expect_err("too much");
    assert_eq!(fault.code, FaultCode::Busy);
    assert!(fault.message.contains("16 MiB"), "{}", fault.message);
    assert_eq!(setup.state.load(), (1, 1));
    drop(first);
    assert!(step(second.as_mut()).is_ready());
    // Neither finished nor cancelled turns hold anything.
    setup.then(Scene::Hangs(vec![]));
    let mut first = Box::pin(run(&setup.state, &setup.world, &events, &big, pending()));
    assert!(step(first.as_mut()).is_pending());
    for _ in 0..2 {
        let mut waiting = Box::pin(run(&setup.state, &setup.world, &events, &big, pending()));
        assert!(step(waiting.as_mut()).is_pending());
    }
}

/// A turn that nobody waits for.
fn background(text: &str) -> TurnRequest {
    TurnRequest {
        patience: Patience::Background,
        ..turn(text)
    }
}

#[test]
fn guard_concurrency_background_turns_wait_until_no_other_does_and_longer() {
    let scenes = [Scene::Hangs(vec![]), replies("asked")];
    let setup = setup(config(), scenes.into());
    let (unseen, running) = (Taken::default(), background("first"));
    let mut first = Box::pin(run(
        &setup.state,
        &setup.world,
        &unseen,
        &running,
        pending(),
    ));
    assert!(step(first.as_mut()).is_pending());
    let (told, patient) = (Taken::default(), background("patient"));
    let mut waiting = Box::pin(run(&setup.state, &setup.world, &told, &patient, pending()));
    assert!(step(waiting.as_mut()).is_pending());
    let (events, asked) = (Taken::default(), turn("asked"));
    let mut asked = Box::pin(run(&setup.state, &setup.world, &events, &asked, pending()));
    assert!(step(asked.as_mut()).is_pending());
    assert_eq!(setup.world.sent.borrow().len(), 1, "it is not interrupted");
    assert!(told.notice_texts()[0].starts_with("Queued in the background behind 1;"));
    assert!(events.notice_texts()[0].starts_with("Queued behind 1: a background task is running"));
    drop(first);
    assert!(step(waiting.as_mut()).is_pending(), "not before the other");
    assert!(step(asked.as_mut()).is_ready());
}

#[test]
fn guard_concurrency_a_background_turn_may_wait_for_an_hour() {
    let setup = setup(config(), vec![Scene::Hangs(vec![])]);
    let (events, asked, patient) = (Taken::default(), turn("asked"), background("patient"));
    let mut first = Box::pin(run(&setup.state, &setup.world, &events, &asked, pending()));
    assert!(step(first.as_mut()).is_pending());
    let mut waiting = Box::pin(run(
        &setup.state,
        &setup.world,
        &events,
        &patient,
        pending(),
    ));
    for when in [0, 3_599_999] {
        setup.world.now.set(when);
        assert!(step(waiting.as_mut()).is_pending());
    }
    setup.world.now.set(3_600_000);
    let Poll::Ready(Err(late)) = step(waiting.as_mut()) else {
        panic!("no longer")
    };
    assert_eq!(late.code, FaultCode::Busy);
}

#[test]
fn guard_breaker_ignores_bad_requests_and_refusals_of_the_guards() {
    let setup = setup(config(), vec![refused(), refuses(400, "{}"), refused()]);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.code(&turn("x")), FaultCode::RequestRejected);
    assert_eq!(setup.code(&turn(" ")), FaultCode::RequestRejected);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.breaker(0), breaker::State::Open(60_000));
}

#[test]
fn guard_breaker_a_cancelled_trial_gives_its_permit_back() {
    let setup = setup(
        config(),
        vec![refused(), refused(), Scene::Hangs(vec![]), replies("ok")],
    );
    for _ in 0..2 {
        setup.code(&turn("x"));
    }
    setup.world.now.set(60_000);
    {
        let (events, turn) = (Taken::default(), turn("x"));
        let mut trial = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
        assert!(step(trial.as_mut()).is_pending());
    }
    assert_eq!(setup.breaker(0), breaker::State::HalfOpen);
    assert!(
        setup.ask(&turn("x")).0.is_ok(),
        "the next trial is let through"
    );
}
