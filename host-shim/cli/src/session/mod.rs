//! `session`: the plugin over JSON Lines, for scripts and any language.

mod input;
pub mod protocol;
mod run;
mod tools;

pub use run::run;
