//! Everything that is given away, in one folder: components, wheels, the plugin's zips, archives, sums, lists of crates and
//! notes; each installed in a clean place before it is said to be ready.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::files::{make_folder, names, read, remove_folder, run_build, sha256, write};
use crate::verify::{self, Outcome};
use crate::{archive, dist, notes, repository, sbom};

/// `host-shim/python/targets.json`, as far as it matters here.
#[derive(Deserialize)]
struct Table {
    targets: BTreeMap<String, Row>,
    zips: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Row {
    /// What the wheel's name ends with.
    tag: String,
}

/// Builds and verifies it all for `targets`, or for all of the table; `out` is the folder instead of
/// `target/dist/release-VERSION`. What is in it is replaced.
pub fn make(root: &Path, targets: &[&str], out: Option<PathBuf>) -> Result<()> {
    let table = read(&root.join("host-shim/python/targets.json"))?;
    let table: Table = serde_json::from_slice(&table).context("targets.json")?;
    for target in targets {
        ensure!(
            table.targets.contains_key(*target),
            "{target} is not in host-shim/python/targets.json: {}",
            table.targets.keys().cloned().collect::<Vec<_>>().join(", ")
        );
    }
    let targets: Vec<&str> = if targets.is_empty() {
        table.targets.keys().map(String::as_str).collect()
    } else {
        targets.to_vec()
    };
    let out = match out {
        Some(out) => std::path::absolute(out)?,
        None => repository::target(root)?
            .join("dist")
            .join(format!("release-{}", env!("CARGO_PKG_VERSION"))),
    };
    empty(&out)?;

    let steps = 2 * targets.len() + 2;
    let mut progress = Progress {
        done: 0,
        steps,
        begun: Instant::now(),
    };
    progress.next("components and lists of crates");
    dist::make(root, &out)?;
    sbom::make(root, &out, None)?;
    for target in &targets {
        progress.next(&format!(
            "archive for {target} (a quarter of an hour the first time)"
        ));
        archive::make(root, &out, Some(target))?;
    }
    for target in &targets {
        progress.next(&format!(
            "wheel for {target} (a few minutes the first time)"
        ));
        wheels(root, &out, &[target], true)?;
    }
    // Nothing is built any more: the wheels are packed.
    wheels(root, &out, &targets, false)?;

    progress.next("installing each in a clean place");
    let mut outcomes = Vec::new();
    outcomes.extend(verify::components(root, &out)?);
    for target in &targets {
        outcomes.push(verify::archive(root, &out, target)?);
        outcomes.push(verify::wheel(&out, target, &table.targets[*target].tag)?);
    }
    for name in names(&out)? {
        // The zip of one target has its name; what else is a zip is an archive.
        let alone = targets
            .iter()
            .find(|target| name == format!("astrbot_plugin_openclaw-{target}.zip"));
        let packed = match (table.zips.get(&name), alone) {
            (Some(packed), _) => packed.clone(),
            (None, Some(target)) => vec![(*target).to_owned()],
            (None, None) => continue,
        };
        let tags = packed
            .iter()
            .map(|triple| (triple.as_str(), table.targets[triple].tag.as_str()));
        outcomes.extend(verify::zip(&out.join(name), &tags.collect::<Vec<_>>())?);
    }
    finish(root, &out, &outcomes)?;
    let failed: Vec<_> = outcomes.iter().filter(|one| one.failed).collect();
    ensure!(
        failed.is_empty(),
        "{} of {} checks failed (see above)",
        failed.len(),
        outcomes.len()
    );
    Ok(())
}

/// An empty folder for the release; it must be one that this made, or new.
fn empty(out: &Path) -> Result<()> {
    let foreign = out.exists()
        && names(out)?.iter().any(|name| name != "SHA256SUMS")
        && !out.join("SHA256SUMS").exists();
    ensure!(
        !foreign,
        "{} is not the folder of a release; remove it, or name another with --out",
        out.display()
    );
    remove_folder(out)?;
    make_folder(out)
}

/// Has the wheels of these targets built into the folder, and the zips that they are all of.
fn wheels(root: &Path, out: &Path, targets: &[&str], skip_zip: bool) -> Result<()> {
    let mut build = Command::new(root.join("host-shim/python/build_wheel"));
    build.arg("--out").arg(out);
    build.args(targets.iter().flat_map(|target| ["--target", target]));
    build.args(skip_zip.then_some("--skip-zip"));
    build.args((!skip_zip).then_some("--zip-only"));
    let target = repository::target(root)?;
    run_build(build.current_dir(root).env("CARGO_TARGET_DIR", target))?;
    Ok(())
}

/// Writes the sums and the notes, and prints both.
fn finish(root: &Path, out: &Path, outcomes: &[Outcome]) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = String::from_utf8(read(&root.join("CHANGELOG.md"))?).context("CHANGELOG.md")?;
    let mut files = Vec::new();
    for name in names(out)? {
        if name != "SHA256SUMS" && name != "RELEASE_NOTES.md" {
            files.push((
                read(&out.join(&name))?.len(),
                sha256(&out.join(&name))?,
                name,
            ));
        }
    }
    let lines: Vec<_> = files
        .iter()
        .map(|(bytes, sha256, name)| notes::Line {
            name,
            bytes: *bytes,
            sha256,
        })
        .collect();
    let mut notes = notes::write(version, notes::changes(&changelog, version)?, &lines)?;
    notes += "\n## Verified\n\n| what | how | seen |\n| --- | --- | --- |\n";
    for Outcome {
        what, how, seen, ..
    } in outcomes
    {
        notes += &format!("| {what} | {how} | {seen} |\n");
    }
    write(&out.join("RELEASE_NOTES.md"), notes.as_bytes())?;
    let mut sums: String = files
        .iter()
        .map(|(_, sum, name)| format!("{sum}  {name}\n"))
        .collect();
    sums += &format!(
        "{}  RELEASE_NOTES.md\n",
        sha256(&out.join("RELEASE_NOTES.md"))?
    );
    write(&out.join("SHA256SUMS"), sums.as_bytes())?;

    println!("\n{}", out.display());
    for (bytes, _, name) in &files {
        println!("  {name}: {bytes} bytes");
    }
    println!("\nverified:");
    for Outcome {
        what,
        how,
        seen,
        failed,
    } in outcomes
    {
        println!(
            "  {}{what}: {how}: {seen}",
            if *failed { "FAILED " } else { "" }
        );
    }
    Ok(())
}

/// Says on stderr what is being done.
struct Progress {
    done: usize,
    steps: usize,
    begun: Instant,
}

impl Progress {
    fn next(&mut self, what: &str) {
        self.done += 1;
        let (done, steps, seconds) = (self.done, self.steps, self.begun.elapsed().as_secs());
        eprintln!("release: {done} of {steps}: {what} ({seconds} s so far)");
    }
}
