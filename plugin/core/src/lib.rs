//! Types and rules shared by the plugin, its hosts and the sidecar.
//!
//! No I/O, clock or `std`: time and memory are passed in. This crate depends on no other crate of the project.
#![deny(missing_docs)]
#![no_std]

#[macro_use]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod approval;
pub mod bindings;
pub mod config;
pub mod context;
pub mod exit;
pub mod fault;
pub mod guards;
#[cfg(feature = "serde")]
pub mod json;
pub mod json_escape;
pub mod level;
pub mod locale;
pub mod named;
pub mod origin;
mod prelude;
pub mod printable;
pub mod redact;
pub mod scan;
pub mod status;
pub mod token;
pub mod turn;
pub mod workspace;
pub mod wrap;
