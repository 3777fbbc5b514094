//! AstrBot's chat providers, from its `data/cmd_config.json`.
//!
//! A provider is merged over its source, which it names by `provider_source_id` and where AstrBot keeps the
//! address and the key; before 4.14 all was in the provider itself, the model in `model_config`. Keys are a list, and one
//! that begins with `$` names an environment variable.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::endpoint::Endpoint;
use super::services::Api;
use super::{Model, errors, key, service_of};
use crate::error::Result;
use crate::read_file;
use crate::secret::Token;
use crate::text::{Text, text};

/// AstrBot's kinds of chat providers that OpenClaw can use: how each is asked, and where if it has no address.
const KINDS: &[(&str, Api, &str)] = &[
    (
        "openai_chat_completion",
        Api::OpenaiCompletions,
        "https://api.openai.com/v1",
    ),
    (
        "openai_responses",
        Api::OpenaiResponses,
        "https://api.openai.com/v1",
    ),
    (
        "anthropic_chat_completion",
        Api::AnthropicMessages,
        "https://api.anthropic.com",
    ),
    (
        "googlegenai_chat_completion",
        Api::GoogleGenerativeAi,
        "https://generativelanguage.googleapis.com",
    ),
    (
        "zhipu_chat_completion",
        Api::OpenaiCompletions,
        "https://open.bigmodel.cn/api/paas/v4",
    ),
    (
        "groq_chat_completion",
        Api::OpenaiCompletions,
        "https://api.groq.com/openai/v1",
    ),
    (
        "xai_chat_completion",
        Api::OpenaiCompletions,
        "https://api.x.ai/v1",
    ),
    (
        "openrouter_chat_completion",
        Api::OpenaiCompletions,
        "https://openrouter.ai/api/v1",
    ),
    (
        "aihubmix_chat_completion",
        Api::OpenaiCompletions,
        "https://aihubmix.com/v1",
    ),
    (
        "xiaomi_chat_completion",
        Api::OpenaiCompletions,
        "https://api.xiaomimimo.com/v1",
    ),
    (
        "longcat_chat_completion",
        Api::OpenaiCompletions,
        "https://api.longcat.chat/openai/v1",
    ),
    (
        "ssycloud_chat_completion",
        Api::OpenaiCompletions,
        "https://router.shengsuanyun.com/api/v1",
    ),
    (
        "mirarouter_chat_completion",
        Api::OpenaiCompletions,
        "https://api.mirarouter.com/v1",
    ),
    (
        "minimax_token_plan",
        Api::AnthropicMessages,
        "https://api.minimaxi.com/anthropic",
    ),
    (
        "xiaomi_token_plan",
        Api::AnthropicMessages,
        "https://token-plan-cn.xiaomimimo.com/anthropic",
    ),
];

/// AstrBot's whole services, which it hands a message to instead of a model.
const RUNNERS: [&str; 4] = ["dify", "coze", "dashscope", "deerflow"];

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
    let chat = merged.iter().filter(|provider| is_chat(provider));
    let providers = chat.map(|provider| {
        let id = words(provider, "id");
        Provider {
            default: !id.is_empty() && id == default,
            enabled: provider.get("enable") != Some(&Value::Bool(false)),
            usable: map(provider, variable),
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

fn words(provider: &Map<String, Value>, key: &str) -> String {
    let value = provider.get(key).and_then(Value::as_str);
    value.unwrap_or_default().trim().to_owned()
}

fn is_chat(provider: &Map<String, Value>) -> bool {
    let kind = words(provider, "type");
    match &*words(provider, "provider_type") {
        "" => kind.contains("chat_completion") || RUNNERS.contains(&&*kind),
        other => ["chat_completion", "agent_runner"].contains(&other),
    }
}

fn map(
    provider: &Map<String, Value>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> std::result::Result<Usable, Text> {
    let kind = words(provider, "type");
    if kind == "openclaw" {
        return Err(text!(en: "it is this gateway itself", zh: "它就是本网关"));
    }
    if RUNNERS.contains(&&*kind) || words(provider, "provider_type") == "agent_runner" {
        return Err(text!(
            en: "{kind} is a whole agent service, not a model",
            zh: "{kind} 是完整的智能体服务，不是模型"));
    }
    if kind == "kimi_code_chat_completion" {
        return Err(text!(
            en: "the Kimi coding plan only answers named programs, of which OpenClaw is none",
            zh: "Kimi 编程套餐只接受指定的程序，OpenClaw 不在其中"));
    }
    let known = KINDS.iter().find(|(name, ..)| *name == kind);
    let Some((_, api, base)) = known else {
        return Err(
            text!(en: "its kind `{kind}` is not known here", zh: "此处不认识它的类型 `{kind}`"),
        );
    };
    if provider.contains_key("api_version") {
        return Err(text!(
            en: "Azure's addresses and api_version have no counterpart in OpenClaw",
            zh: "Azure 的地址和 api_version 在 OpenClaw 中没有对应的设置"));
    }
    let address = words(provider, "api_base");
    let address = if address.is_empty() {
        (*base).to_owned()
    } else {
        address
    };
    // The adapter appends it itself.
    let address = match kind == "longcat_chat_completion"
        && address.trim_end_matches('/').ends_with("/openai")
    {
        true => format!("{}/v1", address.trim_end_matches('/')),
        false => address,
    };
    let model = match &*words(provider, "model") {
        "" => provider
            .get("model_config")
            .and_then(|it| it["model"].as_str())
            .unwrap_or_default()
            .to_owned(),
        model => model.to_owned(),
    };
    if model.is_empty() {
        return Err(text!(en: "it names no model", zh: "它没有指定模型"));
    }
    let what = |error: crate::error::Error| {
        let (what, remedy) = (error.what(), error.remedy());
        Text::new(
            format!("{} {}", what.en, remedy.en),
            format!("{}{}", what.zh, remedy.zh),
        )
    };
    let endpoint = Endpoint::parse(&address, *api).map_err(what)?;
    let mut mapped =
        Model::of(service_of(&endpoint), *api, &address, Some(&model)).map_err(what)?;
    let modalities = provider.get("modalities").and_then(Value::as_array);
    if let Some(modalities) = modalities.filter(|all| !all.is_empty()) {
        mapped.images = modalities.iter().any(|one| one == "image");
    }
    let context = provider
        .get("max_context_tokens")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    if let Some(context) = u32::try_from(context).ok().filter(|context| *context > 0) {
        mapped.context = context;
    }
    Ok(Usable {
        key: key_of(provider, variable),
        notes: left_out(provider),
        model: mapped,
    })
}

/// The first key that is set, as AstrBot chooses.
fn key_of(provider: &Map<String, Value>, variable: &dyn Fn(&str) -> Option<String>) -> Key {
    let keys = match provider.get("key") {
        Some(Value::Array(keys)) => keys.clone(),
        Some(one @ Value::String(_)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let mut unset = None;
    for key in keys.iter().filter_map(Value::as_str) {
        let name = key.strip_prefix('$').map(|name| {
            let inner = name
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'));
            inner.unwrap_or(name)
        });
        match name.filter(|name| !name.is_empty()) {
            None if key.trim().is_empty() => {}
            None => return Key::Given(Token::new(key)),
            Some(name) => match variable(name).filter(|value| !value.trim().is_empty()) {
                Some(value) => return Key::Given(Token::new(value)),
                None => unset = unset.or(Some(name.to_owned())),
            },
        }
    }
    unset.map_or(Key::Missing, Key::Unset)
}

/// Settings of AstrBot's that have an effect and are not taken over.
fn left_out(provider: &Map<String, Value>) -> Vec<Text> {
    let filled = |key: &&str| match provider.get(*key) {
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::String(text)) => !text.trim().is_empty(),
        _ => false,
    };
    let names = ["custom_headers", "custom_extra_body", "proxy"];
    let names: Vec<&str> = names.into_iter().filter(filled).collect();
    let mut notes = Vec::new();
    if !names.is_empty() {
        let names = names.join(", ");
        notes.push(text!(
            en: "Not taken over from AstrBot: {names}.",
            zh: "没有从 AstrBot 沿用的设置：{names}。"));
    }
    let keys = provider
        .get("key")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    if keys > 1 {
        notes.push(text!(
            en: "AstrBot has {keys} keys for this provider; only the first is used.",
            zh: "AstrBot 为该服务商设置了 {keys} 个密钥；只使用第一个。"));
    }
    notes
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

    /// The provider that has the same address as this one, for a comparison of the keys.
    pub fn with_origin(&self, endpoint: &Endpoint) -> Option<&Provider> {
        let same = |one: &&Provider| {
            let usable = one.usable.as_ref().ok();
            let theirs = usable.and_then(|usable| usable.model.endpoint().ok());
            theirs.is_some_and(|theirs| theirs.same_origin(endpoint))
        };
        let mut candidates = self.providers.iter().filter(same);
        candidates.next()
    }
}

#[cfg(test)]
mod tests;
