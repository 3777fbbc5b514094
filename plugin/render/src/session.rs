//! The session protocol's input: lines, and what each asks.
//!
//! Pure: bytes in, values out. The program `host-shim` reads its stdin with it.

use std::path::PathBuf;
use std::time::Duration;

use openclaw_core::approval::DeciderRole;
use openclaw_core::context::TurnContext;
use openclaw_core::json::{base64_text, seconds};
use openclaw_core::json_escape::replace_lone_surrogates;
use openclaw_core::level::Level;
use openclaw_core::turn::{Attachment, Patience, Tool};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::Id;

mod lines;
mod salvage;

pub use lines::{Input, MAX_LINE_BYTES, next_line};

/// Refuses an `op` that is no string: for [`Op`], a number would be the place of an op in it.
#[derive(Deserialize)]
struct Head {
    id: Option<Value>,
    #[serde(rename = "op", deserialize_with = "op_name")]
    _op: (),
}

fn op_name<'de, D: Deserializer<'de>>(d: D) -> Result<(), D::Error> {
    let text = String::deserialize(d);
    text.map(drop)
        .map_err(|error| D::Error::custom(format_args!("`op`: {error}")))
}

/// A whole line.
#[derive(Deserialize)]
struct Line {
    id: Option<Id>,
    #[serde(flatten)]
    op: Op,
}

/// What one line asks.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Op {
    /// A turn.
    Ask(Box<Ask>),
    /// The outcome of a tool call.
    ToolResult(ToolResult),
    /// A decision about an approval request.
    Decide(Decide),
    /// A turn is to end.
    Cancel {
        /// The ask's id.
        turn: Id,
    },
    /// What the guards know.
    Status {},
    /// What is wrong.
    Diagnose {},
    /// The breakers are to be closed.
    Reset {},
    /// What the memory guard is to see from now on.
    Memory(Pretence),
    /// The guards' clock is to move forward.
    Advance {
        /// By how much.
        #[serde(rename = "seconds", with = "seconds")]
        by: Duration,
    },
    /// The end.
    Quit {},
}

/// Fields of `ask`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// What the user says.
    pub text: String,
    /// The conversation that it belongs to; without it the one of this process.
    pub session: Option<String>,
    /// The level asked for; without it the lowest.
    pub level: Option<Level>,
    /// Known to be heavy.
    pub heavy: Option<bool>,
    /// Its place in the queue; without it interactive.
    pub patience: Option<Patience>,
    /// Whether the agent may send files; without it no.
    pub files: Option<bool>,
    /// Added to the agent's instructions.
    pub instructions: Option<String>,
    /// What travels with the text.
    pub attachments: Option<Vec<AskAttachment>>,
    /// What the model may call.
    pub tools: Option<Vec<Tool>>,
    /// Who is talking.
    pub context: Option<TurnContext>,
}

/// Fields of `decide`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// The ask's id.
    pub turn: Id,
    /// The request's id, from its `approval`.
    pub request: String,
    /// Whether its calls may run.
    pub approve: bool,
    /// Who decides, for the record.
    pub by: Option<String>,
    /// What they are to the turn, an admin by default. The caller vouches for it.
    pub role: Option<DeciderRole>,
}

/// An attachment: a path on this machine, or the content itself.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "AttachmentFields")]
pub enum AskAttachment {
    /// A file to read.
    Path(PathBuf),
    /// The content.
    Content(Attachment),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttachmentFields {
    path: Option<PathBuf>,
    media_type: Option<String>,
    data: Option<Decoded>,
    filename: Option<String>,
}

#[derive(Deserialize)]
struct Decoded(#[serde(with = "base64_text")] Vec<u8>);

impl TryFrom<AttachmentFields> for AskAttachment {
    type Error = &'static str;

    fn try_from(fields: AttachmentFields) -> Result<Self, Self::Error> {
        let AttachmentFields {
            path,
            media_type,
            data,
            filename,
        } = fields;
        match (path, media_type, data, filename) {
            (Some(path), None, None, None) => Ok(Self::Path(path)),
            (None, Some(media_type), Some(Decoded(data)), filename) => {
                Ok(Self::Content(Attachment {
                    media_type,
                    filename: filename.unwrap_or_default(),
                    data,
                }))
            }
            _ => Err(
                "an attachment has either `path`, or `media_type` and `data` (base64) and \
                 perhaps `filename`",
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

/// What the memory guard sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PretenceFields")]
pub enum Pretence {
    /// The machine's real memory.
    #[default]
    Real,
    /// So many available bytes.
    Available(u64),
    /// Memory that cannot be read.
    Unreadable,
}

/// The fields of the session's `memory`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PretenceFields {
    /// Null is not the same as missing.
    #[serde(default, deserialize_with = "given")]
    available_mib: Option<Value>,
    unreadable: Option<bool>,
}

fn given<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(d).map(Some)
}

impl TryFrom<PretenceFields> for Pretence {
    type Error = &'static str;

    fn try_from(fields: PretenceFields) -> Result<Self, Self::Error> {
        let mib = match (&fields.available_mib, fields.unreadable) {
            (Some(Value::Null), None) | (None, Some(false)) => return Ok(Self::Real),
            (None, Some(true)) => return Ok(Self::Unreadable),
            (Some(Value::Number(mib)), None) => mib.as_f64().filter(|mib| *mib >= 0.0),
            _ => None,
        };
        // A float too large for the type becomes the greatest number, which is what is meant.
        mib.map(|mib| Self::Available((mib * f64::from(1 << 20)) as u64))
            .ok_or("memory has either `available_mib` (a number, 0 or more, or null) or `unreadable`: true")
    }
}

/// A line that cannot be understood.
#[derive(Debug, PartialEq)]
pub struct BadLine {
    /// Its id, where it has one.
    pub id: Option<Id>,
    /// What is wrong with it, and what is allowed.
    pub message: String,
}

/// The error about a line that is JSON, with its op and, for a value of the wrong type, the field. The position that
/// serde names is always the line's end.
fn what_is_wrong(line: &str, error: &str) -> String {
    let error = error
        .rsplit_once(" at line ")
        .map_or(error, |(what, _)| what);
    if let Some(rest) = error.strip_prefix("unknown variant") {
        return format!("unknown op{rest}");
    }
    let fields = serde_json::from_str::<Map<String, Value>>(line);
    let Some((Value::String(op), mut fields)) = fields.ok().and_then(|mut fields| {
        let op = fields.remove("op")?;
        Some((op, fields))
    }) else {
        return error.to_owned();
    };
    fields.remove("id");
    let with_path = match op.as_str() {
        "ask" => path_to_error::<Ask>(fields),
        "decide" => path_to_error::<Decide>(fields),
        "tool-result" => path_to_error::<ToolResultFields>(fields),
        _ => None,
    };
    match with_path {
        Some(path) if path != "." && !error.contains(" field ") => format!("{op}: {path}: {error}"),
        _ => format!("{op}: {error}"),
    }
}

fn path_to_error<T: DeserializeOwned>(fields: Map<String, Value>) -> Option<String> {
    let error = serde_path_to_error::deserialize::<_, T>(Value::Object(fields)).err()?;
    Some(error.path().to_string())
}

/// Reads one line, without its line break: its id, and what it asks. Half characters become U+FFFD, and a
/// byte order mark is skipped.
///
/// # Errors
///
/// It is no request, or has no id.
pub fn parse(line: &[u8]) -> Result<(Id, Op), BadLine> {
    let bad = |message: String| BadLine {
        id: salvage::id_in(line),
        message,
    };
    let text = std::str::from_utf8(line).map_err(|error| {
        let at = error.valid_up_to();
        bad(format!("the line is not UTF-8 at byte {at}"))
    })?;
    let text = replace_lone_surrogates(text.trim_start_matches('\u{feff}'));
    let head = serde_json::from_str::<Head>(&text);
    // Of a whole line it may be longer than what is looked for in others.
    let id = head.as_ref().ok().and_then(|head| head.id.clone());
    let id = id.and_then(|id| Id::try_from(id).ok());
    let bad = |message| BadLine {
        id: id.clone().or_else(|| salvage::id_in(line)),
        message,
    };
    let line = head.and_then(|_| serde_json::from_str::<Line>(&text));
    let line = line.map_err(|error| {
        bad(if !error.is_data() {
            format!("the line is not JSON: {error}")
        } else if text.trim_start().starts_with('{') {
            what_is_wrong(&text, &error.to_string())
        } else {
            "the line is not a JSON object".to_owned()
        })
    })?;
    match (line.id, line.op) {
        (Some(id), op) => Ok((id, op)),
        // It has no answer, so it needs no id.
        (None, op @ Op::Quit {}) => Ok((Id::one(), op)),
        (None, _) => Err(bad("`id` is missing; it is a string or a number".to_owned())),
    }
}

#[cfg(test)]
mod tests;
