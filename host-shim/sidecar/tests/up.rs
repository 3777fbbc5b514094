//! What `up` and the other commands that wait tell meanwhile and at their end, and what Ctrl-C does.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::terminal::OnTerminal;
use common::{Run, Stage};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use openclaw_sidecar::dotenv;

const OLD: &str = "2026.2.9";
const NEW: &str = "2026.9.6";
const NOT_READY: (u16, &str) = (503, r#"{"error":{"message":"starting"}}"#);

/// A root with a model whose server containers reach, and a gateway that answers, but is not ready.
fn starting(version: &str) -> (Stage, TcpListener) {
    let stage = Stage::new();
    let server = TcpListener::bind("0.0.0.0:0").unwrap();
    stage.with_model_at(server.local_addr().unwrap().port(), false);
    stage.file(&format!("becomes/{version}"), "starting");
    let mut answers = stage.answers.lock().unwrap();
    (answers.without_token, answers.with_token) = (NOT_READY, NOT_READY);
    drop(answers);
    (stage, server)
}

/// The gateway is ready from now on.
fn ready(stage: &Stage) {
    *stage.answers.lock().unwrap() = common::Answers::default();
}

/// A command in the background, in a process group of its own, as a shell starts it.
struct Background {
    child: Child,
    shown: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Background {
    fn start(stage: &Stage, words: &[&str]) -> Self {
        let mut command = stage.command(words);
        command.process_group(0).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let shown = std::sync::Arc::<std::sync::Mutex<String>>::default();
        let (mut pipe, seen) = (child.stderr.take().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut piece) {
                let text = String::from_utf8_lossy(&piece[..read]).into_owned();
                seen.lock().unwrap().push_str(&text);
            }
        });
        Self { child, shown }
    }

    fn shows(&self, words: &str) -> String {
        let begin = Instant::now();
        loop {
            let shown = self.shown.lock().unwrap().clone();
            if shown.contains(words) {
                return shown;
            }
            let late = begin.elapsed() > Duration::from_secs(60);
            assert!(!late, "no `{words}` in {shown}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ctrl-C, which the terminal sends to the whole group; the exit status and what it said.
    fn interrupted(&mut self, words: &str) {
        killpg(
            Pid::from_raw(self.child.id().try_into().unwrap()),
            Signal::SIGINT,
        )
        .unwrap();
        let status = self.child.wait().unwrap();
        let shown = self.shows(words);
        assert_eq!(status.code(), Some(130), "{shown}");
    }
}

#[test]
fn up_says_what_happens_then_the_settings_and_the_next_step() {
    let (stage, _server) = starting(OLD);
    let up = Background::start(&stage, &["up"]);
    let shown = up.shows("the gateway answers; waiting until it is ready");
    for words in [
        "pulling ghcr.io/openclaw/openclaw:2026.2.9 (usually a few minutes)",
        "creating the container",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    ready(&stage);
    let shown = up.shows("Next: install the plugin in AstrBot");
    // In a pipe each step is one line, however long it takes.
    assert_eq!(shown.matches("the gateway answers;").count(), 1, "{shown}");
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\r'),
        "{shown:?}"
    );
    for words in [
        format!("gateway_primary_url   http://127.0.0.1:{}\n", stage.port),
        format!(
            "OPENCLAW_GATEWAY_TOKEN in {}/.env\n",
            stage.root.path().display()
        ),
        "gateway_agent_id      main\n".to_owned(),
        "gateway_level_agents  true\n".to_owned(),
        "host-shim sidecar doctor --ask".to_owned(),
    ] {
        assert!(shown.contains(&words), "{words}: {shown}");
    }
    assert!(!shown.contains(stage.env().token().expose()));
    // Whoever restarts has pasted them already.
    let run = stage.run(&["restart"]).ends(0);
    assert!(!run.stderr.contains("gateway_primary_url"), "{run:?}");
}

#[test]
fn a_gateway_that_loads_says_how_long_that_usually_takes() {
    for (version, cached, words) in [
        (OLD, false, "(the first start usually takes up to 50 s)"),
        (OLD, true, "(usually up to 11 s)"),
        (NEW, true, "(usually up to 28 s)"),
    ] {
        let stage = Stage::new();
        let path = stage.root.join(".env");
        // Nobody listens there.
        let text = fs::read_to_string(&path).unwrap();
        let text = dotenv::set(&text, dotenv::PORT, "1");
        fs::write(&path, dotenv::set(&text, dotenv::VERSION, version)).unwrap();
        stage.file(&format!("becomes/{version}"), "starting");
        if cached {
            fs::create_dir(stage.root.join("data/openclaw_home/tmp/jiti")).unwrap();
        }
        stage
            .run(&["up", "--wait=1"])
            .ends(1)
            .says(&format!("starting the gateway {words}\n"))
            .says("did not become healthy within 1 s");
    }
}

#[test]
fn a_provider_that_only_the_container_can_reach_is_no_problem_here() {
    let stage = Stage::new();
    let key = stage.folder.path().join("key");
    fs::write(&key, "sk-0123456789abcdef").unwrap();
    let url = "--base-url=http://one-api:3000/v1";
    let words = ["model", url, "--model=m", "--key-file"];
    let key = [key.to_str().unwrap()];
    stage.run(&[&words[..], &key].concat()).ends(0);
    let run = stage.run(&["up"]).ends(0);
    assert!(!run.stderr.contains("will fail"), "{run:?}");
}

#[test]
fn the_first_answer_of_a_newer_version_takes_longer() {
    let (stage, _server) = starting(NEW);
    ready(&stage);
    stage.run(&["upgrade", NEW]).ends(0);
    stage.run(&["up"]).ends(0).says("takes up to 18 s longer");
}

#[test]
fn on_a_terminal_the_steps_are_one_line_that_changes() {
    let (stage, _server) = starting(OLD);
    let mut up = OnTerminal::start(&stage, &["up"]);
    let shown = up.shows("waiting until it is ready");
    let steps = shown.split("creating the container").nth(1).unwrap();
    let steps = steps.split("waiting until").next().unwrap();
    assert!(!steps.contains('\n') && steps.contains('\r'), "{shown:?}");
    ready(&stage);
    let shown = up.ends(0);
    assert!(shown.contains("Next: install the plugin"), "{shown}");
}

#[test]
fn ctrl_c_while_it_waits_says_what_goes_on() {
    let (stage, _server) = starting(OLD);
    let mut up = Background::start(&stage, &["up"]);
    up.shows("waiting until it is ready");
    up.interrupted("the gateway goes on starting in the background");
    assert_eq!(
        stage.versions().1.as_deref(),
        Some(OLD),
        "the container is there"
    );
    ready(&stage);
    stage.run(&["up"]).ends(0);
}

#[test]
fn ctrl_c_ends_it_also_when_nobody_reads_what_it_says() {
    let (stage, _server) = starting(OLD);
    let mut command = stage.command(&["up", "--wait=30"]);
    command.process_group(0).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("waiting until it is ready") {
        line.clear();
        assert_ne!(pipe.read_line(&mut line).unwrap(), 0);
    }
    drop(pipe);
    let group = Pid::from_raw(child.id().try_into().unwrap());
    killpg(group, Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    ready(&stage);
    stage.run(&["up"]).ends(0);
}

#[test]
fn ctrl_c_while_it_pulls_says_that_nothing_was_changed() {
    let (stage, _server) = starting(OLD);
    stage.file("slow-pull", "");
    let mut up = Background::start(&stage, &["up"]);
    up.shows("pulling");
    // The engine's own client has to have begun.
    let begin = Instant::now();
    while !stage.calls().contains("docker pull") {
        assert!(begin.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
    up.interrupted("Nothing was changed, and finished layers are kept");
    assert_eq!(stage.versions().1, None);
}

#[test]
fn ctrl_c_in_an_upgrade_says_where_the_next_command_goes() {
    let (stage, _server) = starting(NEW);
    stage.file(&format!("images/{OLD}"), "");
    stage.file("container", &format!("{OLD}\n"));
    let mut upgrade = Background::start(&stage, &["upgrade", NEW]);
    upgrade.shows("waiting until it is ready");
    upgrade.interrupted("The next `host-shim sidecar up` rolls back to 2026.2.9.");
    ready(&stage);
    let run: Run = stage.run(&["up"]).ends(0);
    assert!(run.stderr.contains("rolling back to 2026.2.9"), "{run:?}");
    assert_eq!(stage.versions(), (OLD.to_owned(), Some(OLD.to_owned())));
}
