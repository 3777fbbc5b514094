//! Facts about a loaded component.

use serde::Serialize;

/// Facts about a loaded component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentInfo {
    /// The version of the package `astr:openclaw` that it implements.
    pub version: String,
    /// The world, such as `astr:openclaw/plugin@0.3.0`; empty if it is another one.
    pub world: String,
    /// Why this host cannot run it, for one of another world that [`inspect`](super::inspect) looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_world: Option<String>,
    /// SHA-256 of the component, hex.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// Imported interfaces, sorted.
    pub imports: Vec<String>,
    /// Exported interfaces, sorted.
    pub exports: Vec<String>,
    /// Where its machine code came from: `compiled`, `cache` or `precompiled`.
    pub code: CodeOrigin,
}

/// Where the machine code of a component came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CodeOrigin {
    /// Compiled in this process.
    Compiled,
    /// Loaded from the cache.
    Cache,
    /// Loaded from the named artifact.
    Precompiled,
}
