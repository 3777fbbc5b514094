//! Roots whose config or compose file is broken or incomplete.

use std::fs;

use openclaw_sidecar::dotenv;

use super::failing_cases::{Case, files};
use super::healthy::{COMPOSE, CONFIG, TOKEN, edit, set_env};

/// By what is broken.
pub const CASES: &[Case] = &[
    // The config.
    files("config-not-json5", |root| {
        edit(root, CONFIG, "mode: \"local\",", "mode: \"local")
    }),
    files("config-mode", |root| {
        edit(root, CONFIG, "mode: \"local\",", "")
    }),
    files("config-password", |root| {
        edit(
            root,
            CONFIG,
            "auth: { mode: \"token\" }",
            "auth: { mode: \"password\" }",
        )
    }),
    files("config-token", |root| {
        edit(
            root,
            CONFIG,
            "auth: { mode: \"token\" }",
            "auth: { token: \"x\" }",
        )
    }),
    // Report F23: a config in parts, of which one cannot be seen from here; a token in it.
    files("config-include-not-mounted", |root| {
        edit(
            root,
            CONFIG,
            "mode: \"local\",",
            "$include: \"./more.json5\",",
        )
    }),
    files("config-token-the-same", |root| {
        edit(
            root,
            CONFIG,
            "auth: { mode: \"token\" }",
            &format!("auth: {{ token: \"{TOKEN}\" }}"),
        )
    }),
    files("config-endpoint-off", |root| {
        edit(root, CONFIG, "enabled: true", "enabled: false")
    }),
    // The compose file.
    files("compose-not-yaml", |root| {
        edit(root, COMPOSE, "services:", "services: [")
    }),
    files("compose-no-service", |root| {
        edit(root, COMPOSE, "\nservices:", "\nx-services:")
    }),
    // Report F28: mounts without a label where SELinux is enforced (openclaw/openclaw#39449).
    Case {
        name: "selinux-without-labels",
        root: |root| edit(root, COMPOSE, ":z\n", "\n"),
        facts: |facts| facts.selinux = Some(true),
    },
    // Report R10 (attack): a version that drains longer than it may.
    files("stop-grace-short", |root| {
        set_env(root, dotenv::VERSION, "2026.9.6")
    }),
    // Report F24: forms that Compose takes, and that say too little here to call anything wrong.
    Case {
        name: "compose-not-understood",
        root: |root| edit(root, COMPOSE, "services:", "services: ["),
        facts: |facts| facts.compose_verdict = Some(Ok(())),
    },
    Case {
        name: "compose-refused-by-compose",
        root: |root| edit(root, COMPOSE, "services:", "services: ["),
        facts: |facts| facts.compose_verdict = Some(Err("yaml: line 5".to_owned())),
    },
    files("compose-includes", |root| {
        edit(
            root,
            COMPOSE,
            "\nservices:",
            "\ninclude: [gateway.yml]\nx-services:",
        )
    }),
    files("compose-image-fixed", |root| {
        let text = fs::read_to_string(root.join(COMPOSE)).unwrap();
        let image = text
            .lines()
            .find(|line| line.trim_start().starts_with("image:"));
        edit(
            root,
            COMPOSE,
            image.unwrap(),
            "    image: ghcr.io/openclaw/openclaw:2026.2.9",
        );
    }),
    files("compose-bind-of-a-variable", |root| {
        edit(root, COMPOSE, "\"lan\"", "\"${BIND:?}\"")
    }),
    files("compose-port-of-a-variable", |root| {
        edit(root, COMPOSE, "127.0.0.1:${", "${ADDRESS:?}:${")
    }),
    files("compose-network-of-another", |root| {
        edit(
            root,
            COMPOSE,
            "    init: true\n",
            "    init: true\n    network_mode: \"service:astrbot\"\n",
        );
        edit(root, COMPOSE, "    ports:\n", "    x-ports:\n");
    }),
    files("compose-binds-loopback", |root| {
        edit(
            root,
            COMPOSE,
            "\"--bind\", \"lan\"",
            "\"--bind\", \"loopback\"",
        )
    }),
    Case {
        name: "gateway-by-hand-binds-everywhere",
        root: |root| edit(root, CONFIG, "bind: \"loopback\"", "bind: \"lan\""),
        facts: |facts| facts.container = Ok(None),
    },
    files("compose-host-network", |root| {
        edit(
            root,
            COMPOSE,
            "    init: true\n",
            "    init: true\n    network_mode: host\n",
        )
    }),
    files("compose-publishes-everywhere", |root| {
        edit(root, COMPOSE, "127.0.0.1:${", "${")
    }),
    files("compose-publishes-nothing", |root| {
        edit(root, COMPOSE, "    ports:\n", "    x-ports:\n")
    }),
];
