//! Providers that are taken over from AstrBot.

use std::fs;

use openclaw_sidecar::dotenv::PROVIDER_KEY;

use super::common::{self, Stage};
use super::{KEY, astrbot, config, fixture};

#[test]
fn a_provider_of_astrbots() {
    let stage = Stage::new();
    let data = astrbot(&stage, &fixture("astrbot-4.29.1.json"));
    let several = stage.run(&["model", "--from-astrbot", &data]).ends(1);
    assert!(
        several.stderr.contains(
            "deepseek/deepseek-chat: deepseek-chat, https://api.deepseek.com/v1 (AstrBot's default)"
        ),
        "{several:?}"
    );
    let unset = stage
        .run(&["model", "--from-astrbot", &data, "--provider=my-claude"])
        .ends(1);
    assert!(
        unset
            .stderr
            .contains("ANTHROPIC_API_KEY, which is not set here"),
        "{unset:?}"
    );
    let run = stage
        .run(&[
            "model",
            "--from-astrbot",
            &data,
            "--provider=deepseek/deepseek-chat",
        ])
        .ends(0);
    for words in [
        "dify_app: cannot be used, dify is a whole agent service",
        "kimi-code/kimi-for-coding: cannot be used",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    assert_eq!(stage.env().get(PROVIDER_KEY), Some(KEY));
    let mut command = stage.command(&["model", "--from-astrbot", &data, "--provider=my-claude"]);
    common::Run::of(
        command
            .env("ANTHROPIC_API_KEY", "sk-ant-0123")
            .output()
            .unwrap(),
    )
    .ends(0);
    let provider = &config(&stage)["models"]["providers"]["sidecar_anthropic"];
    assert_eq!(
        (&provider["api"], &provider["baseUrl"]),
        (
            &"anthropic-messages".into(),
            &"https://api.anthropic.com".into()
        )
    );
    assert_eq!(
        provider["models"][0]["input"],
        serde_json::json!(["text", "image"])
    );
}

#[test]
fn the_name_of_another_container_is_taken_over_with_a_note() {
    let stage = Stage::new();
    for (host, noted) in [
        ("one-api", true),
        ("one-api.lan", false),
        ("[fd00::1]", false),
    ] {
        let provider = serde_json::json!({ "id": "p", "type": "openai_chat_completion", "key": [KEY],
            "api_base": format!("http://{host}:3000/v1"), "model": "m" });
        let config = serde_json::json!({ "provider": [provider] });
        let data = astrbot(&stage, &config.to_string());
        let run = stage.run(&["model", "--from-astrbot", &data]).ends(0);
        let note = format!("`{host}` has no dot, so it is probably another container's name");
        assert_eq!(run.stderr.contains(&note), noted, "{run:?}");
    }
}

#[test]
fn init_takes_the_provider_over_from_an_empty_folder() {
    let stage = Stage::new();
    fs::remove_dir_all(stage.root.path()).unwrap();
    let data = astrbot(&stage, &fixture("astrbot-4.14.6.json"));
    let run = stage
        .run(&[
            "init",
            "--from-astrbot",
            &data,
            "--provider=deepseek_default",
        ])
        .ends(0);
    assert!(
        run.stderr.contains("The gateway uses deepseek-chat"),
        "{run:?}"
    );
    assert!(run.stderr.contains("Next: host-shim sidecar up"), "{run:?}");
    assert_eq!(stage.env().get(PROVIDER_KEY), Some(KEY));
    // Without one it says what is missing.
    fs::remove_dir_all(stage.root.path()).unwrap();
    let run = stage.run(&["init"]).ends(0);
    assert!(
        run.stderr.contains("host-shim sidecar model --root"),
        "{run:?}"
    );
}
