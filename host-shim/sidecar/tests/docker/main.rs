//! The whole life with a real Docker engine and the real gateways in containers, AstrBot in a container of its own.
//!
//! Ignored in a plain `cargo test`: it needs an engine with the images of tests/setup/docker.sh, whose
//! socket DOCKER_HOST names. tests/steps/50-sidecar-docker.sh starts one. HOST_SHIM names the
//! `host-shim` program that asks a turn, ASTR_WHEEL a folder with the wheel's content.
#![cfg(target_os = "linux")]

mod astrbot;
#[path = "../common/mod.rs"]
mod common;
mod life;
mod provider;

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use astrbot::AstrBot;
use life::Life;
use openclaw_sidecar::dotenv;

const OLD: &str = "2026.2.9";
const NEW: &str = "2026.9.6";
const BROKEN: &str = "2026.9.7-broken";

/// What the template's own agent may do on each version, and L2's: only read. The model takes no images.
const READ_ONLY: [&str; 4] = ["memory_get", "memory_search", "web_fetch", "web_search"];
const READ_ONLY_NEW: [&str; 6] = [
    "ls",
    "memory_get",
    "memory_search",
    "read",
    "web_fetch",
    "web_search",
];

/// What AstrBot adds, where the version offers it to the model.
const OF_ASTRBOT: &str = "astrbot_ping";

fn docker(words: &[&str]) -> Output {
    Command::new("docker").args(words).output().unwrap()
}

/// A turn from this machine and one from AstrBot's container, and what the model was offered in each.
fn turns(life: &Life, astrbot: &AstrBot, host_shim: &str, own: &[&str], with_tools: bool) {
    let turn = life.turn(host_shim).ends(0);
    assert!(turn.stdout.contains("pong from the provider"), "{turn:?}");
    assert_eq!(life.provider.offered(), own);
    let begin = Instant::now();
    let turn = astrbot.turn().ends(0);
    println!(
        "{:>6.1} s  a turn in AstrBot",
        begin.elapsed().as_secs_f32()
    );
    assert!(turn.stdout.contains("pong from the provider"), "{turn:?}");
    let mut wanted = own.to_vec();
    wanted.extend(with_tools.then_some(OF_ASTRBOT));
    wanted.sort_unstable();
    assert_eq!(life.provider.offered(), wanted);
}

#[test]
fn the_whole_life() {
    let host_shim = std::env::var("HOST_SHIM").expect("HOST_SHIM: the host-shim program");
    let life = Life::new();
    let astrbot = AstrBot::start(&life);
    let port = format!("--port={}", life.port);
    let container = format!("--astrbot-container={}", astrbot.name);
    // No file is edited by hand from here on.
    life.run(&["init", &port, &container, "--from-astrbot"])
        .ends(0)
        .says("gateway_primary_url   http://openclaw-gateway:18789")
        .says("it was not restarted");
    assert!(astrbot.override_file().is_file());
    astrbot.save(&life.run(&["print-config"]).ends(0).stdout);

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
    turns(&life, &astrbot, &host_shim, &READ_ONLY, false);
    astrbot::bad_input(&life, &astrbot);
    astrbot::faults(&life, &astrbot);

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

    // A version that never answers ends on the one before, and says why. From here, since this one starts
    // and stops sooner than the next.
    life.run(&["upgrade", BROKEN, "--wait=15"])
        .ends(3)
        .says("this version never answers")
        .says("2026.9.7-broken did not work; 2026.2.9 is running again");
    assert_eq!(life.image(), format!("ghcr.io/openclaw/openclaw:{OLD}"));

    // To the other version, where tools and failures are honest, and a turn there.
    life.run(&["upgrade", NEW])
        .ends(0)
        .says("2026.9.6 is running and healthy");
    assert_eq!(life.image(), format!("ghcr.io/openclaw/openclaw:{NEW}"));
    assert_eq!(life.wrong(), []);
    turns(&life, &astrbot, &host_shim, &READ_ONLY_NEW, true);

    // And back, with the state that the newer one has written.
    life.run(&["rollback"])
        .ends(0)
        .says("2026.2.9 is running and healthy");
    assert_eq!(life.image(), format!("ghcr.io/openclaw/openclaw:{OLD}"));
    assert_eq!(life.wrong(), []);
    turns(&life, &astrbot, &host_shim, &READ_ONLY, false);
    astrbot::one_of_docker_run(&life, &astrbot);

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
