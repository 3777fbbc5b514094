//! Forms of the compose file and the config that users have, over the whole program and a stand-in
//! engine: what Compose and OpenClaw take, `up` takes.

mod common;

use std::fs;

use common::Stage;

const COMPOSE: &str = "openclaw_sidecar.compose.yml";
const CONFIG: &str = "openclaw_sidecar.config.json5";

const COMMAND: &str =
    r#"command: ["node", "dist/index.js", "gateway", "--bind", "lan", "--port", "18789"]"#;
const PORTS: &str = "ports:\n      - \"127.0.0.1:${OPENCLAW_HOST_PORT:-18789}:18789\"";

#[test]
fn up_takes_the_compose_files_that_compose_takes() {
    // Report F24: forms of a compose file that Compose takes and that `up` refused; among them
    // OpenClaw's own (openclaw/openclaw#46462: `--bind ${OPENCLAW_GATEWAY_BIND:-lan}`) and an address
    // in a variable (justlovemaki/openclaw-china-docker#164).
    let forms: &[(&str, &str)] = &[
        (
            COMMAND,
            "command: node dist/index.js gateway --bind lan --port 18789",
        ),
        (
            COMMAND,
            r#"command: ["node", "dist/index.js", "gateway", "--bind=lan", "--port=18789"]"#,
        ),
        (
            COMMAND,
            r#"command: ["node", "dist/index.js", "gateway", "--bind", "${BIND:-lan}", "--port", "18789"]"#,
        ),
        (
            COMMAND,
            r#"command: sh -c "exec node dist/index.js gateway --bind lan --port 18789""#,
        ),
        (
            COMMAND,
            "entrypoint: [node, dist/index.js]\n    command: [gateway, --bind, lan]",
        ),
        (
            COMMAND,
            "entrypoint: node dist/index.js gateway --bind lan --port 18789",
        ),
        (
            COMMAND,
            "command: ${GATEWAY_COMMAND:-node dist/index.js gateway --bind lan --port 18789}",
        ),
        (
            PORTS,
            "ports:\n      - \"${OPENCLAW_BIND_IP:-127.0.0.1}:${OPENCLAW_HOST_PORT}:18789\"",
        ),
        (
            PORTS,
            "ports: [\"127.0.0.1:$OPENCLAW_HOST_PORT:18789/tcp\", \"127.0.0.1:18790-18791:18790-18791\"]",
        ),
        (
            PORTS,
            "ports:\n      - target: 18789\n        published: ${OPENCLAW_HOST_PORT}\n        host_ip: 127.0.0.1",
        ),
        (
            PORTS,
            "ports:\n      - {target: 18789, published: \"${OPENCLAW_HOST_PORT}\", host_ip: \"${IP:-127.0.0.1}\", mode: host}",
        ),
        (PORTS, "network_mode: \"service:astrbot\""),
        (PORTS, "network_mode: host"),
        (
            "services:\n",
            "x-common: &common\n  init: true\nservices:\n  openclaw-cli: {image: ghcr.io/openclaw/openclaw, profiles: [cli]}\n",
        ),
        ("services:\n", "name: bots\nversion: \"3.9\"\nservices:\n"),
        ("services:\n", "\u{feff}services:\n"),
        (
            "    init: true\n",
            "    init: true\n    init: true\n    profiles: []\n    env_file: [.env, {path: more.env, required: false}]\n",
        ),
        (
            "    user: \"1000:1000\"\n",
            "    user: \"1000:1000\"\n    deploy: !reset null\n    labels: [a=b, c]\n",
        ),
        (
            "    environment:\n      HOME: /home/node\n",
            "    environment: &env\n      HOME: /home/node\n      PI: 3.14\n      INF: .inf\n",
        ),
    ];
    for (from, to) in forms {
        let stage = Stage::new();
        stage.edit(COMPOSE, from, to);
        if to.contains("host\"") || to.ends_with("mode: host") {
            // Nobody could listen on 18789 here; the port is the gateway's own.
            stage.edit(
                COMPOSE,
                "\"--port\", \"18789\"",
                &format!("\"--port\", \"{}\"", stage.port),
            );
        }
        stage.run(&["up"]).ends(0);
    }
}

#[test]
fn a_service_that_extends_another_is_read_as_a_whole() {
    // Report F24: anchors, merge keys, `extends` within the file and from another one.
    let stage = Stage::new();
    let text = fs::read_to_string(stage.root.join(COMPOSE)).unwrap();
    let base = text.replace("openclaw-gateway:", "base:");
    fs::write(stage.root.join("base.yml"), base).unwrap();
    for form in [
        "services:\n  openclaw-gateway:\n    extends: {file: base.yml, service: base}\n",
        "services:\n  base: {extends: {file: ./base.yml, service: base}}\n  openclaw-gateway:\n    extends: base\n    environment: [A=1]\n",
        "x-gateway: &gateway\n  image: ghcr.io/openclaw/openclaw:${OPENCLAW_VERSION}\n  command: gateway --bind lan\n  ports: [\"127.0.0.1:${OPENCLAW_HOST_PORT}:18789\"]\nservices:\n  openclaw-gateway:\n    <<: *gateway\n    environment: [OPENCLAW_GATEWAY_TOKEN]\n",
        "openclaw-gateway:\n  image: ghcr.io/openclaw/openclaw:${OPENCLAW_VERSION}\n  command: gateway --bind lan\n  ports: [\"127.0.0.1:${OPENCLAW_HOST_PORT}:18789\"]\n",
    ] {
        fs::write(stage.root.join(COMPOSE), form).unwrap();
        stage.run(&["up"]).ends(0);
        let run = stage.run(&["doctor", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        for check in report["checks"].as_array().unwrap() {
            let name = check["name"].as_str().unwrap();
            let of_file = ["bind", "publish", "compose-file", "compose-parts"].contains(&name);
            assert!(!of_file || check["status"] == "ok", "{form}: {check}");
        }
    }
}

#[test]
fn what_cannot_be_read_here_is_left_to_compose() {
    // Report F24: Compose's own word decides about a file that is not understood here.
    let stage = Stage::new();
    stage.edit(COMPOSE, "services:", "services: [");
    stage
        .run(&["up"])
        .ends(1)
        .says("Compose rejects it")
        .says("did not find expected key");
    assert!(!stage.calls().contains(" up "), "{}", stage.calls());
    stage.file("takes-compose-file", "");
    // The image cannot be told, so that Compose pulls it.
    stage.run(&["up"]).ends(0);
    let run = stage.run(&["doctor"]);
    assert!(run.stdout.contains("Compose accepts it"), "{run:?}");
}

#[test]
fn up_takes_the_configs_that_openclaw_takes() {
    // Report F23: configs that the gateway's own loader takes and that `up` refused; its rules for
    // `auth` have changed with the versions (OpenRouterLabs/spawn#2617).
    let auth = "auth: { mode: \"token\" }";
    let forms: &[(&str, &str)] = &[
        (auth, "auth: { mode: \"token\", password: \"old\" }"),
        (
            auth,
            "auth: { mode: \"password\", password: \"${OPENCLAW_GATEWAY_TOKEN}\" }",
        ),
        (auth, "auth: { password: \"${OPENCLAW_GATEWAY_TOKEN}\" }"),
        (
            auth,
            "auth: { token: \"${OPENCLAW_GATEWAY_TOKEN}\", allowTailscale: false }",
        ),
        (auth, "auth: { token: { source: \"env\", id: \"X\" } }"),
        (auth, "auth: {}"),
        (auth, "unknownKey: { a: [1, 2] }"),
        ("mode: \"local\",", "$include: \"./mode.json5\","),
        (
            "mode: \"local\",",
            "$include: [\"./mode.json5\", \"./no-such.json5\"],",
        ),
        ("mode: \"local\",", "mode: \"${GATEWAY_MODE}\","),
        (
            "enabled: true,",
            "$include: \"/etc/openclaw/endpoint.json5\",",
        ),
        (
            "{\n  gateway:",
            "\u{feff}{ 'quoted': \"\\ud83d\", $schema: 'x', _x: +.5e1, y: 0xFF, z: [1,], gateway:",
        ),
        (
            "{\n  gateway:",
            "{ env: { vars: { GATEWAY_MODE: \"local\" } },\n  gateway:",
        ),
    ];
    for (from, to) in forms {
        let stage = Stage::new();
        fs::write(stage.root.join("mode.json5"), "{ mode: 'local' }").unwrap();
        stage.edit(CONFIG, from, to);
        stage.run(&["up"]).ends(0);
        let run = stage.run(&["doctor", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        for check in report["checks"].as_array().unwrap() {
            let name = check["name"].as_str().unwrap();
            assert!(
                check["ok"] == true || !name.starts_with("config"),
                "{to}: {check}"
            );
        }
    }
    // And what it does not take is still told.
    for (from, to, words) in [
        (auth, "auth: { mode: \"none\" }", "requires `none`"),
        (auth, "auth: { mode: \"password\" }", "requires `password`"),
        (
            "mode: \"local\",",
            "mode: \"remote\",",
            "gateway.mode is remote",
        ),
        ("{\n  gateway:", "{,\n  gateway:", "json5"),
    ] {
        let stage = Stage::new();
        stage.edit(CONFIG, from, to);
        stage.run(&["up"]).ends(1).says(words);
    }
}

#[test]
fn an_image_of_a_mirror_and_by_any_form_of_the_variable_is_upgraded() {
    // Report F24: other variables in the image's name, and the variable without braces.
    for (image, pulled) in [
        (
            "ghcr.io/openclaw/openclaw:$OPENCLAW_VERSION",
            "ghcr.io/openclaw/openclaw:2026.9.6",
        ),
        (
            "${REGISTRY:-mirror.example:5000}/openclaw:${OPENCLAW_VERSION}",
            "mirror.example:5000/openclaw:2026.9.6",
        ),
    ] {
        let stage = Stage::running();
        let text = fs::read_to_string(stage.root.join(COMPOSE)).unwrap();
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with("image:"));
        stage.edit(COMPOSE, line.unwrap(), &format!("    image: \"{image}\""));
        stage.run(&["upgrade", "2026.9.6"]).ends(0);
        assert!(
            stage.calls().contains(&format!("pull {pulled}\n")),
            "{}",
            stage.calls()
        );
    }
}

#[test]
fn a_token_of_the_configs_own_is_told_and_no_reason_to_stop() {
    // Report F23: the config's token wins over the environment's; the gateway starts with it.
    let auth = "auth: { mode: \"token\" }";
    let stage = Stage::new();
    stage.edit(
        CONFIG,
        auth,
        "auth: { token: \"fedcba9876543210fedcba9876543210\" }",
    );
    // This gateway has the .env's token, so that the config's is refused, and only then.
    stage.run(&["up"]).ends(1).says("auth_failed");
    assert!(stage.calls().contains(" up -d"), "{}", stage.calls());
    let run = stage.run(&["doctor"]);
    assert!(run.stdout.contains("expects a different token"), "{run:?}");
    let run = stage.run(&["print-config"]).ends(0);
    assert!(
        run.stdout.contains("fedcba9876543210fedcba9876543210"),
        "{run:?}"
    );
    // The same one in both is only untidy.
    let stage = Stage::new();
    let token = stage.env().token();
    stage.edit(
        CONFIG,
        auth,
        &format!("auth: {{ token: \"{}\" }}", token.expose()),
    );
    stage.run(&["up"]).ends(0);
}

#[test]
fn the_port_is_the_one_that_compose_publishes() {
    // Report F24: the port on this machine is not always OPENCLAW_HOST_PORT.
    let ports = "\"127.0.0.1:${OPENCLAW_HOST_PORT:-18789}:18789\"";
    let inside = "\"--port\", \"18789\"";
    for (from, to) in [
        (ports, "\"127.0.0.1:@:18789\"".to_owned()),
        (
            ports,
            "{target: 18789, published: \"@\", host_ip: 127.0.0.1}".to_owned(),
        ),
        (
            ports,
            "\"127.0.0.1:1:1\"\n      - \"127.0.0.1:${MY_PORT:-@}:18789\"".to_owned(),
        ),
        (inside, "\"--port=@\"".to_owned()),
    ] {
        let stage = Stage::new();
        let port = stage.port.to_string();
        let path = stage.root.join(".env");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            openclaw_sidecar::dotenv::set(&text, "OPENCLAW_HOST_PORT", "1"),
        )
        .unwrap();
        stage.edit(COMPOSE, from, &to.replace('@', &port));
        if from == inside {
            stage.edit(
                COMPOSE,
                "    ports:\n",
                "    network_mode: host\n    x-ports:\n",
            );
        }
        let run = stage.run(&["up"]);
        assert_eq!(run.status, Some(0), "{to}: {run:?}");
    }
}
