//! upgrade and rollback, and every step of them killed once.

mod common;

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use common::{Run, Stage};
use openclaw_sidecar::cli::{self, Host, SidecarArgs};
use openclaw_sidecar::journal;
use openclaw_sidecar::process::Surroundings;
use openclaw_sidecar::read_file::Content;
use openclaw_sidecar::restore;

const OLD: &str = "2026.2.9";
const NEW: &str = "2026.9.6";

#[track_caller]
fn runs(stage: &Stage, version: &str) {
    assert_eq!(
        stage.versions(),
        (version.to_owned(), Some(version.to_owned()))
    );
    assert_eq!(journal::read(&stage.root), Content::Missing);
    let drafts: Vec<_> = fs::read_dir(stage.root.path())
        .unwrap()
        .chain(fs::read_dir(stage.root.join(".sidecar")).unwrap())
        .chain(
            fs::read_dir(stage.root.restore_points())
                .into_iter()
                .flatten(),
        )
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with(".new-"))
        .collect();
    assert!(drafts.is_empty(), "{drafts:?}");
}

/// What runs is nothing to go back to: a change that came to nothing leaves no restore point, or
/// the next roll-back would end where it began.
#[track_caller]
fn nothing_goes_back_to(stage: &Stage, version: &str) {
    let points = restore::list(&stage.root).unwrap();
    assert!(
        points.iter().all(|point| point.version != version),
        "{version}: {points:?}"
    );
}

#[test]
fn an_upgrade_and_the_way_back() {
    for flavour in ["compose-v2", "compose-v1", "podman"] {
        let stage = Stage::running();
        stage.flavour(flavour);
        let token = stage.env().token();
        stage
            .run(&["upgrade", NEW])
            .ends(0)
            .says("2026.9.6 is running and healthy");
        runs(&stage, NEW);
        let list = stage.run(&["rollback", "--list"]).ends(0);
        assert!(
            list.stdout.contains(OLD) && list.stdout.contains("was healthy"),
            "{list:?}"
        );
        // A newer gateway's owner may have changed the config since: version and config go together.
        fs::write(
            stage.root.join("openclaw_sidecar.config.json5"),
            "{ newer: true }",
        )
        .unwrap();
        stage
            .run(&["rollback"])
            .ends(0)
            .says("2026.2.9 is running and healthy");
        runs(&stage, OLD);
        let config = fs::read_to_string(stage.root.join("openclaw_sidecar.config.json5")).unwrap();
        assert_eq!(config, openclaw_sidecar::templates::CONFIG_FILE);
        assert_eq!(stage.env().token(), token);
        // The point is used up, and what the roll-back made is taken only by name.
        stage
            .run(&["rollback"])
            .ends(1)
            .says("nothing to go back to");
        let points = restore::list(&stage.root).unwrap();
        assert_eq!(points.len(), 1);
        stage.run(&["rollback", "--to", &points[0].id]).ends(0);
        runs(&stage, NEW);
    }
}

#[test]
fn a_version_that_never_gets_healthy_ends_on_the_old_one() {
    for becomes in ["unhealthy", "exited", "restarting", "oom", "starting"] {
        let stage = Stage::running();
        stage.file(&format!("becomes/{NEW}"), becomes);
        stage.file(&format!("log/{NEW}"), "config: unknown key\n");
        stage
            .run(&["upgrade", NEW, "--wait=2"])
            .ends(3)
            .says("config: unknown key")
            .says("2026.9.6 did not work; 2026.2.9 is running again");
        runs(&stage, OLD);
        assert!(restore::list(&stage.root).unwrap().is_empty());
    }
}

#[test]
fn a_version_that_refuses_the_token_ends_on_the_old_one() {
    let stage = Stage::running();
    stage.answers.lock().unwrap().with_token = (401, common::UNAUTHORIZED);
    // The old one is refused as well, which is then said too.
    stage
        .run(&["upgrade", NEW])
        .ends(1)
        .says("does not get healthy either");
    assert_eq!(stage.versions(), (OLD.into(), Some(OLD.into())));
    stage.answers.lock().unwrap().with_token = (400, common::BAD_BODY);
    stage.run(&["up"]).ends(0);
    runs(&stage, OLD);
}

#[test]
fn an_image_that_cannot_be_pulled_changes_nothing() {
    for flavour in ["compose-v2", "compose-v1", "podman"] {
        let stage = Stage::running();
        stage.flavour(flavour);
        stage.file(&format!("no-pull/{NEW}"), "");
        stage
            .run(&["upgrade", NEW])
            .ends(1)
            .says("nothing was changed")
            .says("cannot be pulled");
        runs(&stage, OLD);
        assert!(!stage.calls().contains("force-recreate"));
        assert!(restore::list(&stage.root).unwrap().is_empty());
    }
}

#[test]
fn bad_versions_are_refused() {
    let stage = Stage::running();
    for version in ["latest", "2026.9", "main", "../x", ""] {
        stage
            .run(&["upgrade", version])
            .ends(1)
            .says("names no single release");
    }
    stage.run(&["upgrade", OLD]).ends(1).says("already running");
    stage
        .run(&["rollback"])
        .ends(1)
        .says("nothing to go back to");
    stage
        .run(&["rollback", "--to", "no-such"])
        .ends(1)
        .says("no restore point");
    runs(&stage, OLD);
}

#[test]
fn a_compose_file_without_the_variable_cannot_be_upgraded() {
    let stage = Stage::running();
    let path = stage.root.join("openclaw_sidecar.compose.yml");
    let text = fs::read_to_string(&path).unwrap();
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with("image:"))
        .unwrap();
    fs::write(
        &path,
        text.replace(line, "    image: ghcr.io/openclaw/openclaw:2026.2.9"),
    )
    .unwrap();
    stage
        .run(&["upgrade", NEW])
        .ends(1)
        .says("does not use ${OPENCLAW_VERSION}");
}

#[test]
fn restore_points_are_pruned() {
    let stage = Stage::running();
    for (n, version) in ["2026.3.1", "2026.3.2", "2026.3.3", "2026.3.4"]
        .into_iter()
        .enumerate()
    {
        stage.run(&["upgrade", version, "--keep=2"]).ends(0);
        assert_eq!(restore::list(&stage.root).unwrap().len(), (n + 1).min(2));
    }
}

#[test]
fn two_calls_do_not_change_one_root_at_once() {
    let stage = Stage::running();
    let _held = openclaw_sidecar::lock::lock(&stage.root).unwrap();
    stage.run(&["upgrade", NEW]).ends(1).says("Another call");
    runs_old_with_lock(&stage);
}

fn runs_old_with_lock(stage: &Stage) {
    assert_eq!(stage.versions(), (OLD.into(), Some(OLD.into())));
}

#[test]
fn the_doctor_tells_of_a_change_that_was_cut_off() {
    let stage = Stage::running();
    // While it waits for the new version.
    stage.file("kill", "10");
    assert_eq!(stage.run(&["upgrade", NEW]).status, None);
    fs::remove_file(stage.standin().join("kill")).unwrap();
    let report = stage.run(&["doctor", "--json"]).ends(1);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    let journal = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "journal")
        .unwrap();
    assert_eq!(journal["problem"], "operation_interrupted", "{journal}");
}

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
    let status = cli::run_with(&program.args, openclaw_core::locale::Locale::En, &host);
    println!("STEPS {} STATUS {status}", count.load(Ordering::Relaxed));
}

fn run_child(stage: &Stage, words: &[&str], kill_at: usize) -> Run {
    let root = stage.root.path().display();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
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

/// What a user means by "the last good one" is not what is running.
#[test]
fn a_rollback_after_an_upgrade_that_was_cut_off_goes_to_the_version_before() {
    let stage = Stage::running();
    stage.run(&["upgrade", NEW]).ends(0);
    let calls = stage.calls().lines().count();
    // While the next one's image is pulled.
    stage.file("kill", &(calls + 6).to_string());
    assert_eq!(stage.run(&["upgrade", "2026.9.8"]).status, None);
    assert!(
        stage
            .calls()
            .ends_with("pull ghcr.io/openclaw/openclaw:2026.9.8\n")
    );
    fs::remove_file(stage.standin().join("kill")).unwrap();
    stage
        .run(&["rollback"])
        .ends(0)
        .says("2026.2.9 is running and healthy");
    runs(&stage, OLD);
}
