//! `host-shim session` holds the protocol.

mod guards;
mod lines;
mod memory;
#[cfg(target_os = "linux")]
mod sick;
mod turns;
