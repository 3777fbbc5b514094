//! What a released component must be: valid, with the documented imports and exports and no
//! others, and within its budget of bytes.

use anyhow::{Context as _, Result, bail, ensure};
use wasmparser::{Parser, Payload, Validator};

/// What a component takes and gives, by name, in the order of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The names of its imports.
    pub imports: Vec<String>,
    /// The names of its exports.
    pub exports: Vec<String>,
}

/// Reads the outermost imports and exports of a component.
pub fn interface(component: &[u8]) -> Result<Interface> {
    let mut interface = Interface::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    interface.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    interface.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(interface)
}

/// As `wasm-tools validate` and `wasm-tools print` would.
pub fn valid(component: &[u8]) -> Result<()> {
    Validator::new()
        .validate_all(component)
        .context("the component is not valid")?;
    wasmprinter::print_bytes(component).context("the component cannot be printed")?;
    Ok(())
}

/// Refuses imports that `allowed` does not know.
pub fn imports(interface: &Interface, allowed: impl Fn(&str) -> bool) -> Result<()> {
    let unknown: Vec<&String> = interface
        .imports
        .iter()
        .filter(|name| !allowed(name))
        .collect();
    ensure!(
        unknown.is_empty(),
        "imports that are not documented: {unknown:?}"
    );
    Ok(())
}

/// Refuses a file that is over its budget.
pub fn size(component: &[u8], budget: usize) -> Result<()> {
    ensure!(
        component.len() <= budget,
        "{} bytes are over the budget of {budget}; find out what grew, or raise the budget in \
         plugin/xtask/src/dist.rs and say why in the change log",
        component.len()
    );
    Ok(())
}

/// Refuses a file that names one of these folders: it would tell who built it, and nobody else
/// would get the same bytes.
pub fn anonymous(component: &[u8], folders: &[String]) -> Result<()> {
    let names = |folder: &&String| {
        !folder.is_empty()
            && component
                .windows(folder.len())
                .any(|bytes| bytes == folder.as_bytes())
    };
    match folders.iter().find(names) {
        None => Ok(()),
        Some(folder) => bail!("the builder's folder {folder} is named in it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component with an import and an export, and a nested one whose import is not its own.
    const COMPONENT: &str = r#"(component
        (import "wasi:cli/environment@0.2.0" (instance))
        (component (import "inner" (func)))
        (instance $i)
        (export "astr:openclaw/guards@0.1.0" (instance $i)))"#;

    fn component() -> Vec<u8> {
        wat::parse_str(COMPONENT).unwrap()
    }

    #[test]
    fn only_the_outermost_imports_and_exports_are_the_components_own() {
        let interface = interface(&component()).unwrap();
        assert_eq!(interface.imports, ["wasi:cli/environment@0.2.0"]);
        assert_eq!(interface.exports, ["astr:openclaw/guards@0.1.0"]);
    }

    #[test]
    fn an_import_that_is_not_documented_is_named() {
        let interface = interface(&component()).unwrap();
        assert!(imports(&interface, |name| name.starts_with("wasi:")).is_ok());
        let error = imports(&interface, |name| name.starts_with("astr:")).unwrap_err();
        assert!(
            error.to_string().contains("wasi:cli/environment@0.2.0"),
            "{error}"
        );
    }

    #[test]
    fn bytes_over_the_budget_are_refused() {
        assert!(size(&[0; 10], 10).is_ok());
        assert!(
            size(&[0; 11], 10)
                .unwrap_err()
                .to_string()
                .starts_with("11 bytes")
        );
    }

    #[test]
    fn a_builders_folder_is_refused() {
        let folders = ["/home/me".to_owned(), String::new()];
        assert!(anonymous(b"in /registry/x.rs and /home/you", &folders).is_ok());
        assert!(anonymous(b"in /home/me/x.rs", &folders).is_err());
        assert!(anonymous(b"", &folders).is_ok());
    }

    #[test]
    fn broken_bytes_are_not_valid() {
        let mut broken = component();
        assert!(valid(&broken).is_ok());
        broken.truncate(broken.len() - 1);
        assert!(valid(&broken).is_err());
        assert!(valid(b"not wasm").is_err());
    }
}
