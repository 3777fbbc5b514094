//! Guarded client of the OpenClaw Gateway, as a WebAssembly component.
//!
//! The rules are pure modules with native tests; `component` (wasm only) connects them to the interfaces in `wit/`.
#![deny(missing_docs)]
// Without std the component imports only what `wit/` lists, no WASI 0.2, and is 40 kB smaller.
#![cfg_attr(all(target_family = "wasm", feature = "component", not(test)), no_std)]

#[macro_use]
extern crate alloc;

#[cfg(all(target_family = "wasm", feature = "component", not(test)))]
mod component;
pub mod config;
pub mod diagnose;
pub mod fault;
pub mod gateway;
pub mod host;
mod prelude;
pub mod state;
mod text;
pub mod turn;
#[cfg(any(test, all(target_family = "wasm", feature = "component")))]
mod when_woken;
