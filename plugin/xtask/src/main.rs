//! Builds and checks the released components, and generates files from tables in the sources.
//!
//! `cargo xtask release` builds everything that is given away, `archive` packs the programs. `dist` needs neither wasmtime
//! nor a network: it builds the plugin and the small components around it for wasm32-wasip2, composes the command, and
//! checks both files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use lexopt::Arg::{Long, Value};
use lexopt::ValueExt as _;

mod archive;
mod check;
mod compose;
mod dist;
mod docs;
mod files;
mod notes;
mod release;
mod repository;
mod reproduce;
mod sbom;
mod settings;
mod verify;
mod wit_compat;
mod wit_doc;

const HELP: &str = "\
Builds and checks the released components, and generates files from tables in the sources.

Usage: cargo xtask COMMAND

  dist [--out DIR]       Build openclaw-plugin.wasm and openclaw-cli.wasm, SHA256SUMS and RELEASE_NOTES.md
                         (default: target/dist), and check imports, exports, validity and size
  archive [--target TRIPLE] [--out DIR]
                         Build host-shim and openclaw-sidecar, and pack them for servers: host-shim-VERSION-TARGET.tar.gz
                         (default: for this machine, in target/dist), or .zip for Windows
  release [--target TRIPLE]... [--out DIR]
                         Build the components, and wheels, plugin zips and archives for these targets (default: all of
                         host-shim/python/targets.json) into target/dist/release-VERSION, with SHA256SUMS, lists of
                         crates and notes; install each in a clean place, and say what was verified. A target takes half
                         an hour on two cores the first time
  sbom [--out DIR]       Write what is built into the component, the programs and the wheel: CycloneDX, *.cdx.json
                         (default: target/dist)
  reproduce              Build the last commit in two fresh folders and compare the files
  docs [--check]         Write the generated files: the WIT reference, the settings, the Star's settings page;
                         or fail if one is out of date
  wit-compat [--record]  Fail if wit/ breaks hosts of a version that its own version promises to support;
                         or record wit/ as its version
  wit-compat --packed FILE
                         Fail unless FILE, which wkg has built, is the package in wit/

Examples:

  cargo xtask dist --out /tmp/components
  cargo xtask archive --target aarch64-unknown-linux-gnu
  cargo xtask release --target x86_64-unknown-linux-gnu --target aarch64-unknown-linux-gnu
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = lexopt::Parser::from_env();
    let (mut command, mut out, mut packed, mut flags) = (None, None, None, Vec::new());
    let mut targets = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) if command.is_none() => command = Some(name.string()?),
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            Long("packed") => packed = Some(PathBuf::from(arguments.value()?)),
            Long("target") => targets.push(arguments.value()?.string()?),
            Long("help") => {
                print!("{HELP}");
                return Ok(());
            }
            Long(flag) => flags.push(flag.to_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let command = command.context("a command is required; see cargo xtask --help")?;
    let root = repository::root()?;
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    if let Some(file) = packed {
        ensure!(
            command == "wit-compat" && flags.is_empty() && targets.is_empty() && out.is_none(),
            "--packed is for wit-compat alone; see cargo xtask --help"
        );
        return wit_compat::packed(&root, &file);
    }
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    match (command.as_str(), targets.as_slice(), flags.as_slice(), out) {
        ("dist", [], [], out) => dist::make(&root, &released(&root, out)?),
        ("archive", [], [], out) => archive::make(&root, &released(&root, out)?, None).map(drop),
        ("archive", [target], [], out) => {
            archive::make(&root, &released(&root, out)?, Some(target)).map(drop)
        }
        ("release", targets, [], out) => release::make(&root, targets, out),
        ("sbom", [], [], out) => sbom::make(&root, &released(&root, out)?, None),
        ("reproduce", [], [], None) => reproduce::check(&root),
        ("docs", [], [], None) => docs::write(&root),
        ("docs", [], ["check"], None) => docs::check(&root),
        ("wit-compat", [], [], None) => wit_compat::check(&root),
        ("wit-compat", [], ["record"], None) => wit_compat::record(&root),
        _ => bail!("unknown command or option; see cargo xtask --help"),
    }
}

/// Where released files go: here, or to `dist` below the target folder.
fn released(root: &Path, out: Option<PathBuf>) -> Result<PathBuf> {
    let out = match out {
        Some(out) => out,
        None => repository::target(root)?.join("dist"),
    };
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    Ok(out)
}
