//! `host-shim session` holds the protocol.

mod approvals;
#[cfg(target_os = "linux")]
mod failing_cases;
mod guards;
mod lines;
mod memory;
mod starvation;
mod turns;
