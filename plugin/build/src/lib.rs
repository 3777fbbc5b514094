//! Builds this workspace's components with a nested Cargo, for the host's build script, which embeds the
//! plugin, and for `cargo xtask dist`, which releases it. The build is reproducible: the same sources and
//! toolchain give the same bytes.
#![deny(missing_docs)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasm_metadata::{AddMetadata, AddMetadataField, Description, Licenses, Version};
use wasmparser::BinaryReader;

/// The target of components.
pub const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "component";

/// Builds the plugin, with metadata, from the workspace at `root`. `target` is a separate folder for the
/// nested Cargo, because the outer one's is locked while a build script runs.
///
/// # Errors
///
/// The standard library for [`TARGET`] is missing, or the build fails; Cargo's messages are on stderr.
pub fn plugin(root: &Path, target: &Path) -> Result<Vec<u8>> {
    let built = package(root, target, "openclaw-plugin")?;
    describe(
        &built,
        "openclaw-plugin",
        "The guarded client of the OpenClaw Gateway: astr:openclaw/gateway and guards",
    )
}

/// Builds one package of the workspace at `root` as a component, like [`plugin`].
///
/// One package at a time: otherwise Cargo would unify their features, and everything that uses the plugin's
/// rules would get its exports.
///
/// # Errors
///
/// See [`plugin`].
pub fn package(root: &Path, target: &Path, package: &str) -> Result<Vec<u8>> {
    install_target()?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args(["rustc", "--locked", "--lib", "--package", package])
        // As cdylib only: building the plugin's rlib too would disable LTO, which adds 70 kB.
        .args(["--crate-type", "cdylib"])
        .args(["--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(target);
    for (name, _) in env::vars_os() {
        if !is_for_nested_cargo(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let mut flags = remap_flags(target)?;
    // Variable-length addresses instead of five bytes each: 7 % smaller.
    flags.push("-Clink-arg=--compress-relocations".to_owned());
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    let status = command.status().context("cannot start cargo")?;
    ensure!(
        status.success(),
        "{package} does not build for {TARGET}; cargo's errors are above"
    );
    let file = target
        .join(TARGET)
        .join(PROFILE)
        .join(package.replace('-', "_") + ".wasm");
    std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Adds name, description, version, licence and compiler to a component. Not the commit, which would change
/// the bytes of unchanged sources.
///
/// # Errors
///
/// `component` is not a component, or the compiler does not start.
pub fn describe(component: &[u8], name: &str, description: &str) -> Result<Vec<u8>> {
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(name.to_owned());
    metadata.description = AddMetadataField::Set(Description::new(description.to_owned()));
    metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION")));
    metadata.licenses = AddMetadataField::Set(Licenses::new(env!("CARGO_PKG_LICENSE"))?);
    // rustc's own note is stripped with the symbols.
    metadata.language.push(("Rust".to_owned(), String::new()));
    metadata
        .processed_by
        .push(("rustc".to_owned(), rustc_version()?));
    metadata.to_wasm(&without_names(component)?)
}

/// Removes the name section, which only debuggers use and which takes 7 kB.
fn without_names(component: &[u8]) -> Result<Vec<u8>> {
    const HEADER: usize = 8;
    const CUSTOM: u8 = 0;
    let mut reader = BinaryReader::new(component, 0);
    let mut kept = reader.read_bytes(HEADER)?.to_vec();
    while !reader.eof() {
        let start = component.len() - reader.bytes_remaining();
        let id = reader.read_u8()?;
        let length = reader.read_var_u32()?;
        let content = reader.read_bytes(length as usize)?;
        let names =
            id == CUSTOM && BinaryReader::new(content, 0).read_string()? == "component-name";
        if !names {
            kept.extend_from_slice(&component[start..component.len() - reader.bytes_remaining()]);
        }
    }
    Ok(kept)
}

/// Whether the nested Cargo inherits a variable: locations and network settings, but not flags or wrappers
/// (such as clippy's), which are for the host.
fn is_for_nested_cargo(name: &str) -> bool {
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
    let exact = [
        "TARGET",
        "HOST",
        "PROFILE",
        "OPT_LEVEL",
        "DEBUG",
        "OUT_DIR",
        "NUM_JOBS",
    ];
    keep.iter().any(|prefix| name.starts_with(prefix))
        || !(of_outer_build.iter().any(|prefix| name.starts_with(prefix)) || exact.contains(&name))
}

/// Flags that remove the builder's folders from panic messages, for reproducible builds. Paths of the
/// workspace's own sources are relative anyway.
fn remap_flags(target: &Path) -> Result<Vec<String>> {
    let sources = cargo_home()?.join("registry").join("src");
    let mut folders: Vec<PathBuf> = match std::fs::read_dir(&sources) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .with_context(|| format!("cannot list {}", sources.display()))?,
        // Vendored sources.
        Err(_) => Vec::new(),
    };
    folders.sort();
    let mut flags: Vec<String> = folders
        .iter()
        .map(|folder| remap(folder, "/registry"))
        .collect();
    // Build scripts' generated code is included from there.
    flags.push(remap(target, "/target"));
    Ok(flags)
}

fn remap(folder: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", folder.display())
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()) {
        return Ok(home.into());
    }
    let home = env::home_dir().context("there is no home directory; set CARGO_HOME")?;
    Ok(home.join(".cargo"))
}

/// Such as `1.95.0 (59807616e 2026-04-14)`.
fn rustc_version() -> Result<String> {
    let told = rustc(&["--version"])?;
    let version = told.strip_prefix("rustc ").unwrap_or(&told);
    Ok(version.to_owned())
}

/// Runs rustc and returns its output.
fn rustc(arguments: &[&str]) -> Result<String> {
    let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let answer = Command::new(program)
        .args(arguments)
        .output()
        .context("cannot start rustc")?;
    ensure!(
        answer.status.success(),
        "rustc {arguments:?}: {}",
        answer.status
    );
    Ok(String::from_utf8(answer.stdout)?.trim().to_owned())
}

/// Makes sure that the standard library for the target is installed.
fn install_target() -> Result<()> {
    let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?);
    if sysroot
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    let hint = format!(
        "install the standard library of {TARGET} for this compiler (rustup target add {TARGET})"
    );
    let status = Command::new("rustup")
        .args(["target", "add", TARGET])
        .status()
        .with_context(|| format!("there is no rustup; {hint}"))?;
    ensure!(
        status.success(),
        "rustup target add {TARGET}: {status}; {hint}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_wrappers_of_the_outer_build_stay_out() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTC_WRAPPER",
            "TARGET",
            "CARGO_PKG_NAME",
        ] {
            assert!(!is_for_nested_cargo(name), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "HTTPS_PROXY",
            "RUSTUP_HOME",
        ] {
            assert!(is_for_nested_cargo(name), "{name}");
        }
    }

    #[test]
    fn the_builders_folders_are_remapped() {
        let flags = remap_flags(Path::new("/home/me/target")).unwrap();
        let (target, registries) = flags.split_last().unwrap();
        assert_eq!(target, "--remap-path-prefix=/home/me/target=/target");
        for flag in registries {
            assert!(
                flag.starts_with("--remap-path-prefix=/") && flag.ends_with("=/registry"),
                "{flag}"
            );
        }
    }

    #[test]
    fn what_a_component_says_of_itself_can_be_read_back() {
        // An empty component.
        let described = describe(b"\0asm\x0d\0\x01\0", "name-of-it", "what it is").unwrap();
        let wasm_metadata::Payload::Component { metadata, .. } =
            wasm_metadata::Payload::from_binary(&described).unwrap()
        else {
            panic!("no component");
        };
        assert_eq!(metadata.name.as_deref(), Some("name-of-it"));
        assert_eq!(
            metadata.version.unwrap().to_string(),
            env!("CARGO_PKG_VERSION")
        );
        let producers = metadata.producers.unwrap();
        let compiler = producers.get("processed-by").unwrap();
        assert_eq!(compiler.get("rustc").unwrap(), &rustc_version().unwrap());
        // The name section is removed.
        let mut named = b"\0asm\x0d\0\x01\0\x00\x13\x0ecomponent-name\x01\x02\x03\x04".to_vec();
        let again = describe(&named, "name-of-it", "what it is").unwrap();
        assert_eq!(again, described);
        named.pop();
        assert!(describe(&named, "name-of-it", "what it is").is_err());
        assert!(describe(b"no wasm", "a", "b").is_err());
    }
}
