//! A validated config, as turns use it.

use core::ops::Deref;

use openclaw_core::config::{Config, ConfigError};
use openclaw_core::origin::Origin;
use openclaw_core::printable::excerpt_of;
use openclaw_core::redact::mask;
use openclaw_core::scan::find;

use crate::prelude::*;
use openclaw_wire::json;

/// A validated gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Scheme, host and port.
    pub origin: Origin,
    /// The complete `Authorization` value.
    pub authorization: String,
}

impl Gateway {
    /// The URL for messages, without the token.
    pub fn url(&self) -> String {
        self.origin.url()
    }
}

/// A validated config.
#[derive(Clone)]
pub struct Checked {
    /// The primary, then the backup if configured.
    pub gateways: Vec<Gateway>,
    config: Config,
}

impl Deref for Checked {
    type Target = Config;

    fn deref(&self) -> &Config {
        &self.config
    }
}

impl Checked {
    /// Validates a config.
    ///
    /// # Errors
    ///
    /// The first invalid setting.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let gateways = config.check()?.into_iter().map(|(origin, token)| Gateway {
            origin,
            authorization: format!("Bearer {token}"),
        });
        Ok(Self {
            gateways: gateways.collect(),
            config,
        })
    }

    /// Whether bytes have a gateway's token in them, as it is.
    pub(crate) fn has_token(&self, bytes: &[u8]) -> bool {
        let token = |gateway: &Gateway| {
            let token = gateway.authorization.trim_start_matches("Bearer ");
            find(bytes, token.as_bytes()).is_some()
        };
        self.gateways.iter().any(token)
    }

    /// Masks the gateways' tokens in a text that may quote a gateway.
    pub(crate) fn without_tokens<'a>(&'a self, text: String) -> String {
        let token = |gateway: &'a Gateway| gateway.authorization.trim_start_matches("Bearer ");
        mask(&text, self.gateways.iter().map(token))
    }

    /// JSON text, such as a call's arguments, with the gateways' tokens masked in its strings.
    pub(crate) fn shown_json(&self, text: &str) -> String {
        json::masked(text, |string| self.without_tokens(string))
    }

    /// The start of a gateway's or model's text for people: one line, printable, at most `most` characters,
    /// tokens masked.
    pub(crate) fn quoted(&self, text: &str, most: usize) -> String {
        excerpt_of(text.as_bytes(), most, &|line| self.without_tokens(line))
    }
}
