//! A provider's key: checked, kept out of all output, and written to `.env` so that it is read back.

use std::io::Read;
use std::path::Path;

use openclaw_core::token::{self, Flaw};

use super::errors;
use crate::dotenv::{self, Env, PROVIDER_KEY};
use crate::error::Result;
use crate::interpolate::Dialect;
use crate::read_file;
use crate::secret::Token;

/// What stands for a key where the service needs none; the gateway does not ask without one.
pub const NONE_NEEDED: &str = "no-key-needed";

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// An environment variable.
    Variable(String),
    /// A file that has the key alone; `-` is standard input.
    File(std::path::PathBuf),
}

impl Source {
    /// Reads the key.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not usable.
    pub fn read(&self) -> Result<Token> {
        let text = match self {
            Self::Variable(name) => std::env::var(name).unwrap_or_default(),
            Self::File(path) if path == Path::new("-") => {
                let mut text = String::new();
                let read = std::io::stdin()
                    .take(read_file::LIMIT)
                    .read_to_string(&mut text);
                read.map_err(|error| {
                    errors::key_file_unreadable("stdin", &error).caused_by(error)
                })?;
                text
            }
            Self::File(path) => read_file::read_text(path).map_err(|error| {
                errors::key_file_unreadable(path.display(), &error).caused_by(error)
            })?,
        };
        match self {
            Self::Variable(name) if text.trim().is_empty() => Err(errors::key_variable_empty(name)),
            _ => check(&text),
        }
    }
}

/// A usable key, without the white space around it.
///
/// # Errors
///
/// It is empty, a placeholder, or has characters that a header cannot have.
pub fn check(text: &str) -> Result<Token> {
    let key = text.trim();
    match token::flaw(key) {
        None => Ok(Token::new(key)),
        Some(Flaw::LineBreak) => Err(errors::key_with_line_break()),
        Some(_) if key.contains(['\n', '\r']) => Err(errors::key_with_line_break()),
        Some(_) => Err(errors::key_not_usable()),
    }
}

/// The text of the `.env` with this key, written so that both generations of Compose read it back.
///
/// # Errors
///
/// It has characters for which there is no such way.
pub fn in_env(text: &str, key: &Token) -> Result<String> {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=~@%,!*()[]{}^&<>?|;".contains(&byte);
    let written = match key.expose().bytes().all(plain) {
        true => key.expose().to_owned(),
        false => format!("'{}'", key.expose()),
    };
    let new = dotenv::set(text, PROVIDER_KEY, &written);
    let reads = |dialect| {
        let env = Env::parse_as(&new, dialect, &|_| None).unwrap_or_else(|refused| *refused.rest);
        env.get(PROVIDER_KEY) == Some(key.expose())
    };
    match reads(Dialect::Go) && reads(Dialect::Python) {
        true => Ok(new),
        false => Err(errors::key_not_for_env()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn bad_keys_are_told_apart_and_never_quoted() {
        for (text, words) in [
            ("sk-abc\nsk-def", "line break"),
            ("sk-0123456789\r\nmore", "line break"),
            ("", "not usable"),
            ("sk-***", "not usable"),
            ("Bearer sk-0123456789", "not usable"),
            ("sk 0123456789", "not usable"),
            ("密钥0123456789", "not usable"),
        ] {
            let error = check(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ModelKey);
            assert!(error.to_string().contains(words), "{text:?}: {error}");
            assert!(!error.to_string().contains("0123456789"));
        }
        assert_eq!(check(" sk-0123\n").unwrap().expose(), "sk-0123");
    }

    #[test]
    fn every_key_that_is_written_is_read_back() {
        let env = "# c\nOPENCLAW_PROVIDER_API_KEY=\nB=2\n";
        for key in ["sk-0123", "a.b_c:d/e+f==", "a$b", "a#b", "a\"b", "a`b"] {
            let key = Token::new(key);
            let new = in_env(env, &key).unwrap();
            assert!(
                new.starts_with("# c\n") && new.ends_with("\nB=2\n"),
                "{new}"
            );
        }
        for key in ["a'b", "a\\nb'", "a${HOME}"] {
            let error = in_env(env, &Token::new(key)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ModelKey, "{key}");
        }
    }
}
