use std::error::Error as _;
use std::path::PathBuf;
use std::time::Duration;

use openclaw_core::level::Level;
use openclaw_core::locale::Locale;
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;

const FULL: &str = r#"
gateway_primary_url = "http://127.0.0.1:18789"
gateway_bearer_token = "hunter2"
gateway_agent_id = "helper"
gateway_backup_url = "https://backup.example"
gateway_backup_bearer_token = "hunter3"
max_level = "L2"
heavy_floor_mib = 600
read_only_floor_mib = 400
breaker_failures = 1
breaker_open_seconds = 90.5
queue_length = 3
queue_wait_seconds = 0
heavy_bytes = 1000
heavy_words = ["gif"]
connect_timeout_seconds = 0.25
first_byte_timeout_seconds = 60
idle_timeout_seconds = 61
turn_timeout_seconds = 62
max_answer_bytes = 4096
max_tool_rounds = 1
locale = "zh"
"#;

fn of(text: &str) -> Result<Config, ConfigError> {
    ConfigLoader::new().text(text)?.finish()
}

#[test]
fn a_whole_config_is_read() {
    let config = of(FULL).unwrap();
    assert_eq!(config.gateway_agent_id, "helper");
    assert_eq!(config.gateway_bearer_token.expose_secret(), "hunter2");
    assert_eq!(config.limits.max_level, Level::Act);
    assert_eq!(config.limits.breaker_open, Duration::from_millis(90_500));
    assert_eq!(config.limits.queue_wait, Duration::ZERO);
    assert_eq!(config.timeouts.connect, Duration::from_millis(250));
    assert_eq!(config.limits.heavy_words, ["gif"]);
    assert_eq!(config.locale, Locale::Zh);
}

#[test]
fn every_key_is_read_and_written() {
    let other = |key: &Key| match key.kind {
        Kind::Level => json!("L2"),
        Kind::Locale => json!("zh"),
        Kind::Words => json!(["gif"]),
        Kind::Names => json!(["a", "b", "c", "d", "e"]),
        Kind::Flag => json!(true),
        Kind::Mib | Kind::Bytes | Kind::Count => json!(1),
        Kind::Ms => json!(0.25),
        _ => json!("hunter2"),
    };
    for key in KEYS.iter().filter(|key| key.kind != Kind::File) {
        let value = other(key);
        let config = ConfigLoader::new().set(key.name, value.clone()).unwrap();
        let written = serde_json::to_value(config.finish().unwrap()).unwrap();
        let shown = if key.is_secret() { json!("***") } else { value };
        assert_eq!(written[key.name], shown);
    }
}

#[test]
fn json_and_toml_are_told_apart_and_a_bom_does_no_harm() {
    for text in [
        r#"{"gateway_agent_id":"a"}"#,
        " \n{\"gateway_agent_id\":\"a\"}\n",
        "\u{feff}{\"gateway_agent_id\":\"a\"}",
        "gateway_agent_id = 'a'",
        "\u{feff}gateway_agent_id = 'a'\r\n",
    ] {
        assert_eq!(of(text).unwrap().gateway_agent_id, "a", "{text:?}");
    }
    assert_eq!(of("").unwrap().gateway_agent_id, "main");
    assert_eq!(of("{}").unwrap().gateway_agent_id, "main");
    assert_eq!(
        of(r#"{"gateway_backup_url":null}"#)
            .unwrap()
            .gateway_backup_url,
        None
    );
}

#[test]
fn an_error_names_the_key_the_value_and_what_is_allowed() {
    for (text, key, parts) in [
        ("max_level = 'L5'", "max_level", &["\"L5\"", "\"L4\""][..]),
        ("max_level = 2", "max_level", &["2 is not allowed"]),
        ("locale = 'de'", "locale", &["\"de\"", "\"zh\""]),
        ("queue_length = -1", "queue_length", &["-1", "0 or more"]),
        (
            "queue_length = 1.5",
            "queue_length",
            &["1.5", "whole number"],
        ),
        (
            "queue_length = 99999999999",
            "queue_length",
            &["99999999999"],
        ),
        (
            "queue_wait_seconds = -0.5",
            "queue_wait_seconds",
            &["-0.5", "fractions allowed"],
        ),
        (
            "queue_wait_seconds = nan",
            "queue_wait_seconds",
            &["seconds"],
        ),
        (
            "queue_wait_seconds = inf",
            "queue_wait_seconds",
            &["seconds"],
        ),
        (
            "queue_wait_seconds = 1e300",
            "queue_wait_seconds",
            &["seconds"],
        ),
        ("queue_wait_seconds = '5'", "queue_wait_seconds", &["\"5\""]),
        (
            "heavy_words = 'gif'",
            "heavy_words",
            &["\"gif\"", "list of strings"],
        ),
        (
            "gateway_primary_url = 1",
            "gateway_primary_url",
            &["http://127.0.0.1:18789"],
        ),
        (
            "gateway_primary_uri = 'x'",
            "gateway_primary_uri",
            &["mean `gateway_primary_url`?"],
        ),
        (
            "Gateway-Agent-Id = 'x'",
            "Gateway-Agent-Id",
            &["mean `gateway_agent_id`?"],
        ),
        (
            "colour = 'red'",
            "colour",
            &["the keys are gateway_primary_url, "],
        ),
        (r#"{"locale":null}"#, "locale", &["null"]),
    ] {
        let error = of(text).unwrap_err();
        assert_eq!(error.key(), Some(key), "{error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn a_long_value_is_cut() {
    let error = of(&format!("locale = '{}'", "长".repeat(1000))).unwrap_err();
    assert!(error.to_string().len() < 400, "{error}");
}

#[test]
fn no_error_and_no_dump_shows_a_token() {
    for text in [
        "gateway_bearer_token = hunter2",
        "gateway_bearer_token = 'hunter2",
        "gateway_bearer_token = ['hunter2']",
        "gateway_bearer_token = { a = 'hunter2' }",
        "gateway_backup_bearer_token = ['hunter2']",
        "gateway_bearer_token = 'hunter2'\ngateway_bearer_token = 'hunter2'",
        "gateway_bearer_token = 'hunter2'\nx = ",
        r#"{"gateway_bearer_token":["hunter2"]}"#,
        r#"{"gateway_bearer_token":"hunter2",}"#,
        r#"{"gateway_bearer_token":"hunter2""#,
        r#"{gateway_bearer_token:"hunter2"}"#,
    ] {
        let error = of(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let config = of(FULL).unwrap();
    let dumps = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
    assert!(!dumps.contains("hunter"), "{dumps}");
    assert!(dumps.contains(r#""gateway_bearer_token":"***""#), "{dumps}");
}

#[test]
fn a_text_that_cannot_be_read_is_an_error_with_its_place() {
    let error = of("a = 1\n= 2").unwrap_err();
    assert_eq!(error.to_string(), "not TOML at line 2 column 1");
    let error = of("{\n  \"a\" 1 }").unwrap_err();
    assert_eq!(error.to_string(), "not JSON at line 2 column 7");
}

#[test]
fn a_later_layer_wins_key_by_key() {
    let environment = |name: &str| match name {
        "OPENCLAW_GATEWAY_URL" => Some("http://env".to_owned()),
        "OPENCLAW_GATEWAY_BACKUP_URL" => Some("http://env-backup".to_owned()),
        "OPENCLAW_GATEWAY_TOKEN" => Some("env-token".to_owned()),
        "OPENCLAW_GATEWAY_AGENT_ID" => Some(String::new()),
        _ => None,
    };
    let loader = ConfigLoader::new()
        .text(FULL)
        .unwrap()
        .env(environment)
        .unwrap();
    let config = loader.clone().finish().unwrap();
    assert_eq!(config.gateway_primary_url, "http://env");
    assert_eq!(
        config.gateway_backup_url.as_deref(),
        Some("http://env-backup")
    );
    assert_eq!(config.gateway_bearer_token.expose_secret(), "env-token");
    // Empty is not set.
    assert_eq!(config.gateway_agent_id, "helper");
    let config = loader
        .set("gateway_primary_url", "http://flag")
        .and_then(|loader| loader.set("queue_length", 5))
        .and_then(ConfigLoader::finish)
        .unwrap();
    assert_eq!(
        (
            config.gateway_primary_url.as_str(),
            config.limits.queue_length
        ),
        ("http://flag", 5)
    );
    assert_eq!(config.gateway_bearer_token.expose_secret(), "env-token");
}

#[test]
fn files_are_read_by_their_extension() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let load = |path: PathBuf| {
        ConfigLoader::new()
            .file(path)
            .and_then(ConfigLoader::finish)
    };
    let toml = load(write("a.toml", b"gateway_agent_id = 'a'")).unwrap();
    let json = load(write("a.JSON", b"\n{\"gateway_agent_id\":\"a\"}")).unwrap();
    let other = load(write("a.conf", b"{\"gateway_agent_id\":\"a\"}")).unwrap();
    for config in [toml, json, other] {
        assert_eq!(config.gateway_agent_id, "a");
    }
    let error = load(write("b.toml", b"{\"gateway_agent_id\":\"a\"}")).unwrap_err();
    assert!(error.to_string().contains("not TOML at line 1"), "{error}");
    let error = load(write("c.toml", b"\xff")).unwrap_err();
    assert!(
        error.to_string().contains("not UTF-8 text at byte 0"),
        "{error}"
    );
    let error = load(write("d.toml", b"locale = 'de'")).unwrap_err();
    assert!(error.to_string().contains("d.toml"), "{error}");
    let error = load(folder.path().join("none.toml")).unwrap_err();
    assert!(
        error.to_string().contains("none.toml: cannot be read"),
        "{error}"
    );
    let error = load(folder.path().to_owned()).unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
}

#[test]
fn a_token_file_is_read_beside_the_file_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "\u{feff}hunter2\r\n\n").unwrap();
    let path = folder.path().join("a.toml");
    std::fs::write(&path, "gateway_bearer_token_file = 'token'").unwrap();
    let loader = ConfigLoader::new().file(&path).unwrap();
    let config = loader.clone().finish().unwrap();
    assert_eq!(config.gateway_bearer_token.expose_secret(), "hunter2");
    // A token of a later layer replaces the file of an earlier one, and the other way round.
    let config = loader
        .set("gateway_bearer_token", "flag")
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(config.gateway_bearer_token.expose_secret(), "flag");
    let file = folder.path().join("token").to_str().unwrap().to_owned();
    let config = ConfigLoader::new()
        .text(FULL)
        .and_then(|loader| loader.set("gateway_backup_bearer_token_file", file))
        .and_then(ConfigLoader::finish)
        .unwrap();
    assert_eq!(
        config.gateway_backup_bearer_token.unwrap().expose_secret(),
        "hunter2"
    );
}

#[test]
fn a_token_file_that_is_no_good_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| json!({ "gateway_bearer_token_file": folder.path().join(name) });
    let error = of(&file("none").to_string()).unwrap_err();
    assert_eq!(error.key(), Some("gateway_bearer_token_file"));
    assert!(
        error.to_string().contains("none: cannot be read"),
        "{error}"
    );
    std::fs::write(folder.path().join("long"), vec![b'x'; 70_000]).unwrap();
    let error = of(&file("long").to_string()).unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
    std::fs::write(folder.path().join("binary"), b"\xff\xfe").unwrap();
    let error = of(&file("binary").to_string()).unwrap_err();
    assert!(error.to_string().contains("UTF-8 text"), "{error}");
    let mut both = file("binary");
    both["gateway_bearer_token"] = json!("hunter2");
    let error = of(&both.to_string()).unwrap_err();
    assert!(error.to_string().contains("set one of the two"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn errors_are_told_in_both_languages_and_lead_to_their_source() {
    let error = of("locale = 'de'").unwrap_err();
    assert_eq!(
        error.to_string(),
        "locale: \"de\" is not allowed; expected \"en\" or \"zh\""
    );
    assert_eq!(
        error.text(Locale::Zh),
        "locale: 不允许 \"de\"；应为\"en\" 或 \"zh\""
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    std::fs::write(&path, "locale = 1").unwrap();
    let error = ConfigLoader::new().file(&path).err().unwrap();
    assert!(
        error
            .source()
            .unwrap()
            .downcast_ref::<ConfigError>()
            .is_some(),
        "{error:?}"
    );
}
