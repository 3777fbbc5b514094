//! The broken roots around the level agents and what a version needs in the config.

use std::fs;

use openclaw_sidecar::doctor::Facts;
use openclaw_sidecar::dotenv;
use openclaw_sidecar::layout::Root;
use openclaw_sidecar::plugin_settings::PluginSettings;
use openclaw_sidecar::secret::Token;
use openclaw_sidecar::templates::config_file;

use super::failing_cases::{Case, files};
use super::healthy::{COMPOSE, CONFIG, TOKEN, edit, set_env};

const NEWER: &str = "2026.9.6";

/// A config that boots, with these agents.
fn own(root: &Root, agents: &str) {
    let gateway = "gateway: { mode: \"local\", auth: { mode: \"token\" }, \
                   http: { endpoints: { responses: { enabled: true } } } },";
    fs::write(root.join(CONFIG), format!("{{\n  {gateway}\n{agents}}}\n")).unwrap();
}

fn newer(root: &Root) {
    fs::write(root.join(CONFIG), config_file(NEWER)).unwrap();
    set_env(root, dotenv::VERSION, NEWER);
    set_env(root, dotenv::STOP_GRACE, "330s");
}

fn newer_runs(facts: &mut Facts) {
    let mut container = facts.in_container().unwrap().clone();
    container.image = format!("ghcr.io/openclaw/openclaw:{NEWER}");
    container.memory_limit = 2560 << 20;
    facts.container = Ok(Some(container));
}

fn plugin(facts: &mut Facts, agent: &str, level_agents: bool) {
    facts.plugin = Some(Ok(PluginSettings {
        url: Some("http://127.0.0.1:18789".to_owned()),
        token: Token::new(TOKEN),
        agent: Some(agent.to_owned()),
        level_agents,
        level_agent_names: Vec::new(),
    }));
}

/// By what is broken.
pub const CASES: &[Case] = &[
    Case {
        name: "config-of-an-older-version",
        root: |root| {
            newer(root);
            fs::write(root.join(CONFIG), config_file("2026.2.9")).unwrap();
        },
        facts: newer_runs,
    },
    files("config-of-a-newer-version", |root| {
        fs::write(root.join(CONFIG), config_file(NEWER)).unwrap();
    }),
    files("config-overridden", |root| {
        edit(root, CONFIG, "// >>> host-shim sidecar session", "// mine");
        edit(root, CONFIG, "// <<< host-shim sidecar session", "// mine");
        edit(root, CONFIG, "idleMinutes: 5256000", "idleMinutes: 60");
    }),
    files("config-marker-lost", |root| {
        edit(root, CONFIG, "    // <<< host-shim sidecar tools\n", "");
    }),
    files("level-agents-missing", |root| own(root, "")),
    files("level-agents-of-the-user", |root| {
        own(root, "  agents: { list: [{ id: 'main' }] },\n");
    }),
    files("level-agents-incomplete", |root| {
        let l0 = "{ id: 'main-l0', tools: { deny: ['*'] } }";
        own(root, &format!("  agents: {{ list: [{l0}] }},\n"));
    }),
    // The same tools on an agent of 2026.2.9 read every file.
    files("level-agents-loose", |root| {
        edit(
            root,
            CONFIG,
            "allow: [\"web_search\",",
            "allow: [\"read\", \"exec\", \"web_search\",",
        );
    }),
    Case {
        name: "level-agents-unconfined",
        root: |root| {
            newer(root);
            edit(root, CONFIG, ", fs: { workspaceOnly: true }", "");
        },
        facts: newer_runs,
    },
    files("level-agents-unknown-names", |root| {
        let known = "[\"web_search\", \"web_fetch\", \"memory_search\", \"memory_get\"]";
        edit(root, CONFIG, known, "[\"websearch\"]");
    }),
    files("level-agents-denied", |root| {
        let own = "elevated: { enabled: false }, deny: [\"group:runtime\", \"write\"],";
        edit(root, CONFIG, "elevated: { enabled: false },", own);
    }),
    Case {
        name: "plugin-levels-off",
        root: |_| {},
        facts: |facts| plugin(facts, "main", false),
    },
    Case {
        name: "plugin-levels-absent",
        root: |_| {},
        facts: |facts| plugin(facts, "amy", true),
    },
    files("container-privileged", |root| {
        edit(root, COMPOSE, "    cap_drop:\n      - ALL\n", "");
        edit(
            root,
            COMPOSE,
            "      - no-new-privileges:true\n",
            "      - label=disable\n",
        );
        edit(
            root,
            COMPOSE,
            "user: \"1000:1000\"",
            "user: root\n    privileged: true",
        );
    }),
];
