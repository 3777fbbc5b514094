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
    for bad in ["", "2 0", "1 2 3", "x"] {
        assert!(new.state.carry(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert_eq!(
        new.breaker(0),
        breaker::State::Open(60_000),
        "a bad snapshot changes nothing"
    );
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
