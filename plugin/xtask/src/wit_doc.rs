//! The WIT package's documentation as Markdown: `wit/README.md`, generated.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use wit_bindgen_core::Files;
use wit_parser::{PackageId, Resolve, WorldId};

const WORLD: &str = "plugin";

/// The imports and exports of the plugin's world.
pub struct World {
    /// The version of the package.
    pub version: String,
    /// Names of its imports, those that its interfaces bring along included.
    pub imports: Vec<String>,
    /// Names of its exports.
    pub exports: Vec<String>,
}

impl World {
    /// Reads it from `wit/`.
    pub fn read(root: &Path) -> Result<Self> {
        let (resolve, package, world) = parse(root)?;
        let world = &resolve.worlds[world];
        let name = |(key, _)| resolve.name_world_key(key);
        let version = &resolve.packages[package].name.version;
        let version = version
            .as_ref()
            .context("the package in wit/ has no version")?
            .to_string();
        Ok(Self {
            version,
            imports: world.imports.iter().map(name).collect(),
            exports: world.exports.iter().map(name).collect(),
        })
    }
}

/// Parses `wit/` with its dependencies.
pub fn parse(root: &Path) -> Result<(Resolve, PackageId, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root.join("wit"))?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    Ok((resolve, package, world))
}

/// The documentation.
pub fn markdown(root: &Path) -> Result<String> {
    let (mut resolve, package, world) = parse(root)?;
    let name = resolve.packages[package].name.clone();

    // WASI has documentation of its own; what is left is this package.
    let foreign: Vec<_> = resolve.worlds[world]
        .imports
        .keys()
        .map(|key| (key.clone(), resolve.name_world_key(key)))
        .filter(|(_, import)| !import.starts_with(&format!("{}:{}/", name.namespace, name.name)))
        .collect();
    for (key, _) in &foreign {
        resolve.worlds[world].imports.shift_remove(key);
    }
    let mut files = Files::default();
    let mut generator = wit_bindgen_markdown::Opts::default().build();
    generator.generate(&mut resolve, world, &mut files)?;
    let generated = files
        .iter()
        .find(|(file, _)| file.ends_with(".md"))
        .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
        .context("the generator wrote no Markdown")?;
    ensure!(!generated.is_empty(), "the generator wrote nothing");

    let foreign: Vec<String> = foreign
        .iter()
        .map(|(_, import)| format!("`{import}`"))
        .collect();
    let mut text = format!(
        "<!-- Generated from wit/*.wit by `cargo xtask docs`; do not edit. -->\n\n\
         # {name}\n\n\
         Besides what is described here the world imports WASI: {}.\n\n",
        foreign.join(", ")
    );
    for line in generated.lines() {
        // The title is this file's; the generator's headings go one level down.
        if line.starts_with('#') {
            text.push('#');
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository;
    use wit_parser::SizeAlign;

    // `plugin/src/component/exported.rs` frees memory of this layout by hand.
    #[test]
    fn the_parameters_of_ask_have_the_layout_that_is_freed() {
        let root = repository::root().expect("the repository is there");
        let (resolve, _, world) = parse(&root).expect("wit/ parses");
        let gateway = resolve.worlds[world].exports.iter();
        let ask = gateway
            .filter(|(key, _)| resolve.name_world_key(key).contains("/gateway@"))
            .find_map(|(_, item)| match item {
                wit_parser::WorldItem::Interface { id, .. } => {
                    resolve.interfaces[*id].functions.get("ask")
                }
                _ => None,
            })
            .expect("the world exports gateway.ask");
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let layout = sizes.params(ask.params.iter().map(|parameter| &parameter.ty));
        let (size, align) = (layout.size.size_wasm32(), layout.align.align_wasm32());
        let freed = std::fs::read_to_string(root.join("plugin/src/component/exported.rs"))
            .expect("exported.rs is there");
        let call = format!("from_size_align({size}, {align})");
        assert!(freed.contains(&call), "exported.rs does not have {call}");
    }
}
