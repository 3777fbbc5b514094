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
    let stage = Stage::running();
    fs::create_dir_all(stage.root.join(".sidecar")).unwrap();
    make_pipe(&stage.root.join(".sidecar/lock"));
    stage.run(&["up"]).ends(1).says(".sidecar");
    stage.run(&["doctor"]);
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
    stage.edit(COMPOSE, "${OPENCLAW_STOP_GRACE:-330s}", "30s");
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
        run.stdout.contains("2026.9.6 may need up to 330s"),
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
        told < run.stderr.find("creating a restore point").unwrap(),
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
    openclaw_sidecar::atomic_file::set_mode(&tool, 0o755).unwrap();
    let check = || {
        let run = stage.run(&["doctor", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "selinux");
        check.map(|check| check["status"].as_str().unwrap().to_owned())
    };
    assert_eq!(check().as_deref(), Some("ok"));
    stage.edit(COMPOSE, ":ro,z", ":ro");
    assert_eq!(check().as_deref(), Some("note"));
    stage.run(&["up"]).ends(0);
    stage.edit(COMPOSE, "no-new-privileges:true", "label=disable");
    assert_eq!(check(), None);
    fs::write(&tool, "#!/bin/sh\necho Permissive\n").unwrap();
    stage.edit(COMPOSE, "label=disable", "no-new-privileges:true");
    assert_eq!(check(), None);
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
    stage.run(&["up"]).ends(1).says("OPENCLAW_GATEWAY_TOKEN is");
    for version in ["2.40.3", "v2.6.0", "5.0.0"] {
        stage.file("compose-version", version);
        stage.run(&["up"]).ends(0);
    }
}
