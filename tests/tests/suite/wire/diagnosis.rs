//! `diagnose`: what is wrong, without a model call and without counting.

use host_shim::{Diagnosis, FaultCode, Locale};
use openclaw_fake_gateway::{FakeGateway, Http, Scene, Token};
use openclaw_tests::rig::{MIB, Rig, TOKEN, within};
use serde_json::json;

async fn diagnose(rig: &Rig) -> Diagnosis {
    within(rig.plugin.diagnose(None)).await.unwrap()
}

/// The code that a check found; panics if there is no such check.
fn found(diagnosis: &Diagnosis, name: &str) -> Option<FaultCode> {
    let check = diagnosis.checks.iter().find(|check| check.name == name);
    let check = check.unwrap_or_else(|| panic!("no check {name}: {diagnosis:?}"));
    // What is wrong is explained, what is well is not.
    assert_eq!(check.code.is_some(), !check.cause.is_empty(), "{check:?}");
    assert_eq!(check.code.is_some(), !check.remedy.is_empty(), "{check:?}");
    check.code
}

#[tokio::test]
async fn diagnose_is_green_on_a_good_gateway_and_costs_no_model_call() {
    let rig = Rig::new().await;
    let diagnosis = diagnose(&rig).await;
    assert!(diagnosis.ok(), "{diagnosis:?}");
    let names: Vec<_> = diagnosis
        .checks
        .iter()
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "config",
            "levels",
            "memory",
            "breaker-primary",
            "reach-primary",
            "token-primary"
        ]
    );
    assert!(rig.gateway.turns().is_empty(), "a model call was made");
    // A probe without a token, then one with it and an empty object.
    let requests = rig.gateway.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        (requests[0].token, requests[1].token),
        (Token::Missing, Token::Right)
    );
    assert_eq!(requests[1].json, Some(json!({})));
}

#[tokio::test]
async fn diagnose_names_a_wrong_token() {
    let gateway = FakeGateway::start("another").await.unwrap();
    let rig = Rig::at(gateway, json!({})).await;
    let diagnosis = diagnose(&rig).await;
    assert!(!diagnosis.ok());
    assert_eq!(found(&diagnosis, "reach-primary"), None);
    assert_eq!(
        found(&diagnosis, "token-primary"),
        Some(FaultCode::AuthFailed)
    );
    assert!(!format!("{diagnosis:?}").contains(TOKEN));
}

#[tokio::test]
async fn diagnose_names_an_endpoint_that_is_off() {
    for scene in [
        Scene::endpoint_off(),
        Scene::not_found(),
        Scene::html_page(),
    ] {
        let rig = Rig::new().await;
        rig.gateway.answer_everything_with(scene);
        let diagnosis = diagnose(&rig).await;
        assert!(!diagnosis.ok());
        let codes: Vec<_> = diagnosis
            .checks
            .iter()
            .filter_map(|check| check.code)
            .collect();
        assert!(
            codes.contains(&FaultCode::ResponsesEndpointNotEnabledOrNotFound),
            "{diagnosis:?}"
        );
        assert!(!codes.contains(&FaultCode::AuthFailed), "{diagnosis:?}");
    }
}

#[tokio::test]
async fn diagnose_names_a_gateway_that_is_gone() {
    let rig = Rig::new().await;
    rig.gateway.stop().await;
    let diagnosis = diagnose(&rig).await;
    assert_eq!(
        found(&diagnosis, "reach-primary"),
        Some(FaultCode::NetworkOrUnreachable)
    );
    let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
    assert_eq!(breaker.failures, 0, "a diagnosis does not count");
}

#[tokio::test]
async fn diagnose_names_short_and_unreadable_memory() {
    let rig = Rig::new().await;
    rig.memory.available(300 * MIB);
    assert_eq!(
        found(&diagnose(&rig).await, "memory"),
        Some(FaultCode::HeavyTaskRefused)
    );
    rig.memory.unreadable("no /proc here");
    let diagnosis = diagnose(&rig).await;
    assert_eq!(
        found(&diagnosis, "memory"),
        Some(FaultCode::HeavyTaskRefused)
    );
    assert!(
        format!("{diagnosis:?}").contains("no /proc here"),
        "{diagnosis:?}"
    );
}

#[tokio::test]
async fn diagnose_names_an_open_breaker_and_probes_all_the_same() {
    let rig = Rig::new().await;
    for _ in 0..2 {
        rig.gateway.push(Http::new(500).text("broken"));
        rig.say("hi").await.unwrap_err();
    }
    let diagnosis = diagnose(&rig).await;
    assert_eq!(
        found(&diagnosis, "breaker-primary"),
        Some(FaultCode::CircuitOpen)
    );
    assert_eq!(found(&diagnosis, "token-primary"), None);
}

#[tokio::test]
async fn diagnose_looks_at_both_gateways() {
    let backup = FakeGateway::start("another").await.unwrap();
    let rig = Rig::with(json!({ "gateway_backup_url": backup.url() })).await;
    let diagnosis = diagnose(&rig).await;
    assert_eq!(found(&diagnosis, "token-primary"), None);
    assert_eq!(
        found(&diagnosis, "token-backup"),
        Some(FaultCode::AuthFailed)
    );
}

#[tokio::test]
async fn diagnose_speaks_the_language_that_is_asked_for() {
    let rig = Rig::new().await;
    rig.gateway.stop().await;
    let text = async |locale| {
        let diagnosis = within(rig.plugin.diagnose(locale)).await.unwrap();
        diagnosis
            .checks
            .into_iter()
            .map(|check| check.cause + &check.remedy)
            .collect::<String>()
    };
    assert!(text(None).await.is_ascii());
    assert!(text(Some(Locale::En)).await.is_ascii());
    assert!(text(Some(Locale::Zh)).await.contains('网'));
}
