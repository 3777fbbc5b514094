//! Files, then the environment, then overrides: a later layer wins key by key.

use std::path::Path;

use serde_json::{Map, Value};

use super::keys::{self, KEYS};
use super::{Config, ConfigError};
use crate::regular_file;

/// The longest config file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Puts a config together from layers; a later one wins key by key, and a token given by one
/// replaces a token file given by an earlier one (and the other way round).
#[derive(Clone, Default)]
pub struct ConfigLoader {
    values: Map<String, Value>,
}

/// How a config text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Toml,
    Json,
}

impl ConfigLoader {
    /// A file in TOML (`.toml`) or JSON (`.json`); with another extension its content decides: an
    /// opening brace is JSON. Token files are relative to the file that names them.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let error = |what: String| {
            ConfigError::general(format!("the config file {}: {what}", path.display()))
        };
        let text = regular_file::read_text(path, MAX_FILE_BYTES)
            .map_err(|problem| error(problem.to_string()))?;
        let format = match path.extension().and_then(|e| e.to_str()) {
            Some(e) if e.eq_ignore_ascii_case("toml") => Some(Format::Toml),
            Some(e) if e.eq_ignore_ascii_case("json") => Some(Format::Json),
            _ => None,
        };
        let mut layer =
            parse(&text, format).map_err(|what| error(format!("cannot be read: {what}")))?;
        for name in [
            "gateway_bearer_token_file",
            "gateway_backup_bearer_token_file",
        ] {
            if let (Some(Value::String(file)), Some(folder)) = (layer.get_mut(name), path.parent())
            {
                *file = folder.join(&*file).to_string_lossy().into_owned();
            }
        }
        self.layer(layer).map_err(|e| ConfigError {
            message: format!("{} (in {})", e.message, path.display()),
            ..e
        })
    }

    /// The text of a config, TOML or JSON by its content: an opening brace is JSON.
    pub fn text(self, text: &str) -> Result<Self, ConfigError> {
        let layer = parse(text, None)
            .map_err(|what| ConfigError::general(format!("the config cannot be read: {what}")))?;
        self.layer(layer)
    }

    /// The variables named in [`super::KEYS`], as `get` gives them. Empty ones count as not set.
    pub fn env(self, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let layer = KEYS
            .iter()
            .filter_map(|key| {
                let value = get(key.env?).filter(|value| !value.is_empty())?;
                Some((key.name.to_owned(), Value::String(value)))
            })
            .collect();
        self.layer(layer)
    }

    /// The variables of this process.
    pub fn process_env(self) -> Result<Self, ConfigError> {
        for name in KEYS.iter().filter_map(|key| key.env) {
            if let Err(std::env::VarError::NotUnicode(_)) = std::env::var(name) {
                return Err(ConfigError::general(format!(
                    "the environment variable {name} is not UTF-8 text"
                )));
            }
        }
        self.env(|name| std::env::var(name).ok())
    }

    /// One key. The value has the type that the key has in JSON.
    pub fn set(self, key: &str, value: impl Into<Value>) -> Result<Self, ConfigError> {
        self.layer(Map::from_iter([(key.to_owned(), value.into())]))
    }

    /// Several keys.
    pub fn set_all(self, values: Map<String, Value>) -> Result<Self, ConfigError> {
        self.layer(values)
    }

    /// The config, with its token files read. Whether its values are allowed is the component's
    /// to say.
    pub fn finish(self) -> Result<Config, ConfigError> {
        let config: Config = serde_json::from_value(Value::Object(self.values))
            // Every key was read alone before, so this cannot fail; its text could hold a token.
            .map_err(|_| ConfigError::general("the config cannot be read"))?;
        config.read_token_files()
    }

    /// Checks every key of a layer and puts it over the ones before.
    fn layer(mut self, layer: Map<String, Value>) -> Result<Self, ConfigError> {
        for (name, value) in &layer {
            check(name, value)?;
        }
        for (token, file) in [
            ("gateway_bearer_token", "gateway_bearer_token_file"),
            (
                "gateway_backup_bearer_token",
                "gateway_backup_bearer_token_file",
            ),
        ] {
            match (layer.contains_key(token), layer.contains_key(file)) {
                (true, false) => drop(self.values.remove(file)),
                (false, true) => drop(self.values.remove(token)),
                // Both: `read_token_files` refuses it. Neither: nothing to do.
                _ => {}
            }
        }
        self.values.extend(layer);
        Ok(self)
    }
}

/// Whether a key exists and its value has the right type.
fn check(name: &str, value: &Value) -> Result<(), ConfigError> {
    let Some(key) = keys::find(name) else {
        let hint = match nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "the keys are {}",
                KEYS.iter()
                    .map(|key| key.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        return Err(ConfigError::new(
            name,
            format!("there is no such key; {hint}"),
        ));
    };
    let alone = Value::Object(Map::from_iter([(name.to_owned(), value.clone())]));
    match serde_json::from_value::<Config>(alone) {
        Ok(_) => Ok(()),
        Err(_) => {
            let shown = if key.secret {
                "the value (not shown)".to_owned()
            } else {
                shorten(value)
            };
            Err(ConfigError::new(
                name,
                format!("{shown} is not allowed; it takes {}", key.expects),
            ))
        }
    }
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

/// The key that differs in the fewest letters, if it is close.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let distance = |key: &str| {
        let key: Vec<char> = key.chars().collect();
        let mut row: Vec<usize> = (0..=key.len()).collect();
        for (i, a) in name.chars().enumerate() {
            let mut corner = row[0];
            row[0] = i + 1;
            for (j, b) in key.iter().enumerate() {
                let next = (corner + usize::from(a != *b))
                    .min(row[j] + 1)
                    .min(row[j + 1] + 1);
                corner = std::mem::replace(&mut row[j + 1], next);
            }
        }
        row[key.len()]
    };
    let (least, key) = KEYS
        .iter()
        .map(|key| (distance(key.name), key.name))
        .min()?;
    (least <= 4).then_some(key)
}

/// A text into its keys. The error has a place and no content: there may be a token beside it.
fn parse(text: &str, format: Option<Format>) -> Result<Map<String, Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let format = format.unwrap_or(match text.trim_start().starts_with('{') {
        true => Format::Json,
        false => Format::Toml,
    });
    match format {
        Format::Json => serde_json::from_str::<Value>(text)
            .map_err(|e| format!("not JSON at line {} column {}", e.line(), e.column()))
            .and_then(|value| match value {
                Value::Object(map) => Ok(map),
                _ => Err("not a JSON object".to_owned()),
            }),
        Format::Toml => toml::from_str::<Map<String, Value>>(text).map_err(|e| {
            let before = e
                .span()
                .and_then(|span| text.get(..span.start))
                .unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("not TOML at line {line}")
        }),
    }
}
