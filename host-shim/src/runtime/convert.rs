//! Between the interfaces' types and this crate's.

use openclaw_core::bindings::Times as _;
use secrecy::ExposeSecret;

use super::bindings::exports::astr::openclaw::{gateway, guards};
use crate::config::{Config, ConfigError};

openclaw_core::bindings! {
    types: super::bindings::astr::openclaw::types,
    memory: super::bindings::astr::openclaw::memory_stat,
    guards: super::bindings::exports::astr::openclaw::guards,
    gateway: super::bindings::exports::astr::openclaw::gateway
}

/// The config as the component takes it.
pub(super) fn config(config: &Config) -> gateway::Config {
    let token = config.gateway_bearer_token.expose_secret();
    let mib = |mib: u64| mib.saturating_mul(1 << 20);
    gateway::Config {
        primary: gateway::Endpoint {
            url: config.gateway_primary_url.clone(),
            bearer_token: token.to_owned(),
        },
        backup: config
            .gateway_backup_url
            .as_ref()
            .map(|url| gateway::Endpoint {
                url: url.clone(),
                bearer_token: match &config.gateway_backup_bearer_token {
                    Some(token) => token.expose_secret().to_owned(),
                    None => token.to_owned(),
                },
            }),
        agent_id: config.gateway_agent_id.clone(),
        limits: guards::Limits {
            max_level: config.max_level.into(),
            heavy_floor: mib(config.heavy_floor_mib),
            read_only_floor: mib(config.read_only_floor_mib),
            breaker_failures: config.breaker_failures,
            breaker_open_ms: config.breaker_open.millis(),
            queue_length: config.queue_length,
            queue_wait_ms: config.queue_wait.millis(),
            heavy_bytes: config.heavy_bytes,
            heavy_words: config.heavy_words.clone(),
        },
        connect_timeout_ms: config.connect_timeout.millis(),
        first_byte_timeout_ms: config.first_byte_timeout.millis(),
        idle_timeout_ms: config.idle_timeout.millis(),
        turn_timeout_ms: config.turn_timeout.millis(),
        max_answer_bytes: config.max_answer_bytes,
        max_tool_rounds: config.max_tool_rounds,
        locale: config.locale.into(),
    }
}

pub(super) fn config_error(error: gateway::ConfigError) -> ConfigError {
    ConfigError::new(error.key, error.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backup_has_the_primarys_token_unless_it_has_its_own() {
        let mut ours = Config {
            gateway_bearer_token: "one".into(),
            gateway_backup_url: Some("http://b".to_owned()),
            ..Config::default()
        };
        assert_eq!(config(&ours).backup.unwrap().bearer_token, "one");
        ours.gateway_backup_bearer_token = Some("two".into());
        assert_eq!(config(&ours).backup.unwrap().bearer_token, "two");
        ours.gateway_backup_url = None;
        assert!(config(&ours).backup.is_none());
    }
}
