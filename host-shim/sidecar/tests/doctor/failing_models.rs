//! Roots whose model provider is missing or cannot work.

use std::fs;

use openclaw_core::fault::FaultCode;
use openclaw_sidecar::doctor::Facts;
use openclaw_sidecar::dotenv::PROVIDER_KEY;
use openclaw_sidecar::model::astrbot;
use openclaw_sidecar::model::proof::Refused;
use openclaw_sidecar::templates;

use super::failing_cases::{Case, files};
use super::healthy::{CONFIG, KEY, edit, set_env};

const URL: &str = "https://api.deepseek.com/v1";

const fn seen(name: &'static str, facts: fn(&mut Facts)) -> Case {
    Case {
        name,
        root: |_| {},
        facts,
    }
}

/// An AstrBot whose only provider has the healthy root's address and this key.
fn with_astrbot(facts: &mut Facts, key: &str) {
    let temp = tempfile::tempdir().unwrap();
    let config = format!(
        r#"{{"provider": [{{"id": "ds", "type": "openai_chat_completion", "api_base": "{URL}", "model": "m", "key": ["{key}"]}}]}}"#
    );
    fs::write(temp.path().join("cmd_config.json"), config).unwrap();
    facts.astrbot = Some(astrbot::read(temp.path(), &|_| None));
}

/// By what is broken.
pub const CASES: &[Case] = &[
    files("model-provider-missing", |root| {
        fs::write(root.join(CONFIG), templates::CONFIG_FILE).unwrap();
    }),
    files("model-without-provider", |root| {
        edit(
            root,
            CONFIG,
            "sidecar_deepseek/deepseek-chat",
            "anthropic/claude-opus-4-6",
        )
    }),
    files("provider-key-empty", |root| set_env(root, PROVIDER_KEY, "")),
    files("provider-key-missing", |root| {
        edit(root, CONFIG, "apiKey:", "// apiKey:")
    }),
    files("provider-key-unusable", |root| {
        set_env(root, PROVIDER_KEY, "sk-***")
    }),
    files("provider-key-in-config", |root| {
        edit(
            root,
            CONFIG,
            "${OPENCLAW_PROVIDER_API_KEY}",
            "sk-another-0123456789",
        )
    }),
    files("provider-address-invalid", |root| {
        edit(
            root,
            CONFIG,
            URL,
            "https://api.deepseek.com/v1/chat/completions",
        )
    }),
    files("provider-loopback", |root| {
        edit(root, CONFIG, URL, "http://127.0.0.1:11434/v1")
    }),
    Case {
        name: "model-server-not-running",
        root: |root| edit(root, CONFIG, URL, "http://host.docker.internal:11434/v1"),
        facts: |facts| {
            facts.provider_reached = Some(Err("Connection refused (os error 111)".to_owned()))
        },
    },
    seen("provider-unreachable", |facts| {
        facts.provider_reached = Some(Err("Connection refused (os error 111)".to_owned()));
    }),
    seen("provider-key-differs", |facts| {
        with_astrbot(facts, "sk-fedcba9876543210")
    }),
    seen("astrbot-config-unreadable", |facts| {
        facts.astrbot = Some(astrbot::read("/no/such/data".as_ref(), &|_| None));
    }),
    seen("model-does-not-answer", |facts| {
        facts.answer = Some(Err(Refused {
            why: FaultCode::ModelProviderFailed.into(),
            message: "HTTP 401: Incorrect API key provided".to_owned(),
        }));
    }),
];

#[test]
fn the_same_key_as_astrbots_is_well() {
    use super::healthy::{healthy, new_root};
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    let mut facts = healthy(&root);
    with_astrbot(&mut facts, KEY);
    let checks = openclaw_sidecar::doctor::diagnose(&facts);
    let check = checks
        .iter()
        .find(|check| check.id.as_str() == "provider-astrbot")
        .unwrap();
    assert_eq!(check.problem, None);
    assert_eq!(check.detail.en, "same key as AstrBot's");
}
