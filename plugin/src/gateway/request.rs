//! Builds the body of `POST /v1/responses`. The gateway is strict: no unknown keys, no `null`.

mod body;
mod context;

use super::attachment::{self, Kind};
use super::dialect::Dialect;
use super::session_key::{key_bytes, session_key};
use crate::fault::Fault;
use crate::prelude::*;
use crate::text;
use crate::turn::{SEND_FILE, files_rule};
use openclaw_core::level::Level;
use openclaw_core::locale::say;
use openclaw_core::printable::excerpt;
use openclaw_core::turn::{Tool, TurnRequest, oversize};
use openclaw_core::{fault::FaultCode, locale::Locale};
use openclaw_wire::json;

pub use body::Body;
use body::json_bytes;
pub(crate) use context::result_line;

/// The request path.
pub const PATH: &str = "/v1/responses";
/// Maximum tools per turn.
pub const MAX_TOOLS: usize = 1024;
/// Maximum bytes of a turn id, which every tool call carries.
pub const MAX_TURN_ID_BYTES: usize = 1024;

/// The result of a tool call, for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutput {
    /// The gateway's call id.
    pub call_id: String,
    /// The tool's name.
    pub name: String,
    /// Passed to the model unchanged.
    pub output: String,
}

/// Bytes of an output in a request body.
pub(crate) fn output_bytes(out: &ToolOutput) -> u64 {
    let overhead = r#"{"type":"function_call_output","call_id":"","output":""},"#;
    overhead.len() as u64 + json_bytes(&out.call_id) + json_bytes(&out.output)
}

/// The parts that differ between the requests of a turn.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The JSON shape of tools.
    pub dialect: Dialect,
    /// The effective level.
    pub level: Level,
    /// Whether tools may still be called.
    pub offer_tools: bool,
    /// The tool outputs of the previous round; empty in the first round.
    pub outputs: &'a [ToolOutput],
    /// For an agent that takes over from another: it gets the message, with these results so far as lines of
    /// `result_line` and without attachments, instead of outputs of calls it has not made.
    pub handover: Option<&'a str>,
}

/// A validated turn.
pub struct CheckedTurn<'a> {
    turn: &'a TurnRequest,
    kinds: Vec<Kind>,
    locale: Locale,
}

/// Rejects what the gateway would reject, before anything is sent.
pub fn check(turn: &TurnRequest, locale: Locale) -> Result<CheckedTurn<'_>, Fault> {
    let rejected = |why: String| Err(Fault::new(FaultCode::RequestRejected, why));
    if turn.text.trim().is_empty() && turn.attachments.is_empty() {
        return rejected(say!(locale, en: "the text is empty", zh: "内容为空"));
    }
    // Check before encoding: a text of control characters grows to six times its size.
    check_size(json_size(turn), locale)?;
    if turn.id.len() > MAX_TURN_ID_BYTES {
        return rejected(say!(locale,
            en: "the turn's id is over {MAX_TURN_ID_BYTES} bytes",
            zh: "任务的 id 超过 {MAX_TURN_ID_BYTES} 字节"));
    }
    if turn.tools.len() > MAX_TOOLS {
        return rejected(say!(locale,
            en: "the turn has {} tools; at most {MAX_TOOLS} are allowed",
            zh: "任务带有 {} 个工具；最多 {MAX_TOOLS} 个",
            turn.tools.len()));
    }
    let kinds = turn
        .attachments
        .iter()
        .map(|attachment| attachment::check(attachment, locale))
        .collect::<Result<_, _>>()?;
    for (at, tool) in turn.tools.iter().enumerate() {
        let name = &tool.name;
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(good) {
            let name = excerpt(name.as_bytes());
            return rejected(say!(locale,
                en: "the tool name \"{name}\" is not 1 to 64 of A-Z, a-z, 0-9, _ and -",
                zh: "工具名“{name}”不符合要求：1 到 64 个字符，只能是 A-Z、a-z、0-9、_ 和 -"));
        }
        if turn.tools[..at].iter().any(|other| other.name == *name) {
            return rejected(say!(locale,
                en: "two tools have the name \"{name}\"",
                zh: "有两个工具都叫“{name}”"));
        }
        if !json::is_object(&tool.parameters) {
            return rejected(say!(locale,
                en: "the parameters of the tool \"{name}\" are not a JSON object",
                zh: "工具“{name}”的参数不是 JSON 对象"));
        }
    }
    let checked = CheckedTurn {
        turn,
        kinds,
        locale,
    };
    // Check the size with all tools; a lower level only removes some.
    let whole = Ask {
        dialect: Dialect::Nested,
        level: Level::Root,
        offer_tools: true,
        outputs: &[],
        handover: None,
    };
    check_size(checked.body(whole).len(), locale)?;
    Ok(checked)
}

/// Minimum bytes of a turn in a request, whatever the level.
fn json_size(turn: &TurnRequest) -> u64 {
    let attachments = turn.attachments.iter().map(|one| {
        let names = json_bytes(&one.media_type) + json_bytes(&one.filename);
        names + one.data.len() as u64
    });
    let tools = turn.tools.iter().map(|tool| {
        json_bytes(&tool.name) + json_bytes(&tool.description) + tool.parameters.len() as u64
    });
    json_bytes(&turn.text)
        + json_bytes(&turn.instructions)
        + key_bytes(&turn.session)
        + attachments.chain(tools).sum::<u64>()
}

/// Rejects a request larger than the gateway accepts.
pub fn check_size(bytes: u64, locale: Locale) -> Result<(), Fault> {
    match oversize(bytes, locale) {
        None => Ok(()),
        Some(words) => Err(Fault::new(FaultCode::RequestTooLarge, words)),
    }
}

impl<'a> CheckedTurn<'a> {
    /// The underlying turn.
    pub fn turn(&self) -> &'a TurnRequest {
        self.turn
    }

    /// The tools allowed at this level.
    pub fn offered(&self, level: Level) -> impl Iterator<Item = &'a Tool> {
        self.turn
            .tools
            .iter()
            .filter(move |tool| allows(level, tool))
    }

    /// The body of one request.
    pub fn body<'b>(&self, ask: Ask<'b>) -> Body<'b>
    where
        'a: 'b,
    {
        let turn = self.turn;
        let mut body = Body::default();
        // A header selects the agent; `openclaw` is the only model name that every version accepts.
        body.push(r#"{"model":"openclaw","stream":true,"user":""#);
        body.push(&session_key(&turn.session));
        body.push(r#"","instructions":""#);
        body.push(level_rule(ask.level));
        let results = ask.handover.unwrap_or_default();
        let context = context::block(turn.context.as_ref(), results);
        let outputs = match ask.handover {
            None => ask.outputs,
            Some(_) => &[],
        };
        if !context.is_empty() {
            body.push("\\n\\n");
            body.push(context::RULE);
        }
        if turn.files && self.offered(ask.level).any(|tool| tool.name == SEND_FILE) {
            body.push("\\n\\n");
            body.push(&files_rule());
        }
        if !turn.instructions.is_empty() {
            body.push("\\n\\n");
            body.push_text(&turn.instructions);
        }
        body.push(r#"","input":["#);
        if outputs.is_empty() {
            self.push_message(&mut body, &context, ask.handover.is_none());
        }
        for (at, out) in outputs.iter().enumerate() {
            body.push(if at == 0 { "" } else { "," });
            body.push(r#"{"type":"function_call_output","call_id":"#);
            body.push_string(&out.call_id);
            body.push(r#","output":"#);
            body.push_string(&out.output);
            body.push("}");
        }
        body.push("]");
        let tools = self.offered(ask.level).filter(|_| ask.offer_tools);
        let mut end = "";
        for tool in tools {
            body.push(if end.is_empty() { r#","tools":["# } else { "," });
            ask.dialect.push_tool(tool, &mut body);
            end = "]";
        }
        body.push(end);
        body.push("}");
        body
    }

    fn push_message<'b>(&self, body: &mut Body<'b>, context: &str, attachments: bool)
    where
        'a: 'b,
    {
        let turn = self.turn;
        body.push(r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"#);
        if !context.is_empty() {
            let mut text = String::new();
            json::push_string(&mut text, context);
            body.push(&text);
            body.push(r#"},{"type":"input_text","text":"#);
        }
        if turn.text.trim().is_empty() {
            body.push_string(text::see_attachment(self.locale));
        } else {
            body.push_string(&turn.text);
        }
        body.push("}");
        let kinds = self.kinds.iter().filter(|_| attachments);
        for (attachment, kind) in turn.attachments.iter().zip(kinds) {
            body.push(match kind {
                Kind::Image => r#",{"type":"input_image","source":{"type":"base64","media_type":"#,
                Kind::File => r#",{"type":"input_file","source":{"type":"base64","media_type":"#,
            });
            body.push_string(&attachment.media_type);
            if *kind == Kind::File && !attachment.filename.is_empty() {
                body.push(r#","filename":"#);
                body.push_string(&attachment.filename);
            }
            body.push(r#","data":""#);
            body.push_data(&attachment.data);
            body.push(r#""}}"#);
        }
        body.push("]}");
    }
}

/// Whether a tool may be offered and run at this level. L0 allows none.
pub(crate) fn allows(level: Level, tool: &Tool) -> bool {
    level > Level::Talk && tool.level <= level
}

/// States the level to the agent too. Without level agents nothing else limits the gateway's own tools.
fn level_rule(level: Level) -> &'static str {
    match level {
        Level::Talk => {
            "Permission level of this turn: L0 (talk only): answer in words; use no tools at all."
        }
        Level::ReadOnly => {
            "Permission level of this turn: L1 (read-only): use only tools that read; change, create, delete or send nothing."
        }
        Level::Act => {
            "Permission level of this turn: L2: you may use AstrBot's commands and tools; do not act on the host itself."
        }
        Level::Host => "Permission level of this turn: L3: you may act on the host, without root.",
        Level::Root => {
            "Permission level of this turn: L4: you may act on the host, as root where the task needs it."
        }
    }
}

#[cfg(test)]
mod tests;
