//! What a gateway's address and token may be.

use super::address::Address;
use super::{ConfigError, Endpoint, Gateway};
use crate::fault::Locale;
use crate::prelude::*;
use crate::token::{self, Flaw};
use crate::untrusted::excerpt;

/// The gateway of an endpoint; `keys` are those of its address and its token.
pub(super) fn gateway(
    endpoint: &Endpoint,
    (url_key, token_key): (&str, &str),
    locale: Locale,
) -> Result<Gateway, ConfigError> {
    let address = Address::parse(&endpoint.url);
    let Address { https, authority } =
        address.map_err(|wrong| ConfigError::new(url_key, wrong.message(&endpoint.url, locale)))?;
    let token = &endpoint.bearer_token;
    match token_fault(token, locale) {
        Some(why) => Err(ConfigError::new(token_key, why.into())),
        None => Ok(Gateway {
            https,
            authority,
            authorization: format!("Bearer {token}"),
        }),
    }
}

/// A value for a message: without control characters, and not endless.
pub(super) fn shown(value: &str) -> String {
    excerpt(value.chars().take(100).collect::<String>().as_bytes())
}

/// Why this cannot be a token, without repeating it.
fn token_fault(token: &str, locale: Locale) -> Option<&'static str> {
    let (en, zh) = match token::flaw(token)? {
        Flaw::Missing => (
            "is empty; set it to OPENCLAW_GATEWAY_TOKEN of the sidecar's .env",
            "为空；请设为边车 .env 里的 OPENCLAW_GATEWAY_TOKEN",
        ),
        Flaw::Placeholder => (
            "is a placeholder, not a token; make a strong one (openssl rand -hex 32) and set it in the sidecar's .env and here",
            "是占位符而不是令牌；请生成一个强令牌（openssl rand -hex 32），并同时设置在边车的 .env 和这里",
        ),
        Flaw::Redacted => (
            "is what is shown in a token's place, not a token; copy it from OPENCLAW_GATEWAY_TOKEN of the sidecar's .env",
            "是被遮蔽的值而不是令牌；请从边车 .env 的 OPENCLAW_GATEWAY_TOKEN 复制",
        ),
        Flaw::Prefixed => (
            "begins with `Bearer `; write the token alone",
            "以 `Bearer ` 开头；请只写令牌本身",
        ),
        Flaw::LineBreak => (
            "has a line break in it; write the token alone, on one line",
            "中有换行；请只写令牌本身，写在一行内",
        ),
        Flaw::NotPrintable => (
            "has a space or a character outside visible ASCII; write the token alone, as in the .env",
            "中有空格或可见 ASCII 以外的字符；请只写令牌本身，与 .env 中一致",
        ),
        Flaw::TooLong => (
            "is over 4096 characters long; that is no token",
            "超过 4096 个字符，不是令牌",
        ),
    };
    Some(match locale {
        Locale::En => en,
        Locale::Zh => zh,
    })
}
