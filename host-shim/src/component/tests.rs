//! Loading, over real files.

use std::fs;
use std::path::Path;

use super::*;

mod failing_cases;

fn load_embedded(cache: &Path) -> ComponentInfo {
    inspect(&ComponentSource::Embedded, Some(cache)).unwrap()
}

/// The one artifact of a cache.
fn artifact_in(cache: &Path) -> std::path::PathBuf {
    let mut paths = fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .find(|path| path.extension().is_some_and(|e| e == "cwasm"))
        .unwrap()
}

#[test]
fn what_is_no_component_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let whole = ComponentSource::Embedded.wasm().unwrap().into_owned();
    for (bytes, why) in [
        (b"".to_vec(), "empty"),
        (b"(component)".to_vec(), "text"),
        (b"\0asm\x01\0\0\0".to_vec(), "core module"),
        (whole[..whole.len() / 2].to_vec(), ""),
        ([&whole[..], b"garbage"].concat(), ""),
    ] {
        let path = folder.path().join("x.wasm");
        fs::write(&path, &bytes).unwrap();
        let error = inspect(&ComponentSource::File(path), None).unwrap_err();
        assert!(matches!(error, LoadError::NotAComponent { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(why) && text.contains("x.wasm") && !text.contains('\n'),
            "{text}"
        );
    }
    let error = inspect(&ComponentSource::File(folder.path().to_owned()), None).unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
    let error = inspect(&ComponentSource::File(folder.path().join("none")), None).unwrap_err();
    assert!(matches!(error, LoadError::Unreadable { .. }), "{error}");
}

#[test]
fn another_world_is_told_with_what_is_missing() {
    // An empty component: magic, version 13, layer 1, and nothing else.
    let empty = ComponentSource::Bytes(b"\0asm\x0d\0\x01\0"[..].into());
    let error = inspect(&empty, None).unwrap_err();
    assert!(matches!(error, LoadError::OtherWorld { .. }), "{error}");
    assert!(error.to_string().contains("exports nothing"), "{error}");
}

// N9 of issue 13: the remedy named a file and not the feature, and nothing else did.
#[test]
fn a_build_without_a_compiler_names_the_feature_that_exists() {
    let error = LoadError::NoCompiler {
        what: "x".to_owned(),
        why: "no artifact".to_owned(),
    };
    let features = include_str!("../../Cargo.toml")
        .split("[features]")
        .nth(1)
        .unwrap();
    let features = features.split("\n[").next().unwrap();
    for text in [error.to_string().as_str(), include_str!("../lib.rs")] {
        assert!(text.contains("feature `compiler`"), "{text}");
    }
    assert!(features.contains("\ncompiler = "), "{features}");
}

#[test]
fn an_artifact_is_made_once_and_then_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let made = load_embedded(&cache);
    assert_eq!(made.code, CodeOrigin::Compiled);
    let found = load_embedded(&cache);
    assert_eq!(found.code, CodeOrigin::Cache);
    assert_eq!(
        ComponentInfo {
            code: CodeOrigin::Compiled,
            ..found
        },
        made
    );
}

#[test]
fn an_artifact_that_is_damaged_or_not_of_this_build_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    load_embedded(&cache);
    let path = artifact_in(&cache);
    let description = artifact::description_of(&path);
    let (code, text) = (
        fs::read(&path).unwrap(),
        fs::read_to_string(&description).unwrap(),
    );

    let engine = engine::engine().unwrap();
    let refused = |why: &str| {
        let error = artifact::load(&engine, &path)
            .map(drop)
            .expect_err("it is loaded");
        assert!(error.contains(why), "{error}");
    };
    let mut flipped = code.clone();
    flipped[100_000] ^= 1;
    fs::write(&path, flipped).unwrap();
    refused("damaged");
    fs::write(&path, &code[..code.len() / 2]).unwrap();
    refused("damaged");
    assert_eq!(load_embedded(&cache).code, CodeOrigin::Compiled);
    assert_eq!(load_embedded(&cache).code, CodeOrigin::Cache);

    fs::write(&description, text.replace("\"48.", "\"47.")).unwrap();
    refused("made by wasmtime 47.");
    fs::write(&description, text.replace("linux", "plan9")).unwrap();
    refused("made for ");
    fs::write(&description, "{}").unwrap();
    refused("is not a valid description");
    fs::remove_file(&description).unwrap();
    refused("cwasm.json");
    fs::write(&description, text).unwrap();
    fs::remove_file(&path).unwrap();
    refused(".cwasm: ");
    assert_eq!(load_embedded(&cache).code, CodeOrigin::Compiled);
}

#[cfg(unix)]
#[test]
fn an_artifact_that_others_may_write_is_not_loaded_but_made_anew() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    load_embedded(&cache);
    let path = artifact_in(&cache);
    let engine = engine::engine().unwrap();
    for file in [&path, &artifact::description_of(&path)] {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
        let error = artifact::load(&engine, &path)
            .map(drop)
            .expect_err("it is loaded");
        assert!(error.contains("others may write it (mode 666)"), "{error}");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(load_embedded(&cache).code, CodeOrigin::Compiled);
    assert_eq!(load_embedded(&cache).code, CodeOrigin::Cache);
    // Nor is anything kept where others may put things.
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(load_embedded(&cache).code, CodeOrigin::Compiled);
    assert!(!path.exists());
}

#[test]
fn a_cache_that_cannot_be_written_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    assert_eq!(
        load_embedded(&file.join("cache")).code,
        CodeOrigin::Compiled
    );
}

#[test]
fn a_named_artifact_is_loaded_if_it_is_of_the_wanted_component() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plugin.cwasm");
    let made = compile_to(&ComponentSource::Embedded, &path).unwrap();
    let source = |hash: Option<&str>| ComponentSource::Precompiled {
        path: path.clone(),
        wasm_sha256: hash.map(str::to_owned),
    };
    for hash in [
        None,
        Some(made.sha256.as_str()),
        Some(&made.sha256.to_uppercase()),
    ] {
        let info = inspect(&source(hash), None).unwrap();
        assert_eq!(
            (info.code, &info.sha256),
            (CodeOrigin::Precompiled, &made.sha256)
        );
        assert_eq!((info.size, &info.imports), (made.size, &made.imports));
    }
    let error = inspect(&source(Some(&"0".repeat(64))), None).unwrap_err();
    assert!(error.to_string().contains("expected 0000"), "{error}");

    fs::remove_file(artifact::description_of(&path)).unwrap();
    let error = inspect(&source(None), None).unwrap_err();
    assert!(error.to_string().contains("plugin.cwasm.json"), "{error}");
    fs::remove_file(&path).unwrap();
    let error = inspect(&source(None), None).unwrap_err();
    assert!(matches!(error, LoadError::Unreadable { .. }), "{error}");
}

/// What `wit/deps.lock` says.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    source: String,
    packages: std::collections::BTreeMap<String, Locked>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    name: String,
    sha256: String,
}

#[test]
fn the_vendored_wasi_packages_are_the_locked_ones() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let lock = fs::read_to_string(wit.join("deps.lock")).unwrap();
    let lock: Lock = toml::from_str(&lock).unwrap();
    let runs_them = format!("wasmtime-wasi-http {},", super::engine::WASMTIME);
    assert!(lock.source.starts_with(&runs_them), "{}", lock.source);
    let mut folders: Vec<String> = fs::read_dir(wit.join("deps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert!(folders.iter().eq(lock.packages.keys()), "{folders:?}");
    for (folder, locked) in &lock.packages {
        let file = fs::read(wit.join("deps").join(folder).join("package.wit")).unwrap();
        assert_eq!(digest::of_bytes(&file), locked.sha256, "{folder}");
        let text = String::from_utf8(file).unwrap();
        let package = format!("package {};", locked.name);
        assert!(text.lines().any(|line| line == package), "{folder}");
    }
}
