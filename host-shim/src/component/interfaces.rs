//! Checks that a component implements this version of the plugin's world.

use std::collections::BTreeSet;

use wasmtime::Engine;
use wasmtime::component::Component;

/// The version of the package in `wit/`.
pub(crate) const VERSION: &str = env!("OPENCLAW_WIT_VERSION");

/// Required exports, without the version.
const EXPORTS: [&str; 2] = ["astr:openclaw/gateway", "astr:openclaw/guards"];

/// The required world.
pub(super) fn name() -> String {
    format!("astr:openclaw/plugin@{VERSION}")
}

/// Names of a component's imports and exports, sorted.
pub(super) struct Interfaces {
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<String>,
}

impl Interfaces {
    pub(super) fn of(engine: &Engine, component: &Component) -> Self {
        let ty = component.component_type();
        let sorted = |names: BTreeSet<String>| names.into_iter().collect();
        Self {
            imports: sorted(
                ty.imports(engine)
                    .map(|(name, _)| name.to_owned())
                    .collect(),
            ),
            exports: sorted(
                ty.exports(engine)
                    .map(|(name, _)| name.to_owned())
                    .collect(),
            ),
        }
    }

    /// The error says what differs.
    pub(super) fn check(&self) -> Result<(), String> {
        for wanted in EXPORTS {
            let full = format!("{wanted}@{VERSION}");
            if self.exports.contains(&full) {
                continue;
            }
            let other = self
                .exports
                .iter()
                .find_map(|name| name.strip_prefix(wanted)?.strip_prefix('@'));
            return Err(match (other, self.exports.is_empty()) {
                (Some(version), _) => format!("it has version {version}, not {VERSION}"),
                (None, true) => format!("it does not export {full}; it exports nothing"),
                (None, false) => {
                    format!(
                        "it does not export {full}; it exports {}",
                        self.exports.join(", ")
                    )
                }
            });
        }
        Ok(())
    }
}

/// Checks the first bytes. The error says what the file is instead of a component.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), String> {
    const MAGIC: &[u8] = b"\0asm";
    /// Version 13 of the binary format, layer 1: a component.
    const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];
    const MODULE: &[u8] = &[1, 0, 0, 0];
    match (bytes.get(..4), bytes.get(4..8)) {
        _ if bytes.is_empty() => Err("it is empty".to_owned()),
        _ if MAGIC.starts_with(bytes) => Err("it is truncated".to_owned()),
        (Some(MAGIC), Some(COMPONENT)) => Ok(()),
        (Some(MAGIC), Some(MODULE)) => Err("it is a core module".to_owned()),
        (Some(MAGIC), Some(_)) => Err("it has an unknown binary format".to_owned()),
        (Some(MAGIC), None) => Err("it is truncated".to_owned()),
        (Some(b"\x7fELF"), _) => {
            Err("it is native code; load a .cwasm artifact as precompiled".to_owned())
        }
        _ if std::str::from_utf8(bytes).is_ok() => Err("it is a text file".to_owned()),
        _ => Err("it is not WebAssembly".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(exports: &[&str]) -> Result<(), String> {
        let exports = exports.iter().map(|name| name.to_string()).collect();
        Interfaces {
            imports: Vec::new(),
            exports,
        }
        .check()
    }

    #[test]
    fn both_interfaces_in_this_version_are_needed() {
        let gateway = format!("astr:openclaw/gateway@{VERSION}");
        let guards = format!("astr:openclaw/guards@{VERSION}");
        assert_eq!(check(&[&gateway, &guards, "more:of/it"]), Ok(()));
        let error = check(&[&gateway]).unwrap_err();
        assert!(
            error.contains("does not export astr:openclaw/guards@"),
            "{error}"
        );
        let error = check(&["wasi:cli/run@0.2.6"]).unwrap_err();
        assert!(error.contains("it exports wasi:cli/run@0.2.6"), "{error}");
        let error = check(&[]).unwrap_err();
        assert!(error.contains("exports nothing"), "{error}");
        let error = check(&["astr:openclaw/gateway@9.8.7", "astr:openclaw/guards@9.8.7"]);
        assert_eq!(error, Err(format!("it has version 9.8.7, not {VERSION}")));
    }

    #[test]
    fn what_is_no_component_is_told_apart() {
        for (bytes, why) in [
            (&b""[..], "it is empty"),
            (b"\0as", "it is truncated"),
            (b"\0asm", "it is truncated"),
            (b"\0asm\x0d\0\x01", "it is truncated"),
            (b"\0asm\x01\0\0\0", "it is a core module"),
            (b"\0asm\x0c\0\x01\0", "it has an unknown binary format"),
            (b"(component)", "it is a text file"),
            (
                b"\x7fELF\x02\x01",
                "it is native code; load a .cwasm artifact as precompiled",
            ),
            (b"PK\x03\x04\xff\xfe", "it is not WebAssembly"),
        ] {
            assert_eq!(check_header(bytes), Err(why.to_owned()), "{bytes:?}");
        }
        assert_eq!(check_header(b"\0asm\x0d\0\x01\0"), Ok(()));
    }
}
