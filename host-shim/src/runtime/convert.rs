//! Between the interfaces' types and this crate's.

use super::bindings::exports::astr::openclaw::gateway;
use crate::config::ConfigError;

openclaw_core::bindings! {
    types: super::bindings::astr::openclaw::types,
    memory: super::bindings::astr::openclaw::memory_stat,
    guards: super::bindings::exports::astr::openclaw::guards,
    gateway: super::bindings::exports::astr::openclaw::gateway
}

openclaw_core::workspace_bindings!(super::bindings::astr::openclaw::workspace);

pub(super) fn config_error(error: gateway::ConfigError) -> ConfigError {
    ConfigError::Refused {
        key: error.key,
        message: error.message,
    }
}
