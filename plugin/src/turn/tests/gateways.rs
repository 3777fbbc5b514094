//! Gateway selection, and which breaker a failure counts for.

use super::host::*;
use super::scenes::*;
use super::*;

#[test]
fn fault_network_or_unreachable_and_the_breaker_opens_after_two() {
    let setup = setup(config(), vec![refused(), reset()]);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.breaker(0), breaker::State::Closed);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.breaker(0), breaker::State::Open(60_000));
    let (end, _) = setup.ask(&turn("x"));
    let fault = end.expect_err("open");
    assert_eq!(
        (fault.code, fault.retry_after_ms),
        (FaultCode::CircuitOpen, Some(60_000))
    );
    assert_eq!(
        setup.world.sent.borrow().len(),
        2,
        "nothing is sent while it is open"
    );
    setup.world.now.set(60_000);
    assert!(setup.then(replies("ok")).ask(&turn("x")).0.is_ok());
    assert_eq!(setup.breaker(0), breaker::State::Closed);
    let counters = setup.state.counters();
    assert_eq!(
        (
            counters.turns,
            counters.failed,
            counters.refused,
            counters.completed
        ),
        (4, 2, 1, 1)
    );
}

#[test]
fn the_backup_is_asked_only_when_nothing_was_sent_or_the_primary_rests() {
    let setup = setup(with_backup(), vec![refused(), replies("from backup")]);
    let (end, events) = setup.ask(&turn("x"));
    assert_eq!(end.expect("a reply").gateway, GatewayName::Backup);
    assert_eq!(events.notices(), [NoticeCode::FailedOver]);
    // The reset may have come after the gateway had read the request.
    setup.then(reset());
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.sent_to(), ["primary:1", "backup:2", "primary:1"]);
    assert_eq!(setup.breaker(0), breaker::State::Open(60_000));
    setup.then(replies("again"));
    assert_eq!(
        setup.ask(&turn("x")).0.expect("a reply").gateway,
        GatewayName::Backup
    );
    assert_eq!(setup.sent_to()[3], "backup:2");
    // Both breakers are open: the shorter wait is reported.
    setup.world.now.set(10_000);
    setup.then(refused()).then(refused());
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    let fault = setup.ask(&turn("x")).0.expect_err("both open");
    assert_eq!(
        (fault.code, fault.retry_after_ms),
        (FaultCode::CircuitOpen, Some(50_000))
    );
}

#[test]
fn auth_failed_does_not_fail_over() {
    let setup = setup(
        with_backup(),
        vec![refuses(401, r#"{"error":{"type":"unauthorized"}}"#)],
    );
    let fault = setup.ask(&turn("x")).0.expect_err("a fault");
    assert_eq!(
        (fault.code, fault.http_status),
        (FaultCode::AuthFailed, Some(401))
    );
    assert_eq!(setup.sent_to(), ["primary:1"]);
}

#[test]
fn a_later_round_stays_with_its_gateway() {
    let setup = setup(
        with_backup(),
        vec![calls(json!([call("a", "one", "{}")])), refused()],
    );
    let turn = TurnRequest {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    };
    assert_eq!(setup.code(&turn), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.sent_to(), ["primary:1", "primary:1"]);
}

#[test]
fn what_the_host_denies_fails_over_and_counts_for_nothing() {
    let denied = || Scene::Fails(Failure::Denied);
    let setup = setup(with_backup(), vec![denied(), replies("ok"), denied()]);
    assert!(setup.ask(&turn("x")).0.is_ok());
    setup.state.configure(Checked::new(config()).expect("good"));
    assert_eq!(setup.code(&turn("x")), FaultCode::ConfigInvalid);
    assert_eq!(setup.state.breaker(0, 0).failures, 0);
}

#[test]
fn the_end_of_a_turn_says_nothing_about_a_gateway_that_it_did_not_ask() {
    let setup = setup(config(), vec![Scene::Hangs(vec![])]);
    let (events, turn) = (Taken::default(), turn("x"));
    let mut running = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(running.as_mut()).is_pending());
    let mut other = config();
    other.gateway_primary_url = "http://other:1".into();
    setup.state.configure(Checked::new(other).expect("good"));
    let fault = drive(&setup.world, running.as_mut()).expect_err("late");
    assert_eq!(fault.code, FaultCode::TimedOut);
    assert_eq!(setup.state.breaker(0, 0).failures, 0);
}
