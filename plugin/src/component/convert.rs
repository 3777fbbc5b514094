//! Between the generated types and those of the rules.

use super::bindings::exports::astr::openclaw::gateway;
use crate::config::{Bounds, Config, ConfigError, Endpoint};
use openclaw_core::guards::breaker;
use openclaw_core::limits::Limits;

openclaw_core::bindings! {
    types: super::bindings::astr::openclaw::types,
    memory: super::bindings::astr::openclaw::memory_stat,
    guards: super::bindings::exports::astr::openclaw::guards,
    gateway: super::bindings::exports::astr::openclaw::gateway
}

impl From<gateway::Config> for Config {
    fn from(config: gateway::Config) -> Self {
        let endpoint = |endpoint: gateway::Endpoint| Endpoint {
            url: endpoint.url,
            bearer_token: endpoint.bearer_token,
        };
        let limits = config.limits;
        Self {
            primary: endpoint(config.primary),
            backup: config.backup.map(endpoint),
            agent_id: config.agent_id,
            limits: Limits {
                max_level: limits.max_level.into(),
                heavy_floor: limits.heavy_floor,
                read_only_floor: limits.read_only_floor,
                breaker: breaker::Rule {
                    failures: limits.breaker_failures,
                    open_ms: limits.breaker_open_ms,
                },
                queue_length: limits.queue_length,
                queue_wait_ms: limits.queue_wait_ms,
                heavy_bytes: limits.heavy_bytes,
                heavy_words: limits.heavy_words,
            },
            bounds: Bounds {
                connect_ms: config.connect_timeout_ms,
                first_byte_ms: config.first_byte_timeout_ms,
                idle_ms: config.idle_timeout_ms,
                turn_ms: config.turn_timeout_ms,
                max_answer_bytes: config.max_answer_bytes,
                max_tool_rounds: config.max_tool_rounds,
            },
            locale: config.locale.into(),
        }
    }
}

impl From<ConfigError> for gateway::ConfigError {
    fn from(error: ConfigError) -> Self {
        Self {
            key: error.key,
            message: error.message,
        }
    }
}
