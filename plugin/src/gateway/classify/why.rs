//! Causes and remedies that are more specific than those of the fault code.

use crate::fault::{Texts, Why};
use openclaw_core::fault::FaultCode;

macro_rules! whys {
    ($( $name:ident = $code:ident, en: ($cause_en:literal, $remedy_en:literal),
        zh: ($cause_zh:literal, $remedy_zh:literal); )+) => {
        $( pub(crate) const $name: Why = Why {
            code: FaultCode::$code,
            texts: Some(&Texts { en: ($cause_en, $remedy_en), zh: ($cause_zh, $remedy_zh) }),
        }; )+

        /// All of them.
        #[cfg(test)]
        pub(super) const ALL: &[Why] = &[$($name),+];
    };
}

whys! {
    QUOTA = ModelProviderFailed,
        en: ("The model provider's account has no quota or balance left.",
             "Top up or raise the limit at the provider, or choose another model in the gateway's config."),
        zh: ("模型服务商账户的额度或余额已用尽。",
             "请在服务商处充值或提高限额，或在网关配置中改用其他模型。");
    KEY = ModelProviderFailed,
        en: ("The model provider refused the gateway's API key. The gateway's own token is fine.",
             "Set a valid provider key in the gateway's config or .env and restart the gateway."),
        zh: ("模型服务商拒绝了网关使用的 API 密钥；网关自身的令牌没有问题。",
             "请在网关配置或 .env 中设置有效的服务商密钥，然后重启网关。");
    OVERLOAD = ModelProviderFailed,
        en: ("The model provider is overloaded or is rate limiting.",
             "Wait and ask again. If it persists, choose another model or raise the provider's rate limit."),
        zh: ("模型服务商过载或正在限流。",
             "请稍后重试；如果持续如此，请更换模型或提高服务商的速率限制。");
    CONTEXT = ModelProviderFailed,
        en: ("The conversation is longer than the model's context window.",
             "Start a new session, send less, or choose a model with a larger context."),
        zh: ("会话长度超过了模型的上下文窗口。",
             "请重置会话、减少内容，或换用上下文更大的模型。");
    COUNTRY = ModelProviderFailed,
        en: ("The model provider does not serve this country, region or content.",
             "Choose another provider in the gateway's config, or let the gateway reach this one from a supported region."),
        zh: ("模型服务商不向该国家、地区或内容提供服务。",
             "请在网关配置中更换服务商，或让网关从受支持的地区访问。");
    MODEL = ModelProviderFailed,
        en: ("The model provider does not know the model, or the account may not use it.",
             "Fix the model's name in the gateway's config, or get access to the model at the provider."),
        zh: ("模型服务商没有该模型，或账户无权使用它。",
             "请更正网关配置中的模型名称，或在服务商处开通该模型。");
    FILTERED = ModelProviderFailed,
        en: ("The model provider's content filter refused the request or the answer.",
             "Rephrase the request, or start a new session if an earlier message triggers the filter."),
        zh: ("模型服务商的内容审核拒绝了请求或回答。",
             "请换一种说法；如果是之前的消息触发了审核，请重置会话。");
    EITHER = ModelProviderFailed,
        en: ("The gateway failed without giving a reason: either the model provider behind it (key, quota, overload) or the gateway itself (disk, memory, session files).",
             "Check the gateway's log (host-shim sidecar logs) for the reason, then the provider's key and quota and the gateway's disk and memory. Once its disk has been full, 2026.9 needs a restart."),
        zh: ("网关只说失败，没有说明原因：可能是模型服务商（密钥、额度、过载），也可能是网关自身（磁盘、内存、会话文件）。",
             "请查看网关日志（host-shim sidecar logs）确定原因；检查服务商密钥与额度，以及网关的磁盘和内存。2026.9 的磁盘写满过后，需重启才能恢复。");
    AGENT = ConfigInvalid,
        en: ("The gateway does not have the agent that was asked for.",
             "Run `host-shim sidecar doctor` to see which agents are missing and `host-shim sidecar upgrade` to write them. Otherwise fix gateway_agent_id or gateway_level_agent_names, or turn gateway_level_agents off."),
        zh: ("网关没有所请求的智能体。",
             "运行 `host-shim sidecar doctor` 查看缺少哪些智能体，用 `host-shim sidecar upgrade` 写入；或者修正 gateway_agent_id、gateway_level_agent_names，或关闭 gateway_level_agents。");
    TOOL = RequestRejected,
        en: ("The gateway rejected this request's tools; most likely one has the name of a tool built into the gateway.",
             "Rename the tool; retrying unchanged will not help."),
        zh: ("网关拒绝了本次请求携带的工具：很可能某个工具与网关的内置工具重名。",
             "请给该工具改名；原样重试无效。");
    DISK = GatewayError,
        en: ("The gateway's disk is full or its quota is used up.",
             "Free space on the disk that holds the gateway's data; restarting does not help."),
        zh: ("网关所在的磁盘已满，或磁盘配额已用尽。",
             "请清理存放网关数据的磁盘；重启无效。");
    READ_ONLY = GatewayError,
        en: ("The gateway cannot write its files: the file system is read-only, or the files belong to another user.",
             "Make the gateway's data folder writable for its user (mount options, owner, SELinux label); check the disk for errors."),
        zh: ("网关无法写入文件：文件系统为只读，或文件属于其他用户。",
             "请让网关用户可写其数据目录（挂载选项、属主、SELinux 标签），并检查磁盘是否有错误。");
    LOCK = GatewayError,
        en: ("The gateway timed out waiting for the lock on its session files. A killed gateway leaves the lock behind for half a minute.",
             "Wait a minute and ask again; if it persists, restart the gateway."),
        zh: ("网关等待会话文件锁超时。网关被强制终止后，锁会残留约半分钟。",
             "请等待一分钟后重试；如果持续如此，请重启网关。");
    EXHAUSTED = GatewayError,
        en: ("The gateway is out of memory or file handles.",
             "Check the gateway container's memory and limits, and raise them if they are too low."),
        zh: ("网关内存或文件句柄不足。",
             "请检查网关容器的内存与限制，过低则调大。");
    WAIT = GatewayError,
        en: ("The gateway is starting, stopping or briefly overloaded and accepts no requests for now.",
             "Wait a minute and ask again. Do not restart it: that only prolongs the wait."),
        zh: ("网关正在启动、停止或暂时过载，目前不接受请求。",
             "请等待一分钟左右再试。不要重启网关，那只会让等待更久。");
    PROXY_DOWN = GatewayError,
        en: ("A proxy answered instead of the gateway: the gateway behind it is down, starting or unreachable from the proxy.",
             "Check that the gateway is running, and wait if it is starting; otherwise check the address the proxy forwards to."),
        zh: ("应答的是前面的代理：它后面的网关没有运行、正在启动，或代理无法连接到它。",
             "请确认网关在运行，正在启动则稍等；否则检查代理转发的地址。");
    PROXY_SLOW = GatewayError,
        en: ("A proxy timed out waiting for the gateway behind it. Agents can work for minutes without output.",
             "Raise the proxy's read timeout (nginx: proxy_read_timeout) to the plugin's, or point gateway_primary_url at the gateway itself."),
        zh: ("前面的代理等待网关应答超时。智能体工作时可能几分钟没有输出。",
             "请把代理的读取超时（nginx：proxy_read_timeout）调到与插件一致，或把 gateway_primary_url 直接指向网关。");
    PROXY_TLS = GatewayError,
        en: ("A proxy could not establish TLS with the gateway behind it.",
             "Fix the certificate or the scheme (http or https) that the proxy uses for the gateway."),
        zh: ("前面的代理无法与网关建立 TLS 连接。",
             "请更正代理连接网关时使用的证书或协议（http 或 https）。");
    PROXY_LIMIT = RateLimited,
        en: ("A proxy in front of the gateway is rate limiting.",
             "Wait for the time given; raise the proxy's limit, or point gateway_primary_url at the gateway itself."),
        zh: ("网关前面的代理正在限流。",
             "请等待提示的时间；也可以调大代理的限制，或把 gateway_primary_url 直接指向网关。");
    PROXY_SIZE = RequestTooLarge,
        en: ("A proxy in front of the gateway has a smaller request limit than the gateway.",
             "Raise the proxy's limit to 20 MiB (nginx: client_max_body_size 20m), send fewer or smaller attachments, or point gateway_primary_url at the gateway itself."),
        zh: ("网关前面的代理对请求大小的限制比网关更小。",
             "请把代理的限制调到 20 MiB（nginx：client_max_body_size 20m），减少或缩小附件，或把 gateway_primary_url 直接指向网关。");
    PROXY_REFUSES = RequestRejected,
        en: ("A proxy in front of the gateway refused the request.",
             "Check the proxy's rules (firewall, allowed methods and paths), or point gateway_primary_url at the gateway itself."),
        zh: ("网关前面的代理拒绝了请求。",
             "请检查代理的规则（防火墙、允许的方法和路径），或把 gateway_primary_url 直接指向网关。");
    PROXY_LOGIN = AuthFailed,
        en: ("A proxy or login page in front of the gateway requires a login of its own; the token did not reach the gateway.",
             "Exempt POST /v1/responses from that login, or point gateway_primary_url at the gateway itself."),
        zh: ("网关前面的代理或登录页要求另行登录，令牌没有到达网关。",
             "请让 POST /v1/responses 免登录，或把 gateway_primary_url 直接指向网关。");
    ATTRIBUTION = AuthFailed,
        en: ("The request came through a proxy that the gateway does not trust, so it was refused. The token is not the reason.",
             "Add the proxy's address to gateway.trustedProxies in the gateway's config, or point gateway_primary_url at the gateway itself."),
        zh: ("请求经过了网关不信任的代理，因此被拒绝；原因不是令牌。",
             "请在网关配置的 gateway.trustedProxies 中加入代理地址，或把 gateway_primary_url 直接指向网关。");
    SCOPE = AuthFailed,
        en: ("The gateway knows the token, but the token lacks a permission for this request, or its device is not paired.",
             "Use the gateway's own token (OPENCLAW_GATEWAY_TOKEN), or grant this one the scope named in the message."),
        zh: ("网关认识该令牌，但它缺少本次请求所需的权限，或设备未配对。",
             "请使用网关自身的令牌（OPENCLAW_GATEWAY_TOKEN），或为该令牌授予消息中所指的权限。");
    FORBIDDEN = AuthFailed,
        en: ("The gateway, or a proxy in front of it, forbids this request; the message quotes it. The token may not be the reason.",
             "Follow what it says: check the gateway's access rules (gateway.auth, gateway.trustedProxies, allowed origins) and the proxy's, then the token."),
        zh: ("网关或其前面的代理禁止了本次请求，消息中有其原话；原因不一定是令牌。",
             "请按其提示处理：检查网关的访问规则（gateway.auth、gateway.trustedProxies、允许的来源）和代理的规则，然后再检查令牌。");
    PAGE = ResponsesEndpointNotEnabledOrNotFound,
        en: ("A web page answered: the gateway's control UI (POST /v1/responses is disabled by default), a proxy that does not forward it, or a login page in between.",
             "Set gateway.http.endpoints.responses.enabled to true in openclaw_sidecar.config.json5 and restart the gateway. Also check the host and port in gateway_primary_url, and any proxy in between."),
        zh: ("应答的是一个网页：网关的控制界面（POST /v1/responses 默认关闭）、没有转发该路径的代理，或途中的登录页。",
             "在 openclaw_sidecar.config.json5 中把 gateway.http.endpoints.responses.enabled 设为 true 并重启网关；同时核对 gateway_primary_url 的主机和端口，以及途中的代理。");
    UPLOAD_SLOW = TimedOut,
        en: ("The gateway, or a proxy in front of it, timed out waiting for the request.",
             "Ask again. If it persists, send smaller attachments or raise the proxy's timeout for reading requests."),
        zh: ("网关或其前面的代理等待请求到达超时。",
             "请重试；如果持续如此，请缩小附件，或调大代理读取请求的超时。");
    HEAD_SIZE = RequestTooLarge,
        en: ("The request headers (token, session name) exceed the limit of the gateway or of a proxy in front of it.",
             "Use a shorter session name or token, or raise the header limit."),
        zh: ("请求头（令牌、会话名）超过了网关或其前面代理的上限。",
             "请使用更短的会话名或令牌，或调大请求头的上限。");
    USE_HTTPS = ProtocolError,
        en: ("The port speaks https, but gateway_primary_url says http.",
             "Use https:// in gateway_primary_url, or a port that speaks http."),
        zh: ("该端口使用 https，而 gateway_primary_url 写的是 http。",
             "请在 gateway_primary_url 中写 https://，或改用 http 端口。");
    REDIRECT = ProtocolError,
        en: ("The address redirects elsewhere (from http to https, or to a login page); redirects are not followed.",
             "Set gateway_primary_url to the gateway's own address."),
        zh: ("该地址重定向到别处（从 http 到 https，或登录页）；插件不跟随重定向。",
             "请把 gateway_primary_url 设为网关自身的地址。");
    COMPRESSED = ProtocolError,
        en: ("A proxy in front of the gateway compresses the answer although the request does not accept that.",
             "Disable compression for POST /v1/responses in the proxy (nginx: gzip off), or point gateway_primary_url at the gateway itself."),
        zh: ("网关前面的代理压缩了回答，而请求并不接受压缩。",
             "请在代理中对 POST /v1/responses 关闭压缩（nginx：gzip off），或把 gateway_primary_url 直接指向网关。");
    PROBE_SLOW = TimedOut,
        en: ("The gateway did not answer a small probe within seconds: it is stuck or overloaded, or something in between drops the packets.",
             "Check the gateway's log and memory, and restart it if it is stuck; check firewalls in between."),
        zh: ("网关在数秒内没有应答一个很小的探测请求：它卡住、过载，或途中的设备丢弃了数据包。",
             "请查看网关日志和内存，卡住则重启；并检查途中的防火墙。");
    UPLOAD_BROKE = NetworkOrUnreachable,
        en: ("The connection broke while the request was being sent: the gateway crashed or was restarted, or something in between closed it.",
             "Check that the gateway is running (host-shim sidecar ps) and was not killed for memory, then ask again. If it only happens with large attachments, send smaller ones."),
        zh: ("发送请求时连接中断：网关崩溃或被重启，或途中的设备断开了连接。",
             "检查网关是否在运行（host-shim sidecar ps）、是否因内存不足被杀死，然后重试。如果只在附件较大时出现，请缩小附件。");
}
