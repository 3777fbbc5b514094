//! The config, from the environment. What it does not name has the rules' own defaults.

use openclaw_core::limits::Limits;
use openclaw_core::locale::Locale;
use openclaw_plugin::config::Bounds;

use crate::bindings::astr::openclaw::gateway::{Config, Endpoint};
use crate::bindings::astr::openclaw::guards;
use crate::names;

/// The variables, as `host-shim` names them, and the key of the config that each sets; the two
/// without which nothing can be asked come first.
pub const VARIABLES: [(&str, &str); 4] = [
    ("OPENCLAW_GATEWAY_URL", "gateway_primary_url"),
    ("OPENCLAW_GATEWAY_TOKEN", "gateway_bearer_token"),
    ("OPENCLAW_GATEWAY_BACKUP_URL", "gateway_backup_url"),
    ("OPENCLAW_GATEWAY_AGENT_ID", "gateway_agent_id"),
];

/// The config that the environment gives; `variable` gives none for what is not set. Whether its
/// values are allowed is the plugin's to say.
pub fn of_environment(variable: impl Fn(&str) -> Option<String>, locale: Locale) -> Config {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let token = set("OPENCLAW_GATEWAY_TOKEN").unwrap_or_default();
    let endpoint = |url| Endpoint {
        url,
        bearer_token: token.clone(),
    };
    let bounds = Bounds::default();
    Config {
        primary: endpoint(set("OPENCLAW_GATEWAY_URL").unwrap_or_default()),
        backup: set("OPENCLAW_GATEWAY_BACKUP_URL").map(endpoint),
        agent_id: set("OPENCLAW_GATEWAY_AGENT_ID").unwrap_or_else(|| "main".to_owned()),
        limits: limits(Limits::default()),
        connect_timeout_ms: bounds.connect_ms,
        first_byte_timeout_ms: bounds.first_byte_ms,
        idle_timeout_ms: bounds.idle_ms,
        turn_timeout_ms: bounds.turn_ms,
        max_answer_bytes: bounds.max_answer_bytes,
        max_tool_rounds: bounds.max_tool_rounds,
        locale: names::wit_locale(locale),
    }
}

fn limits(limits: Limits) -> guards::Limits {
    guards::Limits {
        max_level: names::wit_level(limits.max_level),
        heavy_floor: limits.heavy_floor,
        read_only_floor: limits.read_only_floor,
        breaker_failures: limits.breaker.failures,
        breaker_open_ms: limits.breaker.open_ms,
        queue_length: limits.queue_length,
        queue_wait_ms: limits.queue_wait_ms,
        heavy_bytes: limits.heavy_bytes,
        heavy_words: limits.heavy_words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_environment_names_gateway_token_backup_and_agent() {
        let config = of_environment(
            variable(&[
                ("OPENCLAW_GATEWAY_URL", "http://a:1"),
                ("OPENCLAW_GATEWAY_TOKEN", "t0ken"),
                ("OPENCLAW_GATEWAY_BACKUP_URL", "http://b:2"),
                ("OPENCLAW_GATEWAY_AGENT_ID", "clerk"),
            ]),
            Locale::Zh,
        );
        assert_eq!(config.primary.url, "http://a:1");
        let backup = config.backup.unwrap();
        assert_eq!(
            (backup.url.as_str(), backup.bearer_token.as_str()),
            ("http://b:2", "t0ken")
        );
        assert_eq!(config.agent_id, "clerk");
    }

    #[test]
    fn what_is_not_set_or_empty_has_its_default() {
        let config = of_environment(variable(&[("OPENCLAW_GATEWAY_BACKUP_URL", "")]), Locale::En);
        assert!(config.backup.is_none() && config.primary.url.is_empty());
        assert_eq!(config.agent_id, "main");
        assert_eq!(
            (config.limits.heavy_floor, config.limits.read_only_floor),
            (512 << 20, 350 << 20)
        );
        assert_eq!(
            (config.connect_timeout_ms, config.max_tool_rounds),
            (10_000, 8)
        );
    }
}
