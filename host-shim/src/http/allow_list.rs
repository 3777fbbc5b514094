//! The origins that requests may go to.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use http::Uri;
use openclaw_core::origin::Origin;

/// The origins that requests may go to; clones share them. Empty at first.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowList(Arc<RwLock<HashSet<Origin>>>);

impl AllowList {
    /// Replaces the list.
    pub(crate) fn set(&self, origins: impl IntoIterator<Item = Origin>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = origins.into_iter().collect();
    }

    /// Extends the list.
    pub(crate) fn add(&self, origins: impl IntoIterator<Item = Origin>) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(origins);
    }

    /// Whether scheme, host and port of `target` are those of a configured gateway.
    pub(crate) fn allows(&self, target: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (target.scheme_str(), target.authority()) else {
            return false;
        };
        Origin::parse(&format!("{scheme}://{authority}")).is_ok_and(|origin| {
            self.0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&origin)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(origins: &[&str]) -> AllowList {
        let list = AllowList::default();
        list.set(origins.iter().map(|text| Origin::parse(text).unwrap()));
        list
    }

    #[test]
    fn nothing_is_allowed_at_first() {
        let target = "http://127.0.0.1:18789/v1/responses".parse().unwrap();
        assert!(!AllowList::default().allows(&target));
    }

    #[test]
    fn only_the_exact_scheme_host_and_port() {
        let list = list(&["http://127.0.0.1:18789", "https://gateway.example"]);
        for (target, allowed) in [
            ("http://127.0.0.1:18789/v1/responses", true),
            ("http://127.0.0.1:18789/", true),
            ("http://127.0.0.1:18789/any?thing=1", true),
            ("HTTP://127.0.0.1:18789/", true),
            ("https://127.0.0.1:18789/v1/responses", false),
            ("http://127.0.0.1/v1/responses", false),
            ("http://127.0.0.1:80/", false),
            ("http://127.0.0.1:18790/", false),
            ("http://127.0.0.2:18789/", false),
            ("http://localhost:18789/", false),
            ("http://[::1]:18789/", false),
            ("http://127.0.0.1.evil.example:18789/", false),
            ("http://127.1:18789/", false),
            ("http://2130706433:18789/", false),
            ("http://user@127.0.0.1:18789/", false),
            ("http://127.0.0.1:18789@evil.example/", false),
            ("http://evil.example/?http://127.0.0.1:18789", false),
            ("http://evil.example:18789/", false),
            ("https://gateway.example/", true),
            ("https://gateway.example:443/", true),
            ("https://GATEWAY.example/v1/responses", true),
            ("http://gateway.example/", false),
            ("http://gateway.example:443/", false),
            ("https://gateway.example:8443/", false),
            ("https://gateway.example./", false),
            ("https://sub.gateway.example/", false),
            ("https://example/", false),
            ("/v1/responses", false),
        ] {
            let target = target.parse::<Uri>().unwrap();
            assert_eq!(list.allows(&target), allowed, "{target}");
        }
    }

    // Report F31: the component took an address that the host then refused.
    #[test]
    fn what_the_plugin_takes_is_an_origin() {
        for host in [
            "a",
            "a.b",
            "a-b_c",
            "..",
            "-",
            "1",
            "127.1",
            "[::]",
            "[1:2:3:4:5:6:7:8]",
            "[::ffff:1.2.3.4]",
            &"a".repeat(253),
        ] {
            for port in ["", ":1", ":80", ":443", ":00080", ":65535"] {
                for scheme in ["http", "https", "HTTP"] {
                    let url = format!("{scheme}://{host}{port}");
                    let Origin { https, authority } = Origin::parse(&url).expect(&url);
                    let scheme = if https { "https" } else { "http" };
                    let target = format!("{scheme}://{authority}/v1/responses");
                    assert!(list(&[&url]).allows(&target.parse().expect(&url)), "{url}");
                }
            }
        }
    }

    #[test]
    fn what_is_set_anew_replaces_and_what_is_added_does_not() {
        let list = list(&["http://a"]);
        let (a, b) = ("http://a/".parse().unwrap(), "http://b/".parse().unwrap());
        list.add([Origin::parse("http://b").unwrap()]);
        assert!(list.allows(&a) && list.allows(&b));
        list.clone().set([Origin::parse("http://b").unwrap()]);
        assert!(!list.allows(&a) && list.allows(&b));
    }
}
