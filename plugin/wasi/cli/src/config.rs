//! Reads the config from the environment. Missing settings have their defaults.

use openclaw_core::config::{Config, KEYS, Key};
use openclaw_core::locale::Locale;
use serde_json::Value;

/// Reads the config; `variable` returns none for an unset variable. The plugin validates the values.
pub fn of_environment(variable: impl Fn(&str) -> Option<String>, locale: Locale) -> Config {
    let value = |key: &Key| variable(key.env?).filter(|value| !value.is_empty());
    let values = KEYS
        .iter()
        .filter_map(|key| Some((key.name.to_owned(), value(key)?.into())));
    // All keys with a variable are strings.
    let config = serde_json::from_value(Value::Object(values.collect()));
    Config {
        locale,
        ..config.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::astr::openclaw::gateway;

    fn of_environment(
        variable: impl Fn(&str) -> Option<String>,
        locale: Locale,
    ) -> gateway::Config {
        gateway::Config::from(&super::of_environment(variable, locale))
    }

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
