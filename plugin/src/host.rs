//! The host interface a turn needs. The component implements it on WASI; tests use a fake.

use crate::config::Gateway;
use crate::fault::Fault;
use crate::gateway::classify::{Head, UPLOAD_BROKE};
use crate::gateway::request::Body;
use crate::prelude::*;
use core::cell::Cell;
use core::time::Duration;
use openclaw_core::bindings::Times as _;
use openclaw_core::config::Timeouts;
use openclaw_core::fault::FaultCode;
use openclaw_core::guards::memory::Sample;
use openclaw_core::locale::{Locale, say, seconds};
use openclaw_core::turn::{Event, ToolCall};
use openclaw_core::workspace::OpenError;

/// A `POST /v1/responses` request.
pub struct Post<'a> {
    /// The receiver.
    pub gateway: &'a Gateway,
    /// Whether to send the token.
    pub authorized: bool,
    /// The agent that answers, if relevant.
    pub agent_id: Option<&'a str>,
    /// The body; none for an empty JSON object.
    pub body: Option<&'a Body<'a>>,
    /// The connect, first-byte and idle timeouts.
    pub timeouts: &'a Timeouts,
    /// Set once the gateway may have the complete request.
    pub sent: &'a Cell<bool>,
}

/// An exchange that failed below HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was sent: connection refused, DNS or TLS failure. With details.
    NotSent(String),
    /// Nothing was sent: the connect timeout expired.
    ConnectTimeout,
    /// The first-byte timeout expired.
    FirstByteTimeout,
    /// The idle timeout expired.
    IdleTimeout,
    /// The connection broke.
    Broken {
        /// Details.
        why: String,
        /// Whether the whole request was sent, or was small.
        uploaded: bool,
    },
    /// The gateway closed the connection during the upload, but still answers a new one.
    TooLarge,
    /// The response is not HTTP.
    NotHttp(String),
    /// The host does not allow requests to this address.
    Denied,
}

impl Failure {
    /// Whether certainly nothing reached the gateway.
    pub fn nothing_sent(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::ConnectTimeout | Self::Denied)
    }

    /// Converts to a fault. `answering`: a response head had arrived. `url` is for the message.
    pub fn fault(&self, answering: bool, url: &str, timeouts: &Timeouts, locale: Locale) -> Fault {
        let timed_out = |limit_en: &str, limit_zh: &str, limit: Duration| {
            let seconds = seconds(limit.millis());
            Fault::new(
                FaultCode::TimedOut,
                match locale {
                    Locale::En => format!("{url}: exceeded the {limit_en} limit of {seconds} s"),
                    Locale::Zh => format!("{url}：超过{limit_zh}时限 {seconds} 秒"),
                },
            )
        };
        let because = |why: &str| match locale {
            Locale::En => format!("{url}: {why}"),
            Locale::Zh => format!("{url}：{}", in_chinese(why)),
        };
        match self {
            Self::NotSent(why) => Fault::new(FaultCode::NetworkOrUnreachable, because(why)),
            Self::ConnectTimeout => timed_out("connect", "连接", timeouts.connect),
            Self::FirstByteTimeout => timed_out("first byte", "首字节", timeouts.first_byte),
            Self::IdleTimeout => timed_out("idle", "静默", timeouts.idle),
            Self::Broken {
                uploaded: false, ..
            } if !answering => Fault {
                // Not too large: the host reports that separately.
                texts: UPLOAD_BROKE.texts,
                ..Fault::new(
                    UPLOAD_BROKE.code,
                    say!(locale,
                        en: "{url}: the connection broke before the whole request was sent",
                        zh: "{url}：请求尚未发送完，连接已中断"),
                )
            },
            Self::Broken { why, .. } if !answering => {
                Fault::new(FaultCode::NetworkOrUnreachable, because(why))
            }
            Self::Broken { why, .. } => Fault::new(FaultCode::StreamInterrupted, because(why)),
            Self::TooLarge => Fault::new(
                FaultCode::RequestTooLarge,
                say!(locale,
                    en: "{url}: the gateway closed the connection while the request was being sent, and is still up",
                    zh: "{url}：请求尚未发送完，网关就关闭了连接，但它仍在运行"),
            ),
            Self::NotHttp(why) => Fault::new(FaultCode::ProtocolError, because(why)),
            Self::Denied => Fault::new(
                FaultCode::ConfigInvalid,
                say!(locale,
                    en: "{url}: the host does not allow the plugin to connect there",
                    zh: "{url}：宿主不允许插件访问该地址"),
            ),
        }
    }
}

/// A reason of `component/wasi_host.rs` in Chinese; other words, such as a host's own, stay as they are.
fn in_chinese(why: &str) -> &str {
    match why {
        "connection refused" => "连接被拒绝",
        "cannot resolve the host name" => "无法解析主机名",
        "no route to the host" => "没有到该主机的路由",
        "TLS failed; check that it speaks https" => "TLS 失败，请确认对方使用 https",
        "its TLS certificate is not trusted" => "不信任它的 TLS 证书",
        "TLS was refused" => "对方拒绝了 TLS 连接",
        "the connection was closed" => "连接已关闭",
        "the connection was closed in the middle of the answer" => "回答尚未结束，连接已关闭",
        "the server does not speak HTTP" => "对方使用的不是 HTTP",
        "the answer breaks the rules of HTTP" => "回答不符合 HTTP 规范",
        "the host failed" => "宿主出错",
        "the host refuses the address" => "宿主不接受该地址",
        "the host refuses the request's headers" => "宿主不接受请求头",
        "the host cannot keep the time limits" => "宿主无法设置时限",
        other => other,
    }
}

/// The body of an answer, while it arrives.
#[allow(async_fn_in_trait, reason = "used in this crate only, on one thread")]
pub trait AnswerBody {
    /// The next piece; none at the end.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure>;

    /// The answer is complete: keeps the connection alive if the rest arrives soon.
    fn finish(self);
}

/// What a turn needs from its host.
#[allow(async_fn_in_trait, reason = "used in this crate only, on one thread")]
pub trait Host {
    /// The type of answer bodies.
    type Body: AnswerBody;

    /// Milliseconds of a monotonic clock.
    fn now_ms(&self) -> u64;

    /// Sleeps until the clock shows this time.
    async fn sleep_until_ms(&self, when: u64);

    /// Takes a fresh memory reading. The error says why it failed.
    fn memory(&self) -> Result<Sample, String>;

    /// Sends a request and waits for the response head. Dropping the future closes the connection.
    async fn post(&self, post: Post<'_>) -> Result<(Head, Self::Body), Failure>;

    /// Sends a `GET` request for a path with its query, with the token, and waits for the response head.
    async fn get(
        &self,
        gateway: &Gateway,
        path: &str,
        timeouts: &Timeouts,
    ) -> Result<(Head, Self::Body), Failure>;

    /// Reads a file of the workspace that the host shares with the gateway.
    async fn open(&self, path: &str, max_bytes: usize) -> Result<Vec<u8>, OpenError>;

    /// Runs one of the caller's tools. Dropping the future should stop it.
    async fn run_tool(&self, turn_id: &str, call: ToolCall) -> Result<String, String>;
}

/// Receives a turn's events.
#[allow(async_fn_in_trait, reason = "used in this crate only, on one thread")]
pub trait Events {
    /// Emits an event, waiting until it is read. False if nobody will ever read it.
    async fn emit(&self, event: Event) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    // N16 of issue 13: "connection refused" in Chinese texts.
    #[test]
    fn every_reason_of_the_wasi_host_is_there_in_chinese() {
        let source = include_str!("component/wasi_host.rs");
        let quoted = |after: &str| after.split('"').next().map(String::from);
        let reasons = [
            "NotSent(\"",
            "NotHttp(\"",
            "why: \"",
            "unwrap_or_else(|| \"",
        ];
        let found = reasons
            .iter()
            .flat_map(|start| source.split(start).skip(1).filter_map(quoted));
        let found: Vec<String> = found.collect();
        assert!(found.len() > 10, "{found:?}");
        for reason in found {
            assert_ne!(in_chinese(&reason), reason);
        }
    }
}
