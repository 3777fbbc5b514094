//! Builds this workspace's components with a nested Cargo: for the host's build script, which
//! embeds the plugin, and for `cargo xtask dist`, which releases it. Both get the same bytes, and
//! so does everybody who builds the same sources with the same toolchain.
#![deny(missing_docs)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasm_metadata::{AddMetadata, AddMetadataField, Description, Licenses, Version};
use wasmparser::BinaryReader;

/// What components are built for.
pub const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "component";

/// Builds the plugin, with what it says of itself, from the workspace at `root`. `target` is the
/// nested Cargo's own folder: the outer one's is locked while a build script runs.
///
/// # Errors
///
/// There is no standard library for [`TARGET`], or the plugin does not build; Cargo's own messages
/// are on stderr.
pub fn plugin(root: &Path, target: &Path) -> Result<Vec<u8>> {
    let built = package(root, target, "openclaw-plugin")?;
    describe(
        &built,
        "openclaw-plugin",
        "The guarded client of the OpenClaw Gateway: astr:openclaw/gateway and guards",
    )
}

/// Builds one package of the workspace at `root` as a component, as [`plugin`] does.
///
/// One at a time: features of one would otherwise be those of all, and the plugin's exports would
/// be in everything that uses its rules.
///
/// # Errors
///
/// As [`plugin`].
pub fn package(root: &Path, target: &Path, package: &str) -> Result<Vec<u8>> {
    install_target()?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args(["rustc", "--locked", "--lib", "--package", package])
        // The plugin is also an rlib, for the host; built together they get no LTO: 70 kB more.
        .args(["--crate-type", "cdylib"])
        .args(["--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(target);
    for (name, _) in env::vars_os() {
        if !is_for_nested_cargo(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let mut flags = remap_flags(target)?;
    // Addresses take as many bytes as they need, not five: 7 % less.
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

/// Writes name, description, version, licence and compiler into a component. Not the
/// commit: the same sources are the same bytes, whatever else a commit changed.
///
/// # Errors
///
/// `component` is none, or the compiler does not start.
pub fn describe(component: &[u8], name: &str, description: &str) -> Result<Vec<u8>> {
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(name.to_owned());
    metadata.description = AddMetadataField::Set(Description::new(description.to_owned()));
    metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION")));
    metadata.licenses = AddMetadataField::Set(Licenses::new(env!("CARGO_PKG_LICENSE"))?);
    // What rustc itself notes goes when the symbols are stripped.
    metadata.language.push(("Rust".to_owned(), String::new()));
    metadata
        .processed_by
        .push(("rustc".to_owned(), rustc_version()?));
    metadata.to_wasm(&without_names(component)?)
}

/// The component without the names of what is in it, which are for debuggers and take 7 kB.
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

/// Whether the outer Cargo's variable is also meant for the inner one: where things are and how to
/// reach them, but neither flags nor wrappers (such as clippy's), which are for the host.
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

/// Paths in panic messages: without these flags they name the builder's folders, and no two
/// builders get the same file. Those of the workspace's own sources are relative anyway.
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
    // What build scripts generate is included from there.
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

/// What the compiler answers.
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

/// Makes sure that the standard library for the components' target is there.
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
        // The names of what is in it go.
        let mut named = b"\0asm\x0d\0\x01\0\x00\x13\x0ecomponent-name\x01\x02\x03\x04".to_vec();
        let again = describe(&named, "name-of-it", "what it is").unwrap();
        assert_eq!(again, described);
        named.pop();
        assert!(describe(&named, "name-of-it", "what it is").is_err());
        assert!(describe(b"no wasm", "a", "b").is_err());
    }
}
