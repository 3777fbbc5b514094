//! The nested Cargo that builds components.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "component";

/// Builds the packages of the workspace at `root` as components into `target`, and gives their
/// bytes in the same order.
pub fn components(root: &Path, target: &Path, packages: &[&str]) -> Result<Vec<Vec<u8>>> {
    packages
        .iter()
        .map(|package| component(root, target, package))
        .collect()
}

/// One package a call: features of one would otherwise be those of all, and the plugin's exports
/// would be in everything that uses its rules.
fn component(root: &Path, target: &Path, package: &str) -> Result<Vec<u8>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args([
            "build",
            "--locked",
            "--profile",
            PROFILE,
            "--target",
            TARGET,
            "--package",
            package,
        ])
        .arg("--target-dir")
        .arg(target);
    // Flags that are meant for programs of this machine have no place in a component; and what a
    // component is made of must not depend on who builds it.
    for name in [
        "RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", remap_flags()?.join("\u{1f}"));
    let status = command.status().context("cannot start cargo")?;
    ensure!(
        status.success(),
        "building {package} for {TARGET} failed (is its standard library there? rustup target add {TARGET})"
    );
    let file = target
        .join(TARGET)
        .join(PROFILE)
        .join(package.replace('-', "_") + ".wasm");
    std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Paths in panic messages: without these flags they name the builder's home, and no two builders
/// get the same file.
fn remap_flags() -> Result<Vec<String>> {
    let sources = cargo_home()?.join("registry").join("src");
    let registries = match std::fs::read_dir(&sources) {
        Ok(entries) => entries.collect::<std::io::Result<Vec<_>>>()?,
        // Vendored sources.
        Err(_) => Vec::new(),
    };
    let mut folders: Vec<PathBuf> = registries.iter().map(|entry| entry.path()).collect();
    folders.sort();
    Ok(folders
        .iter()
        .map(|folder| format!("--remap-path-prefix={}=/registry", folder.display()))
        .collect())
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty()) {
        return Ok(home.into());
    }
    let home = std::env::home_dir().context("there is no home directory; set CARGO_HOME")?;
    Ok(home.join(".cargo"))
}
