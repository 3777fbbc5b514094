//! Several roots, one-off containers and links, with a real Docker engine and the real Compose.
//!
//! Ignored in a plain `cargo test`, as tests/docker; the gateway here is the image that starts and
//! never answers, since only containers matter.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::Run;
use openclaw_sidecar::dotenv;
use serde_json::Value;

const BROKEN: &str = "2026.9.7-broken";

/// Roots in a temporary folder; the containers of all of them are removed when dropped.
struct Roots(tempfile::TempDir);

impl Roots {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A root that `init` has made, with a port of its own and the image that never answers.
    fn make(&self, name: &str) -> PathBuf {
        let root = self.path(name);
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = format!("--port={}", port.local_addr().unwrap().port());
        run(&root, &["init", &port]).ends(0);
        set(&root, dotenv::VERSION, BROKEN);
        root
    }
}

impl Drop for Roots {
    fn drop(&mut self) {
        let filter = "label=com.docker.compose.service=openclaw-gateway";
        for id in lines(&docker(&["ps", "-aq", "--filter", filter])) {
            let format = r#"{{index .Config.Labels "com.docker.compose.project.working_dir"}}"#;
            let folder = lines(&docker(&["inspect", "--format", format, &id]));
            if folder
                .iter()
                .any(|folder| Path::new(folder).starts_with(self.0.path()))
            {
                docker(&["rm", "-f", &id]);
            }
        }
    }
}

fn set(root: &Path, key: &str, value: &str) {
    let path = root.join(".env");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, dotenv::set(&text, key, value)).unwrap();
}

fn run(root: &Path, words: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openclaw-sidecar"));
    command
        .args(words)
        .arg("--locale=en")
        .arg("--root")
        .arg(root);
    Run::of(command.output().unwrap())
}

fn docker(words: &[&str]) -> Output {
    Command::new("docker").args(words).output().unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

/// The containers of a root, by the folder of their data.
fn containers(root: &Path) -> Vec<String> {
    let volume = format!(
        "volume={}",
        root.canonicalize()
            .unwrap()
            .join("data/openclaw_home")
            .display()
    );
    lines(&docker(&["ps", "-aq", "--no-trunc", "--filter", &volume]))
}

/// What the doctor sees of the root's container: whether there is one, and its state.
fn seen(root: &Path) -> String {
    let report = run(root, &["doctor", "--json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "container");
    check.unwrap()["problem"].to_string()
}

/// Its health check never succeeds, so `up` fails in its time; the container is there and runs.
fn up(root: &Path) {
    run(root, &["up", "--wait=1"])
        .ends(1)
        .says("did not become healthy within 1 s");
}

#[test]
fn roots_of_one_name_links_and_one_off_containers() {
    let roots = Roots(tempfile::Builder::new().prefix("roots-").tempdir().unwrap());
    // Report F27: two roots of one folder name (docker/compose#2120).
    let (a, b) = (roots.make("a/openclaw"), roots.make("b/openclaw"));
    up(&a);
    let of_a = containers(&a);
    up(&b);
    assert_eq!(containers(&a), of_a, "a's container was taken over");
    assert_eq!((of_a.len(), containers(&b).len()), (1, 1));
    // Two from before each had a project of its own: the second gets one when it starts.
    let (c, d) = (roots.make("c/bot"), roots.make("d/bot"));
    for root in [&c, &d] {
        let text = fs::read_to_string(root.join(".env")).unwrap();
        let kept = text
            .lines()
            .filter(|line| !line.starts_with(dotenv::PROJECT));
        fs::write(
            root.join(".env"),
            kept.collect::<Vec<_>>().join("\n") + "\n",
        )
        .unwrap();
    }
    up(&c);
    let of_c = containers(&c);
    run(&d, &["down"]).ends(0);
    up(&d);
    assert_eq!(containers(&c), of_c, "c's container was taken over");
    assert_eq!(containers(&d).len(), 1);
    run(&c, &["restart", "--wait=1"]).ends(1);
    assert_eq!(containers(&c).len(), 1, "c keeps its project");
    run(&d, &["down"]).ends(0);
    assert_eq!((containers(&c).len(), containers(&d).len()), (1, 0));
    run(&c, &["down"]).ends(0);

    // Report F26: over a link, by hand and with host-shim (docker/compose#12026).
    let link = roots.path("link");
    std::os::unix::fs::symlink(&a, &link).unwrap();
    assert_eq!(seen(&link), "\"container_starting\"");
    run(&link, &["down"]).ends(0);
    assert_eq!(containers(&a).len(), 0);
    let by_hand = Command::new("docker-compose")
        .args([
            "-f",
            link.join("openclaw_sidecar.compose.yml").to_str().unwrap(),
        ])
        .args([
            "--env-file",
            link.join(".env").to_str().unwrap(),
            "up",
            "-d",
        ])
        .current_dir(&link)
        .output()
        .unwrap();
    assert!(by_hand.status.success(), "{by_hand:?}");
    assert_eq!(seen(&a), "\"container_starting\"");
    up(&a);
    assert_eq!(containers(&a).len(), 1);

    // Report F25: a newer one-off container that has ended (docker/compose#13178).
    let one_off = Command::new("docker-compose")
        .args([
            "-f",
            "openclaw_sidecar.compose.yml",
            "run",
            "openclaw-gateway",
            "node",
            "-e",
            "0",
        ])
        .current_dir(&a)
        .output()
        .unwrap();
    assert!(one_off.status.success(), "{one_off:?}");
    assert_eq!(containers(&a).len(), 2);
    assert_eq!(seen(&a), "\"container_starting\"");
    run(&a, &["down"]).ends(0);
    run(&b, &["down"]).ends(0);
}
