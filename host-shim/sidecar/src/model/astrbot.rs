//! AstrBot's chat providers, from its `data/cmd_config.json`.
//!
//! A provider is merged over its source, which it names by `provider_source_id` and where AstrBot keeps the
//! address and the key; before 4.14 all was in the provider itself, the model in `model_config`. Keys are a list, and one
//! that begins with `$` names an environment variable.

mod map;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::endpoint::Endpoint;
use super::{Model, errors, key};
use crate::error::Result;
use crate::read_file;
use crate::secret::Token;
use crate::text::{Text, text};

/// What AstrBot says of a provider's key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// The first one that is set.
    Given(Token),
    /// It is in this environment variable, which is not set here.
    Unset(String),
    /// None.
    Missing,
}

/// What is taken over from a provider.
#[derive(Clone, Debug)]
pub struct Usable {
    /// The model, as the gateway is to ask it.
    pub model: Model,
    /// Its key.
    pub key: Key,
    /// What is not taken over.
    pub notes: Vec<Text>,
}

/// One of AstrBot's chat providers.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its id; AstrBot does not keep two from being the same.
    pub id: String,
    /// Whether AstrBot uses it.
    pub enabled: bool,
    /// Whether it is AstrBot's default.
    pub default: bool,
    /// What can be taken over, or why nothing can.
    pub usable: std::result::Result<Usable, Text>,
}

/// AstrBot's chat providers, in its order.
#[derive(Clone, Debug)]
pub struct AstrBot {
    /// The file.
    pub path: PathBuf,
    /// The providers; those for speech, embeddings and the like are left out.
    pub providers: Vec<Provider>,
}

/// Reads AstrBot's providers. `data` is its data folder, the folder above it, or the file itself; `variable`
/// looks up the environment.
///
/// # Errors
///
/// There is no such file, it cannot be read, or it is not AstrBot's.
pub fn read(data: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<AstrBot> {
    const NAME: &str = "cmd_config.json";
    let places = [
        data.to_owned(),
        data.join(NAME),
        data.join("data").join(NAME),
    ];
    let path = places.into_iter().find(|path| path.is_file());
    let path = path.ok_or_else(|| errors::astrbot_not_found(data.display()))?;
    let shown = path.display();
    let text = read_file::read_text(&path)
        .map_err(|error| errors::astrbot_unreadable(&shown, &error).caused_by(error))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let config: Value = serde_json::from_str(text)
        .map_err(|error| errors::astrbot_not_json(&shown, &error).caused_by(error))?;
    let list = |key: &str| config.get(key).and_then(Value::as_array);
    let other = || errors::astrbot_other_version(&shown);
    let providers = list("provider").ok_or_else(other)?;
    let none = Vec::new();
    let sources = list("provider_sources").unwrap_or(&none);
    // 4.14 and 4.29.
    let defaults = [
        "/provider_settings/default_provider_id",
        "/agent_runner/config/model/provider_id",
    ];
    let mut defaults = defaults
        .iter()
        .filter_map(|place| config.pointer(place)?.as_str());
    let default = defaults.find(|id| !id.is_empty()).unwrap_or_default();
    let merged = providers.iter().map(|provider| {
        let own = provider.as_object().ok_or_else(other)?;
        Ok(merge(own, sources))
    });
    let merged: Vec<Map<String, Value>> = merged.collect::<Result<_>>()?;
    let chat = merged.iter().filter(|provider| map::is_chat(provider));
    let providers = chat.map(|provider| {
        let id = map::words(provider, "id");
        Provider {
            default: !id.is_empty() && id == default,
            enabled: provider.get("enable") != Some(&Value::Bool(false)),
            usable: map::usable(provider, variable),
            id,
        }
    });
    let providers = providers.collect();
    Ok(AstrBot { path, providers })
}

/// As AstrBot merges: what the provider itself has wins.
fn merge(own: &Map<String, Value>, sources: &[Value]) -> Map<String, Value> {
    let id = own.get("provider_source_id").and_then(Value::as_str);
    let id = id.filter(|id| !id.is_empty());
    let source = id.and_then(|id| sources.iter().find(|source| source["id"] == id));
    let mut merged = source
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    merged.extend(own.clone());
    merged
}

impl Provider {
    /// Its line in a list: id, model and address, or why it cannot be used.
    pub fn line(&self) -> Text {
        let id = &self.id;
        let mut text = match &self.usable {
            Ok(usable) => {
                let (model, url) = (&usable.model.model, &usable.model.base_url);
                text!(en: "{id}: {model}, {url}", zh: "{id}：{model}，{url}")
            }
            Err(why) => Text::new(
                format!("{id}: cannot be used, {}", why.en),
                format!("{id}：无法使用，{}", why.zh),
            ),
        };
        if self.default {
            text = Text::new(
                format!("{} (AstrBot's default)", text.en),
                format!("{}（AstrBot 的默认）", text.zh),
            );
        }
        if !self.enabled {
            text = Text::new(
                format!("{} (switched off)", text.en),
                format!("{}（未启用）", text.zh),
            );
        }
        text
    }

    /// What can be taken over.
    ///
    /// # Errors
    ///
    /// Nothing can, and why.
    pub fn usable(&self) -> Result<&Usable> {
        let why = |why: &Text| errors::astrbot_not_mapped(&self.id, why);
        self.usable.as_ref().map_err(why)
    }

    /// The checked key.
    ///
    /// # Errors
    ///
    /// There is none, its variable is not set here, or it is not usable.
    pub fn key(&self) -> Result<Token> {
        match &self.usable()?.key {
            Key::Given(given) => key::check(given.expose()),
            Key::Unset(name) => Err(errors::astrbot_key_unset(&self.id, name)),
            Key::Missing => Err(errors::astrbot_no_key(&self.id)),
        }
    }
}

impl AstrBot {
    /// Those to choose from: usable and switched on.
    pub fn candidates(&self) -> Vec<&Provider> {
        let good = |one: &&Provider| one.enabled && one.usable.is_ok();
        self.providers.iter().filter(good).collect()
    }

    /// The lines of providers as one text.
    pub fn lines<'a>(providers: impl IntoIterator<Item = &'a Provider>) -> Text {
        let lines: Vec<Text> = providers.into_iter().map(Provider::line).collect();
        let all = |of: fn(&Text) -> &str| {
            let lines = lines.iter().map(|line| format!("  {}", of(line)));
            lines.collect::<Vec<_>>().join("\n")
        };
        Text::new(all(|line| &line.en), all(|line| &line.zh))
    }

    /// The provider with this id, or the only one to choose from.
    ///
    /// # Errors
    ///
    /// There is none, or it is not clear which is meant.
    pub fn pick(&self, id: Option<&str>) -> Result<&Provider> {
        let candidates = self.candidates();
        let Some(id) = id else {
            return match candidates[..] {
                [] => Err(self.nothing_usable()),
                [only] => Ok(only),
                _ => Err(errors::astrbot_several(&Self::lines(candidates))),
            };
        };
        let named: Vec<&Provider> = self.providers.iter().filter(|one| one.id == id).collect();
        let same = |one: &&Provider| match (&one.usable, &named[0].usable) {
            (Ok(one), Ok(other)) => one.model == other.model && one.key == other.key,
            _ => false,
        };
        match named[..] {
            [] => Err(errors::astrbot_no_such_provider(
                id,
                &Self::lines(&self.providers),
            )),
            [only] => Ok(only),
            [first, ..] if named.iter().all(same) => Ok(first),
            _ => Err(errors::astrbot_same_name(id, named.len())),
        }
    }

    /// The error where there is nothing to choose from, with the reasons.
    pub fn nothing_usable(&self) -> crate::error::Error {
        let why = Self::lines(&self.providers).map(|lines| match lines {
            "" => String::new(),
            lines => format!("\n{lines}"),
        });
        errors::astrbot_nothing_usable(self.path.display(), &why)
    }

    /// The providers that have the same address as this one, for a comparison of the keys.
    pub fn with_origin(&self, endpoint: &Endpoint) -> Vec<&Provider> {
        let same = |one: &&Provider| {
            let usable = one.usable.as_ref().ok();
            let theirs = usable.and_then(|usable| usable.model.endpoint().ok());
            theirs.is_some_and(|theirs| theirs.same_origin(endpoint))
        };
        self.providers.iter().filter(same).collect()
    }
}

#[cfg(test)]
mod tests;
