//! Whether what was built can be installed and run: in a clean place each, and under an emulator where one is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::archive::{folder_name, is_windows, program};
use crate::files::{names, read, run, sha256};
use crate::repository;

/// What was tried, and what came of it.
pub struct Outcome {
    pub what: String,
    pub how: String,
    pub seen: String,
    pub failed: bool,
}

impl Outcome {
    fn of(what: &str, how: &str, seen: Result<String>) -> Self {
        Self {
            what: what.to_owned(),
            how: how.to_owned(),
            failed: seen.is_err(),
            seen: seen.unwrap_or_else(|error| format!("{error:#}").replace('\n', " ")),
        }
    }
}

/// What runs the programs of a target on this machine.
struct Runner {
    how: String,
    command: Vec<PathBuf>,
}

/// None if nothing here can.
fn runner(root: &Path, target: &str) -> Option<Runner> {
    let arch = std::env::consts::ARCH;
    let on = |how: &str, command: Vec<PathBuf>| {
        Some(Runner {
            how: how.to_owned(),
            command,
        })
    };
    match target {
        _ if cfg!(target_os = "linux") && target == format!("{arch}-unknown-linux-gnu") => {
            on("here", vec![])
        }
        _ if cfg!(target_os = "linux") && target == format!("{arch}-unknown-linux-musl") => {
            on("here, statically linked", vec![])
        }
        "aarch64-unknown-linux-musl" => on("under qemu", vec![find("qemu-aarch64-static")?]),
        "aarch64-unknown-linux-gnu" => {
            let libraries = PathBuf::from("/usr/aarch64-linux-gnu");
            libraries.join("lib").is_dir().then_some(())?;
            on(
                "under qemu",
                vec![find("qemu-aarch64-static")?, "-L".into(), libraries],
            )
        }
        "x86_64-pc-windows-gnu" => {
            find("wine")?;
            // A prefix with what Rust's standard library needs.
            let folder = run(&mut Command::new(root.join("tests/setup/wine.sh"))).ok()?;
            let folder = String::from_utf8(folder).ok()?;
            on("under wine", vec![Path::new(folder.trim()).join("wine")])
        }
        _ => None,
    }
}

/// A program on the PATH.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The components, with the host-shim of this machine.
pub fn components(root: &Path, out: &Path) -> Result<Vec<Outcome>> {
    let host = repository::target(root)?.join("release/host-shim");
    let inspected = ["openclaw-plugin.wasm"].map(|name| {
        let seen = run(Command::new(&host)
            .args(["inspect", "--json"])
            .arg(out.join(name)))
        .map(|text| format!("loaded, {}", sum_in(&text)));
        Outcome::of(name, "host-shim inspect", seen)
    });
    Ok(inspected.into())
}

fn sum_in(json: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    format!("sha256 {}", value["sha256"].as_str().unwrap_or("unknown"))
}

/// An archive: unpacked in an empty folder, its sums, and both programs with `--version` and the demonstration.
pub fn archive(root: &Path, out: &Path, target: &str) -> Result<Outcome> {
    let what = format!("archive for {target}");
    let place = tempfile::Builder::new().prefix("release-").tempdir()?;
    let folder = place.path().join(folder_name(target));
    let unpacked =
        unpack(&out.join(folder_name(target)), target, place.path()).and_then(|()| sums(&folder));
    let files = match unpacked {
        Ok(files) => files,
        Err(error) => return Ok(Outcome::of(&what, "unpacked", Err(error))),
    };
    let Some(runner) = runner(root, target) else {
        let seen = format!(
            "{files} files match SHA256SUMS; not run: nothing here runs programs of {target}"
        );
        return Ok(Outcome::of(&what, "unpacked", Ok(seen)));
    };
    let start = |name: &str, arguments: &[&str]| {
        let file = folder.join(program(name, target));
        let mut words = runner.command.iter().cloned().chain([file]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(arguments).current_dir(&folder);
        // Nothing of this machine's settings.
        command
            .env("HOME", place.path())
            .env("XDG_CACHE_HOME", place.path())
            .env("LC_ALL", "C.UTF-8");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OPENCLAW_") {
                command.env_remove(name);
            }
        }
        run(command.stdin(Stdio::null()))
    };
    let version = env!("CARGO_PKG_VERSION");
    let seen = (|| {
        for name in crate::archive::PROGRAMS {
            let said = String::from_utf8_lossy(&start(name, &["--version"])?)
                .trim()
                .to_owned();
            ensure!(
                said == format!("{name} {version}"),
                "{name} --version says {said:?}"
            );
        }
        let lines = start("host-shim", &["demo"])?
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        ensure!(lines > 10, "the demonstration has {lines} lines");
        Ok(format!(
            "{files} files match SHA256SUMS; both programs say {version}; the demonstration ran ({lines} lines)"
        ))
    })();
    Ok(Outcome::of(
        &what,
        &format!("unpacked, run {}", runner.how),
        seen,
    ))
}

fn unpack(archive: &Path, target: &str, place: &Path) -> Result<()> {
    let mut file = archive.as_os_str().to_owned();
    let mut command = if is_windows(target) {
        file.push(".zip");
        let mut unzip = Command::new("python3");
        unzip.args(["-m", "zipfile", "-e"]).arg(file).arg(place);
        unzip
    } else {
        file.push(".tar.gz");
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--file"])
            .arg(file)
            .arg("--directory")
            .arg(place);
        tar
    };
    run(&mut command)?;
    Ok(())
}

/// Checks the sums of an unpacked archive; returns how many there are.
fn sums(folder: &Path) -> Result<usize> {
    let text = String::from_utf8(read(&folder.join("SHA256SUMS"))?)?;
    for line in text.lines() {
        let (sum, name) = line.split_once("  ").context("SHA256SUMS")?;
        ensure!(
            sha256(&folder.join(name))? == sum,
            "{name} does not match SHA256SUMS"
        );
    }
    Ok(text.lines().count())
}

/// A wheel: installed in a fresh environment and loaded, if it is for this machine.
pub fn wheel(out: &Path, target: &str, tag: &str) -> Result<Outcome> {
    let what = format!("wheel for {target}");
    let all = names(out)?;
    let mut found = all
        .iter()
        .filter(|name| name.ends_with(".whl") && name.contains(tag));
    let (Some(wheel), None) = (found.next(), found.next()) else {
        return Ok(Outcome::of(
            &what,
            "looked for",
            Err(anyhow::anyhow!("not one wheel with {tag}")),
        ));
    };
    let own = cfg!(all(target_os = "linux", target_env = "gnu"))
        && target == format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    if !own {
        let seen = "not loaded: it is for another machine; the zip's check says whether pip takes it there";
        return Ok(Outcome::of(
            &what,
            "contents checked by build_wheel",
            Ok(seen.to_owned()),
        ));
    }
    let place = tempfile::Builder::new().prefix("release-").tempdir()?;
    let seen = environment(place.path()).and_then(|python| {
        let mut pip = pip(&python);
        pip.args(["install", "--quiet", "--no-index", "--no-deps"])
            .arg(out.join(wheel));
        run(&mut pip)?;
        load(&python, place.path())
    });
    Ok(Outcome::of(&what, "installed in a fresh environment", seen))
}

/// A fresh environment; returns its Python.
fn environment(place: &Path) -> Result<PathBuf> {
    run(Command::new("python3")
        .args(["-m", "venv"])
        .arg(place.join("v")))?;
    Ok(place.join("v/bin/python"))
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]);
    pip
}

/// Loads the component in the installed module, and asks the sidecar's program for its version.
fn load(python: &Path, place: &Path) -> Result<String> {
    const CODE: &str = "import asyncio, astr_openclaw\n\
        async def main():\n    \
            config = {'gateway_primary_url': 'http://127.0.0.1:9', 'gateway_bearer_token': 'x'}\n    \
            async with await astr_openclaw.Plugin.load(config) as plugin:\n        \
                print(astr_openclaw.__version__, plugin.component.code)\n\
        asyncio.run(main())\n";
    let version = env!("CARGO_PKG_VERSION");
    let said = run(Command::new(python).args(["-c", CODE]).current_dir(place))?;
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    ensure!(said == format!("{version} precompiled"), "it says {said:?}");
    let mut sidecar = Command::new(python);
    sidecar.args(["-m", "astr_openclaw", "sidecar", "--version"]);
    let program = run(sidecar.current_dir(place))?;
    let program = String::from_utf8_lossy(&program).trim().to_owned();
    ensure!(
        program.ends_with(version),
        "the sidecar's program says {program:?}"
    );
    Ok(format!("loaded ({said}), {program}"))
}

/// A zip of the plugin: whether pip takes the right wheel of it on each machine, by its hash.
pub fn zip(zip: &Path, tags: &[(&str, &str)]) -> Result<Vec<Outcome>> {
    let name = zip
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let place = tempfile::Builder::new().prefix("release-").tempdir()?;
    let mut unzip = Command::new("python3");
    run(unzip
        .args(["-m", "zipfile", "-e"])
        .arg(zip)
        .arg(place.path()))?;
    let folder = place.path().join("astrbot_plugin_openclaw");
    let python = environment(place.path())?;
    let fetched = |label: &str, arguments: &[&str]| {
        let to = place.path().join(label);
        let mut pip = pip(&python);
        pip.args([
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--dest",
        ])
        .arg(&to);
        pip.args([
            "--python-version=3.12",
            "--implementation=cp",
            "--abi=abi3",
            "--abi=none",
        ]);
        pip.args(arguments)
            .args(["--requirement", "requirements.txt"]);
        run(pip.current_dir(&folder))?;
        Ok::<_, anyhow::Error>(names(&to)?.join(" "))
    };
    let mut outcomes = Vec::new();
    for (target, tag) in tags {
        let seen = fetched(target, &[&format!("--platform={tag}")]).and_then(|taken| {
            ensure!(taken.contains(tag), "pip takes {taken}");
            Ok(format!("pip takes {taken}"))
        });
        outcomes.push(Outcome::of(
            &format!("{name} on {target}"),
            "pip download --platform",
            seen,
        ));
    }
    let seen = fetched("nowhere", &["--platform=linux_riscv64"]).and_then(|taken| {
        ensure!(taken.ends_with("-py3-none-any.whl"), "pip takes {taken}");
        Ok(format!("pip takes {taken}, which says what to use"))
    });
    outcomes.push(Outcome::of(
        &format!("{name} on linux_riscv64"),
        "pip download --platform",
        seen,
    ));
    Ok(outcomes)
}
