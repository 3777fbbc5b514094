//! What is known about a component.

use serde::Serialize;

/// What is known about a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentInfo {
    /// The version of the package `astr:openclaw` whose world it has.
    pub version: String,
    /// The world, such as `astr:openclaw/plugin@0.1.0`.
    pub world: String,
    /// SHA-256 of the component, hex.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// The interfaces that it imports, sorted.
    pub imports: Vec<String>,
    /// The interfaces that it exports, sorted.
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
    /// An artifact in the cache.
    Cache,
    /// The artifact that was named.
    Precompiled,
}
