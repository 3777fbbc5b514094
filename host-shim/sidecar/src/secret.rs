//! The token shared by AstrBot and the gateway: generated, checked and kept out of all output.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openclaw_core::token;
use serde_json::Value;

use crate::error::{self, Result};

/// A token. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token from outside, as it is.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// A new one from the system's random source: 256 bits, 43 characters of `A-Z a-z 0-9 _ -`.
    ///
    /// # Errors
    ///
    /// The system has no random source.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| error::no_random_source(error).caused_by(error))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token itself: only for a probe's header, the `.env` and `print-config`.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is wrong with it, if anything. The core decides what cannot be a token.
    pub fn flaw(&self) -> Option<Flaw> {
        if let Some(flaw) = token::flaw(&self.0) {
            return Some(Flaw::Unusable(flaw));
        }
        let distinct: std::collections::BTreeSet<u8> = self.0.bytes().collect();
        (self.0.len() < 24 || distinct.len() < 8).then_some(Flaw::Weak)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// Every plain-text secret in a config or compose file (not variable references): where it is, and its
/// value.
pub fn in_clear(value: &Value) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    collect(value, "", &mut found);
    found
}

fn collect<'a>(value: &'a Value, place: &str, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let place = format!("{place}/{key}");
                match value.as_str() {
                    Some(text) if is_in_clear(key, text) => found.push((place, text)),
                    Some(_) => {}
                    None => collect(value, &place, found),
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                let place = format!("{place}/{n}");
                // Compose's lists have KEY=VALUE.
                match item.as_str().map(|text| text.split_once('=')) {
                    Some(Some((key, text))) if is_in_clear(key, text) => found.push((place, text)),
                    Some(_) => {}
                    None => collect(item, &place, found),
                }
            }
        }
        _ => {}
    }
}

fn is_in_clear(key: &str, text: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let secret = ["token", "apikey", "api_key", "password", "secret"];
    secret.iter().any(|end| key.ends_with(end)) && !text.is_empty() && !text.starts_with('$')
}

/// Why a token should not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// It cannot be a token.
    Unusable(token::Flaw),
    /// Under 24 characters, or under 8 different ones.
    Weak,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_is_strong_and_never_the_same() {
        let (one, two) = (Token::generate().unwrap(), Token::generate().unwrap());
        assert_eq!(one.flaw(), None);
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one, two);
    }

    #[test]
    fn every_flaw_is_seen() {
        use openclaw_core::token::Flaw::*;
        for (value, flaw) in [
            ("", Missing),
            ("replace_with_strong_random_token", Placeholder),
            ("CHANGEME-CHANGEME-CHANGEME-1", Placeholder),
            ("__OPENCLAW_REDACTED__", Redacted),
            // Report F32 (razzant/ouroboros#174); the whole list is the plugin's.
            ("********************************", Redacted),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", Redacted),
            ("••••••••••••••••", Redacted),
            ("${OPENCLAW_GATEWAY_TOKEN_OF_MINE}", Placeholder),
            ("<the token of my gateway, please>", Placeholder),
            ("0123456789abcdef 0123456789", NotPrintable),
            ("0123456789abcdef\n0123456789", LineBreak),
            ("0123456789abcdef令牌0123456789", NotPrintable),
        ] {
            let flaw = Some(Flaw::Unusable(flaw));
            assert_eq!(Token::new(value).flaw(), flaw, "{value}");
        }
        for value in ["secret", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert_eq!(Token::new(value).flaw(), Some(Flaw::Weak), "{value}");
        }
    }

    #[test]
    fn secrets_in_clear_are_found_and_names_of_variables_are_none() {
        let value = serde_json::json!({
            "gateway": { "auth": { "mode": "token", "token": "one" } },
            "channels": [{ "botToken": "a=b" }, "OPENCLAW_PROVIDER_API_KEY=three"],
            "models": { "apiKey": "${OPENCLAW_PROVIDER_API_KEY}", "maxTokens": "12" },
        });
        let mut found = in_clear(&value);
        found.sort();
        assert_eq!(
            found,
            [
                ("/channels/0/botToken".to_owned(), "a=b"),
                ("/channels/1".to_owned(), "three"),
                ("/gateway/auth/token".to_owned(), "one"),
            ]
        );
    }

    #[test]
    fn it_is_never_printed() {
        let token = Token::new("0123456789abcdef0123456789abcdef");
        assert_eq!(format!("{token:?}"), "Token(***)");
    }
}
