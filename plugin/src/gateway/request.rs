//! The body of `POST /v1/responses`.
//!
//! The gateway is strict: no unknown key, no `null`. Attachments are not copied: the body is a list
//! of pieces, and base64 is made while it is sent.

use super::attachment::{self, Kind};
use super::dialect::Dialect;
use super::session_key::session_key;
use crate::fault::{FaultCode, Locale};
use crate::json;
use crate::level::Level;
use crate::prelude::*;
use crate::text::{self, say};
use crate::turn::model::{Fault, Tool, Turn};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The path that is asked.
pub const PATH: &str = "/v1/responses";
/// Largest body that the gateway takes; over it, it resets the connection without an answer.
pub const MAX_BODY_BYTES: u64 = 20 * 1024 * 1024;

/// A piece of a body.
#[derive(Clone, Copy, Debug)]
enum Piece {
    /// A range of the JSON text.
    Json(usize, usize),
    /// The attachment of this index, in base64.
    Attachment(usize),
}

/// A body, ready to be sent in chunks.
#[derive(Debug)]
pub struct Body<'a> {
    json: String,
    pieces: Vec<Piece>,
    turn: Option<&'a Turn>,
}

/// What a function call gave, for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutput {
    /// The gateway's id of the call.
    pub call_id: String,
    /// Given to the model as it is.
    pub output: String,
}

/// What may differ between the requests of one turn.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The shape of tools.
    pub dialect: Dialect,
    /// The level in force.
    pub level: Level,
    /// Whether tools may still be called.
    pub offer_tools: bool,
    /// The outputs of the round before; empty in the first round.
    pub outputs: &'a [ToolOutput],
}

/// A turn whose content has been checked; nothing of it is refused any more for its shape.
pub struct CheckedTurn<'a> {
    turn: &'a Turn,
    kinds: Vec<Kind>,
    locale: Locale,
}

/// Refuses what the gateway would refuse, before anything is sent.
pub fn check(turn: &Turn, locale: Locale) -> Result<CheckedTurn<'_>, Fault> {
    let rejected = |why: String| Err(Fault::new(FaultCode::RequestRejected, why));
    if turn.text.trim().is_empty() && turn.attachments.is_empty() {
        return rejected(say!(locale, en: "the text is empty", zh: "内容为空"));
    }
    // Before it is written as JSON: a text of control characters becomes six times as long.
    check_size(
        json_bytes(&turn.text) + json_bytes(&turn.instructions),
        locale,
    )?;
    let kinds = turn
        .attachments
        .iter()
        .map(|attachment| attachment::check(attachment, locale))
        .collect::<Result<_, _>>()?;
    for (at, tool) in turn.tools.iter().enumerate() {
        let name = &tool.name;
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(good) {
            return rejected(say!(locale,
                en: "the tool name {name:?} is not 1 to 64 of A-Z, a-z, 0-9, _ and -",
                zh: "工具名 {name:?} 不符合要求：1 到 64 个字符，只能是 A-Z、a-z、0-9、_ 和 -"));
        }
        if turn.tools[..at].iter().any(|other| other.name == *name) {
            return rejected(say!(locale,
                en: "two tools have the name {name:?}",
                zh: "有两个工具都叫 {name:?}"));
        }
        if !json::is_object(&tool.parameters) {
            return rejected(say!(locale,
                en: "the parameters of the tool {name:?} are no JSON object",
                zh: "工具 {name:?} 的参数不是 JSON 对象"));
        }
    }
    let checked = CheckedTurn {
        turn,
        kinds,
        locale,
    };
    // Judged with everything in it; the levels can only take tools away.
    let whole = Ask {
        dialect: Dialect::Nested,
        level: Level::Root,
        offer_tools: true,
        outputs: &[],
    };
    check_size(checked.body(whole).len(), locale)?;
    Ok(checked)
}

/// Refuses a request of so many bytes if it is more than the gateway takes.
pub fn check_size(bytes: u64, locale: Locale) -> Result<(), Fault> {
    if bytes <= MAX_BODY_BYTES {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::RequestTooLarge,
        say!(locale,
            en: "the request has {bytes} bytes; the gateway takes {MAX_BODY_BYTES} at the most",
            zh: "请求有 {bytes} 字节；网关最多接受 {MAX_BODY_BYTES} 字节"),
    ))
}

impl<'a> CheckedTurn<'a> {
    /// The turn itself.
    pub fn turn(&self) -> &'a Turn {
        self.turn
    }

    /// The tools that this level may use.
    pub fn offered(&self, level: Level) -> impl Iterator<Item = &'a Tool> {
        self.turn
            .tools
            .iter()
            .filter(move |tool| allows(level, tool))
    }

    /// The body of one request of this turn.
    pub fn body(&self, ask: Ask<'_>) -> Body<'a> {
        let mut body = Body {
            json: String::new(),
            pieces: vec![],
            turn: None,
        };
        // The agent is named by a header: `openclaw` is the one model name that every version takes.
        body.json
            .push_str(r#"{"model":"openclaw","stream":true,"user":"#);
        body.push_string(&session_key(&self.turn.session));
        body.json.push_str(r#","instructions":"#);
        body.push_string(&instructions(ask.level, &self.turn.instructions));
        body.json.push_str(r#","input":["#);
        if ask.outputs.is_empty() {
            body.push_message(self);
        } else {
            for (at, out) in ask.outputs.iter().enumerate() {
                body.json.push_str(if at == 0 { "" } else { "," });
                body.json
                    .push_str(r#"{"type":"function_call_output","call_id":"#);
                body.push_string(&out.call_id);
                body.json.push_str(r#","output":"#);
                body.push_string(&out.output);
                body.json.push('}');
            }
        }
        body.json.push(']');
        if ask.offer_tools {
            for (at, tool) in self.offered(ask.level).enumerate() {
                body.json
                    .push_str(if at == 0 { r#","tools":["# } else { "," });
                body.json.push_str(&ask.dialect.tool(tool));
            }
            if self.offered(ask.level).next().is_some() {
                body.json.push(']');
            }
        }
        body.json.push('}');
        body.end_json();
        body
    }
}

/// Whether a tool may be offered and run at this level. L0 is talk only: nothing may.
pub(crate) fn allows(level: Level, tool: &Tool) -> bool {
    level > Level::Talk && tool.needs <= level
}

/// A text as a JSON string.
pub(crate) fn json_string(text: &str) -> String {
    let mut string = String::new();
    json::push_string(&mut string, text);
    string
}

/// How long a text becomes as a JSON string.
fn json_bytes(text: &str) -> u64 {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..32 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<u64>() + 2
}

/// The level is told to the agent too: its own tools run in the gateway, out of our reach.
fn instructions(level: Level, added: &str) -> String {
    let rule = match level {
        Level::Talk => "L0 (talk only): answer in words; use no tools at all.",
        Level::ReadOnly => {
            "L1 (read-only): use only tools that read; change, create, delete or send nothing."
        }
        Level::Act => {
            "L2: you may use AstrBot's commands and tools; do not act on the host itself."
        }
        Level::Host => "L3: you may act on the host, without root.",
        Level::Root => "L4: you may act on the host, as root where the task needs it.",
    };
    let mut text = format!("Permission level of this turn: {rule}");
    if !added.is_empty() {
        text.push_str("\n\n");
        text.push_str(added);
    }
    text
}

impl<'a> Body<'a> {
    fn push_string(&mut self, text: &str) {
        json::push_string(&mut self.json, text);
    }

    fn push_message(&mut self, checked: &CheckedTurn<'a>) {
        let turn = checked.turn;
        self.json
            .push_str(r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"#);
        if turn.text.trim().is_empty() {
            self.push_string(&text::see_attachment(checked.locale));
        } else {
            self.push_string(&turn.text);
        }
        self.json.push('}');
        self.turn = Some(turn);
        for (at, (attachment, kind)) in turn.attachments.iter().zip(&checked.kinds).enumerate() {
            self.json.push_str(match kind {
                Kind::Image => r#",{"type":"input_image","source":{"type":"base64","media_type":"#,
                Kind::File => r#",{"type":"input_file","source":{"type":"base64","media_type":"#,
            });
            self.push_string(&attachment.media_type);
            if *kind == Kind::File && !attachment.filename.is_empty() {
                self.json.push_str(r#","filename":"#);
                self.push_string(&attachment.filename);
            }
            self.json.push_str(r#","data":""#);
            self.end_json();
            self.pieces.push(Piece::Attachment(at));
            self.json.push_str(r#""}}"#);
        }
        self.json.push_str("]}");
    }

    /// Closes the range of JSON text since the last piece.
    fn end_json(&mut self) {
        let from = self
            .pieces
            .iter()
            .rev()
            .find_map(|piece| {
                if let Piece::Json(_, to) = piece {
                    Some(*to)
                } else {
                    None
                }
            })
            .unwrap_or(0);
        self.pieces.push(Piece::Json(from, self.json.len()));
    }

    fn attachment(&self, at: usize) -> &'a [u8] {
        self.turn.map_or(&[], |turn| &turn.attachments[at].data)
    }

    /// Bytes on the wire.
    #[allow(clippy::len_without_is_empty, reason = "a body is never empty")]
    pub fn len(&self) -> u64 {
        self.pieces
            .iter()
            .map(|piece| match *piece {
                Piece::Json(from, to) => (to - from) as u64,
                Piece::Attachment(at) => (self.attachment(at).len() as u64).div_ceil(3) * 4,
            })
            .sum()
    }

    /// The bytes in order, in chunks of at most 64 KiB.
    pub fn chunks(&self) -> impl Iterator<Item = Vec<u8>> {
        // A multiple of 3 bytes becomes base64 without padding, so chunks can be joined.
        const RAW: usize = 48 * 1024;
        const TEXT: usize = 64 * 1024;
        self.pieces
            .iter()
            .flat_map(|piece| -> Box<dyn Iterator<Item = Vec<u8>> + '_> {
                match *piece {
                    Piece::Json(from, to) => Box::new(
                        self.json.as_bytes()[from..to]
                            .chunks(TEXT)
                            .map(<[u8]>::to_vec),
                    ),
                    Piece::Attachment(at) => Box::new(
                        self.attachment(at)
                            .chunks(RAW)
                            .map(|raw| STANDARD.encode(raw).into_bytes()),
                    ),
                }
            })
    }
}

#[cfg(test)]
mod tests;
