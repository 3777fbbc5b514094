//! Scheme, host and port: what the allow-list is made of.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;
use openclaw_core::origin::{Origin as Address, OriginError as BadAddress};

/// Where a request goes: scheme, host and port, and nothing else. Two are equal only if all three
/// are; hosts are compared without regard to case, and are not resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    /// Lower case; IPv6 addresses in brackets and in their canonical form.
    host: String,
    port: u16,
}

/// Why a text is no origin: the plugin's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no scheme, host and port: {0:?}")]
pub struct OriginError(pub BadAddress);

impl FromStr for Origin {
    type Err = OriginError;

    /// Takes what the component takes for a gateway's address, by the same rules.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let address = Address::parse(text).map_err(OriginError)?;
        let scheme = if address.https { "https" } else { "http" };
        let uri: Result<Uri, _> = format!("{scheme}://{}", address.authority).parse();
        let origin = uri.ok().and_then(|uri| Self::of(&uri).ok());
        origin.ok_or(OriginError(BadAddress::Host))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, BadAddress> {
        text.parse::<Origin>()
            .map(|origin| origin.to_string())
            .map_err(|error| error.0)
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
        use BadAddress::*;
        for (text, why) in [
            ("", Empty),
            (" ", NoScheme),
            ("/", NoScheme),
            ("localhost", NoScheme),
            ("localhost:18789", NoScheme),
            ("//localhost", NoScheme),
            ("http:", NoScheme),
            ("http://", Host),
            ("http:///path", HasPath),
            ("http://:80", Host),
            ("ftp://localhost", OtherScheme),
            ("ws://localhost:18789", OtherScheme),
            ("unix:///var/run/x", OtherScheme),
            ("http://localhost/v1", HasPath),
            ("http://localhost/v1/responses", HasPath),
            ("http://localhost//", HasPath),
            ("http://localhost?x=1", HasPath),
            ("http://localhost/?", HasPath),
            ("http://localhost/#x", HasPath),
            ("http://localhost#", HasPath),
            ("http://user@localhost", HasUser),
            ("http://user:secret@localhost:80", HasUser),
            ("http://@localhost", HasUser),
            ("http://localhost:", Port),
            ("http://localhost:0", Port),
            ("http://localhost:65536", Port),
            ("http://localhost:+80", Port),
            ("http://localhost:8a", Port),
            ("http://local host", Host),
            ("http://localhost ", Host),
            ("http://localhost\n", Host),
            ("http://local\thost", Host),
            ("http://[::1", Host),
            ("http://[::g]", Host),
            // Report F31: the component took it, and the host did not.
            ("http://[1:2:3]", Host),
            ("http://[fe80::1%25eth0]", Host),
            ("http://ex*ample", Host),
            ("http://例子", Host),
        ] {
            assert_eq!(shown(text), Err(why), "{text:?}");
        }
    }

    // Report F31: whatever the one parser takes, a request can be sent to, and is let through.
    #[test]
    fn what_the_plugin_takes_is_an_origin() {
        for host in [
            "a",
            "a.b",
            "a-b_c",
            "..",
            "-",
            "_",
            "1",
            "127.1",
            "[::]",
            "[::1]",
            "[1:2:3:4:5:6:7:8]",
            "[::ffff:1.2.3.4]",
            &"a".repeat(253),
        ] {
            for port in ["", ":1", ":80", ":443", ":00080", ":65535"] {
                for scheme in ["http", "https", "HTTP"] {
                    let url = format!("{scheme}://{host}{port}");
                    let address = Address::parse(&url).expect(&url);
                    let origin = url.parse::<Origin>().expect(&url);
                    let scheme = if address.https { "https" } else { "http" };
                    let target = format!("{scheme}://{}/v1/responses", address.authority);
                    assert_eq!(
                        Origin::of(&target.parse().expect(&url)),
                        Ok(origin),
                        "{url}"
                    );
                }
            }
        }
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
