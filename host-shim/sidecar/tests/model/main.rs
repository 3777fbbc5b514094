//! `model` over the whole program, its prompts on a real terminal, and a root that `init` makes.

#[path = "../common/mod.rs"]
mod common;
mod from_astrbot;
mod terminal;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::Stage;
use openclaw_sidecar::dotenv::{self, PROVIDER_KEY};
use openclaw_sidecar::gateway_config;
use serde_json::Value;

const CONFIG: &str = "openclaw_sidecar.config.json5";
const COMPOSE: &str = "openclaw_sidecar.compose.yml";
const KEY: &str = "sk-0123456789abcdef";

fn config(stage: &Stage) -> Value {
    gateway_config::parse(&text(stage, CONFIG)).unwrap()
}

fn text(stage: &Stage, file: &str) -> String {
    fs::read_to_string(stage.root.join(file)).unwrap()
}

fn key_file(stage: &Stage, key: &str) -> String {
    let path = stage.folder.path().join("key.txt");
    fs::write(&path, key).unwrap();
    path.display().to_string()
}

/// AstrBot's data folder with this config.
fn astrbot(stage: &Stage, config: &str) -> String {
    let data = stage.folder.path().join("astrbot");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("cmd_config.json"), config).unwrap();
    data.display().to_string()
}

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_service_by_flags_and_the_key_only_in_the_env() {
    let stage = Stage::new();
    let file = key_file(&stage, &format!("{KEY}\n"));
    let words = ["model", "--service=deepseek", "--key-file", &file];
    let before = (
        text(&stage, CONFIG),
        text(&stage, COMPOSE),
        text(&stage, ".env"),
    );

    let dry = stage.run(&[&words[..], &["--dry-run"]].concat()).ends(0);
    assert!(
        dry.stdout
            .contains("+      model: { primary: \"sidecar_deepseek/deepseek-chat\" },"),
        "{dry:?}"
    );
    assert!(!dry.stdout.contains(KEY) && !dry.stderr.contains(KEY));
    assert_eq!(
        before,
        (
            text(&stage, CONFIG),
            text(&stage, COMPOSE),
            text(&stage, ".env")
        )
    );

    let run = stage
        .run(&words)
        .ends(0)
        .says("The gateway uses deepseek-chat at https://api.deepseek.com/v1.");
    assert!(
        run.stderr.contains("Next: host-shim sidecar up --root"),
        "{run:?}"
    );
    assert!(!run.stderr.contains(KEY));
    assert_eq!(stage.env().get(PROVIDER_KEY), Some(KEY));
    assert!(!text(&stage, CONFIG).contains(KEY) && !text(&stage, COMPOSE).contains(KEY));
    assert_eq!(
        config(&stage)["agents"]["defaults"]["model"]["primary"],
        "sidecar_deepseek/deepseek-chat"
    );
    assert_eq!(text(&stage, COMPOSE), before.1);

    // The restore point has what was there before.
    let points = stage.run(&["rollback", "--list"]).ends(0);
    let id = points.stdout.split_whitespace().next().unwrap().to_owned();
    let point = stage.root.join(".sidecar/restore-points").join(id);
    assert_eq!(fs::read_to_string(point.join(CONFIG)).unwrap(), before.0);

    // Another model of the same service keeps the key; another service needs one.
    stage
        .run(&["model", "--model=deepseek-reasoner"])
        .ends(0)
        .says("is unchanged");
    assert_eq!(
        config(&stage)["agents"]["defaults"]["model"]["primary"],
        "sidecar_deepseek/deepseek-reasoner"
    );
    let refused = stage.run(&["model", "--service=qwen"]).ends(1);
    assert!(
        refused
            .stderr
            .contains("No key was given for https://dashscope.aliyuncs.com"),
        "{refused:?}"
    );
    // `init` sees no difference, and says no longer that a provider is needed.
    let init = stage.run(&["init"]).ends(0);
    assert!(
        !init.stderr.contains("differs") && !init.stderr.contains("model provider"),
        "{init:?}"
    );
    assert!(
        init.stderr.contains("Next: host-shim sidecar up"),
        "{init:?}"
    );
    stage.edit(CONFIG, "mode: \"local\",", "mode: 'local',");
    stage.run(&["init", "--force"]).ends(0);
    assert_eq!(
        config(&stage)["agents"]["defaults"]["model"]["primary"],
        "sidecar_deepseek/deepseek-reasoner"
    );
}

#[test]
fn keys_from_a_variable_and_from_standard_input() {
    let stage = Stage::new();
    let mut command = stage.command(&["model", "--service=qwen", "--key-env", "--json"]);
    let run = common::Run::of(command.env("DASHSCOPE_API_KEY", KEY).output().unwrap()).ends(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["key"], "written");
    assert_eq!(
        report["base_url"],
        "https://dashscope.aliyuncs.com/compatible-mode/v1"
    );
    assert!(report["restore_point"].is_string());
    assert_eq!(stage.env().get(PROVIDER_KEY), Some(KEY));

    let words = [
        "model",
        "--base-url=https://llm.example.com/v1/",
        "--model=m",
        "--key-file=-",
    ];
    let mut child = stage
        .command(&words)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"sk-from-stdin-01\n")
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(stage.env().get(PROVIDER_KEY), Some("sk-from-stdin-01"));
    assert_eq!(
        config(&stage)["models"]["providers"]["sidecar_custom"]["baseUrl"],
        "https://llm.example.com/v1"
    );
}

#[test]
fn a_model_server_on_this_machine_gets_the_compose_lines_it_needs() {
    let stage = Stage::new();
    let run = stage
        .run(&["model", "--service=ollama", "--model=qwen3:8b"])
        .ends(0);
    for words in [
        "http://host.docker.internal:11434/v1",
        "OLLAMA_HOST=0.0.0.0",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    assert!(text(&stage, COMPOSE).contains("- \"host.docker.internal:host-gateway\""));
    let provider = &config(&stage)["models"]["providers"]["sidecar_ollama"];
    assert_eq!(provider["baseUrl"], "http://host.docker.internal:11434/v1");
    assert!(
        stage.env().get(PROVIDER_KEY).is_some(),
        "the gateway asks for none without a key"
    );
    let init = stage.run(&["init"]).ends(0);
    assert!(!init.stderr.contains("differs"), "{init:?}");
    // Without a container it stays as it is.
    stage
        .run(&["model", "--service=ollama", "--keep-loopback"])
        .ends(0);
    assert_eq!(
        config(&stage)["models"]["providers"]["sidecar_ollama"]["baseUrl"],
        "http://127.0.0.1:11434/v1"
    );
}

#[test]
fn bad_choices_change_nothing_and_say_what_to_do() {
    let stage = Stage::new();
    let good = key_file(&stage, KEY);
    let broken = stage.folder.path().join("broken.txt");
    fs::write(&broken, format!("{KEY}\nsk-2\n")).unwrap();
    let broken = broken.display().to_string();
    let before = (
        text(&stage, CONFIG),
        text(&stage, COMPOSE),
        text(&stage, ".env"),
    );
    for (words, says) in [
        (&["--key-file", &good][..], "No service was named"),
        (
            &["--service=custom", "--key-file", &good],
            "--service custom needs --base-url",
        ),
        (
            &["--base-url=https://x.example/v1", "--key-file", &good],
            "No model was named",
        ),
        (
            &[
                "--base-url=https://x.example/v1/chat/completions",
                "--model=m",
            ],
            "Use https://x.example/v1.",
        ),
        (
            &["--base-url=https://me:sk-secret@x.example/v1", "--model=m"],
            "contains a user name or password",
        ),
        (
            &["--service=deepseek", "--key-file", &broken],
            "contains a line break",
        ),
        (
            &["--service=deepseek", "--key-file=/no/such/key"],
            "Cannot read the key from /no/such/key",
        ),
        (
            &["--service=deepseek", "--key-env=NO_SUCH_VARIABLE"],
            "NO_SUCH_VARIABLE is not set or empty",
        ),
        (&["--service=deepseek"], "No key was given"),
        (
            &[
                "--service=deepseek",
                "--model=two words",
                "--key-file",
                &good,
            ],
            "is not a model's name",
        ),
    ] {
        let run = stage.run(&[&["model"], words].concat()).ends(1);
        assert!(
            run.stderr.contains(says) && run.stderr.contains("remedy"),
            "{words:?}: {run:?}"
        );
        assert!(!run.stderr.contains("sk-secret") && !run.stderr.contains(KEY));
    }
    for words in [
        &["--service=nosuch"][..],
        &["--key-env=A", "--key-file=b"],
        &["--provider=x"],
    ] {
        stage.run(&[&["model"], words].concat()).ends(2);
    }
    stage.edit(CONFIG, "heartbeat:", "model: 'a/b', heartbeat:");
    let run = stage
        .run(&["model", "--service=deepseek", "--key-file", &good])
        .ends(1);
    assert!(
        run.stderr
            .contains("agents.defaults.model is already set on line"),
        "{run:?}"
    );
    stage.edit(CONFIG, "model: 'a/b', heartbeat:", "heartbeat:");
    assert_eq!(
        before,
        (
            text(&stage, CONFIG),
            text(&stage, COMPOSE),
            text(&stage, ".env")
        )
    );
}

#[test]
fn a_dry_run_shows_no_secret_of_other_providers_and_nothing_is_written_into_an_upgrade() {
    let stage = Stage::new();
    let file = key_file(&stage, KEY);
    stage.edit(CONFIG, "    providers: {\n", "    providers: {\n      mine: { baseUrl: 'http://x', apiKey: 'sk-of-mine-1', models: [] },\n");
    let words = ["model", "--service=deepseek", "--key-file", &file];
    let dry = stage.run(&[&words[..], &["--dry-run"]].concat()).ends(0);
    assert!(
        dry.stdout.contains("apiKey: '***'") && !dry.stdout.contains("sk-of-mine-1"),
        "{dry:?}"
    );
    fs::create_dir_all(stage.root.join(".sidecar")).unwrap();
    let journal = serde_json::json!({"operation": "upgrade", "from": "2026.2.9", "to": "2026.9.6",
        "restore_point": "x", "used": null, "was_running": true, "step": "switching"});
    fs::write(stage.root.journal(), journal.to_string()).unwrap();
    stage
        .run(&words)
        .ends(1)
        .says("was interrupted")
        .says("host-shim sidecar up");
    assert_eq!(stage.env().get(PROVIDER_KEY), None);
}

// N1 of issue 13: everything was green until the first question.
#[test]
fn up_says_that_a_provider_is_missing_and_refuses_an_empty_key() {
    let stage = Stage::new();
    stage
        .run(&["up"])
        .ends(0)
        .says("But every turn will fail: No model provider is configured.");
    // One that containers reach, and one that they do not.
    let server = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    stage.with_model_at(stage.port, false);
    stage
        .run(&["up"])
        .ends(0)
        .says("listens only on this machine's loopback address");
    stage.with_model_at(server.local_addr().unwrap().port(), false);
    let run = stage.run(&["up"]).ends(0);
    assert!(!run.stderr.contains("will fail"), "{run:?}");
    let env = stage.root.join(".env");
    let text = dotenv::set(&fs::read_to_string(&env).unwrap(), PROVIDER_KEY, "");
    fs::write(env, text).unwrap();
    stage
        .run(&["up"])
        .ends(1)
        .says("OPENCLAW_PROVIDER_API_KEY is empty")
        .says("host-shim sidecar model");
}

#[test]
fn the_list_has_every_service() {
    let stage = Stage::new();
    let list = stage.run(&["model", "--list"]).ends(0);
    for words in [
        "deepseek",
        "qwen",
        "moonshot",
        "zhipu",
        "siliconflow",
        "openai",
        "anthropic",
        "gemini",
        "openrouter",
        "ollama",
        "custom",
    ] {
        assert!(
            list.stdout.lines().any(|line| line.starts_with(words)),
            "{words}"
        );
    }
    assert!(list.stdout.lines().all(|line| line.chars().count() <= 80));
    let json = stage.run(&["model", "--list", "--json"]).ends(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["services"][0]["key_variable"], "DEEPSEEK_API_KEY");
}
