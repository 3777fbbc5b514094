//! Scheme, host and port: what the allow-list is made of.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;

/// Where a request goes: scheme, host and port, and nothing else. Two are equal only if all three
/// are; hosts are compared without regard to case, and are not resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    /// Lower case; IPv6 addresses in brackets and in their canonical form.
    host: String,
    port: u16,
}

/// Why a text is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {why}; give scheme, host and optional port, such as http://127.0.0.1:18789")]
pub struct OriginError {
    /// The text, without user and password.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for Origin {
    type Err = OriginError;

    /// Takes a URL without user, path (a lone `/` is none), query and fragment.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let error = |why| OriginError {
            text: without_user(text),
            why,
        };
        if text.contains('#') {
            return Err(error("has a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| error("is not a URL"))?;
        let origin = Self::of(&uri).map_err(&error)?;
        match uri.path_and_query().map(http::uri::PathAndQuery::as_str) {
            None | Some("" | "/") => Ok(origin),
            Some(_) => Err(error("has a path or a query")),
        }
    }
}

impl Origin {
    /// The origin of a request's target.
    pub(crate) fn of(uri: &Uri) -> Result<Self, &'static str> {
        let scheme = uri.scheme().ok_or("has no scheme")?;
        let default_port = if *scheme == Scheme::HTTP {
            80
        } else if *scheme == Scheme::HTTPS {
            443
        } else {
            return Err("has another scheme than http and https");
        };
        let authority = uri.authority().ok_or("has no host")?;
        if authority.as_str().contains('@') {
            return Err("has a user");
        }
        let host = canonical_host(authority.host()).ok_or("has no valid host")?;
        let rest = &authority.as_str()[authority.host().len()..];
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => default_port,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| "has a port over 65535")?
            }
            _ => return Err("has no valid port"),
        };
        match port {
            0 => Err("has port 0"),
            port => Ok(Self {
                scheme: scheme.clone(),
                host,
                port,
            }),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// Lower case; an IPv6 address in its canonical form.
fn canonical_host(host: &str) -> Option<String> {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let address: std::net::Ipv6Addr = address.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (!host.is_empty() && host.bytes().all(valid)).then(|| host.to_ascii_lowercase())
}

/// A password has no place in an error.
fn without_user(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}***{}", &text[..scheme + 3], &text[at..])
        }
        (None, Some(at)) => format!("***{}", &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, &'static str> {
        text.parse::<Origin>()
            .map(|origin| origin.to_string())
            .map_err(|error| error.why)
    }

    #[test]
    fn what_is_an_origin() {
        for (text, origin) in [
            ("http://127.0.0.1:18789", "http://127.0.0.1:18789"),
            ("http://127.0.0.1:18789/", "http://127.0.0.1:18789"),
            ("http://localhost", "http://localhost:80"),
            ("https://localhost", "https://localhost:443"),
            ("https://localhost:80", "https://localhost:80"),
            ("HTTP://LocalHost:8080", "http://localhost:8080"),
            ("http://gateway:1", "http://gateway:1"),
            (
                "http://open_claw-1.internal:65535",
                "http://open_claw-1.internal:65535",
            ),
            ("http://[::1]:18789", "http://[::1]:18789"),
            ("http://[0:0::0001]", "http://[::1]:80"),
            ("https://[2001:DB8::1]", "https://[2001:db8::1]:443"),
            ("http://10.0.0.1:00080", "http://10.0.0.1:80"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(origin), "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        for (text, why) in [
            ("", "is not a URL"),
            (" ", "is not a URL"),
            ("/", "has no scheme"),
            ("localhost", "has no scheme"),
            ("localhost:18789", "has no scheme"),
            ("//localhost", "has no scheme"),
            ("http:", "has no scheme"),
            ("http://", "is not a URL"),
            ("http:///path", "is not a URL"),
            ("http://:80", "has no valid host"),
            ("ftp://localhost", "has another scheme than http and https"),
            (
                "ws://localhost:18789",
                "has another scheme than http and https",
            ),
            ("unix:///var/run/x", "is not a URL"),
            ("http://localhost/v1", "has a path or a query"),
            ("http://localhost/v1/responses", "has a path or a query"),
            ("http://localhost//", "has a path or a query"),
            ("http://localhost?x=1", "has a path or a query"),
            ("http://localhost/?", "has a path or a query"),
            ("http://localhost/#x", "has a fragment"),
            ("http://localhost#", "has a fragment"),
            ("http://user@localhost", "has a user"),
            ("http://user:secret@localhost:80", "has a user"),
            ("http://@localhost", "has a user"),
            ("http://localhost:", "has no valid port"),
            ("http://localhost:0", "has port 0"),
            ("http://localhost:65536", "has a port over 65535"),
            ("http://localhost:+80", "has no valid port"),
            ("http://localhost:8a", "has no valid port"),
            ("http://local host", "is not a URL"),
            ("http://localhost ", "is not a URL"),
            ("http://localhost\n", "is not a URL"),
            ("http://local\thost", "is not a URL"),
            ("http://[::1", "is not a URL"),
            ("http://[::g]", "has no valid host"),
            ("http://[fe80::1%25eth0]", "has no valid host"),
            ("http://ex*ample", "has no valid host"),
            ("http://例子", "is not a URL"),
        ] {
            assert_eq!(shown(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn a_password_is_not_in_the_error() {
        let error = "http://me:hunter2@localhost".parse::<Origin>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let error = "me:hunter2@localhost/x#".parse::<Origin>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn equal_only_if_scheme_host_and_port_are() {
        let origin = |text: &str| text.parse::<Origin>().unwrap();
        assert_eq!(origin("http://A:80"), origin("http://a"));
        assert_eq!(
            origin("http://[::1]:80"),
            origin("http://[0:0:0:0:0:0:0:1]")
        );
        for other in [
            "https://a:80",
            "http://a:81",
            "http://b:80",
            "http://a.:80",
            "http://a.b:80",
            "http://[::1]:80",
            "http://127.0.0.1:80",
        ] {
            assert_ne!(origin("http://a:80"), origin(other), "{other}");
        }
        assert_ne!(origin("http://127.0.0.1"), origin("http://localhost"));
        assert_ne!(
            origin("http://127.0.0.1"),
            origin("http://[::ffff:127.0.0.1]")
        );
    }

    #[test]
    fn a_target_with_a_path_has_its_origin() {
        let uri: Uri = "http://127.0.0.1:18789/v1/responses?x=1".parse().unwrap();
        assert_eq!(
            Origin::of(&uri).unwrap().to_string(),
            "http://127.0.0.1:18789"
        );
        assert!(Origin::of(&"/v1/responses".parse().unwrap()).is_err());
    }
}
