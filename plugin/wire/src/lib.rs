//! Reads what a gateway sends, event streams and JSON, in place. No I/O: bytes in, values out.
//!
//! A crate of its own because all of an answer goes through it: the workspace's `component` profile compiles it
//! for speed, and everything else for size.
#![deny(missing_docs)]
#![no_std]

#[cfg_attr(test, macro_use)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod json;
mod prelude;
pub mod sse;
