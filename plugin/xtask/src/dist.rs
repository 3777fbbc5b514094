//! The released files: the plugin alone, and the command that runs on WASI alone.

use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::compose::{Names, Parts, compose};
use crate::{check, notes, repository, wit_doc};

/// The most bytes of openclaw-plugin.wasm.
const PLUGIN_BUDGET: usize = 358_999;
/// The most bytes of openclaw-cli.wasm.
const CLI_BUDGET: usize = 820_999;

/// A released file.
pub struct File {
    name: &'static str,
    bytes: Vec<u8>,
}

impl File {
    /// In hexadecimal.
    fn sha256(&self) -> String {
        format!("{:x}", Sha256::digest(&self.bytes))
    }
}

/// Builds, checks and writes them to `out`, with their SHA-256 and the release's notes.
pub fn make(root: &Path, out: &Path) -> Result<()> {
    let target = repository::target(root)?.join("component");
    let files = files(root, &target)?;
    for file in &files {
        let path = out.join(file.name);
        std::fs::write(&path, &file.bytes)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let sums = sums(&files);
    std::fs::write(out.join("SHA256SUMS"), &sums)?;
    std::fs::write(out.join("RELEASE_NOTES.md"), release_notes(root, &files)?)?;
    print!("{sums}");
    Ok(())
}

fn release_notes(root: &Path, files: &[File]) -> Result<String> {
    let path = root.join("CHANGELOG.md");
    let changelog = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let version = env!("CARGO_PKG_VERSION");
    let hashes: Vec<String> = files.iter().map(File::sha256).collect();
    let lines: Vec<_> = files
        .iter()
        .zip(&hashes)
        .map(|(file, sha256)| notes::Line {
            name: file.name,
            bytes: file.bytes.len(),
            sha256,
        })
        .collect();
    notes::write(version, notes::changes(&changelog, version)?, &lines)
}

/// Builds and checks them, with `target` for what Cargo builds.
pub fn files(root: &Path, target: &Path) -> Result<Vec<File>> {
    let plugin = openclaw_component_build::plugin(root, target)?;
    let world = wit_doc::World::read(root)?;
    let interface = check::interface(&plugin)?;
    check::same("imports", &interface.imports, &world.imports).context("openclaw-plugin.wasm")?;
    check::same("exports", &interface.exports, &world.exports).context("openclaw-plugin.wasm")?;
    let private = repository::private_folders(root, target);
    finish(
        "openclaw-plugin.wasm",
        &plugin,
        &interface,
        PLUGIN_BUDGET,
        &private,
    )?;

    let build = |package| openclaw_component_build::package(root, target, package);
    let parts = Parts {
        plugin: plugin.clone(),
        memory: build("openclaw-wasi-memory")?,
        tools: build("openclaw-wasi-tools")?,
        cli: build("openclaw-wasi-cli")?,
    };
    let cli = openclaw_component_build::describe(
        &compose(parts, &Names::of(&world.version))?,
        "openclaw-cli",
        "Asks an OpenClaw Gateway through the guarded plugin; needs nothing but WASI",
    )?;
    let interface = check::interface(&cli)?;
    check::only_wasi(&interface.imports).context("openclaw-cli.wasm")?;
    finish("openclaw-cli.wasm", &cli, &interface, CLI_BUDGET, &private)?;

    Ok(vec![
        File {
            name: "openclaw-plugin.wasm",
            bytes: plugin,
        },
        File {
            name: "openclaw-cli.wasm",
            bytes: cli,
        },
    ])
}

/// Checks a file and prints its size, metadata and interface.
fn finish(
    name: &str,
    bytes: &[u8],
    interface: &check::Interface,
    budget: usize,
    private: &[String],
) -> Result<()> {
    let told = check::valid(bytes)
        .and_then(|()| check::size(bytes, budget))
        .and_then(|()| check::anonymous(bytes, private))
        .and_then(|()| check::metadata(bytes, env!("CARGO_PKG_VERSION")))
        .context(name.to_owned())?;
    println!("{name}: {} of at most {budget} bytes", bytes.len());
    println!("{told}");
    println!("{}\n", interface.wit);
    Ok(())
}

/// Their SHA-256, as `sha256sum --check` reads it.
pub fn sums(files: &[File]) -> String {
    files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256(), file.name))
        .collect()
}
