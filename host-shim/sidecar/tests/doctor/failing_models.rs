//! Roots whose model provider is missing or cannot work.

use std::fs;

use openclaw_core::fault::FaultCode;
use openclaw_sidecar::doctor::Facts;
use openclaw_sidecar::dotenv::PROVIDER_KEY;
use openclaw_sidecar::model::astrbot;
use openclaw_sidecar::model::proof::Refused;
use openclaw_sidecar::templates;
use openclaw_sidecar::text::Text;

use super::failing_cases::{Case, files};
use super::healthy::{CONFIG, KEY, edit, set_env};

const SAID: &str = "HTTP 401: Incorrect API key provided";
const URL: &str = "https://api.deepseek.com/v1";

const fn seen(name: &'static str, facts: fn(&mut Facts)) -> Case {
    Case {
        name,
        root: |_| {},
        facts,
    }
}

/// An AstrBot whose providers all have the healthy root's address, each with one of these keys.
fn with_astrbot(facts: &mut Facts, keys: &[&str]) {
    let temp = tempfile::tempdir().unwrap();
    let provider = |(n, key): (usize, &&str)| {
        format!(
            r#"{{"id": "ds{n}", "type": "openai_chat_completion", "api_base": "{URL}", "model": "m", "key": ["{key}"]}}"#
        )
    };
    let providers: Vec<String> = keys.iter().enumerate().map(provider).collect();
    let config = format!(r#"{{"provider": [{}]}}"#, providers.join(", "));
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
    Case {
        name: "model-server-only-local",
        root: |root| edit(root, CONFIG, URL, "http://host.docker.internal:11434/v1"),
        facts: |facts| facts.model_server_is_local = true,
    },
    seen("provider-unreachable", |facts| {
        facts.provider_reached = Some(Err("Connection refused (os error 111)".to_owned()));
    }),
    seen("provider-key-differs", |facts| {
        with_astrbot(facts, &["sk-fedcba9876543210", "$UNSET"])
    }),
    seen("astrbot-config-unreadable", |facts| {
        facts.astrbot = Some(astrbot::read("/no/such/data".as_ref(), &|_| None));
    }),
    seen("model-does-not-answer", |facts| {
        facts.answer = Some(Err(Refused {
            why: FaultCode::ModelProviderFailed.into(),
            message: Text::new(SAID, SAID),
        }));
    }),
];

#[test]
fn the_same_key_as_one_of_astrbots_is_well() {
    use super::healthy::{healthy, new_root};
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    let other = "sk-fedcba9876543210";
    let detail = |keys: &[&str]| {
        let mut facts = healthy(&root);
        with_astrbot(&mut facts, keys);
        let checks = openclaw_sidecar::doctor::diagnose(&facts);
        let mut checks = checks.into_iter();
        let check = checks.find(|check| check.id.as_str() == "provider-astrbot");
        check.unwrap().detail.en
    };
    // Only the first of one address was looked at.
    for keys in [&[KEY][..], &[other, KEY], &["$UNSET", KEY]] {
        assert_eq!(detail(keys), "same key as AstrBot's", "{keys:?}");
    }
    let differs = "The key differs from that of AstrBot's provider `ds0`, `ds2`.";
    assert_eq!(detail(&[other, "$UNSET", other]), differs);
    let unknown = "the key of AstrBot's provider ds0 is not known here";
    assert_eq!(detail(&["$UNSET"]), unknown);
}
