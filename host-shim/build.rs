//! Builds the plugin component, so that the library can embed it.
//!
//! `OPENCLAW_PLUGIN_WASM=FILE` embeds that file instead.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const WASM_TARGET: &str = "wasm32-wasip2";

fn main() -> Result<(), Box<dyn Error>> {
    let manifest_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest_dir.parent().ok_or("host-shim is not in a workspace")?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);

    for path in ["plugin/src", "plugin/Cargo.toml", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=OPENCLAW_PLUGIN_WASM");

    let wasm = match env::var_os("OPENCLAW_PLUGIN_WASM") {
        Some(path) => {
            let path = fs::canonicalize(&path)
                .map_err(|e| format!("OPENCLAW_PLUGIN_WASM={}: {e}", path.display()))?;
            println!("cargo::rerun-if-changed={}", path.display());
            path
        }
        None => build_component(root, &out_dir)?,
    };
    let embedded = out_dir.join("plugin.wasm");
    fs::copy(&wasm, &embedded).map_err(|e| format!("{}: {e}", wasm.display()))?;

    println!("cargo::rustc-env=OPENCLAW_EMBEDDED_WASM={}", embedded.display());
    println!("cargo::rustc-env=OPENCLAW_TARGET={}", env::var("TARGET")?);
    println!("cargo::rustc-env=OPENCLAW_WIT_VERSION={}", wit_version(root)?);
    println!("cargo::rustc-env=OPENCLAW_WASMTIME={}", wasmtime_version(root)?);
    Ok(())
}

/// Runs cargo once more, for the component's target and profile.
fn build_component(root: &Path, out_dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    install_target()?;
    let target_dir = shared_target_dir(out_dir);
    let mut cargo = Command::new(env::var_os("CARGO").ok_or("CARGO is not set")?);
    cargo
        .current_dir(root)
        .args(["build", "--locked", "--package", "openclaw-plugin", "--lib"])
        .args(["--target", WASM_TARGET, "--profile", "component"])
        .arg("--target-dir")
        .arg(&target_dir);
    for (name, _) in env::vars_os() {
        if !is_for_nested_cargo(&name) {
            cargo.env_remove(name);
        }
    }
    if !cargo.status()?.success() {
        return Err("the plugin component does not build; its errors are above".into());
    }
    Ok(target_dir.join(WASM_TARGET).join("component").join("openclaw_plugin.wasm"))
}

/// Whether the outer cargo's variable is also meant for the inner one: where things are and how to
/// reach them, but neither flags nor wrappers (such as clippy's), which are for the host.
fn is_for_nested_cargo(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let keep = [
        "CARGO_HOME",
        "CARGO_MAKEFLAGS",
        "CARGO_NET_",
        "CARGO_HTTP_",
        "CARGO_SOURCE_",
        "CARGO_REGISTR",
        "CARGO_INCREMENTAL",
    ];
    let of_outer_build = ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC", "DEP_", "CLIPPY_"];
    let exact = ["TARGET", "HOST", "PROFILE", "OPT_LEVEL", "DEBUG", "OUT_DIR", "NUM_JOBS"];
    keep.iter().any(|prefix| name.starts_with(prefix))
        || !(of_outer_build.iter().any(|prefix| name.starts_with(prefix))
            || exact.contains(&&*name))
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

/// Makes sure that the standard library for the component's target is there.
fn install_target() -> Result<(), Box<dyn Error>> {
    let rustc = env::var_os("RUSTC").ok_or("RUSTC is not set")?;
    let sysroot = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout)?.trim());
    if sysroot.join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir() {
        return Ok(());
    }
    let hint = format!(
        "install the standard library of {WASM_TARGET} for this compiler (rustup target add {WASM_TARGET})"
    );
    match Command::new("rustup").args(["target", "add", WASM_TARGET]).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("rustup target add {WASM_TARGET}: {status}; {hint}").into()),
        Err(error) => Err(format!("there is no rustup ({error}); {hint}").into()),
    }
}

/// The version of the package in `wit/`.
fn wit_version(root: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(root.join("wit/types.wit"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("package astr:openclaw@")?.strip_suffix(';'))
        .map(str::to_owned)
        .ok_or_else(|| "wit/types.wit does not name `package astr:openclaw@…;`".into())
}

/// The version of wasmtime that this build is locked to.
fn wasmtime_version(root: &Path) -> Result<String, Box<dyn Error>> {
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let (_, after) = lock.split_once("name = \"wasmtime\"\nversion = \"").ok_or("no wasmtime in Cargo.lock")?;
    let (version, _) = after.split_once('"').ok_or("Cargo.lock is cut")?;
    Ok(version.to_owned())
}
