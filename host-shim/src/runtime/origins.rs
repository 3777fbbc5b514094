//! Where a config lets requests go, and what must not be shown of it.

use openclaw_core::origin::Origin;

use crate::config::{Config, ConfigError};

/// The origins of a config.
pub(super) fn origins(config: &Config) -> Result<Vec<Origin>, ConfigError> {
    let primary = ("gateway_primary_url", Some(&config.gateway_primary_url));
    let backup = ("gateway_backup_url", config.gateway_backup_url.as_ref());
    [primary, backup]
        .into_iter()
        .filter_map(|(key, url)| {
            let url = url?;
            let origin = Origin::parse(url);
            Some(origin.map_err(|error| ConfigError::Refused {
                key: key.to_owned(),
                message: error.message(url, config.locale),
            }))
        })
        .collect()
}

/// The tokens of a config.
pub(super) fn secrets(config: &Config) -> Vec<secrecy::SecretString> {
    let backup = config.gateway_backup_bearer_token.as_ref();
    [Some(&config.gateway_bearer_token), backup]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}
