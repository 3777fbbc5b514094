//! A turn, from admission to its end.

mod abandoned;
mod approval;
mod clock;
mod exchange;
mod failover;
mod handover;
mod progress;
mod round;
mod run;
mod shortened;
mod tools;

pub use abandoned::{ABANDONED_MS, Rest};
pub(crate) use exchange::refusal_body;
pub use run::run;

#[cfg(test)]
mod tests;
