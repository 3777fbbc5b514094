//! A provider's base URL.

use std::net::{IpAddr, Ipv4Addr};

use ureq::http::Uri;

use super::errors;
use super::services::Api;
use crate::error::Result;

/// The name of this machine inside a container.
pub const MACHINE: &str = "host.docker.internal";

/// Ends of a path that belong to one request, not to the base.
const REQUESTS: [&str; 6] = [
    "/chat/completions",
    "/completions",
    "/responses",
    "/messages",
    "/models",
    "/embeddings",
];

/// A checked base URL without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: String,
    /// As in a URL: an IPv6 address has brackets.
    host: String,
    port: Option<u16>,
    path: String,
}

impl Endpoint {
    /// Reads a base URL as it is asked with this API.
    ///
    /// # Errors
    ///
    /// It is not an `http` or `https` URL with a host, has a user, query or fragment, or goes on to a request
    /// such as `/chat/completions`.
    pub fn parse(url: &str, api: Api) -> Result<Self> {
        let url = url.trim();
        // The user part, which may be a secret, is not quoted.
        let shown = match url.rsplit_once('@') {
            Some((_, rest)) => format!("…@{rest}"),
            None => url.to_owned(),
        };
        if url.contains('#') || url.contains(['{', '}', '$']) {
            return Err(errors::bad_url(shown));
        }
        let uri: Uri = url.parse().map_err(|_| errors::bad_url(&shown))?;
        let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
        let authority = uri.authority().ok_or_else(|| errors::bad_url(&shown))?;
        let (host, port) = (authority.host(), authority.as_str());
        if !["http", "https"].contains(&&*scheme) || host.is_empty() || uri.query().is_some() {
            return Err(errors::bad_url(shown));
        }
        if authority.as_str().contains('@') {
            return Err(errors::url_with_user(shown));
        }
        let port = match port
            .strip_prefix(host)
            .and_then(|rest| rest.strip_prefix(':'))
        {
            None => None,
            Some(port) => match port.parse() {
                Ok(0) | Err(_) => return Err(errors::bad_url(shown)),
                Ok(port) => Some(port),
            },
        };
        let mut path = uri.path().trim_end_matches('/').to_owned();
        let lower = path.to_ascii_lowercase();
        if let Some(request) = REQUESTS.iter().find(|end| lower.ends_with(*end)) {
            path.truncate(path.len() - request.len());
            let base = Self::new(scheme, host, port, path);
            return Err(errors::url_of_a_request(shown, request, base.url()));
        }
        // What each API's client of the gateway appends decides what belongs to the base.
        match api {
            Api::AnthropicMessages => path = path.strip_suffix("/v1").unwrap_or(&path).to_owned(),
            Api::GoogleGenerativeAi if path.is_empty() => "/v1beta".clone_into(&mut path),
            _ => {}
        }
        Ok(Self::new(scheme, host, port, path))
    }

    fn new(scheme: String, host: &str, port: Option<u16>, path: String) -> Self {
        Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port,
            path,
        }
    }

    /// The URL, without a slash at its end.
    pub fn url(&self) -> String {
        let Self {
            scheme, host, path, ..
        } = self;
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{host}{port}{path}")
    }

    /// The host; an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, also where the URL leaves it to the scheme.
    pub fn port(&self) -> u16 {
        let default = if self.scheme == "http" { 80 } else { 443 };
        self.port.unwrap_or(default)
    }

    /// Whether it names this machine's own loopback, which in a container is the container's.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let named = host == "localhost" || host.ends_with(".localhost");
        named
            || match host.parse::<IpAddr>() {
                Ok(IpAddr::V4(address)) => {
                    address.is_loopback() || address == Ipv4Addr::UNSPECIFIED
                }
                Ok(IpAddr::V6(address)) => {
                    let mapped = address.to_ipv4_mapped();
                    address.is_loopback()
                        || address.is_unspecified()
                        || mapped.is_some_and(|it| it.is_loopback())
                }
                Err(_) => false,
            }
    }

    /// Whether it is this machine as a container sees it.
    pub fn is_machine(&self) -> bool {
        self.host == MACHINE
    }

    /// Whether the host is a bare name, as other containers of a network have.
    pub fn is_service_name(&self) -> bool {
        !self.host().contains(['.', ':']) && !self.is_loopback()
    }

    /// The same with this machine's name inside a container.
    pub fn from_inside(&self) -> Self {
        Self {
            host: MACHINE.to_owned(),
            ..self.clone()
        }
    }

    /// Whether both are the same scheme, host and port, so that a key for one is for the other.
    pub fn same_origin(&self, other: &Self) -> bool {
        let machine = |one: &Self| match one.is_loopback() {
            true => MACHINE.to_owned(),
            false => one.host.clone(),
        };
        (&self.scheme, machine(self), self.port()) == (&other.scheme, machine(other), other.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn urls_are_read_as_the_gateways_clients_need_them() {
        use Api::*;
        for (url, api, read) in [
            (
                "https://api.deepseek.com/v1/",
                OpenaiCompletions,
                "https://api.deepseek.com/v1",
            ),
            (
                " HTTP://Example.com:8080 ",
                OpenaiCompletions,
                "http://example.com:8080",
            ),
            (
                "https://api.anthropic.com/v1",
                AnthropicMessages,
                "https://api.anthropic.com",
            ),
            (
                "https://x.com/anthropic",
                AnthropicMessages,
                "https://x.com/anthropic",
            ),
            ("https://g.com/", GoogleGenerativeAi, "https://g.com/v1beta"),
            ("https://g.com/v1", GoogleGenerativeAi, "https://g.com/v1"),
            (
                "http://[::1]:11434/v1",
                OpenaiResponses,
                "http://[::1]:11434/v1",
            ),
        ] {
            assert_eq!(Endpoint::parse(url, api).unwrap().url(), read, "{url}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for url in [
            "",
            "api.deepseek.com/v1",
            "ftp://x/v1",
            "https://",
            "https:///v1",
            "https://x/v1?key=1",
            "https://x/#a",
            "https://x:0/",
            "https://x:99999/",
            "https://${HOST}/v1",
            "https://a b/",
            "https://sk-secret@x/v1",
            "https://x/v1/chat/completions",
            "https://x/V1/Messages/",
        ] {
            let error = Endpoint::parse(url, Api::OpenaiCompletions).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ProviderAddress, "{url}");
            assert!(!error.to_string().contains("sk-secret"), "{error}");
        }
        let error = Endpoint::parse("https://x/v1/chat/completions", Api::OpenaiCompletions);
        assert!(error.unwrap_err().remedy().en.contains("https://x/v1."));
    }

    #[test]
    fn loopback_in_every_spelling() {
        let endpoint = |url| Endpoint::parse(url, Api::OpenaiCompletions).unwrap();
        for url in [
            "http://127.0.0.1:1/v1",
            "http://127.9.9.9",
            "http://localhost:1",
            "http://LOCALHOST",
            "http://[::1]:1",
            "http://0.0.0.0:1",
            "http://[::ffff:127.0.0.1]:1",
            "http://ollama.localhost",
        ] {
            assert!(endpoint(url).is_loopback(), "{url}");
        }
        for url in [
            "http://10.0.0.1",
            "http://127.example.com",
            "http://host.docker.internal:1",
        ] {
            assert!(!endpoint(url).is_loopback(), "{url}");
        }
        let inside = endpoint("http://[::1]:11434/v1").from_inside();
        assert_eq!(inside.url(), "http://host.docker.internal:11434/v1");
        assert!(inside.same_origin(&endpoint("http://127.0.0.1:11434/other")));
        assert!(!inside.same_origin(&endpoint("https://127.0.0.1:11434/v1")));
    }
}
