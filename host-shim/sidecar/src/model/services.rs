//! The well-known model services.

use std::fmt;

use crate::text::Text;

/// How a service is asked, as OpenClaw's config names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Api {
    /// OpenAI's `/chat/completions`, which most services understand.
    OpenaiCompletions,
    /// OpenAI's `/responses`.
    OpenaiResponses,
    /// Anthropic's `/v1/messages`.
    AnthropicMessages,
    /// Google's `generateContent`.
    GoogleGenerativeAi,
}

impl Api {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::OpenaiCompletions,
        Self::OpenaiResponses,
        Self::AnthropicMessages,
        Self::GoogleGenerativeAi,
    ];

    /// As in OpenClaw's config; the same in 2026.2.9 and 2026.9.6.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiCompletions => "openai-completions",
            Self::OpenaiResponses => "openai-responses",
            Self::AnthropicMessages => "anthropic-messages",
            Self::GoogleGenerativeAi => "google-generative-ai",
        }
    }

    /// From OpenClaw's config; `None` for one that the sidecar does not write.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.as_str() == text)
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A well-known service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name for `--service`.
    pub name: &'static str,
    /// Its name in the gateway's config: none of OpenClaw's own providers, which come with settings that differ
    /// between versions.
    pub provider: &'static str,
    /// Its name for people, in English. See [`Service::title`].
    pub title: &'static str,
    /// The base URL; empty for [`CUSTOM`], whose user gives one.
    pub base_url: &'static str,
    /// How it is asked.
    pub api: Api,
    /// Some of its models, the suggested one first; services change theirs often, so any other is taken.
    pub models: &'static [&'static str],
    /// The environment variable that programs usually read its key from; empty where no key is needed.
    pub key_variable: &'static str,
    /// A context size in tokens that its models have at least; 0 where the gateway's default is right.
    pub context: u32,
}

/// The name of the entry for any other service.
pub const CUSTOM: &str = "custom";

/// The table, in the order of the menu.
pub const SERVICES: &[Service] = &[
    openai_like(
        "deepseek",
        "sidecar_deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        &["deepseek-chat", "deepseek-reasoner"],
        "DEEPSEEK_API_KEY",
    ),
    openai_like(
        "qwen",
        "sidecar_qwen",
        "Qwen (DashScope, 通义千问)",
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        &["qwen-plus", "qwen-max", "qwen3.5-plus"],
        "DASHSCOPE_API_KEY",
    ),
    openai_like(
        "moonshot",
        "sidecar_moonshot",
        "Moonshot (Kimi, 月之暗面)",
        "https://api.moonshot.cn/v1",
        &["kimi-k2.6", "kimi-k3"],
        "MOONSHOT_API_KEY",
    ),
    openai_like(
        "zhipu",
        "sidecar_zhipu",
        "Zhipu GLM (智谱)",
        "https://open.bigmodel.cn/api/paas/v4",
        &["glm-5.3", "glm-4.7"],
        "ZHIPUAI_API_KEY",
    ),
    openai_like(
        "siliconflow",
        "sidecar_siliconflow",
        "SiliconFlow (硅基流动)",
        "https://api.siliconflow.cn/v1",
        &["deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-32B"],
        "SILICONFLOW_API_KEY",
    ),
    Service {
        api: Api::OpenaiResponses,
        ..openai_like(
            "openai",
            "sidecar_openai",
            "OpenAI",
            "https://api.openai.com/v1",
            &["gpt-5.2", "gpt-5-mini"],
            "OPENAI_API_KEY",
        )
    },
    Service {
        api: Api::AnthropicMessages,
        ..openai_like(
            "anthropic",
            "sidecar_anthropic",
            "Anthropic (Claude)",
            "https://api.anthropic.com",
            &["claude-sonnet-4-6", "claude-opus-4-6"],
            "ANTHROPIC_API_KEY",
        )
    },
    Service {
        api: Api::GoogleGenerativeAi,
        ..openai_like(
            "gemini",
            "sidecar_gemini",
            "Google Gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            &["gemini-3.5-flash", "gemini-3.1-pro-preview"],
            "GEMINI_API_KEY",
        )
    },
    openai_like(
        "openrouter",
        "sidecar_openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        &["deepseek/deepseek-chat", "google/gemini-3.5-flash"],
        "OPENROUTER_API_KEY",
    ),
    Service {
        context: 32_768,
        ..openai_like(
            "ollama",
            "sidecar_ollama",
            "Ollama",
            "http://127.0.0.1:11434/v1",
            &["qwen3:8b", "llama3.1:8b"],
            "",
        )
    },
    Service {
        context: 0,
        ..openai_like(
            CUSTOM,
            "sidecar_custom",
            "Other (OpenAI-compatible URL)",
            "",
            &[],
            "",
        )
    },
];

impl Service {
    /// Its name for people, in both languages: all but [`CUSTOM`] have one of their own.
    pub fn title(&self) -> Text {
        match self.name {
            CUSTOM => Text::new(self.title, "其他（兼容 OpenAI 的 URL）"),
            _ => Text::new(self.title, self.title),
        }
    }
}

const fn openai_like(
    name: &'static str,
    provider: &'static str,
    title: &'static str,
    base_url: &'static str,
    models: &'static [&'static str],
    key_variable: &'static str,
) -> Service {
    Service {
        name,
        provider,
        title,
        base_url,
        api: Api::OpenaiCompletions,
        models,
        key_variable,
        context: 128_000,
    }
}

/// A service by its name.
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name)
}

/// The service whose base URL has this host; `None` for a host that is none's.
pub fn of_host(host: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| {
        let rest = service.base_url.split("://").nth(1).unwrap_or_default();
        let known = rest.split(['/', ':']).next().unwrap_or_default();
        !known.is_empty() && known != "127.0.0.1" && known.eq_ignore_ascii_case(host)
    })
}

/// Parts of the names of models that take images, in lower case.
const SEES: [&str; 18] = [
    "gpt-4o",
    "gpt-4.1",
    "gpt-5",
    "claude",
    "gemini",
    "-vl",
    "vl-",
    "glm-4v",
    "glm-4.5v",
    "glm-4.6v",
    "llava",
    "pixtral",
    "internvl",
    "mllama",
    "minicpm-v",
    "vision",
    "qwen3.5",
    "kimi-k2.6",
];

/// Whether a model of this name is known to take images. The gateway drops images for other models.
pub fn takes_images(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    SEES.iter().any(|part| model.contains(part))
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Endpoint;
    use super::*;

    #[test]
    fn every_service_is_whole_and_named_once() {
        for (n, service) in SERVICES.iter().enumerate() {
            assert!(SERVICES[..n].iter().all(|other| other.name != service.name));
            assert_eq!(service.provider, format!("sidecar_{}", service.name));
            let title = service.title();
            assert_eq!(title.en == title.zh, service.name != CUSTOM, "{title:?}");
            if service.name == CUSTOM {
                continue;
            }
            let endpoint = Endpoint::parse(service.base_url, service.api).unwrap();
            assert_eq!(endpoint.url(), service.base_url, "{}", service.name);
            assert!(!service.models.is_empty(), "{}", service.name);
            let local = endpoint.is_loopback();
            assert_eq!(service.key_variable.is_empty(), local, "{}", service.name);
            assert_eq!(of_host(endpoint.host()).is_some(), !local);
        }
    }
}
