//! The guarded client of the OpenClaw Gateway, as a WebAssembly component.
//!
//! The rules are pure modules, tested natively; `component` (on wasm only) ties them to the
//! interfaces in `wit/`.
#![deny(missing_docs)]

pub mod fault;
pub mod level;
