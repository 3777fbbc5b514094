//! The doctor: every broken root against golden files, and the whole program over a stand-in.

#[path = "../common/mod.rs"]
mod common;
mod failing_astrbot;
mod failing_cases;
mod failing_forms;
mod failing_levels;
mod failing_models;
mod golden;
mod healthy;

use std::fs;

use common::Stage;
use healthy::{CONFIG, MIB, chmod, edit, healthy, new_root, set_env};
use openclaw_core::locale::Locale;
use openclaw_sidecar::doctor::{self, Facts, Id, Memory, Scope, Status};
use openclaw_sidecar::dotenv;
use openclaw_sidecar::process::Surroundings;
use serde_json::{Value, json};

#[test]
fn a_healthy_root_is_well() {
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    let checks = doctor::diagnose(&healthy(&root));
    assert!(
        doctor::is_well(&checks),
        "{}",
        doctor::render(&checks, Locale::En, None, false)
    );
    assert!(checks.iter().all(|check| check.status != Status::Wrong));
}

#[test]
fn at_exactly_512_and_350_mib_the_rules_do_not_hold() {
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    let problem = |available| {
        let mut facts = healthy(&root);
        facts.memory = Ok(Memory {
            available,
            total: 2048 * MIB,
        });
        let checks = doctor::diagnose(&facts);
        checks
            .iter()
            .find(|check| check.id == Id::Memory)
            .unwrap()
            .problem
    };
    assert_eq!(problem(512 * MIB), None);
    assert_eq!(problem(350 * MIB), Some("memory_below_512"));
    assert_eq!(problem(350 * MIB - 1), Some("memory_below_350"));
}

#[test]
fn a_gateway_by_hand_that_binds_everywhere_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    edit(&root, CONFIG, "bind: \"loopback\"", "bind: \"lan\"");
    let mut facts = healthy(&root);
    let bind = |facts: &Facts| {
        let checks = doctor::diagnose(facts);
        checks
            .iter()
            .find(|check| check.id == Id::Bind)
            .unwrap()
            .problem
    };
    assert_eq!(bind(&facts), None, "in the container that is right");
    facts.container = Ok(None);
    assert_eq!(bind(&facts), Some("host_binds_beyond_loopback"));
}

/// Over the whole program: an empty folder, as in the first of the shows.
#[test]
fn init_and_doctor_on_an_empty_folder() {
    let stage = Stage::new();
    stage.flavour("none");
    fs::remove_dir_all(stage.root.path()).unwrap();
    stage.run(&["init"]).ends(0);
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(stage.root.join(".env"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let run = stage.run(&["doctor"]).ends(1);
    assert!(
        run.stdout.contains("Neither Docker nor Podman") && run.stdout.contains("apt-get install"),
        "{run:?}"
    );
}

#[test]
fn fix_does_what_dry_run_says() {
    let stage = Stage::running();
    chmod(&stage.root, ".env", 0o644);
    set_env(&stage.root, dotenv::TOKEN, "");
    // Nobody listens there: no gateway can be running with another token.
    set_env(&stage.root, dotenv::PORT, "1");
    fs::remove_dir_all(stage.root.join("data/openclaw_home/tmp")).unwrap();
    let before = fs::read(stage.root.join(".env")).unwrap();
    let dry = stage.run(&["doctor", "--fix", "--dry-run"]).ends(1);
    for words in [
        "would set the mode of .env to 600",
        "would write a new random",
        "would create the folder data/openclaw_home/tmp",
    ] {
        assert!(dry.stderr.contains(words), "{words}: {dry:?}");
    }
    assert_eq!(fs::read(stage.root.join(".env")).unwrap(), before);
    let fixed = stage.run(&["doctor", "--fix", "--json"]);
    let value: Value = serde_json::from_str(&fixed.stdout).unwrap();
    assert!(value["fixed"].as_array().unwrap().len() >= 3, "{value:#}");
    assert_eq!(stage.env().token().flaw(), None);
    assert!(!fixed.stdout.contains(stage.env().token().expose()));
    let again = doctor::fixes(&doctor::diagnose(&Facts::of_files(&Scope {
        root: &stage.root,
        surroundings: &Surroundings::default(),
        plugin: None,
        astrbot: None,
        ask: false,
    })));
    let again: Vec<_> = again
        .iter()
        .filter(|fix| !fix.describe().en.starts_with("give "))
        .collect();
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn a_running_stand_in_is_well_and_the_json_says_so() {
    let stage = Stage::running();
    let server = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    stage.with_model_at(server.local_addr().unwrap().port(), false);
    let run = stage.run(&["doctor", "--json"]);
    let value: Value = serde_json::from_str(&run.stdout).unwrap();
    let wrong: Vec<_> = value["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["ok"] == false)
        // Not this program's: the owner where the tests are not root, the machine's own memory.
        .filter(|check| {
            check["name"] != "owners" && check["name"] != "memory" && check["name"] != "disk"
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(value["version"], 1);
    let schema = stage.run(&["doctor", "--json-schema"]).ends(0);
    assert_eq!(schema.stdout, doctor::SCHEMA);
}

/// A port that answers here, and not from the container: `provider-address` was ok.
#[test]
fn a_model_server_on_the_loopback_only_is_not_reached_from_the_container() {
    let stage = Stage::running();
    for (address, problem) in [
        ("127.0.0.1:0", json!("model_server_only_local")),
        // Nobody is there at 127.0.0.1.
        ("127.0.0.2:0", json!("model_server_only_local")),
        ("0.0.0.0:0", json!(null)),
    ] {
        let listener = std::net::TcpListener::bind(address).unwrap();
        stage.with_model_at(listener.local_addr().unwrap().port(), false);
        let run = stage.run(&["doctor", "--json"]);
        let value: Value = serde_json::from_str(&run.stdout).unwrap();
        let checks = value["checks"].as_array().unwrap();
        let check = checks
            .iter()
            .find(|check| check["name"] == "provider-address");
        assert_eq!(check.unwrap()["problem"], problem, "{check:?}");
    }
}

#[test]
fn memory_kills_that_the_state_has_forgotten_are_named() {
    let stage = Stage::running();
    stage.file("oom-events", "2");
    let run = stage.run(&["doctor"]).ends(1);
    assert!(
        run.stdout
            .contains("killed the gateway for lack of memory (2 in the last day)"),
        "{run:?}"
    );
}

/// An upgrade that another terminal is at is not one that was cut off.
#[test]
fn a_change_under_way_is_told_from_one_that_was_cut_off() {
    let stage = Stage::running();
    let held = openclaw_sidecar::lock::lock(&stage.root).unwrap();
    let journal = json!({"operation": "upgrade", "from": "2026.2.9", "to": "2026.9.6",
        "restore_point": "x", "used": null, "was_running": true, "step": "prepared"});
    fs::write(stage.root.journal(), journal.to_string()).unwrap();
    let problem = || {
        let run = stage.run(&["doctor", "--json"]);
        let value: Value = serde_json::from_str(&run.stdout).unwrap();
        let checks = value["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "journal");
        check.unwrap()["problem"].clone()
    };
    assert_eq!(problem(), "operation_under_way");
    drop(held);
    assert_eq!(problem(), "operation_interrupted");
}

/// What root has left in the state that the container's user has to write.
#[test]
fn a_state_that_a_gateway_of_root_has_left_is_given_to_the_container() {
    use std::os::unix::fs::MetadataExt;
    let stage = Stage::new();
    set_env(&stage.root, dotenv::PORT, "1");
    let left = stage.root.join("data/openclaw_home/agents/main");
    fs::create_dir_all(&left).unwrap();
    if fs::metadata(&left).unwrap().uid() != 0 {
        return;
    }
    let run = stage.run(&["doctor"]).ends(1);
    assert!(
        run.stdout.contains("data/openclaw_home/agents (uid 0)"),
        "{run:?}"
    );
    stage.run(&["doctor", "--fix"]).ends(1);
    assert_eq!(fs::metadata(&left).unwrap().uid(), 1000);
    let run = stage.run(&["doctor"]).ends(1);
    assert!(run.stdout.contains("uid 1000 owns"), "{run:?}");
}

#[test]
fn the_plugins_config_is_compared() {
    let stage = Stage::running();
    let path = stage.folder.path().join("plugin.json");
    let config = |token: &str| {
        let url = format!("http://127.0.0.1:{}", stage.port);
        fs::write(
            &path,
            format!(
                "\u{feff}{}",
                json!({"gateway_primary_url": url, "gateway_bearer_token": token})
            ),
        )
        .unwrap();
        let words = [
            "doctor",
            "--json",
            "--plugin-config",
            path.to_str().unwrap(),
        ];
        let run = stage.run(&words);
        let value: Value = serde_json::from_str(&run.stdout).unwrap();
        let checks = value["checks"].as_array().unwrap().clone();
        checks
            .into_iter()
            .find(|check| check["name"] == "plugin-token")
            .unwrap()
    };
    assert_eq!(config(stage.env().token().expose())["ok"], true);
    let differs = config("fedcba9876543210fedcba9876543210");
    assert_eq!(differs["code"], "auth_failed");
    fs::write(&path, "nonsense").unwrap();
    let run = stage
        .run(&["doctor", "--plugin-config", path.to_str().unwrap()])
        .ends(1);
    assert!(run.stdout.contains("is not a plugin config"), "{run:?}");
}
