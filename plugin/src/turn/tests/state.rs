//! What lasts from turn to turn, and the diagnosis of it.

use super::scenes::*;
use super::world::*;
use super::*;

#[test]
fn a_snapshot_goes_over_to_a_new_instance() {
    let old = setup(config(), vec![refused(), refused()]);
    for _ in 0..2 {
        old.code(&turn("x"));
    }
    old.state.count(|counters| counters.turns = 7);
    let new = setup(config(), vec![]);
    new.state
        .carry(&old.state.snapshot())
        .expect("the same version");
    assert_eq!(new.breaker(0), breaker::State::Open(60_000));
    assert_eq!(new.state.counters().turns, 7);
    let good = String::from_utf8(old.state.snapshot()).expect("text");
    let (cut, old_version) = (
        good.rsplit_once('\n').unwrap().0,
        good.replacen('2', "1", 1),
    );
    for bad in ["", "2 0", "1 2 3", "x", cut, &old_version] {
        assert!(new.state.carry(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert_eq!(
        new.breaker(0),
        breaker::State::Open(60_000),
        "a bad snapshot changes nothing"
    );
}

#[test]
fn a_snapshot_says_nothing_about_a_gateway_at_another_address() {
    let old = setup(config(), vec![refused(), refused()]);
    for _ in 0..2 {
        old.code(&turn("x"));
    }
    old.state.count(|counters| counters.turns = 7);
    let new = State::default();
    new.carry(&old.state.snapshot()).expect("the same version");
    let mut moved = config();
    moved.primary.url = "http://127.0.0.1:18790".into();
    new.configure(moved.check().expect("a good config"));
    assert!(matches!(new.breaker(0, 0).state, breaker::State::Closed));
    assert_eq!((new.breaker(0, 0).failures, new.counters().turns), (0, 7));
}

#[test]
fn diagnose_tells_the_runbooks_faults_apart_without_a_model_call() {
    let unauthorized = r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#;
    let look = |scenes: Vec<Scene>| {
        let setup = setup(config(), scenes);
        let checks = drive(
            &setup.world,
            pin!(crate::diagnose::diagnose(&setup.state, &setup.world, None)),
        );
        assert!(
            setup
                .world
                .sent
                .borrow()
                .iter()
                .all(|sent| sent.body == json!({}))
        );
        checks
            .into_iter()
            .map(|check| (check.name, check.wrong))
            .collect::<Vec<_>>()
    };
    let names = [
        "config",
        "memory",
        "breaker-primary",
        "reach-primary",
        "token-primary",
    ];
    let expect = |wrong: [Option<FaultCode>; 5]| -> Vec<_> {
        names
            .iter()
            .map(|name| name.to_string())
            .zip(wrong)
            .collect()
    };
    let (none, auth) = (None, Some(FaultCode::AuthFailed));
    assert_eq!(
        look(vec![refuses(401, unauthorized), refuses(400, "{}")]),
        expect([none; 5])
    );
    assert_eq!(
        look(vec![refuses(401, unauthorized), refuses(401, unauthorized)]),
        expect([none, none, none, none, auth])
    );
    for (scene, code) in [
        (
            refuses(405, "Method Not Allowed"),
            FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        ),
        (refused(), FaultCode::NetworkOrUnreachable),
        (refuses(200, "{}"), FaultCode::ProtocolError),
    ] {
        assert_eq!(
            look(vec![scene]),
            expect([none, none, none, Some(code), Some(code)])
        );
    }
}
