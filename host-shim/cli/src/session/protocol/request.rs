//! What a line asks.

use std::time::Duration;

use host_shim::json::replace_lone_surrogates;
use host_shim::{Attachment, Level, Tool};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{Id, Salvage};
use crate::memory::Pretence;

/// What one line asks.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// A turn.
    Ask(Id, Box<Ask>),
    /// The outcome of a tool call.
    ToolResult(Id, ToolResult),
    /// The turn with this id is to end.
    Cancel(Id, Cancel),
    /// What the guards know.
    Status(Id),
    /// What is wrong.
    Diagnose(Id),
    /// The breakers are to be closed.
    Reset(Id),
    /// What the memory guard is to see from now on.
    Memory(Id, Pretence),
    /// The guards' clock is to move forward.
    Advance(Id, Duration),
    /// The end.
    Quit,
}

/// What every line has, beside the fields of its op.
#[derive(Deserialize)]
struct Head {
    id: Option<Value>,
    op: Option<Value>,
}

/// Fields of `ask`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    /// What the user says.
    pub text: String,
    /// The talk that it belongs to; without it the one of this process.
    pub session: Option<String>,
    /// The level asked for; without it the lowest.
    pub level: Option<Level>,
    /// Known to be heavy.
    pub heavy: Option<bool>,
    /// Added to the agent's instructions.
    pub instructions: Option<String>,
    /// What travels with the text.
    pub attachments: Option<Vec<AskAttachment>>,
    /// What the model may call.
    pub tools: Option<Vec<Tool>>,
}

/// An attachment: a path on this machine, or the content itself.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "AttachmentFields")]
pub enum AskAttachment {
    /// A file to read.
    Path(std::path::PathBuf),
    /// The content.
    Content(Attachment),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttachmentFields {
    path: Option<std::path::PathBuf>,
    media_type: Option<String>,
    data: Option<Decoded>,
    filename: Option<String>,
}

/// The bytes of a text in base64.
#[derive(Deserialize)]
struct Decoded(#[serde(with = "openclaw_core::json::base64_text")] Vec<u8>);

impl TryFrom<AttachmentFields> for AskAttachment {
    type Error = String;

    fn try_from(fields: AttachmentFields) -> Result<Self, String> {
        match fields {
            AttachmentFields {
                path: Some(path),
                media_type: None,
                data: None,
                filename: None,
            } => Ok(Self::Path(path)),
            AttachmentFields {
                path: None,
                media_type: Some(media_type),
                data: Some(Decoded(data)),
                filename,
            } => {
                let filename = filename.unwrap_or_default();
                Ok(Self::Content(Attachment {
                    media_type,
                    filename,
                    data,
                }))
            }
            _ => Err(
                "an attachment has either `path`, or `media_type` and `data` (base64) and \
                      perhaps `filename`"
                    .to_owned(),
            ),
        }
    }
}

/// Fields of `tool-result`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "ToolResultFields")]
pub struct ToolResult {
    /// The ask's id.
    pub turn: Id,
    /// The call's id, from its `tool-call`.
    pub call: String,
    /// The output, or the error's text.
    pub result: Result<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolResultFields {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    turn: Id,
    call: String,
    output: Option<Value>,
    error: Option<String>,
}

impl TryFrom<ToolResultFields> for ToolResult {
    type Error = &'static str;

    fn try_from(fields: ToolResultFields) -> Result<Self, Self::Error> {
        let result = match (fields.output, fields.error) {
            (Some(Value::String(text)), None) => Ok(text),
            // The model reads text; a value is given to it as JSON.
            (Some(value), None) => Ok(value.to_string()),
            (None, Some(text)) => Err(text),
            _ => return Err("a tool-result has either `output` or `error`"),
        };
        Ok(Self {
            turn: fields.turn,
            call: fields.call,
            result,
        })
    }
}

/// Fields of `cancel`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(from = "CancelFields")]
pub struct Cancel {
    /// The ask's id.
    pub turn: Id,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelFields {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    turn: Id,
}

impl From<CancelFields> for Cancel {
    fn from(fields: CancelFields) -> Self {
        Self { turn: fields.turn }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "op")]
    _op: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    seconds: f64,
}

/// A line that cannot be understood.
#[derive(Debug, PartialEq)]
pub struct BadLine {
    /// Its id, where it has one.
    pub id: Option<Id>,
    /// What is wrong with it, and what is allowed.
    pub message: String,
}

const OPS: &str = "ask, tool-result, cancel, status, diagnose, reset, memory, advance and quit";

impl Request {
    /// Reads one line, without its line break. Half characters become U+FFFD, and a byte order mark is
    /// no part of the line.
    pub fn parse(line: &[u8]) -> Result<Self, BadLine> {
        let bad = |message: String| BadLine {
            id: Salvage::id_in(line),
            message,
        };
        let text = std::str::from_utf8(line).map_err(|error| {
            bad(format!(
                "the line is not UTF-8 at byte {}",
                error.valid_up_to()
            ))
        })?;
        let text = replace_lone_surrogates(text.trim_start_matches('\u{feff}'));
        // Twice over the text, so that it is held once: an attachment may be most of it.
        let head = head(&text).map_err(&bad)?;
        let id = head
            .id
            .map(Id::new)
            .transpose()
            .map_err(|message| BadLine {
                id: None,
                message: message.to_owned(),
            })?;
        Self::of_line(id.clone(), head.op, &text).map_err(|message| BadLine { id, message })
    }

    fn of_line(id: Option<Id>, op: Option<Value>, line: &str) -> Result<Self, String> {
        let op = match op {
            Some(Value::String(op)) => op,
            Some(_) => return Err(format!("`op` is a string; the ops are {OPS}")),
            None => return Err(format!("`op` is missing; the ops are {OPS}")),
        };
        let fields = Fields { op: &op, line };
        // It has no answer, so it needs no id.
        if op == "quit" {
            return fields.read::<Nothing>().map(|_| Self::Quit);
        }
        let id = id.ok_or("`id` is missing; it is a string or a number")?;
        Ok(match op.as_str() {
            "ask" => Self::Ask(id, Box::new(fields.read()?)),
            "tool-result" => Self::ToolResult(id, fields.read()?),
            "cancel" => Self::Cancel(id, fields.read()?),
            "status" => fields.read::<Nothing>().map(|_| Self::Status(id))?,
            "diagnose" => fields.read::<Nothing>().map(|_| Self::Diagnose(id))?,
            "reset" => fields.read::<Nothing>().map(|_| Self::Reset(id))?,
            "memory" => Self::Memory(id, pretence(fields)?),
            "advance" => {
                let seconds = fields.read::<Advance>()?.seconds;
                let by = Duration::try_from_secs_f64(seconds).map_err(|_| {
                    format!("advance: {seconds} is no number of seconds; 0 or more is allowed")
                })?;
                Self::Advance(id, by)
            }
            _ => return Err(format!("unknown op `{op}`; the ops are {OPS}")),
        })
    }
}

/// The id and op of a line; all else is skipped.
fn head(line: &str) -> Result<Head, String> {
    let not_json = |error: serde_json::Error| format!("the line is not JSON: {error}");
    // An array would be taken for the fields in their order.
    if line.trim_start().starts_with('{') {
        return serde_json::from_str(line).map_err(not_json);
    }
    serde_json::from_str::<IgnoredAny>(line).map_err(not_json)?;
    Err("the line is no JSON object".to_owned())
}

/// The fields of one op.
struct Fields<'a> {
    op: &'a str,
    line: &'a str,
}

impl Fields<'_> {
    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_str(self.line).map_err(|error| format!("{}: {error}", self.op))
    }
}

/// `available_mib` that is null and one that is missing are not the same, so this is by hand.
fn pretence(fields: Fields) -> Result<Pretence, String> {
    const ALLOWED: &str =
        "memory: give `available_mib` (a number, 0 or more, or null) or `unreadable`: true";
    let all: Map<String, Value> = fields.read()?;
    let given: Vec<_> = all
        .iter()
        .filter(|(key, _)| !["id", "op"].contains(&key.as_str()))
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    match given[..] {
        [("available_mib", Value::Null)] | [("unreadable", Value::Bool(false))] => {
            Ok(Pretence::Real)
        }
        [("available_mib", Value::Number(mib))] => mib
            .as_f64()
            .filter(|mib| *mib >= 0.0)
            // A float too large for the type becomes the greatest number, which is what is meant.
            .map(|mib| Pretence::Available((mib * f64::from(1 << 20)) as u64))
            .ok_or_else(|| ALLOWED.to_owned()),
        [("unreadable", Value::Bool(true))] => Ok(Pretence::Unreadable),
        _ => Err(ALLOWED.to_owned()),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
