//! The archive for servers: the programs, the pages that a server needs, and completions.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::{repository, sbom};

/// The programs in it.
const PROGRAMS: [&str; 2] = ["host-shim", "openclaw-sidecar"];

/// Its other files: where they are here, and what they are called there.
const FILES: [(&str, &str); 5] = [
    ("LICENSE", "LICENSE"),
    ("host-shim/sidecar/templates/GUIDE.md", "GUIDE.md"),
    ("host-shim/sidecar/templates/GUIDE.en.md", "GUIDE.en.md"),
    ("host-shim/sidecar/templates/RUNBOOK.md", "RUNBOOK.md"),
    ("host-shim/sidecar/templates/RUNBOOK.en.md", "RUNBOOK.en.md"),
];

/// The shells with completions, and what their files are called.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "host-shim.bash"),
    ("zsh", "_host-shim"),
    ("fish", "host-shim.fish"),
];

/// Such as `host-shim-0.1.0-x86_64-unknown-linux-gnu`: the folder in the archive.
fn name() -> String {
    let (version, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    format!("host-shim-{version}-{arch}-unknown-linux-gnu")
}

/// Builds the programs and writes the archive and its SHA-256 into `out`.
pub fn make(root: &Path, out: &Path) -> Result<()> {
    ensure!(
        cfg!(all(target_os = "linux", target_env = "gnu")),
        "the archive is for Linux with glibc"
    );
    let target = repository::target(root)?;
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--locked"]);
    build.args(PROGRAMS.iter().flat_map(|program| ["--bin", program]));
    // What cargo tells of this tool is none of the build's: ring would be built again for it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&name);
        }
    }
    run(build.current_dir(root))?;

    let scratch = out.join(format!(".{}", name()));
    let folder = scratch.join(name());
    remove(&scratch)?;
    make_folder(&folder.join("completions"))?;
    for program in PROGRAMS {
        copy(&target.join("release").join(program), &folder.join(program))?;
    }
    for (from, to) in FILES {
        copy(&root.join(from), &folder.join(to))?;
    }
    for (shell, file) in COMPLETIONS {
        let script = run(Command::new(folder.join("host-shim")).args(["completions", shell]))?;
        write(&folder.join("completions").join(file), &script)?;
    }
    sbom::make(root, &folder)?;
    let sums = sums(&folder)?;
    write(&folder.join("SHA256SUMS"), sums.as_bytes())?;

    let archive = out.join(format!("{}.tar.gz", name()));
    // The same files give the same archive.
    let mut tar = Command::new("tar");
    tar.args(["--create", "--use-compress-program=gzip -n9"]);
    tar.args(["--sort=name", "--mtime=2026-01-01Z"]);
    tar.args(["--owner=0", "--group=0", "--numeric-owner", "--file"]);
    tar.arg(&archive)
        .arg("--directory")
        .arg(&scratch)
        .arg(name());
    run(&mut tar)?;
    remove(&scratch)?;
    let bytes = read(&archive)?;
    println!("{}: {} bytes", archive.display(), bytes.len());
    let sum = format!("{:x}  {}.tar.gz\n", Sha256::digest(&bytes), name());
    write(
        &out.join(format!("{}.tar.gz.sha256", name())),
        sum.as_bytes(),
    )
}

/// The SHA-256 of all files below, sorted, as `sha256sum --check` reads them.
fn sums(folder: &Path) -> Result<String> {
    let mut paths: Vec<PathBuf> = FILES.iter().map(|(_, to)| to.into()).collect();
    paths.extend(PROGRAMS.map(PathBuf::from));
    paths.extend(sbom::LISTS.map(|(file, ..)| PathBuf::from(file)));
    paths.extend(COMPLETIONS.map(|(_, file)| Path::new("completions").join(file)));
    paths.sort();
    let line = |path: &PathBuf| {
        let sum = Sha256::digest(read(&folder.join(path))?);
        Ok(format!("{sum:x}  {}\n", path.display()))
    };
    paths.iter().map(line).collect()
}

/// Runs a program to its end; returns its stdout.
fn run(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", output.status);
    }
    Ok(output.stdout)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// With the file's permissions.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = std::fs::copy(from, to);
    copied.with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
