//! Every step of an upgrade and of a rollback, killed once.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use openclaw_core::locale::Locale;
use openclaw_sidecar::cli::{self, Host, SidecarArgs};
use openclaw_sidecar::process::Surroundings;

use super::common::{Run, Stage};
use super::{NEW, OLD, nothing_goes_back_to, runs};

/// What is done, how it is set up, and which versions may run after the repair.
struct Scene {
    words: &'static [&'static str],
    prepare: fn(&Stage),
    /// The state before, which every step before the last ones goes back to.
    before: &'static str,
    after: &'static str,
}

const SCENES: [Scene; 3] = [
    Scene {
        words: &["upgrade", NEW],
        prepare: |_| {},
        before: OLD,
        after: NEW,
    },
    Scene {
        words: &["upgrade", NEW, "--wait=1"],
        prepare: |stage| stage.file(&format!("becomes/{NEW}"), "exited"),
        before: OLD,
        after: OLD,
    },
    Scene {
        words: &["rollback"],
        prepare: |stage| {
            stage.run(&["upgrade", NEW]).ends(0);
        },
        before: NEW,
        after: OLD,
    },
];

/// The environment variable that makes `child` a child: the step to die at, 0 for none.
const KILL_AT: &str = "SIDECAR_TEST_KILL_AT";

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    args: SidecarArgs,
}

/// Not a test by itself: the process that the kill tests start and that dies at its Nth step.
#[test]
#[ignore = "started by the kill tests"]
fn child() {
    let Ok(kill_at) = std::env::var(KILL_AT) else {
        return;
    };
    let kill_at: usize = kill_at.parse().unwrap();
    let words = std::env::var("SIDECAR_TEST_WORDS").unwrap();
    let count = AtomicUsize::new(0);
    let checkpoint = |_: &str| {
        if count.fetch_add(1, Ordering::Relaxed) + 1 == kill_at {
            // As a power loss: nothing is unwound, nothing is cleaned up.
            std::process::abort();
        }
    };
    let host = Host {
        surroundings: Surroundings::default(),
        checkpoint: &checkpoint,
    };
    let program = Program::parse_from(["openclaw-sidecar"].into_iter().chain(words.split(' ')));
    let status = cli::run_with(&program.args, Locale::En, &host);
    println!("STEPS {} STATUS {status}", count.load(Ordering::Relaxed));
}

fn run_child(stage: &Stage, words: &[&str], kill_at: usize) -> Run {
    let root = stage.root.path().display();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--ignored", "--nocapture"])
        .env(KILL_AT, kill_at.to_string())
        .env(
            "SIDECAR_TEST_WORDS",
            format!("{} --root={root}", words.join(" ")),
        )
        .env("PATH", stage.path())
        .env("STANDIN", stage.standin())
        .output()
        .unwrap();
    Run::of(output)
}

fn killed_everywhere(scene: &Scene, next: &[&str]) {
    let stage = Stage::running();
    (scene.prepare)(&stage);
    let whole = run_child(&stage, scene.words, 0).ends(0);
    let steps = whole
        .stdout
        .split("STEPS ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let steps: usize = steps
        .unwrap_or_else(|| panic!("{whole:?}"))
        .parse()
        .unwrap();
    assert!(steps > 10, "{steps}");
    for kill_at in 1..=steps {
        let stage = Stage::running();
        (scene.prepare)(&stage);
        let killed = run_child(&stage, scene.words, kill_at);
        assert_eq!(
            killed.status, None,
            "step {kill_at} was not reached: {killed:?}"
        );
        let healed = stage.run(next);
        assert!(
            matches!(healed.status, Some(0 | 3)),
            "step {kill_at}: {healed:?}"
        );
        let (env, _) = stage.versions();
        assert!(
            [scene.before, scene.after].contains(&env.as_str()),
            "step {kill_at}: {env}"
        );
        if next[0] == "upgrade" {
            assert_eq!(env, scene.after, "step {kill_at}");
        }
        runs(&stage, &env);
        nothing_goes_back_to(&stage, &env);
        assert_eq!(stage.env().token().flaw(), None, "step {kill_at}");
        for file in [
            "openclaw_sidecar.config.json5",
            "openclaw_sidecar.compose.yml",
        ] {
            let content = fs::read_to_string(stage.root.join(file)).unwrap();
            let token = stage.env().token();
            assert_eq!(
                Some(content),
                openclaw_sidecar::templates::content(file, stage.root.path(), &token),
                "step {kill_at}"
            );
        }
    }
}

#[test]
fn an_upgrade_killed_at_any_step_is_repaired_by_up() {
    killed_everywhere(&SCENES[0], &["up"]);
}

#[test]
fn an_upgrade_that_fails_killed_at_any_step_is_repaired_by_up() {
    killed_everywhere(&SCENES[1], &["up"]);
}

#[test]
fn an_upgrade_that_fails_killed_at_any_step_is_repaired_by_the_same_upgrade() {
    killed_everywhere(&SCENES[1], SCENES[1].words);
}

#[test]
fn a_rollback_killed_at_any_step_is_repaired_by_up() {
    killed_everywhere(&SCENES[2], &["up"]);
}

/// The other way to die: while the engine is being asked.
fn killed_at_every_call(scene: &Scene) {
    let stage = Stage::running();
    (scene.prepare)(&stage);
    let before = stage.calls().lines().count();
    stage.run(scene.words);
    let calls = stage.calls().lines().count();
    assert!(calls > before + 8, "{calls}");
    for kill_at in before + 1..=calls {
        let stage = Stage::running();
        (scene.prepare)(&stage);
        stage.file("kill", &kill_at.to_string());
        let killed = stage.run(scene.words);
        assert_eq!(
            killed.status, None,
            "call {kill_at} was not reached: {killed:?}"
        );
        fs::remove_file(stage.standin().join("kill")).unwrap();
        stage.run(&["up"]).ends(0);
        // No call is the last step, so none of them gets as far as the new state.
        runs(&stage, scene.before);
        nothing_goes_back_to(&stage, scene.before);
    }
}

#[test]
fn an_upgrade_killed_at_any_call_of_the_engine_is_repaired_by_up() {
    killed_at_every_call(&SCENES[0]);
}

#[test]
fn an_upgrade_that_fails_killed_at_any_call_of_the_engine_is_repaired_by_up() {
    killed_at_every_call(&SCENES[1]);
}

#[test]
fn a_rollback_killed_at_any_call_of_the_engine_is_repaired_by_up() {
    killed_at_every_call(&SCENES[2]);
}
