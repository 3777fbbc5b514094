//! Why a component cannot be loaded.

use std::path::PathBuf;

use crate::config::ConfigError;
use openclaw_core::fault::Fault;

/// Why a plugin could not be started. Each message is one line and says what to do.
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
        "{what} is not a WebAssembly component: {why}; use a component built for wasm32-wasip2"
    )]
    NotAComponent {
        /// The file, or another name for the source.
        what: String,
        /// What was found instead.
        why: String,
    },
    /// A component of another world or another version.
    #[error(
        "{what} does not implement the world {expected}: {why}; use a component built from this version of the project"
    )]
    OtherWorld {
        /// The file, or another name for the source.
        what: String,
        /// The required world.
        expected: String,
        /// What is different.
        why: String,
    },
    /// No usable machine code, and no compiler to create it.
    #[error(
        "{what} must be compiled, but this build has no compiler: {why}; build host-shim with its feature `compiler`, or load the .cwasm file that `host-shim compile` of the same version writes"
    )]
    NoCompiler {
        /// The file, or another name for the source.
        what: String,
        /// Why no artifact could be used.
        why: String,
    },
    /// The named artifact cannot be used.
    #[error("the artifact {path:?} cannot be used: {why}; recreate it with `host-shim compile`")]
    Artifact {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// This build's compiler does not know the target.
    #[error(
        "{target} is not a target of this build's compiler: {why}; use one such as aarch64-unknown-linux-gnu"
    )]
    Target {
        /// As given.
        target: String,
        /// What wasmtime said.
        why: String,
    },
    /// It cannot be compiled, linked or instantiated.
    #[error("{what} cannot be run: {why}")]
    Unusable {
        /// The file, or another name for the source.
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
