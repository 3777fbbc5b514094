//! Why a component cannot be run.

use std::path::PathBuf;

use crate::config::ConfigError;
use openclaw_core::fault::Fault;

/// Why a plugin cannot be made. One line each, with what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("the component {path:?} cannot be read: {source}; check the path and its permissions")]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a WebAssembly component at all.
    #[error(
        "{what} is not a WebAssembly component: {why}; give a component built for wasm32-wasip2"
    )]
    NotAComponent {
        /// The file, or what else was given.
        what: String,
        /// What it is instead.
        why: String,
    },
    /// A component, but not of this world or of this version of it.
    #[error(
        "{what} is not a plugin of the world {expected}: {why}; give one built from the same version of this project"
    )]
    OtherWorld {
        /// The file, or what else was given.
        what: String,
        /// The world that is needed.
        expected: String,
        /// What is different.
        why: String,
    },
    /// There is no machine code for it and no compiler to make it.
    #[error(
        "{what} has to be compiled and this build has no compiler: {why}; make it with `host-shim compile` of the same version and give the .cwasm file that it writes"
    )]
    NoCompiler {
        /// The file, or what else was given.
        what: String,
        /// Why no artifact could be used.
        why: String,
    },
    /// The artifact that was named cannot be used.
    #[error("the artifact {path:?} cannot be used: {why}; make it again with `host-shim compile`")]
    Artifact {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The compiler or the linker refused it, or it cannot be instantiated.
    #[error("{what} cannot be run: {why}")]
    Unusable {
        /// The file, or what else was given.
        what: String,
        /// What wasmtime said.
        why: String,
    },
    /// A thread or its event loop.
    #[error("the plugin's thread cannot be started: {0}")]
    Thread(#[source] std::io::Error),
    /// The component refused the config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The component trapped while it was being configured.
    #[error(transparent)]
    Fault(#[from] Fault),
}
