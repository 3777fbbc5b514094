//! How turns end.

use super::host::*;
use super::scenes::*;
use super::*;

#[test]
fn a_turn_streams_and_ends_with_the_final_text() {
    let setup = setup(config(), vec![replies("PONG")]);
    let (end, events) = setup.ask(&turn("ping"));
    let reply = end.expect("a reply");
    assert_eq!(
        (reply.text.as_str(), reply.level, reply.gateway),
        ("PONG", Level::Act, GatewayName::Primary)
    );
    assert_eq!(events.shown(), "PONG");
    assert!(events.notices().is_empty());
    assert_eq!(
        setup.world.finished.get(),
        1,
        "the connection can be used again"
    );
    assert_eq!(setup.state.load(), (0, 0));
    assert!(setup.world.sent.borrow()[0].authorized);
}

#[test]
fn fault_stream_interrupted_keeps_the_partial_text_of_all_rounds() {
    let first = Scene::Answers(
        stream_head(),
        vec![Ok(sse(&[
            delta("Looking."),
            completed(json!([message("Looking."), call("a", "one", "{}")])),
        ]))],
    );
    let cut = Failure::Broken {
        why: "cut".into(),
        uploaded: true,
    };
    let second = Scene::Answers(stream_head(), vec![Ok(sse(&[delta("It is")])), Err(cut)]);
    let setup = setup(config(), vec![first, second]);
    let (end, events) = setup.ask(&TurnRequest {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    });
    let fault = end.expect_err("cut");
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::StreamInterrupted, "Looking.\n\nIt is")
    );
    assert_eq!(events.shown(), fault.partial_text);
}

#[test]
fn fault_timed_out_says_which_limit() {
    for (failure, words) in [
        (Failure::ConnectTimeout, "connect limit of 10 s"),
        (Failure::FirstByteTimeout, "first byte limit of 300 s"),
        (Failure::IdleTimeout, "idle limit of 300 s"),
    ] {
        let fault = setup(config(), vec![Scene::Fails(failure)])
            .ask(&turn("x"))
            .0
            .expect_err("late");
        assert_eq!(fault.code, FaultCode::TimedOut);
        assert!(fault.message.contains(words), "{}", fault.message);
    }
    let hangs = || Scene::Hangs(vec![sse(&[delta("tick")])]);
    let setup = setup(config(), vec![hangs(), hangs()]);
    let fault = setup.ask(&turn("x")).0.expect_err("late");
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::TimedOut, "tick")
    );
    assert!(
        fault.message.contains("whole-turn limit of 1800 s"),
        "{}",
        fault.message
    );
    assert_eq!(setup.world.now.get(), 1_800_000);
    assert_eq!(setup.code(&turn("x")), FaultCode::TimedOut);
    assert!(
        matches!(setup.breaker(0), breaker::State::Open(_)),
        "it counts"
    );
}

// Report A15 (attack): a 401 with an endless body was only reported after the idle timeout of 300 s.
#[test]
fn a_refusal_whose_body_never_ends_is_known_within_seconds() {
    let head = |status| Head {
        status,
        content_type: "application/json".into(),
        ..Head::default()
    };
    for pieces in [vec![], vec![br#"{"error":{"#.to_vec()]] {
        let scene = Scene::HangsAfter(head(401), pieces);
        let setup = setup(config(), vec![scene]);
        assert_eq!(setup.code(&turn("x")), FaultCode::AuthFailed);
        assert_eq!(setup.world.now.get(), 5_000);
    }
    // Only the start of the body is read, however fast it comes.
    let flood = (0..1_000).map(|_| Ok(vec![b'x'; 1_000])).collect();
    let setup = setup(config(), vec![Scene::Answers(head(500), flood)]);
    let fault = setup.ask(&turn("x")).0.expect_err("refused");
    assert_eq!(fault.code, FaultCode::GatewayError);
    assert!(fault.message.len() < 2_500, "{}", fault.message.len());
    assert_eq!(setup.world.now.get(), 0);
}

// Report A13 (attack): unsolicited gzip was taken for a killed gateway.
#[test]
fn fault_protocol_error_says_that_a_proxy_compresses() {
    let announced = Head {
        content_encoding: "gzip".into(),
        ..stream_head()
    };
    let body = || vec![Ok(vec![0x1f, 0x8b, 8, 0, 0])];
    for head in [announced, stream_head()] {
        let setup = setup(config(), vec![Scene::Answers(head, body())]);
        let fault = setup.ask(&turn("x")).0.expect_err("unreadable");
        assert_eq!(fault.code, FaultCode::ProtocolError);
        assert!(fault.message.contains("compressed"), "{}", fault.message);
        assert!(fault.why().cause(Locale::En).contains("proxy"));
        assert!(fault.why().cause(Locale::Zh).contains("代理"));
    }
}

// Report A17 (attack): a crash during a 9 MB upload was reported as too large, and did not count.
#[test]
fn a_connection_that_breaks_in_an_upload_is_a_crash() {
    let broken = |uploaded| {
        Scene::Fails(Failure::Broken {
            why: "reset".into(),
            uploaded,
        })
    };
    let setup = setup(config(), vec![broken(false), broken(true)]);
    for cause in ["while the request was being sent", "Cannot connect"] {
        let fault = setup.ask(&turn("x")).0.expect_err("broken");
        assert_eq!(fault.code, FaultCode::NetworkOrUnreachable);
        assert!(fault.why().cause(Locale::En).contains(cause), "{fault:?}");
    }
    assert_eq!(setup.breaker(0), breaker::State::Open(60_000), "both count");
}

// Report F10 and A1 (hashicorp/go-retryablehttp#283: a server's Retry-After overrides the client's limit).
#[test]
fn a_gateway_that_asks_for_hours_is_left_alone_for_15_minutes() {
    for asked in ["57600", "99999999999999999999999", "1795331801"] {
        let scene = || {
            let head = Head {
                status: 503,
                retry_after: asked.into(),
                ..Head::default()
            };
            Scene::Answers(head, vec![])
        };
        let setup = setup(config(), vec![scene(), scene()]);
        for _ in 0..2 {
            let fault = setup.ask(&turn("x")).0.expect_err("refused");
            assert_eq!(fault.retry_after_ms, Some(900_000));
            assert!(fault.message.contains(asked), "{}", fault.message);
        }
        assert_eq!(setup.breaker(0), breaker::State::Open(900_000));
    }
}

#[test]
fn a_reader_that_is_gone_ends_the_turn() {
    let setup = setup(config(), vec![replies("PONG")]);
    let events = Taken::default();
    events.reader.set(Reader::IsGone);
    let fault = setup
        .ask_with(&turn("x"), &events)
        .expect_err("nobody reads");
    assert_eq!(
        (fault.code, setup.breaker(0)),
        (FaultCode::Cancelled, breaker::State::Closed)
    );
}

#[test]
fn a_reader_that_takes_nothing_is_not_the_gateways_fault() {
    let setup = setup(config(), vec![replies("one"), replies("two")]);
    let events = Taken::default();
    events.reader.set(Reader::Dawdles);
    for _ in 0..2 {
        let fault = setup.ask_with(&turn("x"), &events).expect_err("late");
        assert_eq!(fault.code, FaultCode::TimedOut);
    }
    assert_eq!(setup.breaker(0), breaker::State::Closed);
}

#[test]
fn faults_are_told_in_the_locale_and_without_tokens() {
    let mut config = with_backup();
    config.locale = openclaw_core::locale::Locale::Zh;
    config.gateway_bearer_token = "secret".into();
    config.gateway_backup_bearer_token = Some("secret-too".into());
    let echo = r#"{"error":{"message":"not (secret-too) nor (secret)"}}"#;
    let page = Scene::Answers(stream_head(), vec![]);
    let setup = setup(config, vec![refuses(400, echo), page]);
    let (end, _) = setup.ask(&turn("x"));
    assert_eq!(
        end.expect_err("refused").message,
        "http://primary:1: HTTP 400: not (***) nor (***)"
    );
    let (end, _) = setup.ask(&turn("x"));
    assert_eq!(
        end.expect_err("interrupted").message,
        "回答在最后一个事件之前结束"
    );
    let (end, _) = setup.ask(&turn(" "));
    assert_eq!(end.expect_err("empty").message, "内容为空");
}

#[test]
fn fault_cancelled_keeps_what_had_been_shown_and_counts_for_nothing() {
    let setup = setup(config(), vec![Scene::Hangs(vec![sse(&[delta("tick")])])]);
    let (events, turn) = (Taken::default(), turn("x"));
    let polls = Cell::new(0);
    // Resolves when the turn can make no more progress.
    let cancel = poll_fn(|cx| {
        polls.set(polls.get() + 1);
        if polls.get() > 1 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, cancel));
    assert!(step(running.as_mut()).is_pending());
    let Poll::Ready(Err(fault)) = step(running.as_mut()) else {
        panic!("cancelled")
    };
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::Cancelled, "tick")
    );
    assert_eq!(
        (setup.state.load(), setup.breaker(0)),
        ((0, 0), breaker::State::Closed)
    );
    assert_eq!(setup.state.counters().cancelled, 1);
}

#[test]
fn a_turn_before_any_config_is_config_invalid() {
    let setup = Setup {
        state: State::default(),
        world: Rc::new(FakeHost::default()),
    };
    assert_eq!(setup.code(&turn("x")), FaultCode::ConfigInvalid);
}
