//! Where the component comes from.

use std::path::PathBuf;
use std::sync::Arc;

/// Where the component comes from.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum ComponentSource {
    /// The component embedded in this library.
    #[default]
    Embedded,
    /// A `.wasm` file.
    File(PathBuf),
    /// The bytes of a component.
    Bytes(Arc<[u8]>),
    /// A `.cwasm` file written by this version; nothing is compiled.
    Precompiled {
        /// The file; it must be owned by this user or root and not be writable by others.
        path: PathBuf,
        /// SHA-256 (hex) of the component it must have been compiled from; `None` accepts any.
        wasm_sha256: Option<String>,
    },
}
