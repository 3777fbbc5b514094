//! What is built into what is given away: a CycloneDX list of crates for the component, the programs and the wheel.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

/// The lists: the file's name, the packages, the kind of what is made of them, and the arguments that select what cargo
/// builds.
pub const LISTS: [(&str, &[&str], &str, &[&str]); 3] = [
    (
        "openclaw-plugin.cdx.json",
        &["openclaw-plugin"],
        "library",
        &["--target=wasm32-wasip2"],
    ),
    (
        "host-shim.cdx.json",
        &["host-shim-cli", "openclaw-sidecar"],
        "application",
        &[],
    ),
    // The wheel has the sidecar's program as well.
    (
        "astr-openclaw.cdx.json",
        &["astr-openclaw", "openclaw-sidecar"],
        "library",
        &[],
    ),
];

/// A crate as `cargo tree` names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
}

impl Crate {
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

/// What is known of the crates in a list, and which needs which.
#[derive(Debug, Default)]
struct Tree {
    licenses: BTreeMap<Crate, String>,
    needs: BTreeMap<Crate, BTreeSet<Crate>>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// Writes all lists into `out`: of what is built for this machine, or for `target`.
pub fn make(root: &Path, out: &Path, target: Option<&str>) -> Result<()> {
    let native: Vec<String> = target
        .map(|one| format!("--target={one}"))
        .into_iter()
        .collect();
    let native: Vec<&str> = native.iter().map(String::as_str).collect();
    for (file, packages, kind, options) in LISTS {
        let options = if options.is_empty() { &native } else { options };
        let text = list(root, packages, kind, options)?;
        let path = out.join(file);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// One list; the same sources give the same text.
fn list(root: &Path, packages: &[&str], kind: &str, options: &[&str]) -> Result<String> {
    let mut tree = Tree::default();
    for package in packages {
        // A package alone: together with others cargo would resolve other features.
        tree.read(&crates(root, package, options)?)?;
    }
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock")?;
    let lock: Lock = toml::from_str(&lock).context("Cargo.lock")?;
    let sums: BTreeMap<Crate, String> = lock
        .package
        .into_iter()
        .filter_map(
            |Locked {
                 name,
                 version,
                 checksum,
             }| Some((Crate { name, version }, checksum?)),
        )
        .collect();
    let described = |one: &Crate, kind: &str| {
        let mut described = json!({
            "type": kind,
            "bom-ref": one.purl(),
            "name": one.name,
            "version": one.version,
            "purl": one.purl(),
        });
        // Two licences with a slash between them are the old way to write OR.
        let license = tree.licenses[one].replace('/', " OR ");
        if !license.is_empty() {
            described["licenses"] = json!([{ "expression": license }]);
        }
        if let Some(sum) = sums.get(one) {
            described["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        described
    };
    let subject = tree.licenses.keys().find(|one| one.name == packages[0]);
    let subject = subject.context("cargo tree does not name the package")?;
    let others = tree.licenses.keys().filter(|one| *one != subject);
    let ends = |one: &Crate| -> Vec<String> {
        let needs = tree.needs.get(one).into_iter().flatten();
        needs.map(Crate::purl).collect()
    };
    let bom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": described(subject, kind) },
        "components": others.map(|one| described(one, "library")).collect::<Vec<Value>>(),
        "dependencies": tree.licenses.keys()
            .map(|one| json!({ "ref": one.purl(), "dependsOn": ends(one) }))
            .collect::<Vec<Value>>(),
    });
    Ok(format!("{bom:#}\n"))
}

/// The crates below a package, each line with its depth, what it is and its licence.
fn crates(root: &Path, package: &str, options: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", package])
        .args([
            "--edges=normal,no-proc-macro",
            "--prefix=depth",
            "--format= {p}|{l}",
        ])
        .args(options)
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo tree failed");
    String::from_utf8(output.stdout).context("cargo tree")
}

impl Tree {
    fn read(&mut self, text: &str) -> Result<()> {
        let mut above: Vec<Crate> = Vec::new();
        for line in text.lines() {
            let read = || {
                let (depth, rest) = line.split_once(' ')?;
                let (what, license) = rest.split_once('|')?;
                let (name, version) = what.split_once(" v")?;
                let version = version.split(' ').next()?;
                let one = Crate {
                    name: name.to_owned(),
                    version: version.to_owned(),
                };
                let license = license.trim_end_matches("(*)").trim().to_owned();
                Some((depth.parse::<usize>().ok()?, one, license))
            };
            let (depth, one, license) = read().with_context(|| format!("cargo tree: {line}"))?;
            ensure!(depth <= above.len(), "cargo tree: {line}");
            above.truncate(depth);
            if let Some(parent) = above.last() {
                self.needs
                    .entry(parent.clone())
                    .or_default()
                    .insert(one.clone());
            }
            self.licenses.insert(one.clone(), license);
            above.push(one);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_tells_is_read() {
        let mut tree = Tree::default();
        let text = "0 a v1.0.0 (/here)|MIT\n1 b v0.2.0-rc.1+x|MIT/Apache-2.0\n2 c v3.0.0|ISC\n1 c v3.0.0|ISC (*)\n";
        tree.read(text).unwrap();
        let purls: Vec<_> = tree.licenses.keys().map(Crate::purl).collect();
        assert_eq!(
            purls,
            [
                "pkg:cargo/a@1.0.0",
                "pkg:cargo/b@0.2.0-rc.1+x",
                "pkg:cargo/c@3.0.0"
            ]
        );
        let a = tree.licenses.keys().next().unwrap();
        assert_eq!(tree.needs[a].len(), 2);
        tree.read("3 lost v1.0.0|MIT").unwrap_err();
    }

    // Issue 15: the lists have what is built, with the sums of Cargo.lock, and nothing of the tests.
    #[test]
    fn the_lists_name_what_is_built_and_nothing_else() {
        let root = crate::repository::root().unwrap();
        for (file, packages, kind, options) in LISTS {
            let list: Value =
                serde_json::from_str(&list(&root, packages, kind, options).unwrap()).unwrap();
            let components = list["components"].as_array().unwrap();
            let has = |name: &str| components.iter().any(|one| one["name"] == name);
            assert!(
                has("openclaw-core") && !has("proptest") && !has("xtask"),
                "{file}"
            );
            let wasm = file.starts_with("openclaw-plugin");
            assert_eq!((has("wasmtime"), has("dlmalloc")), (!wasm, wasm), "{file}");
            assert_eq!(
                has("cranelift-codegen"),
                file.starts_with("host-shim"),
                "{file}"
            );
            for one in components {
                let ours = one["version"] == env!("CARGO_PKG_VERSION") && one["hashes"].is_null();
                assert!(
                    ours || one["hashes"][0]["content"].as_str().unwrap().len() == 64,
                    "{one}"
                );
                assert!(one["licenses"].is_array(), "{one}");
            }
        }
    }
}
