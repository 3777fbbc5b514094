//! A root over the real engine, and a provider for its gateway.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use openclaw_sidecar::dotenv::{self, Env};
use serde_json::Value;

use super::common::{Run, left};
use super::docker;
use super::provider::Provider;

/// A root in a temporary folder, over the real engine; its containers are removed when dropped.
pub struct Life {
    folder: tempfile::TempDir,
    pub port: u16,
    pub provider: Provider,
}

impl Life {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("sidecar-")
            .tempdir()
            .unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let provider = Provider::start();
        Self {
            folder,
            port,
            provider,
        }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openclaw-sidecar"));
        command
            .args(words)
            .arg("--locale=en")
            .arg("--root")
            .arg(self.root());
        command
    }

    pub fn run(&self, words: &[&str]) -> Run {
        let begin = Instant::now();
        let run = Run::by(words, self.command(words).output().unwrap());
        println!(
            "{:>6.1} s  {}",
            begin.elapsed().as_secs_f32(),
            words.join(" ")
        );
        run
    }

    pub fn set_env(&self, key: &str, value: &str) {
        let path = self.root().join(".env");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, dotenv::set(&text, key, value)).unwrap();
    }

    fn env(&self) -> Env {
        Env::parse(&fs::read_to_string(self.root().join(".env")).unwrap()).unwrap()
    }

    /// The checks that are wrong: name and problem.
    pub fn wrong(&self) -> Vec<(String, String)> {
        let run = self.run(&["doctor", "--json"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
        let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
        let wrong = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| check["ok"] == false);
        let wrong: Vec<_> = wrong
            .map(|check| (text(check, "name"), text(check, "problem")))
            .collect();
        assert_eq!(run.status, Some(i32::from(!wrong.is_empty())), "{run:?}");
        wrong
    }

    pub fn container(&self) -> String {
        let filter = format!(
            "label=com.docker.compose.project.working_dir={}",
            self.root().display()
        );
        let output = docker(&["ps", "-q", "--filter", &filter]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn image(&self) -> String {
        let output = docker(&[
            "inspect",
            "--format",
            "{{.Config.Image}}",
            &self.container(),
        ]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Another folder beside the root.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A turn from this machine.
    pub fn turn(&self, program: &str) -> Run {
        let url = format!("http://127.0.0.1:{}", self.port);
        let token = self.env().token();
        left::look_for(token.expose());
        let begin = Instant::now();
        let output = Command::new(program)
            .args(["ask", "ping"])
            .env("OPENCLAW_GATEWAY_URL", url)
            .env("OPENCLAW_GATEWAY_TOKEN", token.expose())
            .env("XDG_CONFIG_HOME", self.folder.path())
            .output()
            .unwrap();
        println!("{:>6.1} s  host-shim ask", begin.elapsed().as_secs_f32());
        Run::of(output)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Also after a failed test; what is left would hold the port and the memory.
        let _ = self.command(&["down"]).output();
        // The network outlives both projects; the root's folder is in its name.
        let filter = format!("label=openclaw-sidecar.root={}", self.root().display());
        let networks = docker(&["network", "ls", "-q", "--filter", &filter]);
        for id in String::from_utf8_lossy(&networks.stdout).split_whitespace() {
            docker(&["network", "rm", id]);
        }
    }
}
