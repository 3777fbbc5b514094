//! upgrade and rollback over a stand-in engine.

#[path = "../common/mod.rs"]
mod common;
mod killed;

use std::fs;

use common::Stage;
use openclaw_sidecar::dotenv;
use openclaw_sidecar::journal;
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
        let config = fs::read_to_string(stage.root.join("openclaw_sidecar.config.json5")).unwrap();
        assert_eq!(config, openclaw_sidecar::templates::config_file(NEW));
        assert_eq!(stage.env().get(dotenv::MEMORY), Some("2560m"));
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
            .says("nothing to roll back to");
        let points = restore::list(&stage.root).unwrap();
        assert_eq!(points.len(), 1);
        stage.run(&["rollback", "--to", &points[0].id]).ends(0);
        runs(&stage, NEW);
    }
}

/// Issue 12 and 13: only what is between our markers changes, the difference is shown first, and what would keep
/// the new version from starting is reported before anything changes.
#[test]
fn an_upgrade_shows_and_writes_what_the_version_needs_between_markers() {
    let stage = Stage::running();
    let path = stage.root.join("openclaw_sidecar.config.json5");
    stage.edit(
        "openclaw_sidecar.config.json5",
        "elevated: { enabled: false },",
        "'elevated' : {enabled:false,}, /* mine */ web: { fetch: { enabled: true } }",
    );
    let before = fs::read_to_string(&path).unwrap();
    let run = stage.run(&["upgrade", NEW]).ends(0);
    assert!(run.stderr.contains("+    toolSearch: false,"), "{run:?}");
    let after = fs::read_to_string(&path).unwrap();
    let outside = |text: &str| {
        let mut ours = false;
        let mut kept = String::new();
        for line in text.lines() {
            ours |= line.contains("// >>> host-shim sidecar");
            if !ours {
                kept.push_str(line);
                kept.push('\n');
            }
            ours &= !line.contains("// <<< host-shim sidecar");
        }
        kept
    };
    assert_eq!(outside(&after), outside(&before));
    assert!(after.contains("toolSearch: false") && !before.contains("toolSearch"));
    stage.run(&["rollback"]).ends(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);

    let key = "responses: {\n          maxBodyBytes: 1,";
    stage.edit("openclaw_sidecar.config.json5", "responses: {", key);
    let calls = stage.calls();
    stage
        .run(&["upgrade", NEW])
        .ends(1)
        .says("gateway.http.endpoints.responses.maxBodyBytes");
    assert!(!stage.calls()[calls.len()..].contains(" up -d"));
    runs(&stage, OLD);
}

/// Right after `up`, before Docker's first health check: the restore point is one to return to.
#[test]
fn an_upgrade_right_after_the_start_can_be_rolled_back() {
    let stage = Stage::running();
    for version in [OLD, NEW] {
        stage.file(&format!("becomes/{version}"), "starting");
    }
    stage.run(&["upgrade", NEW]).ends(0);
    runs(&stage, NEW);
    stage.run(&["rollback"]).ends(0);
    runs(&stage, OLD);
}

#[test]
fn a_version_that_never_gets_healthy_ends_on_the_old_one() {
    for becomes in ["unhealthy", "exited", "restarting", "oom"] {
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
        .says("does not become healthy either");
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
            .says("Cannot pull");
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
            .says("not a specific release");
    }
    stage.run(&["upgrade", OLD]).ends(1).says("already running");
    stage
        .run(&["rollback"])
        .ends(1)
        .says("nothing to roll back to");
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

/// A change of the model buried the way back: a plain rollback undid that change, and a few of them removed
/// the restore point of the upgrade.
#[test]
fn changes_of_the_model_do_not_bury_the_version_before() {
    let stage = Stage::running();
    stage.run(&["upgrade", NEW]).ends(0);
    let key = stage.folder.path().join("key");
    fs::write(&key, "sk-0123456789abcdef").unwrap();
    for n in 0..restore::KEEP + 2 {
        let model = format!("--model=m{n}");
        let key = ["--key-file", key.to_str().unwrap()];
        let words = ["model", "--service=deepseek", &model, key[0], key[1]];
        stage.run(&words).ends(0).says("rollback --to");
    }
    let list = stage.run(&["rollback", "--list"]).ends(0).stdout;
    assert_eq!(
        list.matches("before a change of settings").count(),
        restore::KEEP
    );
    stage
        .run(&["rollback"])
        .ends(0)
        .says("2026.2.9 is running and healthy");
    runs(&stage, OLD);
    // By name each is there, with its own model.
    let id = list.lines().last().unwrap().split(' ').next().unwrap();
    stage.run(&["rollback", "--to", id]).ends(0);
    runs(&stage, NEW);
    let config = fs::read_to_string(stage.root.join("openclaw_sidecar.config.json5")).unwrap();
    let before_last = format!("deepseek/m{}", restore::KEEP);
    assert!(config.contains(&before_last), "{config}");
}

#[test]
fn an_upgrade_names_a_key_of_the_users_that_differs_from_what_it_needs() {
    let stage = Stage::running();
    let file = "openclaw_sidecar.config.json5";
    let marker = "  // >>> host-shim sidecar session";
    stage.edit(
        file,
        marker,
        &format!("  session: {{ scope: 'x' }},\n{marker}"),
    );
    stage
        .run(&["upgrade", NEW])
        .ends(0)
        .says("so what 2026.9.6 needs is not written: session (needed: {")
        .says("otherwise every conversation may be forgotten at 04:00)");
}

#[test]
fn two_calls_do_not_change_one_root_at_once() {
    let stage = Stage::running();
    let _held = openclaw_sidecar::lock::lock(&stage.root).unwrap();
    stage.run(&["upgrade", NEW]).ends(1).says("Another command");
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
