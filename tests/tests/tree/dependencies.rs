//! What the library brings along for those who build on it.

use std::process::Command;

use super::root;

/// The names of all crates that are built into a package with these features.
fn dependencies(package: &str, features: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges=normal",
            "--prefix=none",
        ])
        .args(["--format={lib}", "--package", package])
        .args(features)
        .current_dir(root());
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = String::from_utf8(output.stdout).unwrap();
    names.lines().map(str::to_owned).collect()
}

#[test]
fn the_library_has_no_command_line_and_no_test_server() {
    let library = dependencies("host-shim", &[]);
    for wanted in ["wasmtime", "hyper", "openclaw_core"] {
        assert!(
            library.iter().any(|name| name == wanted),
            "no {wanted}: {library:?}"
        );
    }
    for unwanted in [
        "clap",
        "clap_builder",
        "openclaw_fake_gateway",
        "openclaw_sidecar",
    ] {
        assert!(!library.iter().any(|name| name == unwanted), "{unwanted}");
    }
}
