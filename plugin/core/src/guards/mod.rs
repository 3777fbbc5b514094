//! The rules that keep a small host alive. Pure: time and memory are passed in.

pub mod breaker;
pub mod heavy;
pub mod memory;
pub mod queue;
