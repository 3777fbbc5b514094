//! Each broken root's diagnosis, fixes and what is left after them, in `tests/golden`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p openclaw-sidecar --test doctor` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use openclaw_core::locale::Locale;
use openclaw_sidecar::atomic_file::AtomicFiles;
use openclaw_sidecar::doctor::{self, Facts, Fix};
use openclaw_sidecar::process::Surroundings;
use serde_json::{Value, json};

use super::failing_cases::Case;
use super::healthy::{KEY, TOKEN, healthy, new_root};
use super::{failing_astrbot, failing_cases, failing_forms, failing_levels, failing_models};

/// Every broken root.
fn cases() -> impl Iterator<Item = &'static Case> {
    let files = failing_forms::CASES.iter().chain(failing_models::CASES);
    let files = files.chain(failing_levels::CASES);
    let files = files.chain(failing_astrbot::CASES);
    failing_cases::CASES.iter().chain(files)
}

/// The checks that are not simply well, without what differs from machine to machine.
fn report(facts: &Facts, locale: Locale, notes: bool) -> Vec<Value> {
    let checks = doctor::diagnose(facts);
    let value = doctor::json(facts, &checks, &[], locale);
    let validator =
        jsonschema::validator_for(&serde_json::from_str(doctor::SCHEMA).unwrap()).unwrap();
    assert!(validator.is_valid(&value), "{value:#}");
    crate::common::left::leave("doctor", value.to_string());
    assert!(!value.to_string().contains(TOKEN) && !value.to_string().contains(KEY));
    let root = facts.root.path().display().to_string();
    let shown: Value = serde_json::from_str(&value.to_string().replace(&root, "ROOT")).unwrap();
    shown["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["problem"] != Value::Null)
        // The notes of the pinned version are in every report; one golden file has them.
        .filter(|check| notes || check["name"] != "version-tools")
        .filter(|check| notes || check["name"] != "version-failures")
        .cloned()
        .collect()
}

/// The case that is about the notes of the pinned version.
const KNOWN: &str = "version-known-problems";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}.json"))
}

#[test]
fn every_sick_root_has_its_diagnosis_and_its_cure() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for case in cases() {
        let temp = tempfile::tempdir().unwrap();
        let root = new_root(temp.path());
        (case.root)(&root);
        let look = || {
            let mut facts = healthy(&root);
            (case.facts)(&mut facts);
            facts
        };
        let facts = look();
        let checks = doctor::diagnose(&facts);
        let fixes = doctor::fixes(&checks);
        let broken = json!({
            "en": report(&facts, Locale::En, case.name == KNOWN),
            "zh": report(&facts, Locale::Zh, case.name == KNOWN),
        });
        assert!(
            !broken["en"].as_array().unwrap().is_empty(),
            "{}: nothing seen",
            case.name
        );
        for fix in &fixes {
            // Giving away needs root, and the owner of this case is made up. Connecting needs an engine.
            let apart = *fix == Fix::ConnectAstrBot;
            if !apart && !fix.describe().en.starts_with("give ") {
                fix.apply(&root, AtomicFiles::new(&|_| {}), &Surroundings::default())
                    .unwrap();
            }
        }
        let left: Vec<_> = report(&look(), Locale::En, case.name == KNOWN)
            .iter()
            .map(|check| check["problem"].clone())
            .collect();
        let found = json!({
            "diagnosis": broken,
            "treatments": fixes.iter().map(|fix| fix.describe().en).collect::<Vec<_>>(),
            "left_after_treatment": left,
        });
        let found = format!("{found:#}\n");
        let path = golden(case.name);
        if update {
            fs::write(&path, &found).unwrap();
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&found) {
            differ.push(format!("{}:\n{found}", case.name));
        }
    }
    assert!(
        differ.is_empty(),
        "differ from tests/golden (UPDATE_GOLDEN=1 writes them anew):\n{}",
        differ.join("\n")
    );
}

#[test]
fn every_golden_file_has_its_case() {
    for entry in fs::read_dir(golden("x").parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".json").unwrap();
        assert!(cases().any(|case| case.name == name), "{name}");
    }
}

/// The documentation of the JSON names every check and every problem that there is, and no other;
/// and each problem has a golden file.
#[test]
fn the_schema_names_every_check_and_every_problem() {
    let schema: Value = serde_json::from_str(doctor::SCHEMA).unwrap();
    let documented = |field: &str| -> BTreeSet<String> {
        let place = format!("/properties/checks/items/properties/{field}/examples");
        let examples = schema.pointer(&place).and_then(Value::as_array).unwrap();
        examples
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    let mut names = BTreeSet::new();
    let mut problems = BTreeSet::new();
    for case in cases() {
        let temp = tempfile::tempdir().unwrap();
        let root = new_root(temp.path());
        (case.root)(&root);
        let mut facts = healthy(&root);
        (case.facts)(&mut facts);
        for check in doctor::diagnose(&facts) {
            names.insert(check.id.as_str().to_owned());
            problems.extend(check.problem.map(str::to_owned));
        }
    }
    assert_eq!(names, documented("name"));
    assert_eq!(problems, documented("problem"));
}
