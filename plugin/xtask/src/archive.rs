//! The archive for servers: the programs, the pages that a server needs, and completions.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::files::{copy, make_folder, read, remove_folder, run, run_build, sha256, write};
use crate::{repository, sbom};

/// The programs in it.
pub const PROGRAMS: [&str; 2] = ["host-shim", "openclaw-sidecar"];

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

/// The same on Windows.
const WINDOWS_COMPLETIONS: [(&str, &str); 1] = [("powershell", "host-shim.ps1")];

/// Whether programs of this target end with `.exe`, and people expect a zip.
pub fn is_windows(target: &str) -> bool {
    target.contains("-windows-")
}

/// The file name of a program of this target.
pub fn program(name: &str, target: &str) -> String {
    if is_windows(target) {
        format!("{name}.exe")
    } else {
        name.to_owned()
    }
}

/// Such as `host-shim-0.1.0-x86_64-unknown-linux-gnu`: the folder in the archive.
pub fn folder_name(target: &str) -> String {
    format!("host-shim-{}-{target}", env!("CARGO_PKG_VERSION"))
}

/// Builds the programs and writes the archive and its SHA-256 into `out`; returns its path. Without a target it is for
/// this machine and its glibc; otherwise zig links for it, and for an old glibc.
pub fn make(root: &Path, out: &Path, target: Option<&str>) -> Result<PathBuf> {
    let own = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    ensure!(
        target.is_some() || cfg!(all(target_os = "linux", target_env = "gnu")),
        "the archive is for Linux with glibc; name another machine with --target"
    );
    let built = repository::target(root)?;
    let bins = PROGRAMS.iter().flat_map(|program| ["--bin", program]);
    // For this machine in any case: it writes the completions.
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--release", "--locked"])
        .args(bins.clone());
    run_build(build.current_dir(root))?;
    let native = built.join("release");
    let programs = match target {
        None => native.clone(),
        Some(target) => {
            let mut build = Command::new(root.join("host-shim/python/zigbuild"));
            build.args([target, "--release", "--locked"]).args(bins);
            run_build(build.current_dir(root).env("CARGO_TARGET_DIR", &built))?;
            built.join(target).join("release")
        }
    };

    let triple = target.unwrap_or(&own);
    let name = folder_name(triple);
    let scratch = out.join(format!(".{name}"));
    let folder = scratch.join(&name);
    remove_folder(&scratch)?;
    make_folder(&folder.join("completions"))?;
    let mut packed = vec![];
    for program in PROGRAMS.map(|name| program(name, triple)) {
        copy(&programs.join(&program), &folder.join(&program))?;
        packed.push(PathBuf::from(program));
    }
    for (from, to) in FILES {
        copy(&root.join(from), &folder.join(to))?;
        packed.push(to.into());
    }
    let completions: &[_] = if is_windows(triple) {
        &WINDOWS_COMPLETIONS
    } else {
        &COMPLETIONS
    };
    for (shell, file) in completions {
        let script = run(Command::new(native.join("host-shim")).args(["completions", shell]))?;
        let file = Path::new("completions").join(file);
        write(&folder.join(&file), &script)?;
        packed.push(file);
    }
    sbom::make(root, &folder, target)?;
    packed.extend(sbom::LISTS.map(|(file, ..)| PathBuf::from(file)));
    write(
        &folder.join("SHA256SUMS"),
        sums(&folder, packed)?.as_bytes(),
    )?;

    let archive = if is_windows(triple) {
        zip(root, &folder, &out.join(format!("{name}.zip")))?
    } else {
        tar(&scratch, &name, &out.join(format!("{name}.tar.gz")))?
    };
    remove_folder(&scratch)?;
    println!("{}: {} bytes", archive.display(), read(&archive)?.len());
    let file = archive
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let sum = format!("{}  {file}\n", sha256(&archive)?);
    write(&out.join(format!("{file}.sha256")), sum.as_bytes())?;
    Ok(archive)
}

/// The same files give the same archive.
fn tar(scratch: &Path, name: &str, archive: &Path) -> Result<PathBuf> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--use-compress-program=gzip -n9"]);
    tar.args(["--sort=name", "--mtime=2026-01-01Z"]);
    tar.args(["--owner=0", "--group=0", "--numeric-owner", "--file"]);
    tar.arg(archive).arg("--directory").arg(scratch).arg(name);
    run(&mut tar)?;
    Ok(archive.to_owned())
}

/// The same, for Windows.
fn zip(root: &Path, folder: &Path, archive: &Path) -> Result<PathBuf> {
    let mut zip = Command::new("python3");
    zip.args(["-B", "-m", "packing.folder"])
        .args([folder, archive]);
    run(zip.current_dir(root.join("host-shim/python")))?;
    Ok(archive.to_owned())
}

/// The SHA-256 of these files, sorted, as `sha256sum --check` reads them.
fn sums(folder: &Path, mut paths: Vec<PathBuf>) -> Result<String> {
    paths.sort();
    let line = |path: &PathBuf| {
        let sum = sha256(&folder.join(path))?;
        Ok(format!("{sum}  {}\n", path.display()))
    };
    paths.iter().map(line).collect()
}
