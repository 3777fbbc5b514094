//! What the tests download is pinned by hash. Issue 15.

use std::path::{Path, PathBuf};

use super::{files, read};

/// Ways to get something, and what has to stand with it on the line.
const WAYS: [(&str, &[&str]); 15] = [
    ("pip_install ", &["--require-hashes"]),
    ("pip install ", &["--require-hashes"]),
    ("pip download ", &["--require-hashes"]),
    ("\"pip\", \"install\"", &["--require-hashes"]),
    ("uv pip ", &["--require-hashes"]),
    ("uv tool ", &[]),
    ("uvx ", &[]),
    ("npx ", &[]),
    ("curl ", &["sha256sum --check"]),
    ("wget ", &["sha256sum --check"]),
    ("docker pull ", &["@sha256:"]),
    ("npm install ", &[]),
    ("npm pack ", &["sha512sum --check"]),
    ("apt-get install ", &[]),
    ("debootstrap --", &[]),
];

/// What is not, and why that is right: the script and how the line begins.
const REVIEWED: [(&str, &str, &str); 13] = [
    (
        "60-python.sh",
        "\"$@\" \"$folder/v/bin/python\" -m pip install --quiet --disable-pip-version-check --no-index",
        "our own wheel",
    ),
    (
        "75-page.sh",
        "\"$work/v/bin/python\" -m pip install --quiet --disable-pip-version-check --no-index",
        "the same",
    ),
    (
        "78-arm64.sh",
        "emulated $python -m pip install --quiet --disable-pip-version-check --no-index",
        "the same",
    ),
    (
        "78-musl.sh",
        "\"$@\" -m pip install --quiet --disable-pip-version-check --no-index",
        "the same",
    ),
    (
        "78-musl.sh",
        "\"$work/in_musl\" /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-index",
        "the same",
    ),
    (
        "astrbot.sh",
        "pip_install",
        "an AstrBot as users install it today, with the newest of what it needs",
    ),
    (
        "astrbot-root.sh",
        "inside /srv/v/bin/python -m pip install",
        "the same",
    ),
    (
        "arm64-astrbot-root.sh",
        "\"$temporary/uv/bin/uv\" pip install",
        "the same",
    ),
    (
        "astrbot-root.sh",
        "inside apt-get install",
        "Debian signs its packages",
    ),
    (
        "cache.sh",
        "\"$python\" -m pip install",
        "what it is called with has the hashes",
    ),
    (
        "cache.sh",
        "pip_install \"$python\" --require-hashes",
        "the list has them",
    ),
    ("cache.sh", "{ apt-get update", "Debian signs its packages"),
    ("cache.sh", "debootstrap", "the same"),
];

/// The lines of a script with those that go on joined to them.
fn commands(script: &str) -> Vec<String> {
    let joined = script.replace("\\\n", " ").replace("&&\n", "&& ");
    let lines = joined.lines().map(str::trim);
    lines
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// What gets something: shell scripts of the tests, their programs, and what installs the tools for the wheel.
fn scripts() -> impl Iterator<Item = PathBuf> {
    files().into_iter().filter(|file| {
        let shell = file.extension().is_some_and(|kind| kind == "sh");
        let in_tests = file.starts_with("tests") && (shell || file.ends_with("run"));
        in_tests || file.ends_with("host-shim/python/packing/tools.py")
    })
}

fn locked() -> impl Iterator<Item = PathBuf> {
    files().into_iter().filter(|file| {
        [
            "tests/setup",
            "tests/jco",
            "host-shim/python/maturin.txt",
            "host-shim/python/zig.txt",
        ]
        .iter()
        .any(|place| file.starts_with(place))
    })
}

#[test]
fn every_download_of_the_tests_is_pinned_by_hash() {
    let mut looked_at = 0;
    for file in scripts() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for line in commands(&read(&file)) {
            // Not what a message tells people to run.
            let line = line.split("skip \"").next().unwrap_or_default();
            for (way, pins) in WAYS.iter().filter(|(way, _)| line.contains(way)) {
                looked_at += 1;
                let pinned = !pins.is_empty() && pins.iter().all(|pin| line.contains(pin));
                let reviewed = REVIEWED
                    .iter()
                    .any(|(script, begins, _)| *script == name && line.starts_with(begins));
                assert!(
                    pinned || reviewed,
                    "{}: `{way}` without hashes: {line}",
                    file.display()
                );
            }
            if line.contains("cargo") && line.contains(" install ") {
                looked_at += 1;
                assert!(line.contains("--locked"), "{}: {line}", file.display());
            }
        }
    }
    assert!(looked_at >= 10, "{looked_at}");
}

#[test]
fn every_list_of_downloads_has_hashes() {
    let named = |file: &Path, name: &str| file.file_name().is_some_and(|found| found == name);
    let (mut lists, mut packages) = (0, 0);
    for file in locked() {
        if file.starts_with("tests/setup/requirements")
            || ["maturin.txt", "zig.txt"]
                .iter()
                .any(|name| named(&file, name))
        {
            lists += 1;
            for entry in commands(&read(&file))
                .iter()
                .filter(|line| line.contains("=="))
            {
                packages += 1;
                assert!(
                    entry.contains("--hash=sha256:"),
                    "{}: {entry}",
                    file.display()
                );
            }
        } else if named(&file, "package-lock.json") {
            lists += 1;
            let lock: serde_json::Value = serde_json::from_str(&read(&file)).unwrap();
            for (name, package) in lock["packages"].as_object().unwrap() {
                if name.is_empty() || package["link"] == true || package["inBundle"] == true {
                    continue;
                }
                packages += 1;
                let hash = package["integrity"].as_str().unwrap_or_default();
                assert!(
                    hash.starts_with("sha512-") || hash.starts_with("sha1-"),
                    "{name}: {package}"
                );
            }
        }
    }
    let lock = read("Cargo.lock");
    for package in lock
        .split("[[package]]")
        .skip(1)
        .filter(|one| one.contains("\nsource = "))
    {
        packages += 1;
        assert!(package.contains("\nchecksum = "), "{package}");
    }
    println!("{packages} packages in {lists} lists");
    assert!(lists >= 9 && packages > 500, "{lists} {packages}");
}
