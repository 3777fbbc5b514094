//! Checks of a released component: valid, exactly the documented imports and exports, within its size budget.

use anyhow::{Context as _, Result, bail, ensure};
use wasm_metadata::Payload;
use wasmparser::Validator;
use wit_component::{DecodedWasm, WitPrinter};

/// A component's imports and exports, in the order of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The names of its imports.
    pub imports: Vec<String>,
    /// The names of its exports.
    pub exports: Vec<String>,
    /// Its world, as `wasm-tools component wit` shows it.
    pub wit: String,
}

/// Reads a component as `wasm-tools component wit` does.
pub fn interface(component: &[u8]) -> Result<Interface> {
    let decoded = wit_component::decode(component).context("cannot decode the component")?;
    let DecodedWasm::Component(resolve, world) = &decoded else {
        bail!("this is a WIT package, not a component");
    };
    let name = |(key, _)| resolve.name_world_key(key);
    let world = &resolve.worlds[*world];
    let mut printer = WitPrinter::default();
    printer
        .emit_docs(false)
        .print_package(resolve, decoded.package(), true)?;
    Ok(Interface {
        imports: world.imports.iter().map(name).collect(),
        exports: world.exports.iter().map(name).collect(),
        wit: String::from(printer.output).trim().to_owned(),
    })
}

/// As `wasm-tools validate` and `wasm-tools print` would.
pub fn valid(component: &[u8]) -> Result<()> {
    Validator::new()
        .validate_all(component)
        .context("the component is not valid")?;
    wasmprinter::print_bytes(component).context("cannot print the component")?;
    Ok(())
}

/// Refuses names that are not exactly the documented ones; `what` they are is for the error.
pub fn same(what: &str, names: &[String], documented: &[String]) -> Result<()> {
    let only_in = |one: &[String], other: &[String]| -> Vec<String> {
        let only = one.iter().filter(|name| !other.contains(name));
        only.cloned().collect()
    };
    let (unknown, missing) = (only_in(names, documented), only_in(documented, names));
    ensure!(
        unknown.is_empty() && missing.is_empty(),
        "its {what} differ from wit/: {unknown:?} are not documented, {missing:?} are missing"
    );
    Ok(())
}

/// Refuses imports of anything but WASI.
pub fn only_wasi(imports: &[String]) -> Result<()> {
    let other: Vec<_> = imports
        .iter()
        .filter(|name| !name.starts_with("wasi:"))
        .collect();
    ensure!(other.is_empty(), "it imports more than WASI: {other:?}");
    Ok(())
}

/// Refuses a component without name, version, licence and producers; returns them as one line.
pub fn metadata(component: &[u8], version: &str) -> Result<String> {
    let payload = Payload::from_binary(component)?;
    let metadata = payload.metadata();
    let name = metadata.name.as_deref().context("it has no name")?;
    let own = metadata.version.as_ref().context("it has no version")?;
    ensure!(
        own.to_string() == version,
        "its version is {own}, not {version}"
    );
    let licenses = metadata.licenses.as_ref().context("it has no licence")?;
    let producers = metadata
        .producers
        .as_ref()
        .context("it has no producers section")?;
    let mut made_by = Vec::new();
    for field in ["language", "processed-by"] {
        let values = producers
            .get(field)
            .with_context(|| format!("its producers section has no {field}"))?;
        made_by.extend(
            values
                .iter()
                .map(|(name, version)| format!("{name} {version}").trim().to_owned()),
        );
    }
    Ok(format!(
        "{name} {own}, {licenses}; made by {}",
        made_by.join(", ")
    ))
}

/// Refuses a file that is over its budget.
pub fn size(component: &[u8], budget: usize) -> Result<()> {
    ensure!(
        component.len() <= budget,
        "{} bytes exceed the budget of {budget}; find out what grew, or raise the budget in \
         plugin/xtask/src/dist.rs and explain it in the change log",
        component.len()
    );
    Ok(())
}

/// Refuses a file that contains the name of one of these folders: the build would not be reproducible elsewhere.
pub fn anonymous(component: &[u8], folders: &[String]) -> Result<()> {
    let names = |folder: &&String| {
        !folder.is_empty()
            && component
                .windows(folder.len())
                .any(|bytes| bytes == folder.as_bytes())
    };
    match folders.iter().find(names) {
        None => Ok(()),
        Some(folder) => bail!("it contains the name of the build folder {folder}"),
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
        for line in [
            "  import wasi:cli/environment@0.2.0;",
            "  export astr:openclaw/guards@0.1.0;",
        ] {
            assert!(
                interface.wit.lines().any(|own| own == line),
                "{interface:?}"
            );
        }
    }

    #[test]
    fn names_must_be_exactly_the_documented_ones() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (one, two): (Vec<_>, Vec<_>) = (names(&["a", "b"]), names(&["b", "c"]));
        assert!(same("imports", &one, &names(&["b", "a"])).is_ok());
        let error = same("imports", &one, &two).unwrap_err().to_string();
        assert!(
            error.contains(r#"["a"] are not documented, ["c"] are missing"#),
            "{error}"
        );
    }

    #[test]
    fn an_import_that_is_not_wasi_is_named() {
        let wasi = "wasi:cli/run@0.3.0".to_owned();
        assert!(only_wasi(std::slice::from_ref(&wasi)).is_ok());
        let error = only_wasi(&[wasi, "astr:openclaw/tools@0.1.0".to_owned()]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(r#"["astr:openclaw/tools@0.1.0"]"#)
        );
    }

    #[test]
    fn a_component_must_say_what_it_is() {
        assert!(metadata(&component(), "0.1.0").is_err());
        let version = env!("CARGO_PKG_VERSION");
        let described =
            openclaw_component_build::describe(&component(), "its-name", "what it is").unwrap();
        let told = metadata(&described, version).unwrap();
        assert!(
            told.starts_with(&format!("its-name {version}, MIT; made by Rust, rustc 1.")),
            "{told}"
        );
        assert!(metadata(&described, "9.9.9").is_err());
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
