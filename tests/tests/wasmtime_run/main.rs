//! The component where the host shim is not: the stock `wasmtime run`, and a host in JavaScript.
//!
//! Not among the tests that `cargo test` runs by itself (see Cargo.toml), but a step of its own,
//! `tests/steps/80-wasmtime.sh`: the `wasmtime` program takes 26 CPU-minutes to build the first
//! time, and Node comes from npm.

mod command;
mod invoke;
mod javascript;
mod memory;
mod real;
mod scripted;
