//! A change to the WIT that breaks hosts must change the package's version.
//!
//! `wit/released/VERSION/` holds the package as recorded for that version. A host written against it must be able
//! to run a component built from `wit/`, unless the version allows a break. A version that `CHANGELOG.md` calls not
//! yet released can be recorded again.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use semver::Version;
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{PackageId, Resolve, UnresolvedPackageGroup};

use crate::notes;

const RELEASED: &str = "wit/released";
const WORLD: &str = "plugin";

/// Compares `wit/` with every recorded version.
pub fn check(root: &Path) -> Result<()> {
    let wit = root.join("wit");
    let current = version(&wit)?;
    let recorded = recorded(root)?;
    let mut own = None;
    for (old, folder) in &recorded {
        if !promises_compatibility(old, &current)? {
            println!("wit {current} may break hosts of {old}, as its version says");
            continue;
        }
        compatible(&wit, folder).with_context(|| {
            format!(
                "wit/ is version {current}, which promises hosts of {old} that nothing breaks, but \
                 this change does; raise the version in wit/types.wit or undo the change. If {old} \
                 was never released: cargo xtask wit-compat --record"
            )
        })?;
        println!("wit {current} is compatible with hosts of {old}");
        own = own.or((*old == current).then_some(folder));
    }
    ensure!(
        own.is_some(),
        "wit/ is version {current}, which is not recorded, so the next change would go unnoticed; \
         run cargo xtask wit-compat --record and commit the result"
    );
    Ok(())
}

/// Records `wit/` as its version.
pub fn record(root: &Path) -> Result<()> {
    let wit = root.join("wit");
    let version = version(&wit)?;
    let folder = root.join(RELEASED).join(version.to_string());
    if folder.is_dir() && is_released(root, &version)? {
        compatible(&wit, &folder).with_context(|| {
            format!(
                "CHANGELOG.md says that {version} is released, so its hosts must keep working; \
                 raise the version in wit/types.wit"
            )
        })?;
    }
    std::fs::create_dir_all(&folder)?;
    for old in wit_files(&folder)? {
        std::fs::remove_file(old)?;
    }
    for file in wit_files(&wit)? {
        let name = file.file_name().context("a file has a name")?;
        std::fs::copy(&file, folder.join(name))?;
    }
    println!("recorded in {}", folder.display());
    Ok(())
}

/// Fails unless a file is the package in `wit/` in its binary form, with the documentation and with what it depends on.
pub fn packed(root: &Path, file: &Path) -> Result<()> {
    let mut resolve = Resolve {
        // Whoever uses the package decides about them, so they are packed.
        all_features: true,
        ..Resolve::default()
    };
    let (package, _) = resolve.push_dir(root.join("wit"))?;
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let (decoded, own) = decode(&bytes).with_context(|| format!("{}", file.display()))?;
    same(&print(&resolve, package, &[])?, &print(&decoded, own, &[])?)?;
    // Of the others only what is used is packed.
    let (used, package) = decode(&wit_component::encode(&resolve, package)?)?;
    same(
        &print(&used, package, &others(&used, package))?,
        &print(&decoded, own, &others(&decoded, own))?,
    )?;
    println!(
        "{} is {} as in wit/",
        file.display(),
        decoded.packages[own].name
    );
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<(Resolve, PackageId)> {
    match wit_component::decode(bytes)? {
        DecodedWasm::WitPackage(resolve, package) => Ok((resolve, package)),
        DecodedWasm::Component(..) => bail!("this is a component, not a WIT package"),
    }
}

fn others(resolve: &Resolve, own: PackageId) -> Vec<PackageId> {
    let all = resolve.packages.iter().map(|(id, _)| id);
    all.filter(|id| *id != own).collect()
}

fn print(resolve: &Resolve, package: PackageId, others: &[PackageId]) -> Result<String> {
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, others)?;
    Ok(printer.output.into())
}

/// Fails with the first line that differs.
fn same(wit: &str, packed: &str) -> Result<()> {
    let (mut wit, mut packed) = (wit.lines(), packed.lines());
    loop {
        let (ours, theirs) = (wit.next(), packed.next());
        ensure!(
            ours == theirs,
            "the package is not the one in wit/: `{}` there is `{}` in it",
            ours.unwrap_or_default().trim(),
            theirs.unwrap_or_default().trim()
        );
        if ours.is_none() {
            return Ok(());
        }
    }
}

/// Whether this version is released.
fn is_released(root: &Path, version: &Version) -> Result<bool> {
    let path = root.join("CHANGELOG.md");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(notes::is_released(&text, &version.to_string()))
}

/// Whether a package of version `new` tells hosts of `old` that they need not change. As Cargo
/// reads versions: the leftmost number that is not zero is the one whose change breaks.
fn promises_compatibility(old: &Version, new: &Version) -> Result<bool> {
    ensure!(
        new >= old,
        "wit/ is version {new}, which is older than {old}, which is recorded"
    );
    let breaking = |version: &Version| match (version.major, version.minor, version.patch) {
        (0, 0, patch) => (0, 0, patch),
        (0, minor, _) => (0, minor, 0),
        (major, _, _) => (major, 0, 0),
    };
    Ok(breaking(old) == breaking(new))
}

/// Whether a component of the WIT in `new` fits into a host that was written for that in `old`.
fn compatible(new: &Path, old: &Path) -> Result<()> {
    let mut resolve = Resolve::default();
    let (new, _) = resolve.push_dir(new)?;
    let mut old = UnresolvedPackageGroup::parse_dir(old)?;
    // Two packages of one name and version cannot stand side by side. Versions are not compared
    // by what follows.
    old.main.name.version = Some(Version::new(0, 0, 0));
    let old = resolve.push_group(old)?;
    let new = resolve.select_world(&[new], Some(WORLD))?;
    let old = resolve.select_world(&[old], Some(WORLD))?;
    // The check asks whether its first world's components fit hosts of its second.
    wit_component::semver_check(resolve, new, old)
}

/// Every version that was recorded, and where.
fn recorded(root: &Path) -> Result<Vec<(Version, PathBuf)>> {
    let folder = root.join(RELEASED);
    let entries = std::fs::read_dir(&folder).with_context(|| {
        format!(
            "nothing is recorded in {}; run cargo xtask wit-compat --record",
            folder.display()
        )
    })?;
    let mut versions = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Ok(version) = Version::parse(&name) else {
            bail!("{} is not named after a version", path.display());
        };
        versions.push((version, path));
    }
    versions.sort();
    Ok(versions)
}

fn version(wit: &Path) -> Result<Version> {
    let group = UnresolvedPackageGroup::parse_dir(wit)?;
    group
        .main
        .name
        .version
        .with_context(|| format!("the package in {} has no version", wit.display()))
}

fn wit_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "wit") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
#[path = "wit_compat_tests.rs"]
mod tests;
