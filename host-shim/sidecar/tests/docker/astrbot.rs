//! AstrBot in a container of its own: an image with its folders and its Python, made by AstrBot's compose file.
//! It asks the gateway with the wheel, as the plugin does.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::common::Run;
use super::docker;
use super::life::Life;

/// A turn with one of AstrBot's tools, with the settings that the plugin has.
const TURN: &str = r#"
import asyncio
from astr_openclaw import Plugin, Tool

async def ping() -> str:
    return "pong"

TOOL = Tool(name="astrbot_ping", run=ping, description="Pings.", parameters={"type": "object", "properties": {}}, level="L1")

async def main() -> None:
    async with await Plugin.load("/AstrBot/data/config/astrbot_plugin_openclaw_config.json") as plugin:
        print((await plugin.ask("ping", level="L2", tools=[TOOL]).reply()).text)

asyncio.run(main())
"#;

/// AstrBot's container; removed when dropped.
pub struct AstrBot {
    folder: PathBuf,
    pub name: String,
}

impl AstrBot {
    /// Starts it as its documentation says: a compose file, a data folder.
    pub fn start(life: &Life) -> Self {
        let wheel = std::env::var("ASTR_WHEEL").expect("ASTR_WHEEL: the unpacked wheel");
        let folder = life.folder("bot");
        let name = format!("astrbot-{}", std::process::id());
        fs::create_dir_all(folder.join("data/config")).unwrap();
        let url = format!("http://host.docker.internal:{}/v1", life.provider.port);
        let config = json!({"provider": [{
            "id": "mine", "type": "openai_chat_completion", "enable": true,
            "api_base": url, "model": "fake-1", "key": ["$ASTRBOT_MODEL_KEY"],
        }]});
        fs::write(
            folder.join("data/cmd_config.json"),
            format!("\u{feff}{config}"),
        )
        .unwrap();
        let compose = format!(
            "version: '3.8'\nservices:\n  astrbot:\n    image: soulter/astrbot:stand-in\n    container_name: {name}\n    environment:\n      ASTRBOT_MODEL_KEY: sk-fake-0123456789\n      PYTHONPATH: /wheel\n    volumes:\n      - ./data:/AstrBot/data\n      - {wheel}:/wheel:ro\n"
        );
        fs::write(folder.join("docker-compose.yml"), compose).unwrap();
        let astrbot = Self { folder, name };
        astrbot.up(&[]);
        astrbot
    }

    /// `docker-compose up -d` in its folder.
    pub fn up(&self, more: &[&str]) {
        let output = Command::new("docker-compose")
            .args(["up", "-d"])
            .args(more)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Saves the plugin's settings, as pasted into AstrBot's page.
    pub fn save(&self, settings: &str) {
        let path = "data/config/astrbot_plugin_openclaw_config.json";
        fs::write(self.folder.join(path), format!("\u{feff}{settings}")).unwrap();
    }

    /// A turn from inside.
    pub fn turn(&self) -> Run {
        let words = ["exec", &self.name, "python3", "-c", TURN];
        Run::of(docker(&words))
    }

    pub fn override_file(&self) -> PathBuf {
        self.folder.join("docker-compose.override.yml")
    }
}

impl Drop for AstrBot {
    fn drop(&mut self) {
        docker(&["rm", "-f", &self.name]);
    }
}

/// The doctor names each fault from inside, and repairs what it may.
pub fn faults(life: &Life, astrbot: &AstrBot) {
    let settings = life.run(&["print-config"]).ends(0).stdout;
    let with = |key: &str, value: &str| {
        let mut settings: Value = serde_json::from_str(&settings).unwrap();
        settings[key] = Value::from(value);
        astrbot.save(&settings.to_string());
    };
    let problem = |name: &str, problem: &str| vec![(name.to_owned(), problem.to_owned())];

    with("gateway_primary_url", "http://127.0.0.1:18789");
    assert_eq!(
        life.wrong(),
        problem("astrbot-url", "astrbot_loopback_address")
    );
    with("gateway_bearer_token", "fedcba9876543210fedcba9876543210");
    assert_eq!(
        life.wrong(),
        problem("astrbot-token", "astrbot_token_refused")
    );
    astrbot.save(&settings);

    let network = network(&docker(&["inspect", &astrbot.name]), "-astrbot");
    docker(&["network", "disconnect", &network, &astrbot.name]);
    assert_eq!(
        life.wrong(),
        problem("astrbot-network", "astrbot_no_common_network")
    );
    life.run(&["doctor", "--fix"]).ends(0);
    assert_eq!(life.wrong(), []);

    docker(&["stop", "-t", "0", &astrbot.name]);
    assert_eq!(
        life.wrong(),
        problem("astrbot-container", "astrbot_container_stopped")
    );
    // Made anew by Compose with the override file, it is in the network again.
    astrbot.up(&["--force-recreate"]);
    assert_eq!(life.wrong(), []);
}

/// The network of this ending that a container is in.
fn network(inspected: &Output, ending: &str) -> String {
    let all: Value = serde_json::from_slice(&inspected.stdout).unwrap();
    let networks = all[0]["NetworkSettings"]["Networks"].as_object().unwrap();
    let mut names = networks.keys().filter(|name| name.ends_with(ending));
    names.next().unwrap().clone()
}

/// A container of `docker run`, on the default bridge: it joins while it runs, and finds the gateway by name.
pub fn one_of_docker_run(life: &Life, astrbot: &AstrBot) {
    let name = format!("bot-of-run-{}", std::process::id());
    let image = "soulter/astrbot:stand-in";
    let started = docker(&["run", "-d", "--name", &name, image]);
    assert!(started.status.success(), "{started:?}");
    let container = format!("--container={name}");
    let run = life.run(&["astrbot", &container]);
    let resolve = "import socket; print(socket.gethostbyname('openclaw-gateway'))";
    let found = docker(&["exec", &name, "python3", "-c", resolve]);
    let logs = docker(&["exec", &name, "cat", "/etc/resolv.conf"]);
    docker(&["rm", "-f", &name]);
    run.ends(0).says("--network");
    assert!(found.status.success(), "{found:?} {logs:?}");
    // Back to the other.
    let own = format!("--container={}", astrbot.name);
    life.run(&["astrbot", &own]).ends(0);
}

/// Bad input of the issue: each is one clear line, and nothing is written.
pub fn bad_input(life: &Life, astrbot: &AstrBot) {
    let before = fs::read(life.root().join("openclaw_sidecar.compose.yml")).unwrap();
    let run = |words: &[&str]| life.run(&[&["astrbot"], words].concat()).ends(1);
    let gateway = format!("--container={}", life.container());
    run(&[&gateway]).says("is not AstrBot").says(&format!(
        "{} (soulter/astrbot:stand-in, running)",
        astrbot.name
    ));
    run(&["--container=nobody"]).says("There is no container `nobody`");
    let own = format!("--container={}", astrbot.name);
    run(&[&own, "--network=bridge"]).says("cannot be used");
    run(&[&own, "--network=a b"]).says("not a valid network name");
    let after = fs::read(life.root().join("openclaw_sidecar.compose.yml")).unwrap();
    assert_eq!(before, after);
}
