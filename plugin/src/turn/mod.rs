//! One turn, from admission to its end.

mod abandoned;
mod asking;
pub mod model;
pub mod outside;
mod progress;
mod round;
mod run;
mod shortened;
mod tools;

pub use abandoned::{ABANDONED_MS, Rest};
pub(crate) use asking::refusal_body;
pub use run::run;
pub use tools::too_much_output;

/// Bytes of one tool's output that are given to the model; more is an error of the tool.
pub const MAX_TOOL_OUTPUT_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests;
