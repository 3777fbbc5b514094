//! The stock `wasmtime run`, against the fake gateway and a real one.

mod as_host_shim;
mod command;
mod fake_gateway;
mod files;
mod invoke;
mod memory;
mod real;
