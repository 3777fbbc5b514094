//! The model provider.

use openclaw_core::fault::FaultCode::{self, *};

use super::messages;
use crate::doctor::Id::{self, *};
use crate::layout::CONFIG;

messages! {
    no_provider[id: Id](): skipped id, "no provider is configured" | "没有配置模型服务";
    model_provider_ok(model, url): ok ModelProvider, "{model} at {url}" | "{model}，地址 {url}";
    model_by_profile(provider): ok ModelProvider,
        "{provider}'s own provider, with a key of its own" | "{provider} 自带的服务商，使用其自身的密钥";
    model_provider_missing(): wrong ModelProvider ModelProviderFailed,
        "No model provider is configured." | "没有配置模型服务。",
        "The gateway starts and looks healthy without one, but every turn fails." | "没有它网关也能启动并显示正常，但每个任务都会失败。",
        "Run `host-shim sidecar model`, then `host-shim sidecar restart`." | "请运行 `host-shim sidecar model`，然后运行 `host-shim sidecar restart`。";
    model_without_provider(provider, model): wrong ModelProvider ModelProviderFailed,
        "{CONFIG} names the model {provider}/{model}, but defines neither this provider nor a key for it."
            | "{CONFIG} 指定了模型 {provider}/{model}，但没有定义该服务商，也没有它的密钥。",
        "models.providers has no `{provider}`, so it is OpenClaw's own provider, which has no key here."
            | "models.providers 中没有 `{provider}`，因此会使用 OpenClaw 自带的服务商，而它在此没有密钥。",
        "Remove agents.defaults.model, then run `host-shim sidecar model` and `host-shim sidecar restart`."
            | "请删除 agents.defaults.model，然后运行 `host-shim sidecar model` 和 `host-shim sidecar restart`。";

    provider_key_ok(): ok ProviderKey, "set" | "已设置";
    provider_key_empty(name): wrong ProviderKey ModelProviderFailed,
        "The provider's key is missing: {name} is empty." | "缺少模型服务的密钥：{name} 为空。",
        "The config uses this variable. Without it 2026.2.9 does not start, and its container restarts over and over; later versions fail every turn."
            | "配置使用了该变量。没有它，2026.2.9 无法启动，容器会反复重启；之后的版本每个任务都会失败。",
        "Run `host-shim sidecar model`, which asks for the key, or set {name} in .env; then `host-shim sidecar restart`."
            | "请运行 `host-shim sidecar model`（会询问密钥），或在 .env 中设置 {name}；然后运行 `host-shim sidecar restart`。";
    provider_key_missing(provider): wrong ProviderKey ModelProviderFailed,
        "models.providers.{provider} has no apiKey." | "models.providers.{provider} 没有 apiKey。",
        "The gateway never calls a provider without a key, even one that needs none." | "没有密钥时网关不会请求服务商，即使服务商不需要密钥。",
        "Run `host-shim sidecar model`, or add apiKey: \"${{OPENCLAW_PROVIDER_API_KEY}}\" and set that in .env."
            | "请运行 `host-shim sidecar model`，或加入 apiKey: \"${{OPENCLAW_PROVIDER_API_KEY}}\" 并在 .env 中设置。";
    provider_key_unusable(): tolerated ProviderKey ModelProviderFailed,
        "The provider's key is a placeholder, masked, or cannot be sent." | "模型服务的密钥是占位符、已脱敏，或无法发送。",
        "It was copied from an example or from masked output." | "它来自示例或脱敏后的输出。",
        "Run `host-shim sidecar model` with the whole key, then `host-shim sidecar restart`."
            | "请用完整的密钥运行 `host-shim sidecar model`，然后运行 `host-shim sidecar restart`。";
    provider_key_in_config(): note ProviderKey,
        "{CONFIG} contains the provider's key in plain text." | "{CONFIG} 中有模型服务密钥的明文。",
        "More users can read the config than .env." | "能读取配置文件的用户比能读取 .env 的多。",
        "Replace it with \"${{OPENCLAW_PROVIDER_API_KEY}}\" and set that in .env." | "请改为 \"${{OPENCLAW_PROVIDER_API_KEY}}\"，并在 .env 中设置。";

    provider_not_tried(): skipped ProviderAddress,
        "not tried from here" | "没有从此处尝试连接";
    provider_address_ok(host, port): ok ProviderAddress,
        "{host}:{port} accepts connections" | "{host}:{port} 可以连接";
    provider_address_invalid(url): wrong ProviderAddress ModelProviderFailed,
        "`{url}` is not a base URL." | "`{url}` 不是基础 URL。",
        "The gateway appends the request to it, such as /chat/completions." | "网关会在其后加上接口路径，例如 /chat/completions。",
        "Run `host-shim sidecar model`, or correct baseUrl in {CONFIG}." | "请运行 `host-shim sidecar model`，或更正 {CONFIG} 中的 baseUrl。";
    provider_loopback(url, inside): wrong ProviderAddress ModelProviderFailed,
        "The provider's address is {url}, which in a container is the container itself." | "模型服务的地址是 {url}，在容器中它指容器自身。",
        "The model server runs on this machine, outside the gateway's container." | "模型服务运行在本机，不在网关的容器中。",
        "Use {inside} and extra_hosts in the compose file; `host-shim sidecar model` writes both. Then run `host-shim sidecar up`."
            | "请改用 {inside} 并在 compose 文件中设置 extra_hosts；`host-shim sidecar model` 会写入两者。然后运行 `host-shim sidecar up`。";
    model_server_not_running(port, error): wrong ProviderAddress ModelProviderFailed,
        "No model server accepts connections on port {port} of this machine: {error}" | "本机端口 {port} 上没有可连接的模型服务：{error}",
        "It is not running, or listens on another port." | "它没有运行，或监听其他端口。",
        "Start it, and have it listen on an address that containers reach (Ollama: OLLAMA_HOST=0.0.0.0)."
            | "请启动它，并让它监听容器可以访问的地址（Ollama：OLLAMA_HOST=0.0.0.0）。";
    model_server_only_local(port): wrong ProviderAddress ModelProviderFailed,
        "The model server on port {port} listens only on this machine's loopback address." | "端口 {port} 上的模型服务只监听本机的回环地址。",
        "The gateway runs in a container, which cannot reach that address." | "网关运行在容器中，无法访问该地址。",
        "Have it listen on 0.0.0.0 or the Docker bridge (Ollama: OLLAMA_HOST=0.0.0.0), and keep the port closed to the internet."
            | "请让它监听 0.0.0.0 或 Docker 网桥地址（Ollama：OLLAMA_HOST=0.0.0.0），并确保该端口不对公网开放。";
    provider_unreachable(host, port, error): wrong ProviderAddress ModelProviderFailed,
        "Cannot connect to the model provider at {host}:{port}: {error}" | "无法连接模型服务 {host}:{port}：{error}",
        "This machine's network or name resolution is down, a firewall blocks it, or the address is wrong."
            | "本机网络或域名解析不可用、被防火墙拦截，或地址有误。",
        "Check the network and the address; `host-shim sidecar model` changes it." | "请检查网络和地址；可用 `host-shim sidecar model` 修改地址。";

    astrbot_not_named(): skipped ProviderAstrbot,
        "pass --astrbot to compare" | "未用 --astrbot 指定要比较的 AstrBot 数据目录";
    astrbot_has_another(): skipped ProviderAstrbot,
        "AstrBot has no provider with this address" | "AstrBot 中没有该地址的服务商";
    astrbot_key_unknown(id): skipped ProviderAstrbot,
        "the key of AstrBot's provider {id} is not known here" | "此处不知道 AstrBot 服务商 {id} 的密钥";
    astrbot_key_ok(): ok ProviderAstrbot, "same key as AstrBot's" | "与 AstrBot 的密钥相同";
    provider_key_differs(id): note ProviderAstrbot,
        "The key differs from that of AstrBot's provider `{id}`." | "密钥与 AstrBot 服务商 `{id}` 的不同。",
        "One of them was replaced, or each has its own on purpose." | "其中一个已更换，或有意使用不同的密钥。",
        "If it was replaced: `host-shim sidecar model --from-astrbot DATA`, then `host-shim sidecar restart`."
            | "如果已更换：请运行 `host-shim sidecar model --from-astrbot 目录`，然后运行 `host-shim sidecar restart`。";

    model_answers(seconds, text): ok ModelAnswer,
        "answered in {seconds} s: {text}" | "{seconds} 秒内回答：{text}";
    model_does_not_answer[code: FaultCode](message): wrong ModelAnswer code,
        "The model did not answer: {message}" | "模型没有回答：{message}";
}
