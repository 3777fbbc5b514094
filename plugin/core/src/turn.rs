//! Turn requests, events and replies, as in `wit/types.wit`. A failed turn ends with a [`Fault`](crate::fault::Fault).

use core::fmt;

use crate::approval::{Approval, ApprovalOutcome, ApprovalRequest};
use crate::context::TurnContext;
use crate::level::Level;
use crate::locale::{Locale, say};
use crate::named::named;
use crate::prelude::*;

/// Maximum bytes of tool output passed to the model; larger output is a tool error.
pub const MAX_TOOL_OUTPUT_BYTES: usize = 1024 * 1024;

/// Largest request the gateway accepts, in bytes. It resets the connection without an answer if a request is larger.
pub const MAX_REQUEST_BYTES: u64 = 20 * 1024 * 1024;

/// A tool's result, or an error for the model if the result is too large.
///
/// # Errors
/// The tool's own error, or output or error text over [`MAX_TOOL_OUTPUT_BYTES`].
pub fn bounded_output(result: Result<String, String>) -> Result<String, String> {
    let (Ok(text) | Err(text)) = &result;
    match text.len() {
        ..=MAX_TOOL_OUTPUT_BYTES => result,
        bytes => Err(format!(
            "the tool's output has {bytes} bytes; the limit is {MAX_TOOL_OUTPUT_BYTES}. Ask it for less."
        )),
    }
}

/// The error message for a request of this many bytes; none if the gateway accepts the size.
pub fn oversize(bytes: u64, locale: Locale) -> Option<String> {
    (bytes > MAX_REQUEST_BYTES).then(|| {
        say!(locale,
            en: "the request has {bytes} bytes; the gateway takes at most {MAX_REQUEST_BYTES}",
            zh: "请求有 {bytes} 字节；网关最多接受 {MAX_REQUEST_BYTES} 字节")
    })
}

named! {
    /// How long a turn may wait for others.
    #[derive(Default)]
    pub enum Patience, "patience" {
        /// Somebody is waiting for the answer: goes before background turns.
        #[default]
        Interactive = "interactive",
        /// Nobody is waiting: goes when no interactive turn does, and may wait longer.
        Background = "background",
    }
}

/// One request from the caller.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct TurnRequest {
    /// Passed to the tool runner. Set by the host; not in JSON.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub id: String,
    /// The user's message. Empty only if there is an attachment.
    pub text: String,
    /// Turns of one session share a conversation at the gateway. Compared byte for byte. Default: `host-shim`.
    #[cfg_attr(feature = "serde", serde(default = "default_session"))]
    pub session: String,
    /// Requested level; the guards and the config may lower it. Default: L0.
    #[cfg_attr(feature = "serde", serde(default = "default_level"))]
    pub level: Level,
    /// Treat the turn as heavy whatever its content.
    #[cfg_attr(feature = "serde", serde(default))]
    pub heavy: bool,
    /// Its place in the queue. Default: interactive.
    #[cfg_attr(feature = "serde", serde(default))]
    pub patience: Patience,
    /// Whether the agent may send files, which come as [`Event::File`]. Default: no.
    #[cfg_attr(feature = "serde", serde(default))]
    pub files: bool,
    /// Appended to the agent's instructions for this turn; may be empty.
    #[cfg_attr(feature = "serde", serde(default))]
    pub instructions: String,
    /// Any attachment makes the turn heavy.
    #[cfg_attr(feature = "serde", serde(default))]
    pub attachments: Vec<Attachment>,
    /// Tools the model may call, if the level allows.
    #[cfg_attr(feature = "serde", serde(default))]
    pub tools: Vec<Tool>,
    /// Who is talking; none if the caller does not say.
    #[cfg_attr(feature = "serde", serde(default))]
    pub context: Option<TurnContext>,
}

fn default_session() -> String {
    "host-shim".into()
}

fn default_level() -> Level {
    Level::Talk
}

impl TurnRequest {
    /// A text-only turn at the lowest level, without tools.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            id: String::new(),
            text: text.into(),
            session: default_session(),
            level: default_level(),
            heavy: false,
            patience: Patience::default(),
            files: false,
            instructions: String::new(),
            attachments: vec![],
            tools: vec![],
            context: None,
        }
    }

    /// Approximate bytes held in memory; never more than its request body would take, but for a quote that is cut there.
    pub fn bytes(&self) -> usize {
        let attachments = self.attachments.iter().map(|one| {
            size_of::<Attachment>() + one.media_type.len() + one.filename.len() + one.data.len()
        });
        let tools = self.tools.iter().map(|tool| {
            size_of::<Tool>() + tool.name.len() + tool.description.len() + tool.parameters.len()
        });
        let texts = [&self.text, &self.session, &self.instructions];
        let context = self.context.iter().map(TurnContext::bytes);
        let texts = texts.into_iter().map(String::len).chain(context);
        texts.chain(attachments).chain(tools).sum()
    }
}

/// Shows lengths instead of contents: a user's text and files do not belong in a log.
impl fmt::Debug for TurnRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tools: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
        f.debug_struct("TurnRequest")
            .field("id", &self.id)
            .field("text_bytes", &self.text.len())
            .field("session", &self.session)
            .field("level", &self.level)
            .field("heavy", &self.heavy)
            .field("patience", &self.patience)
            .field("files", &self.files)
            .field("attachments", &self.attachments)
            .field("tools", &tools)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// An image or file sent with a turn, or by the agent.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Attachment {
    /// IANA media type without parameters, such as `image/png`.
    pub media_type: String,
    /// Shown to the model; may be empty.
    #[cfg_attr(feature = "serde", serde(default))]
    pub filename: String,
    /// Raw content; base64 in JSON.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::base64_text"))]
    pub data: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("media_type", &self.media_type)
            .field("filename", &self.filename)
            .field("bytes", &self.data.len())
            .finish()
    }
}

/// A tool that the caller can run for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Tool {
    /// Unique within the turn; 1 to 64 characters of `A-Z a-z 0-9 _ -`.
    pub name: String,
    /// Description for the model.
    #[cfg_attr(feature = "serde", serde(default))]
    pub description: String,
    /// JSON Schema of the arguments, as the JSON text of an object; in JSON the object itself, by default an
    /// object without properties.
    #[cfg_attr(
        feature = "serde",
        serde(default = "no_parameters", with = "crate::json::value")
    )]
    pub parameters: String,
    /// Lowest effective level at which the tool is offered and run. At L0 no tool is.
    pub level: Level,
    /// Who must approve each call. Default: nobody.
    #[cfg_attr(feature = "serde", serde(default))]
    pub approval: Approval,
}

#[cfg(feature = "serde")]
fn no_parameters() -> String {
    r#"{"type":"object","properties":{}}"#.into()
}

/// A tool call requested by the model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ToolCall {
    /// Derived from the turn id and a counter; unique within the plugin. `call` in JSON.
    #[cfg_attr(feature = "serde", serde(rename = "call"))]
    pub id: String,
    /// Name of one of the turn's tools.
    pub name: String,
    /// Arguments, as the JSON text of an object as the model wrote it; in JSON the object itself.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::value"))]
    pub arguments: String,
}

#[cfg(feature = "serde")]
impl ToolCall {
    /// The arguments as a value. Numbers beyond the precision of JSON libraries are rounded; the text is not.
    ///
    /// # Errors
    /// The text is not a JSON object.
    pub fn arguments_object(
        &self,
    ) -> Result<serde_json::Map<String, serde_json::Value>, serde_json::Error> {
        serde_json::from_str(&self.arguments)
    }
}

/// Events of a turn, in order, up to its end. In JSON these are the session protocol's `delta`, `tool-call`,
/// `tool-ended`, `notice`, `approval`, `approval-ended` and `file`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "event", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Event {
    /// More of the answer, for live display. The reply's text is authoritative.
    Delta {
        /// The added text.
        text: String,
    },
    /// A tool is about to run. Several may run at once.
    ToolCall(ToolCall),
    /// A started tool has ended.
    ToolEnded {
        /// Id of the call.
        call: String,
        /// Whether the tool succeeded. The model receives its output or error in both cases.
        succeeded: bool,
    },
    /// A message for the user.
    Notice(Notice),
    /// Tool calls wait for approval.
    #[cfg_attr(feature = "serde", serde(rename = "approval"))]
    ApprovalRequested(ApprovalRequest),
    /// An approval request has ended. Not sent if the turn itself ends first, which means no.
    ApprovalEnded(ApprovalOutcome),
    /// A file from the agent. Its name has no folder and is never empty; the media type is what its content shows.
    File(Attachment),
}

impl Event {
    /// One function for each case: a new case does not compile until the conversions know it.
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments, reason = "one for each case")]
    pub fn fold<T>(
        self,
        delta: impl FnOnce(String) -> T,
        tool_call: impl FnOnce(ToolCall) -> T,
        tool_ended: impl FnOnce(String, bool) -> T,
        notice: impl FnOnce(Notice) -> T,
        approval_requested: impl FnOnce(ApprovalRequest) -> T,
        approval_ended: impl FnOnce(ApprovalOutcome) -> T,
        file: impl FnOnce(Attachment) -> T,
    ) -> T {
        match self {
            Self::Delta { text } => delta(text),
            Self::ToolCall(call) => tool_call(call),
            Self::ToolEnded { call, succeeded } => tool_ended(call, succeeded),
            Self::Notice(one) => notice(one),
            Self::ApprovalRequested(request) => approval_requested(request),
            Self::ApprovalEnded(outcome) => approval_ended(outcome),
            Self::File(one) => file(one),
        }
    }
}

/// Something the user may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Notice {
    /// For programs.
    pub code: NoticeCode,
    /// For people, in the config's locale.
    pub text: String,
}

/// The table of notices: passes every row to `$callback!`, after the given arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! with_notice_codes {
    ([$($callback:tt)+] $($arguments:tt)*) => { $($callback)+! { $($arguments)*
        /// The turn is waiting for another one to end.
        Queued = "queued",
        /// The effective level is below the requested level.
        LevelLowered = "level_lowered",
        /// Available memory could not be read; it is treated as low.
        MemoryUnreadable = "memory_unreadable",
        /// The model called a tool that is not allowed or does not exist; the call was not run.
        ToolDenied = "tool_denied",
        /// The model reached the limit on tool rounds and has to answer without tools.
        ToolRoundsExhausted = "tool_rounds_exhausted",
        /// The primary gateway is unreachable or its breaker is open; using the backup.
        FailedOver = "failed_over",
        /// The gateway expects the other JSON shape for tools; the request is resent in that shape.
        DialectChanged = "dialect_changed",
        /// The answer was cut off by the model's token limit or a filter.
        AnswerIncomplete = "answer_incomplete",
        /// The final text differs from the streamed deltas; use the reply's text.
        AnswerCorrected = "answer_corrected",
        /// The gateway answered without text.
        AnswerEmpty = "answer_empty",
        /// The gateway forwards only the beginning of an attachment to the model.
        AttachmentShortened = "attachment_shortened",
        /// The gateway may still be running an abandoned task.
        MayStillRun = "may_still_run",
        /// Available memory is an estimate because part of it is unreadable. Sent once per reason.
        MemoryEstimated = "memory_estimated",
        /// Another agent answers because the level changed; it does not know the conversation so far.
        AgentSwitched = "agent_switched",
        /// A file that the agent wanted to send was not sent; the text says why.
        FileRefused = "file_refused",
    } };
}

macro_rules! notice_codes {
    ($($codes:tt)+) => {
        named! {
            /// The code of a notice.
            #[non_exhaustive]
            pub enum NoticeCode, "notice code" { $($codes)+ }
        }
    };
}
with_notice_codes!([notice_codes]);

/// The end of a successful turn. In JSON it has the fields of the session protocol's `completed` event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reply {
    /// The complete answer: the gateway's final text, not the joined deltas.
    pub text: String,
    /// The gateway's id for the last response; may be empty.
    pub response_id: String,
    /// Effective level when the turn ended.
    pub level: Level,
    /// The gateway that answered.
    pub gateway: GatewayName,
    /// None if the gateway does not report it.
    pub usage: Option<Usage>,
}

/// Token counts reported by the gateway, summed over the rounds of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Usage {
    /// Tokens read by the model.
    pub input_tokens: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
}

named! {
    /// One of the two configured gateways.
    pub enum GatewayName, "gateway" {
        /// `gateway_primary_url`.
        Primary = "primary",
        /// `gateway_backup_url`.
        Backup = "backup",
    }
}

#[cfg(all(test, feature = "serde"))]
#[path = "turn_tests.rs"]
mod tests;
