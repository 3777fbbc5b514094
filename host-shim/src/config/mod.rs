//! Reading a [`Config`], under the names that the runbook uses.
//!
//! Only names and types are checked here. Which values are allowed is the component's to say:
//! [`crate::PluginBuilder::build`] and [`crate::Plugin::configure`] bring its [`ConfigError`].

mod error;
mod loader;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use loader::ConfigLoader;
pub use openclaw_core::config::{Config, KEYS, Key, Kind, Limits, Timeouts};
