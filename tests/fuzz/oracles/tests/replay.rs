//! The committed inputs of the fuzzers, and what fuzzing has found, on stable.

use std::fs;
use std::path::{Path, PathBuf};

use openclaw_oracles::TARGETS;

/// The inputs of a target, in a folder of `tests/fuzz`.
fn inputs(folder: &str, target: &str) -> Vec<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    let files = fs::read_dir(place.join(target)).into_iter().flatten();
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}

#[test]
fn every_input_holds() {
    let mut count = 0;
    let mut broken = vec![];
    for target in TARGETS {
        let committed = inputs("corpus", target.name);
        assert!(!committed.is_empty(), "{} has no corpus", target.name);
        for file in committed
            .into_iter()
            .chain(inputs("regressions", target.name))
        {
            count += 1;
            let input = fs::read(&file).expect("an input");
            if std::panic::catch_unwind(|| (target.check)(&input)).is_err() {
                broken.push(file);
            }
        }
    }
    println!("fuzz: {} targets, {count} inputs", TARGETS.len());
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A corpus without a target would never be run.
#[test]
fn every_folder_has_a_target_and_every_target_a_fuzzer() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["corpus", "regressions", "fuzz_targets"] {
        for entry in fs::read_dir(here.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|name| name.to_str());
            let known = TARGETS.iter().any(|target| Some(target.name) == name);
            assert!(known || path.ends_with("README.md"), "{}", path.display());
        }
    }
    let manifest = fs::read_to_string(here.join("Cargo.toml")).expect("a manifest");
    for target in TARGETS {
        let name = target.name;
        assert!(
            here.join(format!("fuzz_targets/{name}.rs")).is_file(),
            "{name}"
        );
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
