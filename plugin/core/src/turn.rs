//! A turn: what is asked, what happens in it, and the reply. The same as in `wit/types.wit`.
//! How it ends otherwise is a [`Fault`](crate::fault::Fault).

use core::fmt;

use crate::level::Level;
use crate::locale::{Locale, say};
use crate::named::named;
use crate::prelude::*;

/// Bytes of one tool's output that the model is given; more is an error of the tool.
pub const MAX_TOOL_OUTPUT_BYTES: usize = 1024 * 1024;

/// Bytes of the largest request that the gateway takes; over it, it resets the connection without an
/// answer.
pub const MAX_REQUEST_BYTES: u64 = 20 * 1024 * 1024;

/// What a tool gave, or the error that the model is given instead of too much of it.
///
/// # Errors
/// The tool's own, or its output or error is over [`MAX_TOOL_OUTPUT_BYTES`].
pub fn bounded_output(result: Result<String, String>) -> Result<String, String> {
    let (Ok(text) | Err(text)) = &result;
    match text.len() {
        ..=MAX_TOOL_OUTPUT_BYTES => result,
        bytes => Err(format!(
            "the tool's output has {bytes} bytes; the limit is {MAX_TOOL_OUTPUT_BYTES}. Ask it for less."
        )),
    }
}

/// What is wrong with a request of so many bytes; none if the gateway takes it.
pub fn oversize(bytes: u64, locale: Locale) -> Option<String> {
    (bytes > MAX_REQUEST_BYTES).then(|| {
        say!(locale,
            en: "the request has {bytes} bytes; the gateway takes at most {MAX_REQUEST_BYTES}",
            zh: "请求有 {bytes} 字节；网关最多接受 {MAX_REQUEST_BYTES} 字节")
    })
}

/// One request, from its text to its answer.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct TurnRequest {
    /// What the tool runner is called with. The host makes it; not in JSON.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub id: String,
    /// What the user says. Not empty, unless there is an attachment.
    pub text: String,
    /// Turns of one session share the gateway's memory of the talk. Two sessions are one only if
    /// they are equal byte for byte. Default: `host-shim`.
    #[cfg_attr(feature = "serde", serde(default = "default_session"))]
    pub session: String,
    /// The level asked for; the guards and the config may lower it. Default: L0.
    #[cfg_attr(feature = "serde", serde(default = "default_level"))]
    pub level: Level,
    /// The caller knows this turn to be heavy, whatever it looks like.
    #[cfg_attr(feature = "serde", serde(default))]
    pub heavy: bool,
    /// Added to the agent's instructions for this turn; empty for none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub instructions: String,
    /// What travels with the text; any makes the turn heavy.
    #[cfg_attr(feature = "serde", serde(default))]
    pub attachments: Vec<Attachment>,
    /// What the model may call, if the level allows.
    #[cfg_attr(feature = "serde", serde(default))]
    pub tools: Vec<Tool>,
}

fn default_session() -> String {
    "host-shim".into()
}

fn default_level() -> Level {
    Level::Talk
}

impl TurnRequest {
    /// A plain text turn at the lowest level, without tools.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            id: String::new(),
            text: text.into(),
            session: default_session(),
            level: default_level(),
            heavy: false,
            instructions: String::new(),
            attachments: vec![],
            tools: vec![],
        }
    }

    /// Bytes of memory that it holds, about; no more than a request for it would have.
    pub fn bytes(&self) -> usize {
        let attachments = self.attachments.iter().map(|one| {
            size_of::<Attachment>() + one.media_type.len() + one.filename.len() + one.data.len()
        });
        let tools = self.tools.iter().map(|tool| {
            size_of::<Tool>() + tool.name.len() + tool.description.len() + tool.parameters.len()
        });
        let texts = [&self.text, &self.session, &self.instructions];
        let texts = texts.into_iter().map(String::len);
        texts.chain(attachments).chain(tools).sum()
    }
}

/// Lengths instead of contents: a user's text and files have no place in a log.
impl fmt::Debug for TurnRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tools: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
        f.debug_struct("TurnRequest")
            .field("id", &self.id)
            .field("text_bytes", &self.text.len())
            .field("session", &self.session)
            .field("level", &self.level)
            .field("heavy", &self.heavy)
            .field("attachments", &self.attachments)
            .field("tools", &tools)
            .finish_non_exhaustive()
    }
}

/// An image or file that travels with a turn.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Attachment {
    /// IANA media type without parameters, such as `image/png`.
    pub media_type: String,
    /// Shown to the model; empty for none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub filename: String,
    /// The content; base64 in JSON.
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
    /// Unique within the turn; 1 to 64 of `A-Z a-z 0-9 _ -`.
    pub name: String,
    /// What the tool does, for the model.
    #[cfg_attr(feature = "serde", serde(default))]
    pub description: String,
    /// JSON Schema of the arguments: JSON text of an object; in JSON the object itself. Default there:
    /// an object without properties.
    #[cfg_attr(
        feature = "serde",
        serde(default = "no_parameters", with = "crate::json::value")
    )]
    pub parameters: String,
    /// The least effective level at which the tool is offered and run; at L0 none is.
    pub level: Level,
}

#[cfg(feature = "serde")]
fn no_parameters() -> String {
    r#"{"type":"object","properties":{}}"#.into()
}

/// A tool that the model wants run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ToolCall {
    /// Made of the turn's id and a number; unique within the plugin. In JSON `call`.
    #[cfg_attr(feature = "serde", serde(rename = "call"))]
    pub id: String,
    /// One of the turn's tools.
    pub name: String,
    /// JSON text of an object, as the model wrote it; in JSON the object itself.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::value"))]
    pub arguments: String,
}

#[cfg(feature = "serde")]
impl ToolCall {
    /// The arguments as a value. Numbers that JSON libraries cannot hold lose precision; the text
    /// does not.
    ///
    /// # Errors
    /// They are no JSON object.
    pub fn arguments_object(
        &self,
    ) -> Result<serde_json::Map<String, serde_json::Value>, serde_json::Error> {
        serde_json::from_str(&self.arguments)
    }
}

/// What happens in a turn, in order, before its end. As JSON these are events of the session
/// protocol: `delta`, `tool-call`, `tool-ended`, `notice`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "event", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Event {
    /// More of the answer. Joined deltas are for showing; the reply's text is what holds.
    Delta {
        /// The piece.
        text: String,
    },
    /// A tool is about to run. Several may run at once.
    ToolCall(ToolCall),
    /// A tool that was started has ended.
    ToolEnded {
        /// The id of the call.
        call: String,
        /// Whether the tool ran and succeeded; the model is told either way.
        succeeded: bool,
    },
    /// Something to tell the user.
    Notice(Notice),
}

/// Something the guards or the client did that the user may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Notice {
    /// For programs.
    pub code: NoticeCode,
    /// For people, in the config's locale.
    pub text: String,
}

/// The notices: hands every one to `$callback!`, after the arguments given.
#[doc(hidden)]
#[macro_export]
macro_rules! with_notice_codes {
    ([$($callback:tt)+] $($arguments:tt)*) => { $($callback)+! { $($arguments)*
        /// The turn waits for another one to end.
        Queued = "queued",
        /// The effective level is below the one asked for.
        LevelLowered = "level_lowered",
        /// The available memory could not be read; it is treated as short.
        MemoryUnreadable = "memory_unreadable",
        /// The model called a tool that it may not use, or that does not exist; it was not run.
        ToolDenied = "tool_denied",
        /// The model called tools in more rounds than allowed; it was told to answer without.
        ToolRoundsExhausted = "tool_rounds_exhausted",
        /// The primary gateway was out of reach or resting; the backup is asked.
        FailedOver = "failed_over",
        /// The gateway takes the other JSON shape of tools; the request is sent again in it.
        DialectChanged = "dialect_changed",
        /// The answer was cut off, by the model's token limit or a filter.
        AnswerIncomplete = "answer_incomplete",
        /// The final text differs from what was streamed: the reply's text is the right one.
        AnswerCorrected = "answer_corrected",
        /// The gateway answered without text.
        AnswerEmpty = "answer_empty",
        /// The gateway passes on only the beginning of an attachment.
        AttachmentShortened = "attachment_shortened",
        /// The gateway may still run a task that was abandoned before.
        MayStillRun = "may_still_run",
        /// The available memory is an estimate: a part of it could not be read. Said once, until the
        /// reason changes.
        MemoryEstimated = "memory_estimated",
    } };
}

macro_rules! notice_codes {
    ($($codes:tt)+) => {
        named! {
            /// What a notice is about.
            #[non_exhaustive]
            pub enum NoticeCode, "notice code" { $($codes)+ }
        }
    };
}
with_notice_codes!([notice_codes]);

/// How a turn that went well ended. As JSON it has the fields of the session protocol's
/// `completed` event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reply {
    /// The whole answer: the gateway's final text, not the joined deltas.
    pub text: String,
    /// The gateway's id of the last response; may be empty.
    pub response_id: String,
    /// The level that was in force when the turn ended.
    pub level: Level,
    /// The gateway that gave the answer.
    pub gateway: GatewayName,
    /// None where the gateway reports none.
    pub usage: Option<Usage>,
}

/// Tokens, as the gateway reports them, summed over the rounds of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Usage {
    /// Tokens read by the model.
    pub input_tokens: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
}

named! {
    /// Which of the two configured gateways.
    pub enum GatewayName, "gateway" {
        /// `gateway_primary_url`.
        Primary = "primary",
        /// `gateway_backup_url`.
        Backup = "backup",
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    fn json(value: &impl serde::Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn events_have_the_names_of_the_session_protocol() {
        let text = || "hi".to_owned();
        assert_eq!(
            json(&Event::Delta { text: text() }),
            r#"{"event":"delta","text":"hi"}"#
        );
        let notice = Notice {
            code: NoticeCode::LevelLowered,
            text: text(),
        };
        assert_eq!(
            json(&Event::Notice(notice)),
            r#"{"event":"notice","code":"level_lowered","text":"hi"}"#
        );
    }

    #[test]
    fn a_call_is_written_with_its_arguments_as_an_object() {
        let mut call = ToolCall {
            id: "c1".into(),
            name: "weather".into(),
            arguments: r#"{"city":"北京"}"#.into(),
        };
        assert_eq!(
            json(&Event::ToolCall(call.clone())),
            r#"{"event":"tool-call","call":"c1","name":"weather","arguments":{"city":"北京"}}"#
        );
        call.arguments = "oops".into();
        assert!(json(&call).ends_with(r#""arguments":"oops"}"#));
    }

    #[test]
    fn an_attachment_carries_base64_and_refuses_what_is_not() {
        let attachment: Attachment =
            serde_json::from_str(r#"{"media_type":"text/plain","data":"aGk="}"#).unwrap();
        assert_eq!(attachment.data, b"hi");
        assert_eq!(
            json(&attachment),
            r#"{"media_type":"text/plain","filename":"","data":"aGk="}"#
        );
        let error = serde_json::from_str::<Attachment>(r#"{"media_type":"a/b","data":"%"}"#);
        assert!(std::format!("{}", error.unwrap_err()).contains("not base64"));
    }
}
