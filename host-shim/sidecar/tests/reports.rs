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
