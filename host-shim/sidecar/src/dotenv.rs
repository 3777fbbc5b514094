//! The `.env` file: read with dotenvy, changed line by line so that comments and order stay.

use std::collections::BTreeMap;

use crate::secret::Token;

/// The gateway's version.
pub const VERSION: &str = "OPENCLAW_VERSION";
/// The token.
pub const TOKEN: &str = "OPENCLAW_GATEWAY_TOKEN";
/// The port on the host's loopback.
pub const PORT: &str = "OPENCLAW_HOST_PORT";
/// The container's memory limit.
pub const MEMORY: &str = "OPENCLAW_MEMORY_LIMIT";

/// What a `.env` says. The values are not printed by `Debug`: they are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env {
    values: BTreeMap<String, String>,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Env {
    /// Reads the text of a `.env`; a later line wins over an earlier one.
    ///
    /// # Errors
    ///
    /// The number of the first line that is no assignment. Never its text: it may be a secret.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut values = BTreeMap::new();
        for item in dotenvy::from_read_iter(text.as_bytes()) {
            match item {
                Ok((key, value)) => {
                    values.insert(key, value);
                }
                Err(dotenvy::Error::LineParse(line, _)) => {
                    let at = text.lines().position(|other| other.trim() == line.trim());
                    return Err(at.map_or(0, |at| at + 1));
                }
                Err(_) => return Err(0),
            }
        }
        Ok(Self { values })
    }

    /// A value; `None` if it is missing or empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values
            .get(key)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The token, not trimmed: a blank at its end is a flaw worth seeing. Empty if there is none.
    pub fn token(&self) -> Token {
        Token::new(self.values.get(TOKEN).cloned().unwrap_or_default())
    }

    /// `text` with every secret of this file masked: the token, and what its name calls one.
    pub fn mask(&self, text: &str) -> String {
        let secret = |key: &str| {
            ["TOKEN", "KEY", "SECRET", "PASSWORD"]
                .iter()
                .any(|end| key.ends_with(end))
        };
        self.values
            .iter()
            // A short one would mask half the text and is no secret.
            .filter(|(key, value)| secret(key) && value.len() >= 8)
            .fold(self.token().mask(text), |text, (_, value)| {
                text.replace(value, "***")
            })
    }

    /// The port on the host; the default where the file names none.
    ///
    /// # Errors
    ///
    /// The text that is no port from 1 to 65535.
    pub fn port(&self) -> Result<u16, String> {
        match self.get(PORT) {
            None => Ok(18789),
            Some(text) => text
                .parse::<u16>()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| text.to_owned()),
        }
    }

    /// Every key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// `text` with `key` set to `value`: its last assignment is replaced, or a line is added at the end.
/// The value must need no quoting: visible ASCII without quotes, `#`, `$` and backslash.
pub fn set(text: &str, key: &str, value: &str) -> String {
    let assigns = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = format!("{key}={value}");
    match lines.iter().rposition(|line| assigns(line)) {
        Some(at) => lines[at] = line,
        None => lines.push(line),
    }
    lines.join("\n") + "\n"
}

/// A version as this tool accepts it: an image tag that names one release, such as `2026.2.9` or
/// `2026.9.1-beta.1`, never a moving one such as `latest`.
pub fn is_pinned_version(version: &str) -> bool {
    let (numbers, suffix) = match version.split_once('-') {
        Some((numbers, suffix)) => (numbers, Some(suffix)),
        None => (version, None),
    };
    let parts: Vec<&str> = numbers.split('.').collect();
    let number =
        |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3
        && parts.iter().all(number)
        && parts[0].len() == 4
        && version.len() <= 64
        && suffix.is_none_or(|suffix| {
            !suffix.is_empty()
                && suffix
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        })
}

/// The numbers of a pinned version, to compare releases by.
pub fn release(version: &str) -> Option<(u32, u32, u32)> {
    if !is_pinned_version(version) {
        return None;
    }
    let mut parts = version.split(['-', '.']).map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_the_last_one_wins() {
        let env = Env::parse("# c\nA=1\nexport B='two'\nA=3\nOPENCLAW_HOST_PORT=\n").unwrap();
        assert_eq!(
            (env.get("A"), env.get("B"), env.port()),
            (Some("3"), Some("two"), Ok(18789))
        );
        assert_eq!(Env::parse("A=1\nthis is no assignment\n"), Err(2));
        let bad = Env::parse("OPENCLAW_HOST_PORT=70000").unwrap();
        assert_eq!(bad.port(), Err("70000".to_owned()));
    }

    #[test]
    fn debug_shows_no_value() {
        let env = Env::parse("OPENCLAW_GATEWAY_TOKEN=s3cret").unwrap();
        assert!(!format!("{env:?}").contains("s3cret"));
    }

    #[test]
    fn every_secret_is_masked() {
        let env = Env::parse(
            "OPENCLAW_GATEWAY_TOKEN=t0ken\nOPENCLAW_PROVIDER_API_KEY=sk-0123456789\nOTHER_KEY=none\nOPENCLAW_VERSION=2026.2.9\n",
        )
        .unwrap();
        assert_eq!(
            env.mask("t0ken sk-0123456789 none 2026.2.9"),
            "*** *** none 2026.2.9"
        );
    }

    #[test]
    fn setting_keeps_comments_and_order() {
        let text = "# head\nOPENCLAW_VERSION=2026.2.9\n\nOPENCLAW_VERSION_X=1\n";
        assert_eq!(
            set(text, VERSION, "2026.9.6"),
            "# head\nOPENCLAW_VERSION=2026.9.6\n\nOPENCLAW_VERSION_X=1\n"
        );
        assert_eq!(
            set("A=1", VERSION, "2026.9.6"),
            "A=1\nOPENCLAW_VERSION=2026.9.6\n"
        );
        assert_eq!(
            set("export  OPENCLAW_VERSION = x", VERSION, "2026.9.6"),
            "OPENCLAW_VERSION=2026.9.6\n"
        );
    }

    #[test]
    fn only_a_release_is_a_pinned_version() {
        for good in ["2026.2.9", "2026.9.1-beta.1", "2026.7.1-2-slim"] {
            assert!(is_pinned_version(good), "{good}");
        }
        for bad in [
            "latest",
            "main",
            "",
            "2026.2",
            "2026.2.x",
            "v2026.2.9",
            "2026.2.9-",
            "2026.2.9 ",
            "2026.2.9\n",
            "../x",
            "2026.2.9:x",
        ] {
            assert!(!is_pinned_version(bad), "{bad}");
        }
        assert!(release("2026.2.9") < release("2026.9.6"));
        assert!(release("2026.2.9") < release("2026.2.28"));
    }
}
