//! What is wrong with a config.

use std::path::PathBuf;
use std::sync::Arc;

use openclaw_core::config::{KEYS, Key};
use openclaw_core::locale::{Locale, say};

use crate::regular_file::ReadError;

/// What is wrong with a config. [`ConfigError::text`] tells it in either language, `Display` in English.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no such key.
    UnknownKey(String),
    /// The value has another type than the key takes.
    WrongType {
        /// The key.
        key: &'static Key,
        /// The beginning of the value; none of a secret.
        value: Option<String>,
    },
    /// A token file is named beside a token.
    TokenTwice {
        /// The key of the token.
        token: &'static str,
        /// The key of its file.
        file: &'static str,
    },
    /// A file cannot be read.
    Unreadable {
        /// The key that names a token's file; none for a config file.
        key: Option<&'static str>,
        /// The file.
        path: PathBuf,
        /// Why.
        why: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// A text is not in its format. There may be a token beside the place, so it is not quoted.
    Syntax {
        /// `TOML` or `JSON`.
        format: &'static str,
        /// The line that cannot be read, from 1.
        line: usize,
        /// Where in it, from 1.
        column: usize,
    },
    /// JSON, but no object.
    NoObject,
    /// An environment variable is not UTF-8 text.
    NotUnicode(&'static str),
    /// One of these, in a config file.
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        error: Box<ConfigError>,
    },
    /// The component refuses a value.
    Refused {
        /// The key.
        key: String,
        /// Why, and what is allowed, in the config's language.
        message: String,
    },
}

impl ConfigError {
    pub(super) fn unreadable(key: Option<&'static str>, path: PathBuf, why: ReadError) -> Self {
        let why = Arc::new(why);
        Self::Unreadable { key, path, why }
    }

    /// The key as users write it, such as `gateway_primary_url`; none if it concerns no single key.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::UnknownKey(key) | Self::Refused { key, .. } => Some(key),
            Self::WrongType { key, .. } => Some(key.name),
            Self::TokenTwice { file, .. } => Some(file),
            Self::Unreadable { key, .. } => *key,
            Self::InFile { error, .. } => error.key(),
            Self::Syntax { .. } | Self::NoObject | Self::NotUnicode(_) => None,
        }
    }

    /// For people: the key, if it is about one, and [`ConfigError::message`].
    pub fn text(&self, locale: Locale) -> String {
        let message = self.message(locale);
        match self.key() {
            Some(key) => format!("{key}: {message}"),
            None => message,
        }
    }

    /// For people, without the key: the value (never that of a token), why it is refused, and what is allowed.
    pub fn message(&self, locale: Locale) -> String {
        match self {
            Self::UnknownKey(key) => match nearest(key) {
                Some(near) => say!(locale,
                    en: "there is no such key; did you mean `{near}`?",
                    zh: "没有这个设置；是否指 `{near}`？"),
                None => {
                    let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
                    say!(locale,
                        en: "there is no such key; the keys are {}",
                        zh: "没有这个设置；可用的设置有 {}", names.join(", "))
                }
            },
            Self::WrongType { key, value } => {
                let hidden = || say!(locale, en: "the value (not shown)", zh: "该值（不显示）");
                let value = value.clone().unwrap_or_else(hidden);
                let expects = key.expects(locale);
                say!(locale,
                    en: "{value} is not allowed; expected {expects}",
                    zh: "不允许 {value}；应为{expects}")
            }
            Self::TokenTwice { token, .. } => say!(locale,
                en: "`{token}` is set too; set one of the two",
                zh: "同时还设置了 `{token}`；请只设置其中一个"),
            Self::Unreadable {
                key: Some(_),
                path,
                why,
            } => say!(locale,
                en: "{}: {why}; name a readable file that holds only the token",
                zh: "{}：{why}；请指定一个可读的、只含令牌的文件", path.display()),
            Self::Unreadable { path, why, .. } => say!(locale,
                en: "the config file {}: {why}",
                zh: "配置文件 {}：{why}", path.display()),
            Self::Syntax {
                format,
                line,
                column,
            } => say!(locale,
                en: "not {format} at line {line} column {column}",
                zh: "第 {line} 行第 {column} 列不是有效的 {format}"),
            Self::NoObject => say!(locale, en: "not a JSON object", zh: "不是 JSON 对象"),
            Self::NotUnicode(name) => say!(locale,
                en: "the environment variable {name} is not UTF-8 text",
                zh: "环境变量 {name} 不是 UTF-8 文本"),
            Self::InFile { path, error } => say!(locale,
                en: "{} (in {})",
                zh: "{}（在 {} 中）", error.message(locale), path.display()),
            Self::Refused { message, .. } => message.clone(),
        }
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(Locale::En))
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { why, .. } => Some(why),
            Self::InFile { error, .. } => Some(&**error),
            _ => None,
        }
    }
}

/// The key that differs in the fewest letters, if it is close.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let distances = KEYS
        .iter()
        .map(|key| (strsim::levenshtein(&name, key.name), key.name));
    distances
        .min()
        .filter(|(least, _)| *least <= 4)
        .map(|(_, key)| key)
}
