use std::fs;

use serde_json::json;

use super::*;
use crate::error::ErrorKind;
use crate::model::services::Api;

/// A config as AstrBot 4.29.1 writes it: providers over sources.
const NEW: &str = include_str!("../../../tests/fixtures/astrbot-4.29.1.json");
/// One as 4.14.6 keeps it that was made by an earlier version: the source was split off, and one provider that it has not touched yet.
const OLD: &str = include_str!("../../../tests/fixtures/astrbot-4.14.6.json");

fn read_text(text: &str) -> Result<AstrBot> {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("cmd_config.json"), text).unwrap();
    read(temp.path(), &|name| {
        (name == "SET").then(|| "sk-from-env".to_owned())
    })
}

fn providers(list: Value) -> Result<AstrBot> {
    read_text(&json!({ "config_version": 2, "provider": list }).to_string())
}

fn one(changes: Value) -> AstrBot {
    let mut provider = json!({ "id": "p", "type": "openai_chat_completion", "enable": true, "key": ["sk-1"],
        "api_base": "https://llm.example.com/v1", "model": "m" });
    provider
        .as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    providers(json!([provider])).unwrap()
}

#[test]
fn both_versions_are_read() {
    for (text, wanted) in [
        (
            NEW,
            &[
                (
                    "deepseek/deepseek-chat",
                    "deepseek",
                    "https://api.deepseek.com/v1",
                    Api::OpenaiCompletions,
                    "deepseek-chat",
                ),
                (
                    "my-claude",
                    "anthropic",
                    "https://api.anthropic.com",
                    Api::AnthropicMessages,
                    "claude-sonnet-4-6",
                ),
                (
                    "google_gemini/gemini-3.5-flash",
                    "gemini",
                    "https://generativelanguage.googleapis.com/v1beta",
                    Api::GoogleGenerativeAi,
                    "gemini-3.5-flash",
                ),
                (
                    "openai-responses/gpt-5.2",
                    "openai",
                    "https://api.openai.com/v1",
                    Api::OpenaiResponses,
                    "gpt-5.2",
                ),
            ][..],
        ),
        (
            OLD,
            &[
                (
                    "deepseek_default",
                    "deepseek",
                    "https://api.deepseek.com/v1",
                    Api::OpenaiCompletions,
                    "deepseek-chat",
                ),
                (
                    "claude",
                    "anthropic",
                    "https://api.anthropic.com",
                    Api::AnthropicMessages,
                    "claude-sonnet-4-6",
                ),
            ][..],
        ),
    ] {
        let astrbot = read_text(text).unwrap();
        let found: Vec<_> = astrbot
            .candidates()
            .iter()
            .map(|one| {
                let model = &one.usable.as_ref().unwrap().model;
                (
                    one.id.clone(),
                    model.service.clone(),
                    model.base_url.clone(),
                    model.api,
                    model.model.clone(),
                )
            })
            .collect();
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(id, service, url, api, model)| {
                (
                    (*id).to_owned(),
                    (*service).to_owned(),
                    (*url).to_owned(),
                    *api,
                    (*model).to_owned(),
                )
            })
            .collect();
        assert_eq!(found, wanted);
        assert!(astrbot.candidates()[0].default);
        // More than one, and nobody to ask.
        let error = astrbot.pick(None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AstrBotConfig);
        assert!(
            error.to_string().contains("claude") && error.to_string().contains("--provider ID")
        );
        let first = astrbot.pick(Some(&found[0].0)).unwrap();
        assert_eq!(first.key().unwrap().expose(), "sk-0123456789abcdef");
    }
}

#[test]
fn what_cannot_be_mapped_says_why() {
    for (changes, words) in [
        (
            json!({ "type": "dify", "provider_type": "agent_runner" }),
            "whole agent service",
        ),
        (json!({ "type": "coze" }), "whole agent service"),
        (
            json!({ "type": "openclaw", "provider_type": "chat_completion" }),
            "this gateway itself",
        ),
        (
            json!({ "type": "kimi_code_chat_completion" }),
            "only accepts certain programs",
        ),
        (
            json!({ "type": "novel_chat_completion" }),
            "kind `novel_chat_completion`",
        ),
        (json!({ "api_version": "2024-02-01" }), "Azure"),
        (json!({ "model": "" }), "names no model"),
        (
            json!({ "api_base": "https://llm.example.com/v1/chat/completions" }),
            "Use https://llm.example.com/v1.",
        ),
        (
            json!({ "api_base": "llm.example.com" }),
            "is not a base URL",
        ),
        (json!({ "model": "two words" }), "is not a model's name"),
    ] {
        let astrbot = one(changes.clone());
        let why = astrbot.providers[0].usable.as_ref().unwrap_err();
        assert!(why.en.contains(words), "{changes}: {}", why.en);
        assert!(!why.zh.is_empty());
        let error = astrbot.pick(None).unwrap_err().to_string();
        assert!(
            error.contains("no chat provider that OpenClaw can use") && error.contains(words),
            "{error}"
        );
        let error = astrbot.providers[0].usable().unwrap_err().to_string();
        assert!(
            error.contains("OpenClaw cannot use AstrBot's provider `p`"),
            "{error}"
        );
    }
    // Those for other things are none of the chat's.
    let others = providers(json!([
        { "id": "tts", "type": "edge_tts", "provider_type": "text_to_speech" },
        { "id": "emb", "type": "openai_embedding", "provider_type": "embedding" },
    ]));
    assert!(others.unwrap().providers.is_empty());
}

#[test]
fn an_address_with_a_path_keeps_it() {
    for (path, url) in [
        ("/team/a/v1/", "https://llm.example.com/team/a/v1"),
        ("", "https://llm.example.com"),
        (
            "/compatible-mode/v1",
            "https://llm.example.com/compatible-mode/v1",
        ),
    ] {
        let astrbot = one(json!({ "api_base": format!("https://llm.example.com{path}") }));
        let usable = astrbot.providers[0].usable.as_ref().unwrap();
        assert_eq!(usable.model.base_url, url);
    }
}

#[test]
fn keys_are_taken_as_astrbot_takes_them() {
    for (key, wanted) in [
        (json!(["sk-1", "sk-2"]), Key::Given(Token::new("sk-1"))),
        (json!(["", "sk-2"]), Key::Given(Token::new("sk-2"))),
        (json!("sk-1"), Key::Given(Token::new("sk-1"))),
        (json!(["$SET"]), Key::Given(Token::new("sk-from-env"))),
        (json!(["${SET}"]), Key::Given(Token::new("sk-from-env"))),
        (json!(["$UNSET"]), Key::Unset("UNSET".to_owned())),
        (json!(["$UNSET", "sk-2"]), Key::Given(Token::new("sk-2"))),
        (json!([]), Key::Missing),
        (json!(null), Key::Missing),
        (json!([1]), Key::Missing),
    ] {
        let astrbot = one(json!({ "key": key }));
        assert_eq!(
            astrbot.providers[0].usable.as_ref().unwrap().key,
            wanted,
            "{key}"
        );
    }
    for (key, words) in [
        (
            json!(["$UNSET"]),
            "environment variable UNSET, which is not set here",
        ),
        (json!([]), "has no key"),
        (json!(["sk-0123456789\nsk-2"]), "contains a line break"),
        (json!(["sk-***"]), "is not usable"),
    ] {
        let error = one(json!({ "key": key })).providers[0]
            .key()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(words) && !error.contains("0123456789"),
            "{key}: {error}"
        );
    }
}

#[test]
fn settings_that_are_left_out_are_named() {
    let astrbot = one(
        json!({ "key": ["sk-1", "sk-2"], "proxy": "http://p", "custom_headers": { "a": "b" },
        "custom_extra_body": {}, "modalities": ["text", "image"], "max_context_tokens": 65536 }),
    );
    let usable = astrbot.providers[0].usable.as_ref().unwrap();
    let notes: String = usable.notes.iter().map(|note| note.en.as_str()).collect();
    assert!(
        notes.contains("custom_headers, proxy.") && notes.contains("2 keys"),
        "{notes}"
    );
    assert!(usable.model.images);
    assert_eq!(usable.model.context, 65536);
}

#[test]
fn bad_files_are_told_apart() {
    let temp = tempfile::tempdir().unwrap();
    let missing = read(temp.path(), &|_| None).unwrap_err();
    assert!(
        missing.to_string().contains("There is no cmd_config.json"),
        "{missing}"
    );
    let truncated = &NEW[..NEW.len() / 2];
    for (text, words) in [
        (truncated, "is not valid JSON"),
        ("", "is not valid JSON"),
        ("[]", "no list of providers"),
        (r#"{"llm": {"provider": "openai"}}"#, "no list of providers"),
        (r#"{"provider": {"openai": {}}}"#, "no list of providers"),
        (r#"{"provider": ["openai"]}"#, "no list of providers"),
        (
            r#"{"provider": []}"#,
            "no chat provider that OpenClaw can use",
        ),
    ] {
        let error = read_text(text)
            .and_then(|astrbot| astrbot.pick(None).map(drop))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AstrBotConfig, "{text}");
        assert!(error.to_string().contains(words), "{text}: {error}");
        // A file may have keys in it.
        assert!(!error.to_string().contains("sk-"), "{error}");
    }
}

#[test]
fn the_data_folder_may_be_named_in_three_ways() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    fs::create_dir(&data).unwrap();
    assert!(NEW.starts_with('\u{feff}'), "as AstrBot writes it");
    fs::write(data.join("cmd_config.json"), NEW).unwrap();
    for path in [
        temp.path().to_owned(),
        data.clone(),
        data.join("cmd_config.json"),
    ] {
        assert_eq!(read(&path, &|_| None).unwrap().candidates().len(), 4);
    }
}

#[test]
fn ten_providers_of_one_name() {
    let provider = |n: u32| {
        json!({ "id": "same", "type": "openai_chat_completion", "key": ["sk-1"],
        "api_base": "https://llm.example.com/v1", "model": format!("m{n}") })
    };
    let differing: Vec<Value> = (0..10).map(provider).collect();
    let astrbot = providers(json!(differing)).unwrap();
    assert_eq!(astrbot.candidates().len(), 10);
    let error = astrbot.pick(Some("same")).unwrap_err().to_string();
    assert!(
        error.contains("10 of AstrBot's providers have the id `same`"),
        "{error}"
    );
    let error = astrbot.pick(Some("other")).unwrap_err().to_string();
    assert!(error.contains("no chat provider `other`"), "{error}");
    let same: Vec<Value> = (0..10).map(|_| provider(1)).collect();
    assert_eq!(
        providers(json!(same))
            .unwrap()
            .pick(Some("same"))
            .unwrap()
            .id,
        "same"
    );
}
