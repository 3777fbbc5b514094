//! The composition: the plugin with its imports supplied over WASI, and the command on top.

use anyhow::{Context as _, Result};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

/// The component files that are composed.
pub struct Parts {
    /// Offers gateway and guards.
    pub plugin: Vec<u8>,
    /// Offers memory-stat.
    pub memory: Vec<u8>,
    /// Offers tools, workspace and types.
    pub tools: Vec<u8>,
    /// Offers wasi:cli/run.
    pub cli: Vec<u8>,
}

/// The interfaces of the package `astr:openclaw`, as importers and exporters name them.
pub struct Names {
    version: String,
}

impl Names {
    /// Those of this version of the package.
    pub fn of(version: &str) -> Self {
        Self {
            version: version.to_owned(),
        }
    }

    fn name(&self, interface: &str) -> String {
        format!("astr:openclaw/{interface}@{}", self.version)
    }
}

/// The command: imports WASI only, exports `wasi:cli/run`, and the plugin's own interfaces for
/// hosts that want to call them.
pub fn compose(parts: Parts, names: &Names) -> Result<Vec<u8>> {
    let mut composition = Composition {
        graph: CompositionGraph::new(),
        names,
    };
    let memory = composition.instance("memory", parts.memory)?;
    let tools = composition.instance("tools", parts.tools)?;
    let plugin = composition.instance("plugin", parts.plugin)?;
    let cli = composition.instance("cli", parts.cli)?;

    composition.supply(plugin, memory, &["memory-stat"])?;
    composition.supply(plugin, tools, &["types", "tools", "workspace"])?;
    composition.supply(cli, tools, &["types"])?;
    composition.supply(cli, memory, &["memory-stat"])?;
    composition.supply(cli, plugin, &["gateway", "guards"])?;
    composition.export(cli, "wasi:cli/run@0.3.0")?;
    // The types first: what follows is made of them.
    for (from, interface) in [
        (tools, "types"),
        (memory, "memory-stat"),
        (plugin, "guards"),
        (plugin, "gateway"),
    ] {
        composition.export(from, &names.name(interface))?;
    }
    composition
        .graph
        .encode(EncodeOptions::default())
        .context("the composition is not valid")
}

struct Composition<'a> {
    graph: CompositionGraph,
    names: &'a Names,
}

impl Composition<'_> {
    fn instance(&mut self, name: &str, bytes: Vec<u8>) -> Result<NodeId> {
        let package = Package::from_bytes(name, None, bytes, self.graph.types_mut())
            .with_context(|| format!("{name} is not a component"))?;
        let package = self.graph.register_package(package)?;
        Ok(self.graph.instantiate(package))
    }

    /// Gives `to` the interfaces that it imports and `from` exports.
    fn supply(&mut self, to: NodeId, from: NodeId, interfaces: &[&str]) -> Result<()> {
        for interface in interfaces {
            let name = self.names.name(interface);
            let export = self.graph.alias_instance_export(from, &name)?;
            self.graph
                .set_instantiation_argument(to, &name, export)
                .with_context(|| format!("{name} does not fit"))?;
        }
        Ok(())
    }

    fn export(&mut self, from: NodeId, name: &str) -> Result<()> {
        let export = self.graph.alias_instance_export(from, name)?;
        self.graph.export(export, name)?;
        Ok(())
    }
}
