//! The released components in other hosts than host-shim.
//!
//! Not among the tests that `cargo test` runs by itself (see Cargo.toml), but in the steps 80-wasmtime and
//! 82-javascript: the hosts take minutes to install the first time.

mod javascript;
mod wasmtime;
