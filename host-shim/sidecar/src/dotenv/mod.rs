//! The `.env` file: read like Compose reads it, and edited without losing comments or order.

mod text;

use std::collections::{BTreeMap, BTreeSet};

use openclaw_core::redact::mask;

use crate::address;
use crate::error::{At, READ, Result};
use crate::interpolate::Dialect;
use crate::layout::{ENV, Root};
use crate::read_file;
use crate::secret::Token;

use self::text::read_as;
pub use self::text::set;

/// The gateway's version.
pub const VERSION: &str = "OPENCLAW_VERSION";
/// The token.
pub const TOKEN: &str = "OPENCLAW_GATEWAY_TOKEN";
/// The port on the host's loopback.
pub const PORT: &str = "OPENCLAW_HOST_PORT";
/// The model provider's key.
pub const PROVIDER_KEY: &str = "OPENCLAW_PROVIDER_API_KEY";
/// The container's memory limit.
pub const MEMORY: &str = "OPENCLAW_MEMORY_LIMIT";

/// How long the gateway may take to stop.
pub const STOP_GRACE: &str = "OPENCLAW_STOP_GRACE";
/// The name of the root's Compose project.
pub const PROJECT: &str = "COMPOSE_PROJECT_NAME";
/// The name of AstrBot's container; empty where AstrBot does not run in one.
pub const ASTRBOT_CONTAINER: &str = "OPENCLAW_ASTRBOT_CONTAINER";

/// A `.env` as one generation of Compose reads it. `Debug` does not print the values, which are secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env {
    values: BTreeMap<String, Option<String>>,
    dialect: Dialect,
    skipped: Vec<usize>,
    valueless: Vec<String>,
    differs: BTreeSet<String>,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// A `.env` that Compose rejects. Never contains its text, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: Compose cannot read it")]
pub struct Refused {
    /// The line, from 1.
    pub line: usize,
    /// What can be read anyway.
    pub rest: Box<Env>,
}

/// A variable that Compose sees: from this process's environment, without those that are removed for it.
pub fn shell(name: &str) -> Option<String> {
    if crate::templates::compose_variables().contains(&name) {
        return None;
    }
    std::env::var(name).ok()
}

impl Env {
    /// Reads the text of a `.env` as Compose v2 does.
    ///
    /// # Errors
    ///
    /// Compose rejects it.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        Self::parse_as(text, Dialect::Go, &shell)
    }

    /// Reads the text of a `.env` as a generation of Compose does, with the variables of a shell.
    ///
    /// # Errors
    ///
    /// Compose rejects it.
    pub fn parse_as(
        text: &str,
        dialect: Dialect,
        shell: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Refused> {
        let (read, refused) = read_as(text, dialect, shell);
        let (other, _) = read_as(text, dialect.other(), shell);
        let keys = read.values.keys().chain(other.values.keys());
        let env = Self {
            differs: keys
                .filter(|key| read.values.get(*key) != other.values.get(*key))
                .cloned()
                .collect(),
            values: read.values,
            dialect,
            skipped: read.skipped,
            valueless: read.valueless,
        };
        match refused {
            None => Ok(env),
            Some(line) => Err(Refused {
                line,
                rest: Box::new(env),
            }),
        }
    }

    /// A copy with one variable changed.
    pub fn with(&self, key: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed
            .values
            .insert(key.to_owned(), Some(value.to_owned()));
        changed
    }

    /// Which generation of Compose read it.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Lines that are no assignment, from 1: Compose leaves them out.
    pub fn skipped(&self) -> &[usize] {
        &self.skipped
    }

    /// Variables that are named without a value, neither here nor in the shell.
    pub fn valueless(&self) -> &[String] {
        &self.valueless
    }

    /// Variables that the other generation of Compose reads differently.
    pub fn read_differently(&self) -> &BTreeSet<String> {
        &self.differs
    }

    /// A variable as Compose puts it into the compose file: what the shell has wins over the `.env`.
    pub fn lookup(&self, name: &str) -> Option<Option<String>> {
        shell(name)
            .map(Some)
            .or_else(|| self.values.get(name).cloned())
    }

    /// A value; `None` if it is missing or empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.value(key)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// The token, not trimmed: a blank at its end is a flaw worth seeing. Empty if there is none.
    pub fn token(&self) -> Token {
        Token::new(self.value(TOKEN).unwrap_or_default())
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.as_deref()
    }

    /// `text` with every secret of this file masked: the token, and what its name calls one.
    pub fn mask(&self, text: &str) -> String {
        let secret = |key: &str| {
            ["TOKEN", "KEY", "SECRET", "PASSWORD"]
                .iter()
                .any(|end| key.ends_with(end))
        };
        let secrets = self.iter().filter(|(key, _)| secret(key));
        let secrets: Vec<&str> = secrets.map(|(_, value)| value).collect();
        mask(text, secrets.iter().copied())
    }

    /// The port on the host; the default where the file names none.
    ///
    /// # Errors
    ///
    /// The value, if it is not a port from 1 to 65535.
    pub fn port(&self) -> Result<u16, String> {
        match self.get(PORT) {
            None => Ok(address::PORT),
            Some(text) => text
                .parse::<u16>()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| text.to_owned()),
        }
    }

    /// Every key, also those that are named without a value.
    pub fn iter_all(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.values
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_deref()))
    }

    /// Every key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter_all()
            .filter_map(|(key, value)| Some((key, value?)))
    }
}

/// Reads the root's `.env`. If Compose would reject it, returns what can be read; Compose itself reports
/// the line.
///
/// # Errors
///
/// The file cannot be read.
pub fn load(root: &Root, dialect: Dialect) -> Result<Env> {
    let path = root.join(ENV);
    let bytes = read_file::read(&path).at(READ, &path)?;
    let env = Env::parse_as(&String::from_utf8_lossy(&bytes), dialect, &shell);
    Ok(env.unwrap_or_else(|refused| *refused.rest))
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
        let refused = Env::parse("A=1\nthis is no assignment\nB=2\n").unwrap_err();
        assert_eq!((refused.line, refused.rest.get("A")), (2, Some("1")));
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

    // Report F22: what is written has to be what Compose then reads.
    #[test]
    fn setting_is_read_back_whatever_was_there() {
        for text in [
            "",
            "\u{feff}OPENCLAW_VERSION=1",
            "A=1\r\nOPENCLAW_VERSION=1\r\nB=2\r\n",
            "A='\nOPENCLAW_VERSION=inside\n'\nB=2\n",
            "OPENCLAW_VERSION=\"a\nb\" # c\nB=2\n",
            "OPENCLAW_VERSION=1\nB=2\nOPENCLAW_VERSION = '2'",
            "OPENCLAW_VERSION\nB=2\n",
            // Found by fuzzing: a line end that is cut in half.
            "A=1\nB=2\r",
            "OPENCLAW_VERSION=1\nB=2\r",
            "\r",
            // Found by fuzzing: Compose throws a last word away, and refuses it once a line follows.
            "A=1\nB=2\nno assignment",
            "\u{feff}no assignment",
            "A=1\r\n no assignment\r",
            "A=1\n# no assignment",
        ] {
            let changed = set(text, VERSION, "2026.9.6");
            assert_eq!(set(&changed, VERSION, "2026.9.6"), changed, "{text:?}");
            for dialect in [Dialect::Go, Dialect::Python] {
                let before = Env::parse_as(text, dialect, &|_| None).unwrap();
                let env = Env::parse_as(&changed, dialect, &|_| None).unwrap();
                assert_eq!(env.get(VERSION), Some("2026.9.6"), "{text:?}: {changed:?}");
                for key in ["A", "B"] {
                    assert_eq!(env.get(key), before.get(key), "{text:?}: {changed:?}");
                }
            }
            assert_eq!(changed.contains('\r'), text.contains('\r'));
            assert_eq!(
                changed.starts_with('\u{feff}'),
                text.starts_with('\u{feff}')
            );
        }
    }

    // Found by fuzzing: each of these took most of a minute, and 16 times as long at the size limit of a file.
    #[test]
    fn a_long_file_is_read_at_once_whatever_is_in_it() {
        let full_of = |line: &str| line.repeat((1 << 20) / line.len());
        let lines = ["A=1\n", "A=\"x\"\n", "A\n", "# c\n", "A='\n'\n"].map(full_of);
        let values = ["${", "${a:-}", "${a:b", "$A", "}"];
        let values = values.map(|value| format!("A={}}}\n", full_of(value)));
        for text in lines.iter().chain(&values) {
            for dialect in [Dialect::Go, Dialect::Python] {
                let begun = std::time::Instant::now();
                let _ = Env::parse_as(text, dialect, &|_| None);
                let took = begun.elapsed();
                // A second's work, on a busy machine.
                assert!(took.as_secs() < 20, "{took:?}: {text:.12}");
            }
        }
    }

    #[test]
    fn values_that_grow_out_of_each_other_are_refused() {
        let mut text = "A=0123456789\n".to_owned();
        for _ in 0..40 {
            text += "A=${A}${A}\n";
        }
        let refused = Env::parse_as(&text, Dialect::Go, &|_| None).unwrap_err();
        assert!((10..30).contains(&refused.line), "{refused}");
        let python = Env::parse_as(&text, Dialect::Python, &|_| None).unwrap();
        assert!(python.skipped().len() > 10, "{:?}", python.skipped());
        let value = python.get("A").unwrap();
        assert!(value.len() <= crate::interpolate::MAX_BYTES);
    }
}
