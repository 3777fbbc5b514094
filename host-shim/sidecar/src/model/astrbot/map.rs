//! What of an AstrBot provider OpenClaw can use.

use serde_json::{Map, Value};

use super::{Key, Usable};
use crate::model::endpoint::Endpoint;
use crate::model::services::Api;
use crate::model::{Model, service_of};
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

/// A text of the provider; empty if there is none.
pub(super) fn words(provider: &Map<String, Value>, key: &str) -> String {
    let value = provider.get(key).and_then(Value::as_str);
    value.unwrap_or_default().trim().to_owned()
}

/// Whether it is for chat, not for speech, embeddings and the like.
pub(super) fn is_chat(provider: &Map<String, Value>) -> bool {
    let kind = words(provider, "type");
    match &*words(provider, "provider_type") {
        "" => kind.contains("chat_completion") || RUNNERS.contains(&&*kind),
        other => ["chat_completion", "agent_runner"].contains(&other),
    }
}

/// What can be taken over, or why nothing can.
pub(super) fn usable(
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
            en: "the Kimi coding plan only accepts certain programs, and OpenClaw is not one of them",
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
            en: "Not copied from AstrBot: {names}.",
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
