//! What can be set, under the names that the runbook uses.
//!
//! Only the shape is checked here (names, types). Which values are allowed is the component's to
//! say: [`crate::PluginBuilder::build`] and [`crate::Plugin::configure`] bring its
//! [`ConfigError`].

mod keys;
mod loader;
mod serde_with;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

pub use keys::{KEYS, Key};
pub use loader::ConfigLoader;
use openclaw_core::json::seconds;
use openclaw_core::level::Level;
use openclaw_core::limits::{Limits, MIB};
use openclaw_core::locale::Locale;
use openclaw_plugin::config::Bounds;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::regular_file;

/// The longest token file that is read, in bytes.
const MAX_TOKEN_FILE_BYTES: u64 = 64 << 10;

/// Everything that can be set. Tokens are never shown by `Debug` nor written by `Serialize`.
///
/// Get one with [`Config::loader`] (files, environment, overrides; errors name the key), or
/// deserialize it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The gateway that is asked: scheme, host and optional port, such as
    /// `http://127.0.0.1:18789`. Must be set.
    pub gateway_primary_url: String,
    /// Its token. Must be set, here or by `gateway_bearer_token_file`.
    #[serde(serialize_with = "serde_with::masked")]
    pub gateway_bearer_token: SecretString,
    /// A file with the token; line breaks at its end are dropped.
    pub gateway_bearer_token_file: Option<PathBuf>,
    /// The OpenClaw agent that answers. Default: `main`.
    pub gateway_agent_id: String,
    /// Asked only when nothing of a turn can have reached the primary, or its breaker is open.
    pub gateway_backup_url: Option<String>,
    /// The backup's token. Default: the primary's.
    #[serde(serialize_with = "serde_with::opt_masked")]
    pub gateway_backup_bearer_token: Option<SecretString>,
    /// A file with the backup's token.
    pub gateway_backup_bearer_token_file: Option<PathBuf>,
    /// No turn gets more than this level. Default: L4.
    pub max_level: Level,
    /// Below this many available MiB heavy turns are refused. Default and least: 512.
    pub heavy_floor_mib: u64,
    /// Below this many available MiB the level is at most L1. Default and least: 350.
    pub read_only_floor_mib: u64,
    /// Failures in a row that open a breaker: 1 or 2. Default: 2.
    pub breaker_failures: u32,
    /// How long a breaker stays open. Default and least: 60 s.
    #[serde(rename = "breaker_open_seconds", with = "seconds")]
    pub breaker_open: Duration,
    /// Turns that may wait while one runs; together they hold at most 16 MiB. Default: 8.
    pub queue_length: u32,
    /// How long a turn may wait. Default: 120 s.
    #[serde(rename = "queue_wait_seconds", with = "seconds")]
    pub queue_wait: Duration,
    /// A request body over this many bytes is heavy. Default and most: 262 144.
    pub heavy_bytes: u64,
    /// A turn whose text has one of these words is heavy. Replaces the default list.
    pub heavy_words: Vec<String>,
    /// Time to connect. Default: 10 s.
    #[serde(rename = "connect_timeout_seconds", with = "seconds")]
    pub connect_timeout: Duration,
    /// Time from the request to the first byte of the answer's head. Default: 300 s.
    #[serde(rename = "first_byte_timeout_seconds", with = "seconds")]
    pub first_byte_timeout: Duration,
    /// Time between two pieces of the answer. Default: 300 s; agents are silent for minutes.
    #[serde(rename = "idle_timeout_seconds", with = "seconds")]
    pub idle_timeout: Duration,
    /// Time for the whole turn, its tools included, without the wait in the queue.
    /// Default: 1800 s.
    #[serde(rename = "turn_timeout_seconds", with = "seconds")]
    pub turn_timeout: Duration,
    /// Bytes of one answer after which it is cut off. Default: 8 MiB.
    pub max_answer_bytes: u64,
    /// Rounds of tool calls in one turn. Default: 8.
    pub max_tool_rounds: u32,
    /// The language of texts for people. Default: `en`.
    pub locale: Locale,
}

impl Default for Config {
    /// No gateway, and otherwise what the component's own defaults are.
    fn default() -> Self {
        let Limits {
            max_level,
            heavy_floor,
            read_only_floor,
            breaker,
            queue_length,
            queue_wait_ms,
            heavy_bytes,
            heavy_words,
        } = Limits::default();
        let bounds = Bounds::default();
        Self {
            gateway_primary_url: String::new(),
            gateway_bearer_token: SecretString::default(),
            gateway_bearer_token_file: None,
            gateway_agent_id: "main".to_owned(),
            gateway_backup_url: None,
            gateway_backup_bearer_token: None,
            gateway_backup_bearer_token_file: None,
            max_level,
            heavy_floor_mib: heavy_floor / MIB,
            read_only_floor_mib: read_only_floor / MIB,
            breaker_failures: breaker.failures,
            breaker_open: Duration::from_millis(breaker.open_ms),
            queue_length,
            queue_wait: Duration::from_millis(queue_wait_ms),
            heavy_bytes,
            heavy_words,
            connect_timeout: Duration::from_millis(bounds.connect_ms),
            first_byte_timeout: Duration::from_millis(bounds.first_byte_ms),
            idle_timeout: Duration::from_millis(bounds.idle_ms),
            turn_timeout: Duration::from_millis(bounds.turn_ms),
            max_answer_bytes: bounds.max_answer_bytes,
            max_tool_rounds: bounds.max_tool_rounds,
            locale: Locale::En,
        }
    }
}

impl Config {
    /// Puts a config together from files, the environment and overrides.
    pub fn loader() -> ConfigLoader {
        ConfigLoader::default()
    }

    /// Reads the token files, if any are named, into the tokens. A token and a token file for the
    /// same gateway contradict each other and are an error.
    pub fn read_token_files(mut self) -> Result<Self, ConfigError> {
        if let Some(path) = self.gateway_bearer_token_file.take() {
            let set = !self.gateway_bearer_token.expose_secret().is_empty();
            self.gateway_bearer_token = read_token("gateway_bearer_token_file", &path, set)?;
        }
        if let Some(path) = self.gateway_backup_bearer_token_file.take() {
            let set = self.gateway_backup_bearer_token.is_some();
            let token = read_token("gateway_backup_bearer_token_file", &path, set)?;
            self.gateway_backup_bearer_token = Some(token);
        }
        Ok(self)
    }
}

fn read_token(
    key: &'static str,
    path: &std::path::Path,
    also_set: bool,
) -> Result<SecretString, ConfigError> {
    let error = |what: String| ConfigError::new(key, format!("{}: {what}", path.display()));
    if also_set {
        let token_key = key.trim_end_matches("_file");
        return Err(error(format!(
            "`{token_key}` is set too; set one of the two"
        )));
    }
    let text = regular_file::read_text(path, MAX_TOKEN_FILE_BYTES).map_err(|problem| {
        error(format!(
            "{problem}; name a readable file that holds only the token"
        ))
    })?;
    let token = text.trim_end_matches(['\r', '\n']);
    Ok(SecretString::from(token))
}

/// What is wrong with a config.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
pub struct ConfigError {
    /// The key as users write it, such as `gateway_primary_url`; none if it concerns no single
    /// key, such as a file that cannot be read.
    pub key: Option<String>,
    /// The value (never that of a token), why it is refused, and what is allowed.
    pub message: String,
}

impl ConfigError {
    pub(crate) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: Some(key.into()),
            message: message.into(),
        }
    }

    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self {
            key: None,
            message: message.into(),
        }
    }
}
