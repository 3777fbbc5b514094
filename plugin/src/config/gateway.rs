//! What a gateway's address and token may be.

use super::{ConfigError, Endpoint, Gateway};
use crate::fault::Locale;
use crate::prelude::*;
use crate::text::say;

/// The gateway of an endpoint; `keys` are those of its address and its token.
pub(super) fn gateway(
    endpoint: &Endpoint,
    (url_key, token_key): (&str, &str),
    locale: Locale,
) -> Result<Gateway, ConfigError> {
    let (https, authority) = origin(&endpoint.url).map_err(|wrong| {
        let url = shown(&without_user(&endpoint.url));
        let why = wrong.words(locale);
        let words = say!(locale,
            en: "`{url}` {why}; write it like http://127.0.0.1:18789",
            zh: "`{url}` {why}；请写成 http://127.0.0.1:18789 的形式");
        ConfigError::new(url_key, words)
    })?;
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
    value
        .chars()
        .take(100)
        .flat_map(char::escape_debug)
        .collect()
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

/// What is wrong with an address.
#[derive(Clone, Copy)]
enum BadAddress {
    Empty,
    NoScheme,
    OtherScheme,
    HasPath,
    HasUser,
    Host,
    Port,
}

impl BadAddress {
    fn words(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::Empty, Locale::En) => "is empty",
            (Self::Empty, Locale::Zh) => "为空",
            (Self::NoScheme, Locale::En) => "has no scheme",
            (Self::NoScheme, Locale::Zh) => "缺少 http:// 或 https://",
            (Self::OtherScheme, Locale::En) => "has a scheme that is neither http nor https",
            (Self::OtherScheme, Locale::Zh) => "的协议既不是 http 也不是 https",
            (Self::HasPath, Locale::En) => {
                "has a path, query or fragment; only scheme, host and port are allowed (the plugin adds /v1/responses itself)"
            }
            (Self::HasPath, Locale::Zh) => {
                "带有路径、查询或片段；只允许协议、主机和端口（/v1/responses 由插件自行添加）"
            }
            (Self::HasUser, Locale::En) => "has a user in it; the token has its own setting",
            (Self::HasUser, Locale::Zh) => "带有用户名；令牌有单独的设置",
            (Self::Host, Locale::En) => "has no valid host",
            (Self::Host, Locale::Zh) => "的主机无效",
            (Self::Port, Locale::En) => "has a bad port (1 to 65535)",
            (Self::Port, Locale::Zh) => "的端口无效（1 到 65535）",
        }
    }
}

/// Scheme and authority of an address that has nothing else.
fn origin(url: &str) -> Result<(bool, String), BadAddress> {
    if url.is_empty() {
        return Err(BadAddress::Empty);
    }
    let (scheme, rest) = url.split_once("://").ok_or(BadAddress::NoScheme)?;
    let https = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        _ => return Err(BadAddress::OtherScheme),
    };
    // What people paste from a browser ends in a slash; that is not a path.
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '\\']) {
        return Err(BadAddress::HasPath);
    }
    if authority.contains('@') {
        return Err(BadAddress::HasUser);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']').ok_or(BadAddress::Host)?;
            // Its letters only: the parser of the standard library costs the component 4 kB, and
            // an address that does not exist is told as unreachable.
            let good = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
            if host.matches(':').count() < 2 || !host.chars().all(good) {
                return Err(BadAddress::Host);
            }
            let port = match rest {
                "" => None,
                rest => Some(rest.strip_prefix(':').ok_or(BadAddress::Port)?),
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
                return Err(BadAddress::Host);
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
            _ => Err(BadAddress::Port),
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
fn token_fault(token: &str, locale: Locale) -> Option<&'static str> {
    let is_placeholder = || {
        let mut placeholders = PLACEHOLDERS.iter();
        placeholders.any(|placeholder| token.eq_ignore_ascii_case(placeholder))
    };
    let has_prefix = || token.len() >= 7 && token.as_bytes()[..7].eq_ignore_ascii_case(b"bearer ");
    let (en, zh) = if token.is_empty() {
        (
            "is empty; set it to OPENCLAW_GATEWAY_TOKEN of the sidecar's .env",
            "为空；请设为边车 .env 里的 OPENCLAW_GATEWAY_TOKEN",
        )
    } else if is_placeholder() {
        (
            "is a placeholder, not a token; make a strong one (openssl rand -hex 32) and set it in the sidecar's .env and here",
            "是占位符而不是令牌；请生成一个强令牌（openssl rand -hex 32），并同时设置在边车的 .env 和这里",
        )
    } else if has_prefix() {
        (
            "begins with `Bearer `; write the token alone",
            "以 `Bearer ` 开头；请只写令牌本身",
        )
    } else if token.contains(['\n', '\r']) {
        (
            "has a line break in it; write the token alone, on one line",
            "中有换行；请只写令牌本身，写在一行内",
        )
    } else if !token.bytes().all(|b| b.is_ascii_graphic()) {
        (
            "has a space or a character outside visible ASCII; write the token alone, as in the .env",
            "中有空格或可见 ASCII 以外的字符；请只写令牌本身，与 .env 中一致",
        )
    } else if token.len() > 4_096 {
        (
            "is over 4096 characters long; that is no token",
            "超过 4096 个字符，不是令牌",
        )
    } else {
        return None;
    };
    Some(match locale {
        Locale::En => en,
        Locale::Zh => zh,
    })
}
