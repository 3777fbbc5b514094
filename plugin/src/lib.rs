//! The guarded client of the OpenClaw Gateway, as a WebAssembly component.
//!
//! The rules are pure modules, tested natively; `component` (on wasm only) ties them to the
//! interfaces in `wit/`.
#![deny(missing_docs)]

#[cfg(all(target_family = "wasm", feature = "component", not(test)))]
mod component;
pub mod config;
pub mod diagnose;
pub mod exit;
pub mod fault;
pub mod gateway;
pub mod guards;
pub mod level;
pub mod state;
mod text;
pub mod turn;
