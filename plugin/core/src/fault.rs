//! Why a turn can end without a reply: a closed set of codes, each with its cause and remedy.
//!
//! The only source of these texts: the README, the command lines, the Star and the diagnosis all use it.

use core::time::Duration;

use crate::locale::Locale;
use crate::named::named;
use crate::prelude::*;

/// The fault table: passes every row to `$callback!`, after the given arguments; first the codes a component
/// can return, then those only the host returns. A row is
/// `Case = "name" { counts: whether it is a failure for the breaker, exit: exit code of a command that runs a
/// turn, en: (cause, remedy), zh: (cause, remedy) }`.
#[doc(hidden)]
#[macro_export]
macro_rules! with_fault_codes {
    ([$($callback:tt)+] $($arguments:tt)*) => { $($callback)+! { $($arguments)* {
        /// 401 or 403 from the gateway itself.
        AuthFailed = "auth_failed" { counts: true, exit: 10,
            en: ("The gateway rejected the token: it differs from the one the gateway was started with.",
                 "Set the token (gateway_bearer_token, or OPENCLAW_GATEWAY_TOKEN in the environment) to the one in the sidecar's .env. If .env was changed after the gateway started, restart the gateway."),
            zh: ("网关拒绝了令牌：它与网关启动时使用的令牌不一致。",
                 "请把令牌（gateway_bearer_token，或环境变量 OPENCLAW_GATEWAY_TOKEN）设为边车 .env 中的值；如果网关启动后改过 .env，请重启网关。") }
        /// 404, 405 without `Allow: POST`, or an HTML page.
        ResponsesEndpointNotEnabledOrNotFound = "responses_endpoint_not_enabled_or_not_found" { counts: true, exit: 11,
            en: ("Something answers at this address, but POST /v1/responses is disabled (the OpenClaw default), or it is not an OpenClaw gateway.",
                 "Set gateway.http.endpoints.responses.enabled to true in openclaw_sidecar.config.json5 and restart the gateway. Also check the host and port in gateway_primary_url."),
            zh: ("这个地址有服务在应答，但 POST /v1/responses 没有启用（OpenClaw 默认关闭），或者它不是 OpenClaw 网关。",
                 "在 openclaw_sidecar.config.json5 中把 gateway.http.endpoints.responses.enabled 设为 true 并重启网关；同时核对 gateway_primary_url 的主机和端口。") }
        /// Connection refused, name not resolved, TLS failure, or reset before an answer.
        NetworkOrUnreachable = "network_or_unreachable" { counts: true, exit: 12,
            en: ("Cannot connect to the gateway: it is not running, is still starting, or listens elsewhere.",
                 "Check that the container is running (host-shim sidecar ps); a cold start takes up to a minute. Check the host and port in gateway_primary_url: inside another container, 127.0.0.1 is not the host."),
            zh: ("无法连接网关：它没有运行、正在启动，或监听在别的地址。",
                 "检查容器是否在运行（host-shim sidecar ps），冷启动后请等待约一分钟；核对 gateway_primary_url 的主机和端口。在另一个容器里，127.0.0.1 并不是宿主机。") }
        /// The answer ended before its terminal event.
        StreamInterrupted = "stream_interrupted" { counts: true, exit: 13,
            en: ("The gateway's answer broke off: the gateway was stopped, restarted or killed while answering.",
                 "Check the gateway's log and whether it was killed for memory (host-shim sidecar ps, doctor), then ask again. Part of the task may be done already; newer gateways such as 2026.9.6 resume it after a restart, so asking again may repeat it."),
            zh: ("网关的回答在结束前中断：网关在此期间被停止、重启或被系统杀死。",
                 "查看网关日志以及它是否因内存不足被杀死（host-shim sidecar ps、doctor），然后重新提问。任务可能已经完成了一部分；较新的网关（如 2026.9.6）重启后会自行继续，再次提问可能会重复执行。") }
        /// The connect, first-byte, idle or turn timeout expired.
        TimedOut = "timed_out" { counts: true, exit: 14,
            en: ("The gateway did not answer within the time limit named in the message.",
                 "If the task needs longer, raise that limit (connect_timeout_seconds, first_byte_timeout_seconds, idle_timeout_seconds or turn_timeout_seconds); otherwise check the gateway's log for what is stuck."),
            zh: ("网关未在消息所示的时限内应答。",
                 "如果任务确实需要更久，请调大对应的时限（connect_timeout_seconds、first_byte_timeout_seconds、idle_timeout_seconds 或 turn_timeout_seconds）；否则请在网关日志中查找卡住的原因。") }
        /// The gateway works, but the model behind it failed.
        ModelProviderFailed = "model_provider_failed" { counts: true, exit: 15,
            en: ("The gateway works, but the model provider behind it failed: missing or wrong provider key, no quota, overload, or too long a context.",
                 "Check the provider's key, quota and model name in the gateway's config, and the gateway's log. If the conversation is too long, start a new session."),
            zh: ("网关正常，但它背后的模型服务失败：服务商密钥缺失或错误、额度用尽、过载，或上下文过长。",
                 "在网关配置和日志中检查服务商的密钥、额度与模型名称；如果会话过长，请重置会话。") }
        /// Any other 5xx from the gateway.
        GatewayError = "gateway_error" { counts: true, exit: 16,
            en: ("The gateway reported an internal error.",
                 "Check the gateway's log (host-shim sidecar logs); restart it if the error persists."),
            zh: ("网关报告了内部错误。",
                 "查看网关日志（host-shim sidecar logs）；如果错误持续，请重启网关。") }
        /// 429 from the gateway itself.
        RateLimited = "rate_limited" { counts: true, exit: 17,
            en: ("The gateway is refusing requests for now: too many came from this address, or too many with a wrong token. Behind a bridge or proxy all clients share one address, so other clients' wrong tokens lock out a valid one too.",
                 "Wait for the time given before you retry. If a token is wrong, here or in another client behind the same address, fix it first."),
            zh: ("网关暂时拒绝请求：来自同一地址的请求过多，或错误令牌的尝试过多。在网桥或代理后面，所有客户端共用一个地址，其他客户端的错误令牌也会让正确的令牌被拒。",
                 "请等待提示的时间后再试。如果此处或同一地址后的其他客户端令牌有误，请先更正。") }
        /// The answer is unreadable or over the size limit.
        ProtocolError = "protocol_error" { counts: true, exit: 18,
            en: ("The answer is not in an OpenClaw gateway's format, or exceeds max_answer_bytes.",
                 "Check that the address is the gateway's, that no proxy rewrites the answer, and that the gateway's version is supported. If answers really are that long, raise max_answer_bytes."),
            zh: ("回答不符合 OpenClaw 网关的格式，或超过了 max_answer_bytes。",
                 "检查地址是否为网关、中间是否有代理改写回答、网关版本是否受支持；如果回答确实这么长，请调大 max_answer_bytes。") }
        /// 400 from the gateway, or rejected before it was sent.
        RequestRejected = "request_rejected" { counts: false, exit: 20,
            en: ("The request was not accepted; the message says why.",
                 "Change the request as the message says; retrying it unchanged will not help."),
            zh: ("请求未被接受，原因见消息。",
                 "请按消息修改请求；原样重试无效。") }
        /// The request is larger than the gateway accepts.
        RequestTooLarge = "request_too_large" { counts: false, exit: 21,
            en: ("The request exceeds the gateway's limits (20 MiB in total, 10 MiB per image, 5 MiB per file).",
                 "Send fewer or smaller attachments, or put the file in the gateway's workspace and give its path."),
            zh: ("请求超过网关的上限（总计 20 MiB，单张图片 10 MiB，单个文件 5 MiB）。",
                 "请减少或缩小附件，或把文件放进网关的工作区并告诉它路径。") }
        /// The breaker is open.
        CircuitOpen = "circuit_open" { counts: false, exit: 30,
            en: ("The gateway failed repeatedly, so requests to it are paused.",
                 "Wait for the time given; one trial is then let through. In the meantime, run the diagnosis and fix the cause. An admin can reset the breaker."),
            zh: ("网关连续失败，熔断已打开，暂停向它发送请求。",
                 "请等待提示的时间，之后会自动放行一次试探；其间请运行诊断并排除故障。管理员可以手动复位熔断。") }
        /// The queue is full, or the wait exceeded its limit.
        Busy = "busy" { counts: false, exit: 31,
            en: ("Another task is running. Only one runs at a time, and the queue is full or the wait timed out.",
                 "Try again when the running task has finished, or cancel it."),
            zh: ("已有任务在运行：一次只运行一个任务，而队列已满或等待超时。",
                 "请在当前任务结束后重试，或先取消它。") }
        /// Not enough memory for a heavy turn.
        HeavyTaskRefused = "heavy_task_refused" { counts: false, exit: 32,
            en: ("Too little memory is available for a heavy task (attachments, images, video, files, PDF, screenshots).",
                 "Free memory (stop other programs, restart the gateway) or send a plain text task."),
            zh: ("服务器可用内存不足，不能执行重任务（附件、图片、视频、文件、PDF、截图等）。",
                 "请释放内存（停止其他程序或重启网关），或改发纯文本任务。") }
        /// The caller cancelled the turn.
        Cancelled = "cancelled" { counts: false, exit: 130,
            en: ("The caller cancelled the task.",
                 "Nothing to do. The gateway may still finish what it started (2026.2.9 does)."),
            zh: ("调用方取消了任务。",
                 "无需处理。网关可能仍会把已经开始的部分做完（2026.2.9 会这样）。") }
        /// No valid config is set.
        ConfigInvalid = "config_invalid" { counts: false, exit: 2,
            en: ("A setting is missing or invalid; the message names it.",
                 "Fix the setting named in the message and reload."),
            zh: ("某项设置缺失或无效，名称见消息。",
                 "请修正消息中指出的设置，然后重新加载。") }
    } {
        /// The component trapped.
        PluginTrapped = "plugin_trapped" { counts: false, exit: 40,
            en: ("The plugin component crashed, or was stopped for using too much memory or computing time. A new instance has taken over with the guards' state.",
                 "Ask again. If it happens again with the same task, report it with the message and the component's hash (host-shim inspect)."),
            zh: ("插件组件崩溃，或因占用过多内存或计算时间而被终止；新的实例已经接管，防护状态已保留。",
                 "请重试。如果同一任务再次出现，请附上消息和组件哈希（host-shim inspect）反馈。") }
    } } };
}

macro_rules! fault_codes {
    ({ $($component:tt)+ } { $($host:tt)+ }) => { fault_codes! { $($component)+ $($host)+ } };
    ($( $(#[$doc:meta])+ $case:ident = $name:literal { counts: $counts:literal, exit: $exit:literal,
        en: ($cause_en:literal, $remedy_en:literal), zh: ($cause_zh:literal, $remedy_zh:literal) } )+) => {
        named! {
            /// Why a turn ended without a reply.
            #[non_exhaustive]
            pub enum FaultCode, "fault code" { $( $(#[$doc])+ $case = $name, )+ }
        }

        impl FaultCode {
            /// Whether it is a failure for the gateway's breaker. Other faults say nothing about the gateway:
            /// they neither count nor reset the count.
            pub fn counts_for_breaker(self) -> bool {
                match self { $(Self::$case => $counts),+ }
            }

            /// Exit code of a command whose turn ended this way; stable for scripts. [`crate::exit`] has the others.
            pub fn exit_code(self) -> u8 {
                match self { $(Self::$case => $exit),+ }
            }

            /// Why this happens, for people.
            pub fn cause(self, locale: Locale) -> &'static str {
                match (self, locale) {
                    $((Self::$case, Locale::En) => $cause_en, (Self::$case, Locale::Zh) => $cause_zh,)+
                }
            }

            /// What to do about it, for people.
            pub fn remedy(self, locale: Locale) -> &'static str {
                match (self, locale) {
                    $((Self::$case, Locale::En) => $remedy_en, (Self::$case, Locale::Zh) => $remedy_zh,)+
                }
            }
        }
    };
}
with_fault_codes!([fault_codes]);

/// Why a turn or another call failed. In JSON it has the fields of the session protocol's `fault` event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fault {
    /// For programs.
    pub code: FaultCode,
    /// What was observed, for people and logs; never for decisions. Contains no secrets.
    pub message: String,
    /// Why this happens, in the config's locale.
    pub cause: String,
    /// What to do about it, in the config's locale.
    pub remedy: String,
    /// Text received before the failure; may be empty.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "String::is_empty")
    )]
    pub partial_text: String,
    /// Time to wait before retrying; none if unknown. Seconds in JSON.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            rename = "retry_after_seconds",
            with = "crate::json::optional_seconds",
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub retry_after: Option<Duration>,
    /// HTTP status, if there was a response.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub http_status: Option<u16>,
}

impl Fault {
    /// Creates a fault with the table's cause and remedy.
    pub fn new(code: FaultCode, locale: Locale, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            cause: code.cause(locale).into(),
            remedy: code.remedy(locale).into(),
            partial_text: String::new(),
            retry_after: None,
            http_status: None,
        }
    }
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl core::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::exit;

    #[test]
    fn every_fault_has_an_exit_code_of_its_own() {
        let codes: HashSet<u8> = FaultCode::ALL.iter().map(|code| code.exit_code()).collect();
        assert_eq!(codes.len(), FaultCode::ALL.len());
        assert!(!codes.contains(&exit::OK) && !codes.contains(&exit::OTHER));
        assert_eq!(FaultCode::ConfigInvalid.exit_code(), exit::USAGE);
    }

    // N3 and N4 of issue 13: the sidecar's compose file has a name of its own, which a plain `docker compose`
    // does not find; a limit may be set to another number.
    #[test]
    fn no_text_names_a_command_that_fails_or_a_number_that_may_not_hold() {
        for code in FaultCode::ALL {
            for locale in [Locale::En, Locale::Zh] {
                for text in [code.cause(locale), code.remedy(locale)] {
                    for words in ["docker compose", "512", "350"] {
                        assert!(!text.contains(words), "{code}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_code_has_cause_and_remedy_in_both_languages() {
        for code in FaultCode::ALL {
            for text in [code.cause(Locale::Zh), code.remedy(Locale::Zh)] {
                assert!(
                    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
                    "{code}"
                );
            }
            for text in [code.cause(Locale::En), code.remedy(Locale::En)] {
                assert!(text.is_ascii() && text.ends_with('.'), "{code}: {text}");
            }
        }
    }
}
