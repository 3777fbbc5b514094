//! State that outlives a turn, and its diagnosis.

use super::host::*;
use super::scenes::*;
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
        good.replacen('4', "3", 1),
    );
    for bad in ["", "2 0", "4 2 3", "x", cut, &old_version] {
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
    moved.gateway_primary_url = "http://127.0.0.1:18790".into();
    new.configure(Checked::new(moved).expect("a good config"));
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
            .map(|check| (check.name, check.code))
            .collect::<Vec<_>>()
    };
    let names = [
        "config",
        "levels",
        "memory",
        "breaker-primary",
        "reach-primary",
        "token-primary",
    ];
    let expect = |wrong: [Option<FaultCode>; 6]| -> Vec<_> {
        names
            .iter()
            .map(|name| name.to_string())
            .zip(wrong)
            .collect()
    };
    let (none, auth) = (None, Some(FaultCode::AuthFailed));
    assert_eq!(
        look(vec![refuses(401, unauthorized), refuses(400, "{}")]),
        expect([none; 6])
    );
    assert_eq!(
        look(vec![refuses(401, unauthorized), refuses(401, unauthorized)]),
        expect([none, none, none, none, none, auth])
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
            expect([none, none, none, none, Some(code), Some(code)])
        );
    }
}

fn diagnosis(setup: &Setup) -> Vec<Check> {
    drive(
        &setup.world,
        pin!(crate::diagnose::diagnose(&setup.state, &setup.world, None)),
    )
}

fn check<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks
        .iter()
        .find(|check| check.name == name)
        .expect("the check")
}

// Report F12 (digitalocean/droplet-1-clicks#388: a gateway behind a proxy rejects every client with
// proxy_attribution_required): the diagnosis took any 403 for "asks for a token" and passed.
#[test]
fn diagnose_is_not_green_when_the_gateway_refuses() {
    let attribution = r#"{"error":{"type":"proxy_attribution_required","message":"Proxy client attribution is required"}}"#;
    let page = |status| {
        let head = Head {
            status,
            content_type: "text/html".into(),
            ..Head::default()
        };
        Scene::Answers(head, vec![Ok(b"<title>Sign in</title>".to_vec())])
    };
    let unauthorized = || {
        refuses(
            401,
            r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#,
        )
    };
    for (scenes, cause) in [
        (
            vec![refuses(403, attribution), refuses(403, attribution)],
            "does not trust",
        ),
        (vec![refuses(403, "{}"), refuses(403, "{}")], "forbids"),
        (vec![page(401), page(401)], "login of its own"),
        (
            vec![unauthorized(), refuses(403, attribution)],
            "does not trust",
        ),
        // A 400 that is not about the missing fields.
        (vec![unauthorized(), page(400)], "refused the request"),
        (vec![unauthorized(), refuses(409, "{}")], "not accepted"),
        (
            vec![unauthorized(), refuses(429, "{}")],
            "share one address",
        ),
    ] {
        let reached = matches!(&scenes[0], Scene::Answers(head, _) if head.status == 401 && head.content_type != "text/html");
        let checks = diagnosis(&setup(config(), scenes));
        let wrong = check(&checks, "token-primary");
        assert!(!wrong.ok() && wrong.cause.contains(cause), "{wrong:?}");
        assert_eq!(
            check(&checks, "reach-primary").code.is_none(),
            reached,
            "{cause}"
        );
    }
    // The probe without a token does not matter if the token works.
    let checks = diagnosis(&setup(
        config(),
        vec![refuses(403, "{}"), refuses(400, "{}")],
    ));
    assert!(
        checks.iter().all(|check| check.code.is_none()),
        "{checks:?}"
    );
}

// Report A2 (attack): a gateway that did not answer a probe blocked the diagnosis until the turn timeout
// dropped the instance, along with healthy turns.
#[test]
fn diagnose_has_short_limits_of_its_own() {
    let mut config = with_backup();
    config.timeouts.first_byte = Duration::from_secs(300);
    let silent = setup(config.clone(), vec![Scene::IsSilent, Scene::IsSilent]);
    let checks = diagnosis(&silent);
    for name in ["reach-primary", "reach-backup"] {
        let check = check(&checks, name);
        assert_eq!(check.code, Some(FaultCode::TimedOut));
        assert!(check.cause.contains("probe"), "{check:?}");
        assert!(check.detail.contains("limit of 8 s"), "{}", check.detail);
    }
    assert_eq!(silent.world.now.get(), 16_000);
    // Worst case: every head at the last moment, bodies that never end.
    let head = Head {
        status: 401,
        ..Head::default()
    };
    let scene = || Scene::HangsAfter(head.clone(), vec![]);
    let slow = setup(config, vec![scene(), scene(), scene(), scene()]);
    diagnosis(&slow);
    assert_eq!(slow.world.now.get(), 4 * 5_000);
}

#[test]
fn the_diagnosis_and_the_status_say_what_the_levels_limit() {
    for (level_agents, names, said) in [
        (false, vec![], "AstrBot's tools only"),
        (true, vec![], "own tools too: L0 `main-l0`, L1 `main-l1`"),
        (true, vec!["a", "b", "c", "d", "e"], "L3 `d`, L4 `e`"),
    ] {
        let config = Config {
            level_agents,
            level_agent_names: names.into_iter().map(str::to_owned).collect(),
            ..config()
        };
        let setup = setup(config, vec![refused(), refused()]);
        let checks = diagnosis(&setup);
        let levels = check(&checks, "levels");
        assert!(levels.ok() && levels.detail.contains(said), "{levels:?}");
        let status = setup.state.status(0, Err(String::new()));
        assert_eq!(status.level_agents, level_agents);
    }
}
