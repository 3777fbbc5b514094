//! Files, then the environment, then overrides: a later layer wins key by key.

use std::path::{Path, PathBuf};

use openclaw_core::config::{Config, KEYS, Key, Kind};
use serde_json::{Map, Value};

use super::ConfigError;
use crate::regular_file;

/// The longest config file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The longest token file that is read, in bytes.
const MAX_TOKEN_FILE_BYTES: u64 = 64 << 10;

/// Each token, and the key of a file that holds it.
const TOKEN_FILES: [(&str, &str); 2] = [
    ("gateway_bearer_token", "gateway_bearer_token_file"),
    (
        "gateway_backup_bearer_token",
        "gateway_backup_bearer_token_file",
    ),
];

/// Puts a config together from layers; a later one wins key by key, and a token given by one
/// replaces a token file given by an earlier one (and the other way round).
#[derive(Clone, Default)]
pub struct ConfigLoader {
    values: Map<String, Value>,
}

impl ConfigLoader {
    /// Without a layer: everything has its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file in TOML (`.toml`) or JSON (`.json`); with another extension its content decides: an
    /// opening brace is JSON. Token files are relative to the file that names them.
    ///
    /// # Errors
    ///
    /// The file cannot be read or parsed, or has an unknown key or a value of the wrong type.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = regular_file::read_text(path, MAX_FILE_BYTES)
            .map_err(|why| ConfigError::unreadable(None, path.to_owned(), why))?;
        let is = |extension: &str| {
            path.extension()
                .is_some_and(|e| e.eq_ignore_ascii_case(extension))
        };
        let json = if is("toml") {
            Some(false)
        } else {
            is("json").then_some(true)
        };
        let in_file = |error| ConfigError::InFile {
            path: path.to_owned(),
            error: Box::new(error),
        };
        let mut layer = parse(&text, json).map_err(in_file)?;
        for (_, name) in TOKEN_FILES {
            if let (Some(Value::String(file)), Some(folder)) = (layer.get_mut(name), path.parent())
            {
                *file = folder.join(&*file).to_string_lossy().into_owned();
            }
        }
        self.set_all(layer).map_err(in_file)
    }

    /// The text of a config, TOML or JSON by its content: an opening brace is JSON.
    ///
    /// # Errors
    ///
    /// As [`ConfigLoader::file`].
    pub fn text(self, text: &str) -> Result<Self, ConfigError> {
        self.set_all(parse(text, None)?)
    }

    /// The variables named in [`KEYS`], as `get` gives them. Empty ones count as not set.
    ///
    /// # Errors
    ///
    /// A value has the wrong type.
    pub fn env(self, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let value = |key: &Key| get(key.env?).filter(|value| !value.is_empty());
        let layer = KEYS
            .iter()
            .filter_map(|key| Some((key.name.to_owned(), value(key)?.into())));
        self.set_all(layer.collect())
    }

    /// The variables of this process.
    ///
    /// # Errors
    ///
    /// One of them is not UTF-8, or as [`ConfigLoader::env`].
    pub fn process_env(self) -> Result<Self, ConfigError> {
        for name in KEYS.iter().filter_map(|key| key.env) {
            if let Err(std::env::VarError::NotUnicode(_)) = std::env::var(name) {
                return Err(ConfigError::NotUnicode(name));
            }
        }
        self.env(|name| std::env::var(name).ok())
    }

    /// One key. The value has the type that the key has in JSON.
    ///
    /// # Errors
    ///
    /// The key is unknown, or the value has the wrong type.
    pub fn set(self, key: &str, value: impl Into<Value>) -> Result<Self, ConfigError> {
        self.set_all(Map::from_iter([(key.to_owned(), value.into())]))
    }

    /// Several keys.
    ///
    /// # Errors
    ///
    /// As [`ConfigLoader::set`].
    pub fn set_all(mut self, layer: Map<String, Value>) -> Result<Self, ConfigError> {
        for (name, value) in &layer {
            check(name, value)?;
        }
        for (token, file) in TOKEN_FILES {
            match (layer.contains_key(token), layer.contains_key(file)) {
                (true, false) => drop(self.values.remove(file)),
                (false, true) => drop(self.values.remove(token)),
                // Both: `finish` refuses it. Neither: nothing to do.
                _ => {}
            }
        }
        self.values.extend(layer);
        Ok(self)
    }

    /// The config, with its token files read. Whether its values are allowed is the component's
    /// to say.
    ///
    /// # Errors
    ///
    /// A token file cannot be read, or is named beside a token.
    pub fn finish(mut self) -> Result<Config, ConfigError> {
        for (token, file) in TOKEN_FILES {
            let Some(Value::String(path)) = self.values.remove(file) else {
                continue;
            };
            if self
                .values
                .get(token)
                .and_then(Value::as_str)
                .is_some_and(|token| !token.is_empty())
            {
                return Err(ConfigError::TokenTwice { token, file });
            }
            let path = PathBuf::from(path);
            let text = regular_file::read_text(&path, MAX_TOKEN_FILE_BYTES)
                .map_err(|why| ConfigError::unreadable(Some(file), path, why))?;
            self.values
                .insert(token.to_owned(), text.trim_end_matches(['\r', '\n']).into());
        }
        // Every key was read alone before, so this cannot fail; its text could hold a token.
        serde_json::from_value(Value::Object(self.values)).map_err(|_| ConfigError::NoObject)
    }
}

/// Whether a key exists and its value has the right type.
fn check(name: &str, value: &Value) -> Result<(), ConfigError> {
    let key = Key::find(name).ok_or_else(|| ConfigError::UnknownKey(name.to_owned()))?;
    let alone = Value::Object(Map::from_iter([(name.to_owned(), value.clone())]));
    let right = match key.kind {
        Kind::File => value.is_string() || value.is_null(),
        _ => serde_json::from_value::<Config>(alone).is_ok(),
    };
    let value = (!key.is_secret()).then(|| shorten(value));
    right
        .then_some(())
        .ok_or(ConfigError::WrongType { key, value })
}

/// A value as people see it in an error.
fn shorten(value: &Value) -> String {
    const MOST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A text into its keys. Without a word on its format its content decides.
fn parse(text: &str, json: Option<bool>) -> Result<Map<String, Value>, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if json.unwrap_or(text.trim_start().starts_with('{')) {
        return match serde_json::from_str(text) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(ConfigError::NoObject),
            Err(error) => Err(ConfigError::Syntax {
                format: "JSON",
                line: error.line(),
                column: error.column(),
            }),
        };
    }
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        ConfigError::Syntax {
            format: "TOML",
            line,
            column,
        }
    })
}
