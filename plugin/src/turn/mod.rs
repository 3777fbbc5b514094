//! A turn, from admission to its end.

mod abandoned;
mod approval;
mod clock;
mod exchange;
mod failover;
mod files;
mod handover;
mod progress;
mod queue;
mod round;
mod run;
mod shortened;
mod tools;

pub use abandoned::{ABANDONED_MS, Rest};
pub(crate) use exchange::refusal_body;
pub use files::offer as offer_files;
pub(crate) use files::{SEND_FILE, rule as files_rule};
pub use run::run;

#[cfg(test)]
mod tests;
