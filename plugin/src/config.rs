//! A config that has been checked, as turns use it.

use core::ops::Deref;

use openclaw_core::config::{Config, ConfigError};
use openclaw_core::origin::Origin;
use openclaw_core::printable::excerpt_of;
use openclaw_core::redact::mask;

use crate::prelude::*;

/// A checked gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Where it is.
    pub origin: Origin,
    /// The whole `Authorization` value.
    pub authorization: String,
}

impl Gateway {
    /// The address for messages; without the token.
    pub fn url(&self) -> String {
        self.origin.url()
    }
}

/// A config that has been checked.
#[derive(Clone)]
pub struct Checked {
    /// The primary, then the backup if there is one.
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
    /// Of a config whose settings are all allowed.
    ///
    /// # Errors
    ///
    /// The first setting that is not.
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

    /// A text that may quote what a gateway said: a token in it is masked.
    pub(crate) fn without_tokens<'a>(&'a self, text: String) -> String {
        let token = |gateway: &'a Gateway| gateway.authorization.trim_start_matches("Bearer ");
        mask(&text, self.gateways.iter().map(token))
    }

    /// The beginning of what a gateway or model said, for people: on one line, printable, at most `most`
    /// characters, and without the gateways' tokens.
    pub(crate) fn quoted(&self, text: &str, most: usize) -> String {
        excerpt_of(text.as_bytes(), most, &|line| self.without_tokens(line))
    }
}
