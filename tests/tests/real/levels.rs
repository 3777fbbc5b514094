//! The level agents that `sidecar init` writes, on real gateways of both versions: which of the gateway's own
//! tools the model is offered at each level, and that nobody gets further.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use host_shim::{FaultCode, Level, NoticeCode, Plugin, TurnRequest};
use openclaw_sidecar::versions;
use openclaw_tests::provider::{PONG, offered, tool_results};
use openclaw_tests::real::{Real, ended};
use openclaw_tests::real_gateway::{NEWEST, PINNED, PROVIDER_KEY};
use openclaw_tests::rig::{Outcome, PretendMemory, TOKEN, cache_dir, config, tool, turn_with};
use serde_json::{Value, json};

use crate::TURN;

const MIB: u64 = 1 << 20;

/// What another user has said to the same gateway.
const PRIVATE: &str = "my-diary-says-walnut";

/// A gateway with the sidecar's config, and a plugin whose level picks the agent.
struct Stage {
    real: Real,
    memory: PretendMemory,
    plugin: Plugin,
}

impl Stage {
    async fn start(version: &str) -> Self {
        let real = Real::start(|options| {
            options.version = version.to_owned();
            options.as_sidecar = true;
        })
        .await;
        let memory = PretendMemory::default();
        let plugin = plugin(&real, &memory, json!({ "gateway_level_agents": true })).await;
        Self {
            real,
            memory,
            plugin,
        }
    }

    async fn ask(&self, session: &str, level: Level, text: &str) -> Outcome {
        let request = TurnRequest {
            session: session.to_owned(),
            ..turn_with(text, level, &[])
        };
        ended(self.plugin.ask(request)).await
    }

    /// What the model is offered in a turn of a session of its own.
    async fn offer(&self, level: Level) -> Vec<String> {
        let outcome = self.ask(&format!("offer-{level}"), level, "hi").await;
        assert_eq!(outcome.reply().text, PONG);
        offered(&self.real.model_call())
    }

    /// What a tool answers that the model calls.
    async fn call(&self, session: &str, level: Level, name: &str, arguments: Value) -> String {
        let text = format!("MAGIC_TOOL={name} MAGIC_ARGS={arguments}");
        self.ask(session, level, &text).await;
        tool_results(&self.real.model_call()).join("\n")
    }

    fn workspace(&self) -> PathBuf {
        self.real.gateway.folder().join("home/.openclaw/workspace")
    }
}

async fn plugin(real: &Real, memory: &PretendMemory, keys: Value) -> Plugin {
    Plugin::builder()
        .config(config(&real.gateway.url(), keys))
        .memory(memory.clone())
        .cache_dir(cache_dir())
        .build()
        .await
        .expect("the embedded component loads")
}

/// The tools that a version must offer at L1 and L3, and how many at L4.
struct Expected {
    version: &'static str,
    read_only: &'static [&'static str],
    commands: &'static [&'static str],
    everything: usize,
}

const OLD: Expected = Expected {
    version: PINNED,
    read_only: &["memory_get", "memory_search", "web_fetch", "web_search"],
    commands: &["edit", "exec", "process", "read", "write"],
    everything: 22,
};

const NEW: Expected = Expected {
    version: NEWEST,
    read_only: &[
        "ls",
        "memory_get",
        "memory_search",
        "read",
        "view_image",
        "web_fetch",
        "web_search",
    ],
    commands: &["apply_patch", "edit", "exec", "process", "write"],
    everything: 56,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_pinned_gateways_agents_keep_to_their_levels() {
    keeps_to_its_levels(&OLD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_gateways_agents_keep_to_their_levels() {
    keeps_to_its_levels(&NEW).await;
}

async fn keeps_to_its_levels(expected: &Expected) {
    let _turn = TURN.lock().await;
    let stage = Stage::start(expected.version).await;
    the_table(&stage, expected).await;
    a_command_runs_only_from_l3_on(&stage).await;
    nothing_secret_can_be_read(&stage, expected).await;
    at_300_mib_commands_are_gone(&stage, expected).await;
    tools_of_astrbot_come_besides(&stage, expected).await;
    an_agent_that_the_gateway_does_not_have(&stage, expected).await;
}

/// Issue 12, shows 1: level by level what the provider was offered.
async fn the_table(stage: &Stage, expected: &Expected) {
    let mut table = BTreeMap::new();
    for level in Level::ALL {
        table.insert(level.to_string(), stage.offer(*level).await);
    }
    let main = ended(stage.real.plugin.ask(TurnRequest::new("hi"))).await;
    assert_eq!(main.reply().text, PONG);
    table.insert("main".to_owned(), offered(&stage.real.model_call()));
    println!("OpenClaw {}, tools offered to the model:", expected.version);
    for (level, tools) in &table {
        println!("| {level} | {} | {} |", tools.len(), tools.join(", "));
    }
    let mut with_commands: Vec<&str> = [expected.read_only, expected.commands].concat();
    with_commands.sort_unstable();
    assert_eq!(table["L0"], [""; 0]);
    assert_eq!(table["L1"], expected.read_only);
    assert_eq!(table["L2"], expected.read_only);
    assert_eq!(table["L3"], with_commands);
    assert_eq!(table["main"], expected.read_only);
    let all = &table["L4"];
    assert_eq!(all.len(), expected.everything);
    // The doctor knows all of them.
    let range = versions::of(expected.version);
    let unknown: Vec<&String> = all
        .iter()
        .filter(|name| range.tool(name).is_none())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(
        with_commands
            .iter()
            .all(|tool| all.iter().any(|other| other == tool))
    );
}

/// A model that calls `exec` although it was not offered gets nothing executed.
async fn a_command_runs_only_from_l3_on(stage: &Stage) {
    for level in Level::ALL {
        let mark = format!("ran-{level}");
        let command = json!({ "command": format!("echo x > {mark}") });
        let answer = stage.call(&mark, *level, "exec", command).await;
        let ran = stage.workspace().join(&mark).exists();
        assert_eq!(ran, *level >= Level::Host, "{level}: {answer}");
        let path = format!("wrote-{level}");
        let write = json!({ "path": path, "content": "x" });
        let answer = stage.call(&path, *level, "write", write).await;
        let wrote = stage.workspace().join(&path).exists();
        assert_eq!(wrote, *level >= Level::Host, "{level}: {answer}");
    }
}

/// The token, the provider's key and another user's words are in files and in the environment; at L1 and L2
/// no tool gets at them, whatever path it is given.
async fn nothing_secret_can_be_read(stage: &Stage, expected: &Expected) {
    let gateway = &stage.real.gateway;
    stage.ask("somebody-else", Level::ReadOnly, PRIVATE).await;
    let (folder, workspace) = (gateway.folder(), stage.workspace());
    let link = |to: PathBuf, name: &str| {
        std::os::unix::fs::symlink(to, workspace.join(name)).expect("a link");
    };
    fs::write(workspace.join("inside.txt"), "INSIDE").expect("a file");
    fs::create_dir_all(workspace.join("memory")).expect("a folder");
    // As an agent at L3 could leave them.
    link("/proc/self/environ".into(), "environment");
    link(folder.join("state"), "state");
    link(folder.join("state"), "memory/state");
    link(
        format!("/proc/{}/environ", gateway.pid()).into(),
        "memory/day.md",
    );
    let state: Vec<String> = files_with(&folder.join("state"), &[PROVIDER_KEY, PRIVATE]);
    assert!(!state.is_empty(), "somewhere it must keep what was said");
    let mut paths: Vec<String> = state.iter().take(2).cloned().collect();
    let relative = |path: &String| path.replace(&format!("{}/", folder.display()), "../../../");
    paths.extend(state.iter().take(2).map(relative));
    paths.extend([
        "/proc/self/environ".to_owned(),
        "/proc/1/environ".to_owned(),
        format!("/proc/{}/environ", gateway.pid()),
        format!("file:///proc/{}/environ", gateway.pid()),
        "environment".to_owned(),
        "state".to_owned(),
        "state/agents".to_owned(),
        "memory/day.md".to_owned(),
        "memory/state/openclaw.json".to_owned(),
        "~/../openclaw.json".to_owned(),
        folder.join("openclaw.json").display().to_string(),
    ]);
    let reads = [
        "read",
        "ls",
        "view_image",
        "memory_get",
        "image",
        "sessions_history",
    ];
    let own = stage
        .call(
            "own",
            Level::ReadOnly,
            "read",
            json!({ "path": "inside.txt" }),
        )
        .await;
    assert_eq!(
        own.contains("INSIDE"),
        expected.read_only.contains(&"read"),
        "{own}"
    );
    let mut tried = 0;
    for level in [Level::ReadOnly, Level::Act] {
        for tool in reads {
            // What is not offered is refused by its name, whatever the path; and L2 has L1's tools.
            let offered = expected.read_only.contains(&tool) && level == Level::ReadOnly;
            let count = if offered { paths.len() } else { 1 };
            for path in paths.iter().take(count) {
                let session = format!("thief-{tried}");
                let answer = stage
                    .call(&session, level, tool, json!({ "path": path }))
                    .await;
                assert!(!answer.is_empty(), "{tool} {path}");
                for secret in [
                    TOKEN,
                    PROVIDER_KEY,
                    PRIVATE,
                    "OPENCLAW_STATE_DIR",
                    "\"gateway\"",
                ] {
                    assert!(!answer.contains(secret), "{level} {tool} {path}: {answer}");
                }
                tried += 1;
            }
        }
    }
    let url = json!({ "url": format!("{}/v1/models", gateway.url()) });
    let answer = stage.call("fetch", Level::ReadOnly, "web_fetch", url).await;
    assert!(answer.contains("rror"), "loopback: {answer}");
    // The same call shows that there is something to find.
    let path = format!("/proc/{}/environ", gateway.pid());
    let found = stage
        .call("admin", Level::Root, "read", json!({ "path": path }))
        .await;
    assert!(found.contains(TOKEN), "{found}");
    println!(
        "OpenClaw {}: {tried} attempts to read a secret failed",
        expected.version
    );
}

/// Files below a folder that contain one of these.
fn files_with(folder: &std::path::Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files_with(&path, words));
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        let has = |word: &&str| {
            bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes())
        };
        if words.iter().any(|word| has(&word)) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Below 350 MiB the next turn has no commands, even of the same session.
async fn at_300_mib_commands_are_gone(stage: &Stage, expected: &Expected) {
    let tools = |call: &Value| offered(call);
    stage.ask("memory", Level::Root, "hi").await.reply();
    let before = tools(&stage.real.model_call());
    for tool in ["exec", "write"] {
        assert!(before.iter().any(|name| name == tool), "{before:?}");
    }
    stage.memory.available(300 * MIB);
    let outcome = stage.ask("memory", Level::Root, "hi").await;
    outcome.reply();
    let after = tools(&stage.real.model_call());
    println!(
        "OpenClaw {} at 300 MiB: {}",
        expected.version,
        after.join(", ")
    );
    assert_eq!(after, expected.read_only);
    assert!(
        outcome.notices().contains(&NoticeCode::LevelLowered),
        "{:?}",
        outcome.notices()
    );
    stage.memory.available(4096 * MIB);
    stage.ask("memory", Level::Root, "hi").await.reply();
    assert_eq!(tools(&stage.real.model_call()), before);
}

/// AstrBot's own tools are offered besides from their level on, where the version can.
async fn tools_of_astrbot_come_besides(stage: &Stage, expected: &Expected) {
    for (level, has) in [(Level::ReadOnly, false), (Level::Act, true)] {
        let request = TurnRequest {
            session: format!("astrbot-{level}"),
            ..turn_with("hi", level, &[tool("astrbot_ping", Level::Act)])
        };
        ended(stage.plugin.ask(request)).await.reply();
        let mut all = offered(&stage.real.model_call());
        let there = all.iter().position(|name| name == "astrbot_ping");
        let able = versions::of(expected.version).offers_client_tools;
        assert_eq!(there.is_some(), has && able, "{all:?}");
        if let Some(at) = there {
            all.remove(at);
        }
        assert_eq!(all, expected.read_only);
    }
}

/// 2026.9.6 refuses it; 2026.2.9 makes it on the spot, with next to no tools thanks to the profile.
async fn an_agent_that_the_gateway_does_not_have(stage: &Stage, expected: &Expected) {
    let keys = json!({ "gateway_level_agents": true, "gateway_agent_id": "ghost" });
    let ghost = plugin(&stage.real, &stage.memory, keys).await;
    let outcome = ended(ghost.ask(turn_with("hi", Level::Root, &[]))).await;
    if expected.version == PINNED {
        assert_eq!(outcome.reply().text, PONG);
        assert_eq!(offered(&stage.real.model_call()), ["session_status"]);
    } else {
        let fault = outcome.fault();
        assert_eq!(fault.code, FaultCode::ConfigInvalid, "{fault:?}");
        assert!(fault.message.contains("ghost-l4"), "{fault:?}");
    }
}
