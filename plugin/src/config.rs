//! What can be set, and what is refused.

pub use openclaw_core::limits::ConfigError;
use openclaw_core::limits::{Limits, number_within, seconds_within};
use openclaw_core::locale::{Locale, say};
use openclaw_core::origin::Origin;
use openclaw_core::printable::{excerpt_of, shown};
use openclaw_core::redact::mask;
use openclaw_core::token;

use crate::prelude::*;

/// One gateway to talk to.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, host and optional port, as the user wrote it.
    pub url: String,
    /// The gateway's token, without `Bearer `.
    pub bearer_token: String,
}

/// How to wait and how much to take. Milliseconds and bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// To connect.
    pub connect_ms: u64,
    /// From the request to the first byte of the answer's head.
    pub first_byte_ms: u64,
    /// Between two pieces of the answer.
    pub idle_ms: u64,
    /// For the whole turn, without the wait in the queue.
    pub turn_ms: u64,
    /// Of one answer.
    pub max_answer_bytes: u64,
    /// Rounds of tool calls in one turn.
    pub max_tool_rounds: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connect_ms: 10_000,
            first_byte_ms: 300_000,
            idle_ms: 300_000,
            turn_ms: 1_800_000,
            max_answer_bytes: 8_388_608,
            max_tool_rounds: 8,
        }
    }
}

/// Everything that can be set.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// Asked first.
    pub primary: Endpoint,
    /// Asked only when nothing can have reached the primary, or its breaker is open.
    pub backup: Option<Endpoint>,
    /// The OpenClaw agent that answers.
    pub agent_id: String,
    /// The guards' thresholds.
    pub limits: Limits,
    /// Time limits and sizes.
    pub bounds: Bounds,
    /// The language of texts for people.
    pub locale: Locale,
}

/// A checked gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Whether to use TLS.
    pub https: bool,
    /// Host and port as they go into the request.
    pub authority: String,
    /// The whole `Authorization` value.
    pub authorization: String,
}

impl Gateway {
    /// The address for messages; without the token.
    pub fn url(&self) -> String {
        format!(
            "{}://{}",
            if self.https { "https" } else { "http" },
            self.authority
        )
    }
}

/// A config that has been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    /// The primary, then the backup if there is one.
    pub gateways: Vec<Gateway>,
    /// The OpenClaw agent that answers.
    pub agent_id: String,
    /// The guards' thresholds.
    pub limits: Limits,
    /// Time limits and sizes.
    pub bounds: Bounds,
    /// The language of texts for people.
    pub locale: Locale,
}

impl Checked {
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

impl Config {
    /// Refuses what is not allowed, naming the key as users write it.
    pub fn check(self) -> Result<Checked, ConfigError> {
        let locale = self.locale;
        let keys = ("gateway_primary_url", "gateway_bearer_token");
        let mut gateways = vec![gateway(&self.primary, keys, locale)?];
        if let Some(backup) = &self.backup {
            let keys = ("gateway_backup_url", "gateway_backup_bearer_token");
            let backup = gateway(backup, keys, locale)?;
            if backup.url() == gateways[0].url() {
                let words = say!(locale,
                    en: "`{}` is the primary; name another gateway or leave it out",
                    zh: "`{}` 就是主网关；请填写另一个网关，或留空",
                    backup.url());
                return Err(ConfigError::new(keys.0, words));
            }
            gateways.push(backup);
        }
        let agent = &self.agent_id;
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if agent.is_empty() || agent.len() > 64 || !agent.chars().all(allowed) {
            let words = say!(locale,
                en: "`{}` is not allowed: 1 to 64 of a-z, 0-9, _ and -, such as `main`",
                zh: "不允许 `{}`：应为 1 到 64 个字符，只能是 a-z、0-9、_ 和 -，例如 `main`",
                shown(agent));
            return Err(ConfigError::new("gateway_agent_id", words));
        }
        self.limits.check(locale)?;
        let b = &self.bounds;
        for (key, ms, most) in [
            ("connect_timeout_seconds", b.connect_ms, 600_000),
            ("first_byte_timeout_seconds", b.first_byte_ms, 86_400_000),
            ("idle_timeout_seconds", b.idle_ms, 86_400_000),
            ("turn_timeout_seconds", b.turn_ms, 86_400_000),
        ] {
            seconds_within(key, ms, 1, most, locale)?;
        }
        let (bytes, rounds) = (b.max_answer_bytes, b.max_tool_rounds.into());
        number_within("max_answer_bytes", bytes, 1_024, 16_777_216, locale)?;
        number_within("max_tool_rounds", rounds, 0, 64, locale)?;
        Ok(Checked {
            gateways,
            agent_id: self.agent_id,
            limits: self.limits,
            bounds: self.bounds,
            locale,
        })
    }
}

/// The gateway of an endpoint; `keys` are those of its address and its token.
fn gateway(
    endpoint: &Endpoint,
    (url_key, token_key): (&str, &str),
    locale: Locale,
) -> Result<Gateway, ConfigError> {
    let Origin { https, authority } = Origin::parse(&endpoint.url)
        .map_err(|wrong| ConfigError::new(url_key, wrong.message(&endpoint.url, locale)))?;
    let token = &endpoint.bearer_token;
    match token::flaw(token) {
        Some(flaw) => Err(ConfigError::new(token_key, flaw.message(locale).into())),
        None => Ok(Gateway {
            https,
            authority,
            authorization: format!("Bearer {token}"),
        }),
    }
}

#[cfg(test)]
mod tests;
