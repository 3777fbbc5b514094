//! The whole life with a real Docker engine and the real gateways in containers.
//!
//! Ignored in a plain `cargo test`: it needs an engine with the images of tests/setup/docker.sh, whose
//! socket DOCKER_HOST names. tests/steps/50-sidecar-docker.sh starts one. HOST_SHIM names the
//! `host-shim` program that asks a turn.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use common::Run;
use openclaw_sidecar::dotenv::{self, Env};
use serde_json::Value;

const OLD: &str = "2026.2.9";
const NEW: &str = "2026.9.6";
const BROKEN: &str = "2026.9.7-broken";

/// A root in a temporary folder, over the real engine; its containers are removed when dropped.
struct Life {
    folder: tempfile::TempDir,
    port: u16,
}

impl Life {
    fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("sidecar-")
            .tempdir()
            .unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self { folder, port }
    }

    fn root(&self) -> PathBuf {
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

    fn run(&self, words: &[&str]) -> Run {
        let begin = Instant::now();
        let run = Run::of(self.command(words).output().unwrap());
        println!(
            "{:>6.1} s  {}",
            begin.elapsed().as_secs_f32(),
            words.join(" ")
        );
        run
    }

    fn set_env(&self, key: &str, value: &str) {
        let path = self.root().join(".env");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, dotenv::set(&text, key, value)).unwrap();
    }

    fn env(&self) -> Env {
        Env::parse(&fs::read_to_string(self.root().join(".env")).unwrap()).unwrap()
    }

    /// The checks that are wrong: name and problem.
    fn wrong(&self) -> Vec<(String, String)> {
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

    fn container(&self) -> String {
        let filter = format!(
            "label=com.docker.compose.project.working_dir={}",
            self.root().display()
        );
        let output = docker(&["ps", "-q", "--filter", &filter]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn image(&self) -> String {
        let output = docker(&[
            "inspect",
            "--format",
            "{{.Config.Image}}",
            &self.container(),
        ]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Starts a model provider inside the gateway's container, where its loopback is, and asks a turn.
    fn turn(&self, program: &str) -> Run {
        let id = self.container();
        let script = "/home/node/.openclaw/workspace/provider.js";
        assert!(
            docker(&["exec", "-d", &id, "node", script])
                .status
                .success()
        );
        let url = format!("http://127.0.0.1:{}", self.port);
        let begin = Instant::now();
        let output = Command::new(program)
            .args(["ask", "ping"])
            .env("OPENCLAW_GATEWAY_URL", url)
            .env("OPENCLAW_GATEWAY_TOKEN", self.env().token().expose())
            .env("XDG_CONFIG_HOME", self.folder.path())
            .output()
            .unwrap();
        println!("{:>6.1} s  host-shim ask", begin.elapsed().as_secs_f32());
        Run::of(output)
    }
}

impl Life {
    /// The tools that the model was offered in the last turn, sorted.
    fn offered(&self) -> Vec<String> {
        let path = self.root().join("data/openclaw_workspace/offered.json");
        let mut names: Vec<String> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        names.sort_unstable();
        names
    }
}

/// What the template's own agent may do on each version: only read. The model takes no images.
const READ_ONLY: [&str; 4] = ["memory_get", "memory_search", "web_fetch", "web_search"];
const READ_ONLY_NEW: [&str; 6] = [
    "ls",
    "memory_get",
    "memory_search",
    "read",
    "web_fetch",
    "web_search",
];

impl Drop for Life {
    fn drop(&mut self) {
        // Also after a failed test; what is left would hold the port and the memory.
        let _ = self.command(&["down"]).output();
    }
}

fn docker(words: &[&str]) -> Output {
    Command::new("docker").args(words).output().unwrap()
}

/// A chat-completions provider of a few lines: streams two words, whatever it is asked, and writes
/// down which tools the model was offered.
const PROVIDER: &str = r#"
require("http").createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => { body += piece; });
  request.on("end", () => {
    const names = (JSON.parse(body).tools ?? []).map((tool) => tool.function.name);
    require("fs").writeFileSync("/home/node/.openclaw/workspace/offered.json", JSON.stringify(names));
    const chunk = (delta, finish) => "data: " + JSON.stringify({ id: "c", object: "chat.completion.chunk",
      created: 0, model: "fake-1", choices: [{ index: 0, delta, finish_reason: finish }] }) + "\n\n";
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ role: "assistant", content: "pong " }, null));
    response.write(chunk({ content: "from the container" }, null));
    response.write(chunk({}, "stop"));
    response.write("data: " + JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "fake-1",
      choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }) + "\n\n");
    response.end("data: [DONE]\n\n");
  });
}).on("error", () => process.exit(0)).listen(18900, "0.0.0.0");
"#;

fn with_provider(life: &Life) {
    let key = life.root().with_extension("key");
    fs::write(&key, "sk-fake-0123456789\n").unwrap();
    let key = format!("--key-file={}", key.display());
    // The service's own name: the stand-in provider runs in the gateway's container.
    let url = "--base-url=http://openclaw-gateway:18900/v1";
    life.run(&["model", url, "--model=fake-1", &key]).ends(0);
    fs::write(
        life.root().join("data/openclaw_workspace/provider.js"),
        PROVIDER,
    )
    .unwrap();
}

#[test]
fn the_whole_life() {
    let host_shim = std::env::var("HOST_SHIM").expect("HOST_SHIM: the host-shim program");
    let life = Life::new();
    life.run(&["init"]).ends(0);
    life.set_env(dotenv::PORT, &life.port.to_string());
    with_provider(&life);

    // The real Compose takes the file.
    let config = Command::new("docker-compose")
        .args(["-f", "openclaw_sidecar.compose.yml", "config", "-q"])
        .current_dir(life.root())
        .output()
        .unwrap();
    assert!(
        config.status.success() && config.stderr.is_empty(),
        "{config:?}"
    );

    // Up, healthy, both probes, all green, a turn.
    life.run(&["up"]).ends(0).says("both probes succeeded");
    assert_eq!(life.wrong(), []);
    let turn = life.turn(&host_shim).ends(0);
    assert!(turn.stdout.contains("pong from the container"), "{turn:?}");
    assert_eq!(life.offered(), READ_ONLY);

    // The published port is on the loopback only, and the container has no privileges.
    let id = life.container();
    let format = "{{json .NetworkSettings.Ports}} {{.HostConfig.OomScoreAdj}} {{.HostConfig.Memory}} {{.HostConfig.CapDrop}} {{.Config.User}} {{.HostConfig.SecurityOpt}}";
    let shown = String::from_utf8(docker(&["inspect", "--format", format, &id]).stdout).unwrap();
    assert!(
        shown.contains("\"HostIp\":\"127.0.0.1\"") && !shown.contains("0.0.0.0"),
        "{shown}"
    );
    assert!(
        shown.contains("500 1610612736 [ALL] 1000:1000 [no-new-privileges:true]"),
        "{shown}"
    );

    // To the other version, where tools and failures are honest, and a turn there.
    life.run(&["upgrade", NEW])
        .ends(0)
        .says("2026.9.6 is running and healthy");
    assert_eq!(life.image(), format!("ghcr.io/openclaw/openclaw:{NEW}"));
    assert_eq!(life.wrong(), []);
    let turn = life.turn(&host_shim).ends(0);
    assert!(turn.stdout.contains("pong from the container"), "{turn:?}");
    assert_eq!(life.offered(), READ_ONLY_NEW);

    // A version that never answers ends on the one before, and says why.
    life.run(&["upgrade", BROKEN, "--wait=15"])
        .ends(3)
        .says("this version never answers")
        .says("2026.9.7-broken did not work; 2026.9.6 is running again");
    assert_eq!(life.image(), format!("ghcr.io/openclaw/openclaw:{NEW}"));

    // And back, with the state that the newer one has written.
    life.run(&["rollback"])
        .ends(0)
        .says("2026.2.9 is running and healthy");
    assert_eq!(life.image(), format!("ghcr.io/openclaw/openclaw:{OLD}"));
    assert_eq!(life.wrong(), []);
    let turn = life.turn(&host_shim).ends(0);
    assert!(turn.stdout.contains("pong from the container"), "{turn:?}");
    assert_eq!(life.offered(), READ_ONLY);

    // A version that nobody has: nothing changes.
    life.run(&["upgrade", "2026.9.8"])
        .ends(1)
        .says("nothing was changed");
    assert_eq!(life.wrong(), []);

    // Far too little memory: killed by the kernel, and named so.
    life.set_env(dotenv::MEMORY, "100m");
    life.run(&["restart", "--wait=60"]).ends(1);
    let begin = Instant::now();
    loop {
        let wrong = life.wrong();
        if wrong
            .iter()
            .any(|(name, problem)| name == "container-memory-kill" && problem == "oom_killed")
        {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{wrong:?}");
        std::thread::sleep(Duration::from_secs(1));
    }
    life.run(&["down"]).ends(0);
    assert_eq!(life.container(), "");
    assert!(life.root().join("data/openclaw_home").exists());
}
