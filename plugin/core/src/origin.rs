//! Gateway addresses. The host builds its list of allowed origins by the same rules.

use crate::locale::Locale;
use crate::locale::say;
use crate::prelude::*;
use crate::printable::shown;

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether to use TLS.
    pub https: bool,
    /// Host and port as sent in a request: lower case, without the scheme's default port.
    pub authority: String,
}

/// Why an address is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginError {
    /// There is none.
    Empty,
    /// The scheme is missing.
    NoScheme,
    /// The scheme is neither http nor https.
    OtherScheme,
    /// It has a path, query or fragment.
    HasPath,
    /// It has a user, and maybe a password.
    HasUser,
    /// The host is missing or invalid.
    Host,
    /// The port is not 1 to 65535.
    Port,
}

impl OriginError {
    /// The text that follows the address in a message.
    fn words(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::Empty, Locale::En) => "is empty",
            (Self::Empty, Locale::Zh) => "为空",
            (Self::NoScheme, Locale::En) => "has no scheme",
            (Self::NoScheme, Locale::Zh) => "缺少 http:// 或 https://",
            (Self::OtherScheme, Locale::En) => "has a scheme other than http or https",
            (Self::OtherScheme, Locale::Zh) => "的协议既不是 http 也不是 https",
            (Self::HasPath, Locale::En) => {
                "has a path, query or fragment; use only scheme, host and port (the plugin adds /v1/responses)"
            }
            (Self::HasPath, Locale::Zh) => {
                "带有路径、查询或片段；只填写协议、主机和端口（插件会自动加上 /v1/responses）"
            }
            (Self::HasUser, Locale::En) => "contains a user name; set the token in its own setting",
            (Self::HasUser, Locale::Zh) => "带有用户名；令牌请填写在单独的设置项中",
            (Self::Host, Locale::En) => "has no valid host",
            (Self::Host, Locale::Zh) => "的主机无效",
            (Self::Port, Locale::En) => "has an invalid port (use 1 to 65535)",
            (Self::Port, Locale::Zh) => "的端口无效（1 到 65535）",
        }
    }

    /// Message for people: the address, with any password removed, and what is wrong with it.
    pub fn message(self, url: &str, locale: Locale) -> String {
        let why = self.words(locale);
        if self == Self::Empty {
            return say!(locale,
                en: "it {why}; write it like http://127.0.0.1:18789",
                zh: "{why}；请写成 http://127.0.0.1:18789 的形式");
        }
        let url = shown(&without_user(url));
        say!(locale,
            en: "`{url}` {why}; write it like http://127.0.0.1:18789",
            zh: "`{url}` {why}；请写成 http://127.0.0.1:18789 的形式")
    }
}

/// Removes the user and password, which is a secret.
pub(crate) fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}://…@{}", &url[..scheme], &url[at + 1..])
        }
        (None, Some(at)) => format!("…@{}", &url[at + 1..]),
        _ => url.to_owned(),
    }
}

/// Maximum characters of a host, as for a DNS name.
const MAX_HOST: usize = 253;

impl Origin {
    /// The address in canonical form.
    pub fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// Parses a URL that consists of scheme, host and port only.
    ///
    /// # Errors
    ///
    /// Why the address is invalid.
    pub fn parse(url: &str) -> Result<Self, OriginError> {
        if url.is_empty() {
            return Err(OriginError::Empty);
        }
        let (scheme, rest) = url.split_once("://").ok_or(OriginError::NoScheme)?;
        let (https, own_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return Err(OriginError::OtherScheme),
        };
        // URLs pasted from a browser end in a slash; that is not a path.
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(OriginError::HasPath);
        }
        if authority.contains('@') {
            return Err(OriginError::HasUser);
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, rest) = v6.split_once(']').ok_or(OriginError::Host)?;
                if !is_ipv6(host) {
                    return Err(OriginError::Host);
                }
                let port = match rest {
                    "" => None,
                    rest => Some(rest.strip_prefix(':').ok_or(OriginError::Port)?),
                };
                (format!("[{}]", host.to_ascii_lowercase()), port)
            }
            None => {
                let (host, port) = match authority.split_once(':') {
                    Some((host, port)) => (host, Some(port)),
                    None => (authority, None),
                };
                let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
                if host.is_empty() || host.len() > MAX_HOST || !host.chars().all(good) {
                    return Err(OriginError::Host);
                }
                (host.to_ascii_lowercase(), port)
            }
        };
        let authority = match port {
            None => host,
            Some(port) => match port.parse::<u16>() {
                Ok(number) if number != 0 && port.bytes().all(|b| b.is_ascii_digit()) => {
                    if number == own_port {
                        host
                    } else {
                        format!("{host}:{number}")
                    }
                }
                _ => return Err(OriginError::Port),
            },
        };
        Ok(Self { https, authority })
    }
}

/// Hand-written because the standard library's parser adds 4 kB to the component.
fn is_ipv6(text: &str) -> bool {
    // The number of 16-bit groups in a part; a trailing IPv4 address counts as two.
    let groups = |part: &str, last: bool| -> Option<usize> {
        if part.is_empty() {
            return Some(0);
        }
        let mut count = 0;
        let mut pieces = part.split(':').peekable();
        while let Some(piece) = pieces.next() {
            let hex = piece.bytes().all(|b| b.is_ascii_hexdigit());
            count += if hex && (1..=4).contains(&piece.len()) {
                1
            } else if last && pieces.peek().is_none() && is_ipv4(piece) {
                2
            } else {
                return None;
            };
        }
        Some(count)
    };
    match text.split_once("::") {
        None => groups(text, true) == Some(8),
        Some((head, tail)) => match (groups(head, false), groups(tail, true)) {
            (Some(head), Some(tail)) => head + tail <= 7,
            _ => false,
        },
    }
}

fn is_ipv4(text: &str) -> bool {
    let number = |part: &str| {
        let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        plain && (part == "0" || !part.starts_with('0')) && part.parse::<u8>().is_ok()
    };
    text.split('.').count() == 4 && text.split('.').all(number)
}

#[cfg(test)]
mod tests;
