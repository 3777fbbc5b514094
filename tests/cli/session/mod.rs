//! `host-shim session` holds the protocol.

mod guards;
mod lines;
mod memory;
mod turns;
