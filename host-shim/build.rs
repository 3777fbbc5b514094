//! Builds the plugin component, so that the library can embed it.
//!
//! `OPENCLAW_PLUGIN_WASM=FILE` embeds that file instead; without a name it embeds none.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let manifest_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest_dir
        .parent()
        .ok_or("host-shim is not in a workspace")?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);

    // Relative to this package: a target folder may serve several clones, and what the first of them
    // looks like says nothing about the others.
    for path in [
        "../plugin/core",
        "../plugin/wire",
        "../plugin/src",
        "../plugin/build/src",
        "../plugin/Cargo.toml",
        "../wit",
        "../Cargo.toml",
        "../Cargo.lock",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=OPENCLAW_PLUGIN_WASM");

    let wasm = match env::var_os("OPENCLAW_PLUGIN_WASM") {
        Some(path) if path.is_empty() => Vec::new(),
        Some(path) => {
            let path = fs::canonicalize(&path)
                .map_err(|e| format!("OPENCLAW_PLUGIN_WASM={}: {e}", path.display()))?;
            println!("cargo::rerun-if-changed={}", path.display());
            fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?
        }
        // The same bytes as `cargo xtask dist` releases.
        None => openclaw_component_build::plugin(root, &shared_target_dir(&out_dir))?,
    };
    let embedded = out_dir.join("plugin.wasm");
    fs::write(&embedded, wasm).map_err(|e| format!("{}: {e}", embedded.display()))?;

    println!(
        "cargo::rustc-env=OPENCLAW_EMBEDDED_WASM={}",
        embedded.display()
    );
    println!("cargo::rustc-env=OPENCLAW_TARGET={}", env::var("TARGET")?);
    println!(
        "cargo::rustc-env=OPENCLAW_WIT_VERSION={}",
        wit_version(root)?
    );
    println!(
        "cargo::rustc-env=OPENCLAW_WASMTIME={}",
        wasmtime_version(root)?
    );
    Ok(())
}

/// `component` in the outer build's target folder, so that it is built once for all sets of
/// features; else in our own.
fn shared_target_dir(out_dir: &Path) -> PathBuf {
    out_dir
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").exists())
        .unwrap_or(out_dir)
        .join("component")
}

/// The version of the package in `wit/`.
fn wit_version(root: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(root.join("wit/types.wit"))?;
    text.lines()
        .find_map(|line| {
            line.strip_prefix("package astr:openclaw@")?
                .strip_suffix(';')
        })
        .map(str::to_owned)
        .ok_or_else(|| "wit/types.wit does not name `package astr:openclaw@…;`".into())
}

/// The version of wasmtime that this build is locked to.
fn wasmtime_version(root: &Path) -> Result<String, Box<dyn Error>> {
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let (_, after) = lock
        .split_once("name = \"wasmtime\"\nversion = \"")
        .ok_or("no wasmtime in Cargo.lock")?;
    let (version, _) = after.split_once('"').ok_or("Cargo.lock is cut")?;
    Ok(version.to_owned())
}
