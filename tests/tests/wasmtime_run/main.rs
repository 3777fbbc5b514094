//! The released components in the stock `wasmtime run`, against the fake gateway.
//!
//! Not among the tests that `cargo test` runs by itself (see Cargo.toml), but in a step of its own,
//! `tests/steps/80-wasmtime.sh`: the `wasmtime` program takes minutes to build the first time.

mod as_host_shim;
mod command;
mod fake_gateway;
mod files;
mod invoke;
mod memory;
