//! Guards that protect a small host from overload. Pure: time and memory are passed in.

pub mod breaker;
pub mod heavy;
pub mod memory;
pub mod queue;
