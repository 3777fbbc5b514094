//! What users have reported of the files of such a root, over the whole program and a stand-in engine.

mod common;

use std::fs;

use common::{Stage, make_pipe};
use openclaw_sidecar::dotenv;

const COMPOSE: &str = "openclaw_sidecar.compose.yml";
const CONFIG: &str = "openclaw_sidecar.config.json5";

/// Writes the stage's `.env`, its token and port put in.
fn write_env(stage: &Stage, text: &str) {
    let text = text
        .replace("@T@", stage.env().token().expose())
        .replace("@P@", &stage.port.to_string());
    fs::write(stage.root.join(".env"), text).unwrap();
}

#[test]
fn up_takes_the_env_files_that_compose_takes() {
    // Report F22: a .env that Compose takes was refused, or read as another value: a byte order mark
    // (docker/compose#9799: "unexpected character in variable name"), quotes (docker/compose#8740).
    for text in [
        "\u{feff}OPENCLAW_VERSION=2026.2.9\nOPENCLAW_GATEWAY_TOKEN=@T@\nOPENCLAW_HOST_PORT=@P@\n",
        "OPENCLAW_VERSION=2026.2.9\r\nOPENCLAW_GATEWAY_TOKEN=@T@\r\nOPENCLAW_HOST_PORT=@P@\r\n",
        "OPENCLAW_VERSION=2026.2.9 # pinned\nOPENCLAW_GATEWAY_TOKEN='@T@'\nOPENCLAW_HOST_PORT=\"@P@\"\n",
        "OPENCLAW_VERSION=2026.2.9\nOPENCLAW_GATEWAY_TOKEN=@T@\nOPENCLAW_HOST_PORT=@P@\nNODE_OPTIONS=--max-old-space-size=1024 --disable-warning=X\n",
        "OPENCLAW_VERSION=2026.2.9\nM_T=@T@\nOPENCLAW_GATEWAY_TOKEN=$M_T\nOPENCLAW_HOST_PORT=${NO_SUCH:-@P@}\n",
        "OPENCLAW_VERSION=2026.2.9\nM_T=@T@\nOPENCLAW_GATEWAY_TOKEN=\"${M_T}\"\nP=@P@\nOPENCLAW_HOST_PORT=${P:?}\n",
        "export OPENCLAW_VERSION=2026.2.9\nOPENCLAW_GATEWAY_TOKEN = @T@\nOPENCLAW_HOST_PORT: @P@\nNOTE='two\nlines'\n",
        "OPENCLAW_VERSION=2026.2.9\nOPENCLAW_GATEWAY_TOKEN=@T@\nOPENCLAW_HOST_PORT=@P@\nHTTP_PROXY\nPASSWORD=pa$$word\nJSON={\"a\": [1, 2]}\n",
        "OPENCLAW_VERSION=2026.2.9\nOPENCLAW_GATEWAY_TOKEN=@T@\nOPENCLAW_HOST_PORT=@P@\n名字=值\nEMOJI=\u{1f99e}\n",
    ] {
        let stage = Stage::new();
        write_env(&stage, text);
        stage
            .run(&["up"])
            .ends(0)
            .says(&format!("http://127.0.0.1:{}", stage.port));
        let run = stage.run(&["doctor", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        for check in report["checks"].as_array().unwrap() {
            let name = check["name"].as_str().unwrap();
            assert!(
                check["ok"] == true || !name.starts_with("env"),
                "{text}: {check}"
            );
        }
    }
}

#[test]
fn the_older_compose_skips_lines_that_up_takes_as_well() {
    // Report F22: a line that python-dotenv warns of and skips is a note.
    let stage = Stage::new();
    stage.flavour("compose-v1");
    write_env(
        &stage,
        "OPENCLAW_VERSION=2026.2.9\nno assignment\nA=\"open\nOPENCLAW_GATEWAY_TOKEN=@T@\nOPENCLAW_HOST_PORT=@P@\n",
    );
    stage.run(&["up"]).ends(0);
    let run = stage.run(&["doctor"]);
    assert!(
        run.stdout.contains("skips these lines of .env: 2, 3"),
        "{run:?}"
    );
}

#[test]
fn a_pipe_or_a_huge_file_is_a_clear_error_for_every_command() {
    // Report A19 (attack): a named pipe as a file made the start hang.
    let words: [&[&str]; 9] = [
        &["up"],
        &["restart"],
        &["doctor"],
        &["doctor", "--fix"],
        &["init"],
        &["init", "--force"],
        &["upgrade", "2026.9.6"],
        &["print-config"],
        &["rollback", "--to", "x"],
    ];
    for file in [".env", CONFIG, COMPOSE] {
        for huge in [false, true] {
            let stage = Stage::new();
            let path = stage.root.join(file);
            if huge {
                let opened = fs::OpenOptions::new().write(true).open(&path);
                opened.unwrap().set_len(1 << 40).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
                make_pipe(&path);
            }
            for words in words {
                let run = stage.run(words);
                if words[0] == "print-config" && file != ".env" {
                    continue;
                }
                assert!(run.status == Some(1), "{file} {words:?}: {run:?}");
                let said = format!("{}{}", run.stdout, run.stderr);
                assert!(
                    said.contains(file) || words[0] == "rollback",
                    "{file} {words:?}: {said}"
                );
            }
            assert!(!stage.calls().contains(" up "), "{}", stage.calls());
        }
    }
    // And the plugin's config, and what an upgrade has left.
    let stage = Stage::running();
    let pipe = stage.folder.path().join("plugin.json");
    make_pipe(&pipe);
    let words = ["doctor", "--plugin-config", pipe.to_str().unwrap()];
    let run = stage.run(&words).ends(1);
    assert!(run.stdout.contains("not a regular file"), "{run:?}");
    fs::create_dir_all(stage.root.join(".sidecar")).unwrap();
    make_pipe(&stage.root.journal());
    stage.run(&["up"]).ends(1).says("journal");
}

#[test]
fn what_is_written_into_an_env_is_what_compose_reads_then() {
    // Report F22: an upgrade of a root whose .env is not as plain as the example.
    let stage = Stage::running();
    write_env(
        &stage,
        "\u{feff}OPENCLAW_VERSION='2026.2.9' # pinned\r\nOPENCLAW_GATEWAY_TOKEN=@T@\r\nOPENCLAW_HOST_PORT=@P@\r\n",
    );
    stage.run(&["upgrade", "2026.9.6"]).ends(0);
    let text = fs::read_to_string(stage.root.join(".env")).unwrap();
    assert!(
        text.starts_with("\u{feff}OPENCLAW_VERSION=2026.9.6\r\n"),
        "{text:?}"
    );
    assert_eq!(stage.env().get(dotenv::VERSION), Some("2026.9.6"));
}

fn edit(stage: &Stage, file: &str, from: &str, to: &str) {
    let path = stage.root.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(path, text.replace(from, to)).unwrap();
}

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
        edit(&stage, COMPOSE, from, to);
        if to.contains("host\"") || to.ends_with("mode: host") {
            // Nobody could listen on 18789 here; the port is the gateway's own.
            edit(
                &stage,
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
    edit(&stage, COMPOSE, "services:", "services: [");
    stage
        .run(&["up"])
        .ends(1)
        .says("Compose refuses it")
        .says("did not find expected key");
    assert!(!stage.calls().contains(" up "), "{}", stage.calls());
    stage.file("takes-compose-file", "");
    // The image cannot be told, so that Compose pulls it.
    stage.run(&["up"]).ends(0);
    let run = stage.run(&["doctor"]);
    assert!(run.stdout.contains("Compose takes it"), "{run:?}");
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
        edit(&stage, CONFIG, from, to);
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
        (auth, "auth: { mode: \"none\" }", "asks for `none`"),
        (auth, "auth: { mode: \"password\" }", "asks for `password`"),
        (
            "mode: \"local\",",
            "mode: \"remote\",",
            "gateway.mode is remote",
        ),
        ("{\n  gateway:", "{,\n  gateway:", "json5"),
    ] {
        let stage = Stage::new();
        edit(&stage, CONFIG, from, to);
        stage.run(&["up"]).ends(1).says(words);
    }
}

#[test]
fn the_gateway_gets_the_time_to_stop_that_its_version_takes() {
    // Report R10 (attack): a gateway that drains was killed after 30 s, and ran the turn again.
    let stage = Stage::running();
    let grace = || stage.env().get(dotenv::STOP_GRACE).map(str::to_owned);
    assert_eq!(grace().as_deref(), Some("30s"));
    stage.run(&["upgrade", "2026.9.6"]).ends(0);
    assert_eq!(grace().as_deref(), Some("330s"));
    // What runs decides how long it may take, not what the files say by now.
    stage.run(&["rollback"]).ends(0);
    assert!(
        stage
            .calls()
            .contains("up -d --force-recreate --timeout 330\n"),
        "{}",
        stage.calls()
    );
    assert_eq!(grace().as_deref(), Some("30s"));
    stage.run(&["down"]).ends(0);
    assert!(stage.calls().ends_with("down\n"), "{}", stage.calls());
    // A root of before: the time is in the compose file itself.
    let stage = Stage::running();
    edit(&stage, COMPOSE, "${OPENCLAW_STOP_GRACE:-330s}", "30s");
    stage.run(&["upgrade", "2026.9.6"]).ends(0);
    let text = fs::read_to_string(stage.root.join(COMPOSE)).unwrap();
    assert!(text.contains("stop_grace_period: 330s\n"), "{text}");
    stage.run(&["down"]).ends(0);
    assert!(
        stage.calls().ends_with("down --timeout 330\n"),
        "{}",
        stage.calls()
    );
    // And one whose version was changed by hand is told, and cured.
    let stage = Stage::running();
    let path = stage.root.join(".env");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, dotenv::set(&text, dotenv::VERSION, "2026.9.6")).unwrap();
    let run = stage.run(&["doctor"]);
    assert!(
        run.stdout.contains("2026.9.6 may take up to 330s"),
        "{run:?}"
    );
    stage.run(&["doctor", "--fix"]);
    assert_eq!(stage.env().get(dotenv::STOP_GRACE), Some("330s"));
}

#[test]
fn an_upgrade_over_a_change_of_state_says_so_beforehand() {
    // Report F29: a rollback finds state that the newer version has converted
    // (openclaw/openclaw#122587: "rollback leaves SQLite schemas … incompatible").
    let stage = Stage::running();
    let run = stage.run(&["upgrade", "2026.9.6"]).ends(0);
    let told = run
        .stderr
        .find("SQLite")
        .unwrap_or_else(|| panic!("{run:?}"));
    assert!(
        told < run.stderr.find("making a restore point").unwrap(),
        "{run:?}"
    );
    assert!(
        run.stderr.contains("cp -a data data.before-2026.9.6"),
        "{run:?}"
    );
    // Within one kind of state there is nothing to say.
    let run = stage.run(&["upgrade", "2026.9.7"]).ends(0);
    assert!(!run.stderr.contains("SQLite"), "{run:?}");
    let stage = Stage::running();
    let run = stage.run(&["upgrade", "2026.3.1"]).ends(0);
    assert!(!run.stderr.contains("SQLite"), "{run:?}");
}

#[test]
fn where_selinux_is_enforced_mounts_without_a_label_are_told() {
    // Report F28: on Fedora and RHEL the container may not read its mounts
    // (openclaw/openclaw#39449: "EACCES", whoever owns the files).
    let stage = Stage::running();
    let tool = stage.folder.path().join("bin/getenforce");
    fs::write(&tool, "#!/bin/sh\necho Enforcing\n").unwrap();
    openclaw_sidecar::durable::set_mode(&tool, 0o755).unwrap();
    let check = || {
        let run = stage.run(&["doctor", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "selinux");
        check.map(|check| check["status"].as_str().unwrap().to_owned())
    };
    assert_eq!(check().as_deref(), Some("ok"));
    edit(&stage, COMPOSE, ":ro,z", ":ro");
    assert_eq!(check().as_deref(), Some("note"));
    stage.run(&["up"]).ends(0);
    edit(&stage, COMPOSE, "no-new-privileges:true", "label=disable");
    assert_eq!(check(), None);
    fs::write(&tool, "#!/bin/sh\necho Permissive\n").unwrap();
    edit(&stage, COMPOSE, "label=disable", "no-new-privileges:true");
    assert_eq!(check(), None);
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
        edit(
            &stage,
            COMPOSE,
            line.unwrap(),
            &format!("    image: \"{image}\""),
        );
        stage.run(&["upgrade", "2026.9.6"]).ends(0);
        assert!(
            stage.calls().contains(&format!("pull {pulled}\n")),
            "{}",
            stage.calls()
        );
    }
}

#[test]
fn a_docker_compose_of_a_later_version_reads_as_that() {
    // Report F22: `docker-compose` may be v1 or a stand-alone v2 (docker/compose#9060 has both).
    let stage = Stage::new();
    stage.flavour("compose-v1");
    write_env(
        &stage,
        "OPENCLAW_VERSION=2026.2.9\nM_T=@T@\nOPENCLAW_GATEWAY_TOKEN=$M_T\nOPENCLAW_HOST_PORT=@P@\n",
    );
    // Of the first version the token is the text itself.
    stage
        .run(&["up"])
        .ends(1)
        .says("OPENCLAW_GATEWAY_TOKEN is weak");
    for version in ["2.40.3", "v2.6.0", "5.0.0"] {
        stage.file("compose-version", version);
        stage.run(&["up"]).ends(0);
    }
}
