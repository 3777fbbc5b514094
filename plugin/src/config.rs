//! What can be set, and what is refused.

use crate::fault::Locale;
use crate::guards::limits::{Limits, within};
use crate::prelude::*;

/// What is wrong with a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key as users write it.
    pub key: String,
    /// The value (never that of a token), why it is refused, and what is allowed.
    pub message: String,
}

impl ConfigError {
    pub(crate) fn new(key: &str, message: String) -> Self {
        Self {
            key: key.into(),
            message,
        }
    }
}

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
    pub(crate) fn without_tokens(&self, text: String) -> String {
        let tokens = self.gateways.iter();
        let mut tokens: Vec<&str> = tokens
            .map(|gateway| gateway.authorization.trim_start_matches("Bearer "))
            .collect();
        // The longer one first: it may begin with the other.
        tokens.sort_unstable_by_key(|token| core::cmp::Reverse(token.len()));
        tokens
            .iter()
            .fold(text, |text, token| text.replace(token, "***"))
    }
}

impl Config {
    /// Refuses what is not allowed, naming the key as users write it.
    pub fn check(self) -> Result<Checked, ConfigError> {
        let primary = gateway(&self.primary, "gateway_primary_url", "gateway_bearer_token")?;
        let mut gateways = vec![primary];
        if let Some(backup) = &self.backup {
            let backup = gateway(backup, "gateway_backup_url", "gateway_backup_bearer_token")?;
            if backup.url() == gateways[0].url() {
                return Err(ConfigError::new(
                    "gateway_backup_url",
                    format!(
                        "`{}` is the primary; name another gateway or leave it out",
                        backup.url()
                    ),
                ));
            }
            gateways.push(backup);
        }
        let agent = &self.agent_id;
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if agent.is_empty() || agent.len() > 64 || !agent.chars().all(allowed) {
            return Err(ConfigError::new(
                "gateway_agent_id",
                format!(
                    "`{}` is not allowed: 1 to 64 of a-z, 0-9, _ and -, such as `main`",
                    shown(agent)
                ),
            ));
        }
        self.limits.check()?;
        let b = &self.bounds;
        within("connect_timeout_seconds", b.connect_ms, 1, 600_000)?;
        within("first_byte_timeout_seconds", b.first_byte_ms, 1, 86_400_000)?;
        within("idle_timeout_seconds", b.idle_ms, 1, 86_400_000)?;
        within("turn_timeout_seconds", b.turn_ms, 1, 86_400_000)?;
        if !(1_024..=67_108_864).contains(&b.max_answer_bytes) {
            return Err(ConfigError::new(
                "max_answer_bytes",
                format!("{} is not allowed: 1024 to 67108864", b.max_answer_bytes),
            ));
        }
        if b.max_tool_rounds > 64 {
            return Err(ConfigError::new(
                "max_tool_rounds",
                format!("{} is not allowed: 0 to 64", b.max_tool_rounds),
            ));
        }
        Ok(Checked {
            gateways,
            agent_id: self.agent_id,
            limits: self.limits,
            bounds: self.bounds,
            locale: self.locale,
        })
    }
}

/// A value for a message: without control characters, and not endless.
fn shown(value: &str) -> String {
    value
        .chars()
        .take(100)
        .flat_map(char::escape_debug)
        .collect()
}

fn gateway(endpoint: &Endpoint, url_key: &str, token_key: &str) -> Result<Gateway, ConfigError> {
    let (https, authority) = origin(&endpoint.url).map_err(|why| {
        ConfigError::new(
            url_key,
            format!("`{}` {why}", shown(&without_user(&endpoint.url))),
        )
    })?;
    let token = &endpoint.bearer_token;
    token_fault(token).map_or(Ok(()), |why| Err(ConfigError::new(token_key, why.into())))?;
    Ok(Gateway {
        https,
        authority,
        authorization: format!("Bearer {token}"),
    })
}

/// A password in a URL is a secret too.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}://…@{}", &url[..scheme], &url[at + 1..])
        }
        (None, Some(at)) => format!("…@{}", &url[at + 1..]),
        _ => url.to_owned(),
    }
}

const URL_SHAPE: &str = "write it like http://127.0.0.1:18789";

/// Scheme and authority of an address that has nothing else.
fn origin(url: &str) -> Result<(bool, String), String> {
    if url.is_empty() {
        return Err(format!("is empty; {URL_SHAPE}"));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(format!("has no scheme; {URL_SHAPE}"));
    };
    let https = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        _ => {
            return Err(format!(
                "has a scheme that is neither http nor https; {URL_SHAPE}"
            ));
        }
    };
    // What people paste from a browser ends in a slash; that is not a path.
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '\\']) {
        return Err(format!(
            "has a path, query or fragment; only scheme, host and port are allowed (the plugin adds /v1/responses itself); {URL_SHAPE}"
        ));
    }
    if authority.contains('@') {
        return Err(format!(
            "has a user in it; the token has its own setting; {URL_SHAPE}"
        ));
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, port) = v6
                .split_once(']')
                .ok_or_else(|| format!("has a bad IPv6 address; {URL_SHAPE}"))?;
            // Its letters only: the parser of the standard library costs the component 4 kB, and
            // an address that does not exist is told as unreachable.
            let good = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
            if host.matches(':').count() < 2 || !host.chars().all(good) {
                return Err(format!("has a bad IPv6 address; {URL_SHAPE}"));
            }
            let port = match port {
                "" => None,
                port => Some(
                    port.strip_prefix(':')
                        .ok_or_else(|| format!("has a bad port; {URL_SHAPE}"))?,
                ),
            };
            (format!("[{}]", host.to_ascii_lowercase()), port)
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if host.is_empty() || !host.chars().all(good) {
                return Err(format!("has no valid host; {URL_SHAPE}"));
            }
            (host.to_ascii_lowercase(), port)
        }
    };
    match port {
        None => Ok((https, host)),
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number != 0 && port.bytes().all(|b| b.is_ascii_digit()) => {
                Ok((https, format!("{host}:{number}")))
            }
            _ => Err(format!("has a bad port (1 to 65535); {URL_SHAPE}")),
        },
    }
}

/// Texts that stand where a token should be.
const PLACEHOLDERS: [&str; 5] = [
    "replace_with_strong_random_token",
    "__OPENCLAW_REDACTED__",
    "changeme",
    "your_token_here",
    "${OPENCLAW_GATEWAY_TOKEN}",
];

/// Why this cannot be a token, without repeating it.
fn token_fault(token: &str) -> Option<&'static str> {
    if token.is_empty() {
        return Some("is empty; set it to OPENCLAW_GATEWAY_TOKEN of the sidecar's .env");
    }
    if PLACEHOLDERS
        .iter()
        .any(|placeholder| token.eq_ignore_ascii_case(placeholder))
    {
        return Some(
            "is a placeholder, not a token; make a strong one (openssl rand -hex 32) and set it in the sidecar's .env and here",
        );
    }
    if token.len() >= 7 && token.as_bytes()[..7].eq_ignore_ascii_case(b"bearer ") {
        return Some("begins with `Bearer `; write the token alone");
    }
    if token.contains(['\n', '\r']) {
        return Some("has a line break in it; write the token alone, on one line");
    }
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Some(
            "has a space or a character outside visible ASCII; write the token alone, as in the .env",
        );
    }
    if token.len() > 4_096 {
        return Some("is over 4096 characters long; that is no token");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str, token: &str) -> Config {
        Config {
            primary: Endpoint {
                url: url.into(),
                bearer_token: token.into(),
            },
            backup: None,
            agent_id: "main".into(),
            limits: Limits::default(),
            bounds: Bounds::default(),
            locale: Locale::En,
        }
    }

    #[test]
    fn good_addresses() {
        for (url, canonical) in [
            ("http://127.0.0.1:18789", "http://127.0.0.1:18789"),
            ("http://127.0.0.1:18789/", "http://127.0.0.1:18789"),
            ("HTTPS://Gateway.Example", "https://gateway.example"),
            ("http://[::1]:18789", "http://[::1]:18789"),
            ("http://openclaw_gateway:80", "http://openclaw_gateway:80"),
        ] {
            let checked = config(url, "t0ken")
                .check()
                .unwrap_or_else(|e| panic!("{url}: {}", e.message));
            assert_eq!(checked.gateways[0].url(), canonical);
        }
    }

    #[test]
    fn bad_addresses_name_key_value_and_what_is_allowed() {
        for url in [
            "",
            "127.0.0.1:18789",
            "ftp://a",
            "http://",
            "http:///x",
            "http://a/v1/responses",
            "http://a?x",
            "http://a#x",
            "http://u:p@a",
            "http://a:0",
            "http://a:65536",
            "http://a:+1",
            "http://a:",
            "http://a b",
            "http://[::1",
            "http://[zz]:1",
            "http://a\nb",
            "http://[::1]x",
        ] {
            let error = config(url, "t0ken")
                .check()
                .err()
                .unwrap_or_else(|| panic!("{url} must be refused"));
            assert_eq!(error.key, "gateway_primary_url", "{url}");
            assert!(
                error.message.contains("http://127.0.0.1:18789"),
                "{url}: {}",
                error.message
            );
            assert!(!error.message.contains('\n'), "{url}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        for url in ["http://u:s3cret@a", "u:s3cret@a"] {
            let error = config(url, "t0ken").check().err().expect("refused");
            assert!(!error.message.contains("s3cret"), "{}", error.message);
        }
    }

    #[test]
    fn bad_tokens_are_refused_and_never_repeated() {
        for token in [
            "",
            "replace_with_strong_random_token",
            "__OPENCLAW_REDACTED__",
            "s3cret\n",
            "s3 cret",
            "Bearer s3cret",
            "s3cret\u{e9}",
            "s3cret\0",
        ] {
            let error = config("http://a", token).check().err().expect("refused");
            assert_eq!(error.key, "gateway_bearer_token", "{token:?}");
            assert!(!error.message.contains("s3"), "{}", error.message);
        }
    }

    #[test]
    fn the_backup_is_another_gateway() {
        let with_backup = |url: &str| Config {
            backup: Some(Endpoint {
                url: url.into(),
                bearer_token: "t".into(),
            }),
            ..config("http://a:1", "t")
        };
        assert_eq!(
            with_backup("http://A:1/").check().err().map(|e| e.key),
            Some("gateway_backup_url".into())
        );
        assert_eq!(
            with_backup("http://a:2")
                .check()
                .map(|c| c.gateways.len())
                .ok(),
            Some(2)
        );
    }

    #[test]
    fn agent_ids_and_bounds() {
        for agent in ["", "Main", "a b", "a/b", &"x".repeat(65)] {
            let error = Config {
                agent_id: agent.to_string(),
                ..config("http://a", "t")
            }
            .check()
            .err();
            assert_eq!(error.map(|e| e.key), Some("gateway_agent_id".into()));
        }
        let mut zero = config("http://a", "t");
        zero.bounds.turn_ms = 0;
        let error = zero.check().err().expect("refused");
        assert_eq!(error.key, "turn_timeout_seconds");
        assert_eq!(error.message, "0 is not allowed: 0.001 to 86400 seconds");
    }
}
