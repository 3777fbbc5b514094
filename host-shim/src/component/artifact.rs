//! Compiled components on disk: `NAME.cwasm`, written by wasmtime, and `NAME.cwasm.json`, which
//! describes what it was compiled from.
//!
//! An artifact's code runs outside the sandbox. It is loaded only if nobody but this user and root
//! could have written it, if it is complete, and if it was built for exactly this wasmtime and target.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use openclaw_os::files;
use serde::{Deserialize, Serialize};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::{SETTINGS, TARGET, WASMTIME};
use super::{digest, trusted_file};

/// Longest accepted description, in bytes.
const MAX_DESCRIPTION_BYTES: u64 = 4096;

/// What `NAME.cwasm.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    /// Of this file.
    format: u32,
    wasmtime: String,
    target: String,
    settings: u32,
    pub(super) wasm_sha256: String,
    pub(super) wasm_size: u64,
    code_sha256: String,
    code_size: u64,
}

const FORMAT: u32 = 1;

/// Prefix of files still being written.
pub(super) const UNFINISHED: &str = ".openclaw-";

impl Description {
    fn new(target: &str, wasm_sha256: &str, wasm_size: u64, code: &[u8]) -> Self {
        Self {
            format: FORMAT,
            wasmtime: WASMTIME.to_owned(),
            target: target.to_owned(),
            settings: SETTINGS,
            wasm_sha256: wasm_sha256.to_owned(),
            wasm_size,
            code_sha256: digest::of_bytes(code),
            code_size: code.len() as u64,
        }
    }

    /// Checks that the artifact fits this build.
    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!(
                "its description has format {}, expected {FORMAT}",
                self.format
            ));
        }
        if self.wasmtime != WASMTIME {
            return Err(format!(
                "it was made by wasmtime {}, but this build uses {WASMTIME}",
                self.wasmtime
            ));
        }
        if self.target != TARGET {
            return Err(format!(
                "it was made for {}, but this build is for {TARGET}",
                self.target
            ));
        }
        if self.settings != SETTINGS {
            return Err(format!(
                "it was made with settings {}, expected {SETTINGS}",
                self.settings
            ));
        }
        Ok(())
    }
}

/// Everything that an artifact depends on, as one string.
pub(super) fn key(wasm_sha256: &str) -> String {
    format!("{FORMAT} {WASMTIME} {TARGET} {SETTINGS} {wasm_sha256}")
}

/// The path of an artifact's description.
pub(super) fn description_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

/// Loads an artifact. The error says why it cannot be used.
pub(super) fn load(engine: &Engine, path: &Path) -> Result<(Component, Description), String> {
    let description_path = description_of(path);
    let mut text = String::new();
    trusted_file::open_private(&description_path)?
        .take(MAX_DESCRIPTION_BYTES)
        .read_to_string(&mut text)
        .map_err(|e| format!("{}: {e}", description_path.display()))?;
    let description: Description = serde_json::from_str(&text).map_err(|e| {
        format!(
            "{} is not a valid description: {e}",
            description_path.display()
        )
    })?;
    description.check()?;

    let file = trusted_file::open_private(path)?;
    let (sha256, size) = digest::of_reader(&file).map_err(|e| e.to_string())?;
    if (&sha256, size) != (&description.code_sha256, description.code_size) {
        return Err(format!(
            "it is damaged: its {size} bytes do not match the description"
        ));
    }
    let component = deserialize(engine, &file, path).map_err(|e| first_line(&e))?;
    Ok((component, description))
}

/// Hands a checked file to wasmtime.
fn deserialize(engine: &Engine, file: &File, path: &Path) -> wasmtime::Result<Component> {
    // By descriptor: the path may name another file since the check. Where there is no such path, nobody can have changed
    // or replaced the file while it is open.
    let mapped = files::path_of_open(file, path);
    // SAFETY: wasmtime wrote the file (its hash is the one that `store` recorded) for this version
    // and these settings, and nobody else could have written it (`open_private`).
    unsafe { Component::deserialize_file(engine, mapped) }
}

/// Writes an artifact for `target` atomically.
pub(super) fn store(
    path: &Path,
    code: &[u8],
    target: &str,
    wasm_sha256: &str,
    wasm_size: u64,
) -> io::Result<()> {
    let description = Description::new(target, wasm_sha256, wasm_size, code);
    let text = serde_json::to_vec_pretty(&description)?;
    // In this order: code without a description is never loaded.
    for (path, bytes) in [
        (path, code),
        (description_of(path).as_path(), text.as_slice()),
    ] {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        // Made with mode 600, then renamed.
        let mut file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(dir.unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        files::persist(file, path)?;
    }
    Ok(())
}

/// An error chain of wasmtime as one line, without backtraces.
pub(crate) fn first_line(error: &wasmtime::Error) -> String {
    let lines: Vec<String> = error
        .chain()
        .map(|error| {
            error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .filter(|line| !line.starts_with("error while executing at wasm backtrace"))
        .collect();
    lines.join(": ")
}
