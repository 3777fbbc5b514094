//! What a caller asks.

use std::sync::Arc;

use openclaw_core::level::Level;
use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;
use crate::tools::ToolRunner;

/// One request, from its text to its answer. Its id is made by the shim: [`crate::Turn::id`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnRequest {
    /// What the user says. Not empty, unless there is an attachment.
    pub text: String,
    /// Turns of one session share the gateway's memory of the talk. Two sessions are one only if
    /// they are equal byte for byte. Default: `host-shim`.
    #[serde(default = "default_session")]
    pub session: String,
    /// The level asked for; the guards and the config may lower it. Default: L0.
    #[serde(default = "default_level")]
    pub level: Level,
    /// The caller knows this turn to be heavy, whatever it looks like.
    #[serde(default)]
    pub heavy: bool,
    /// Added to the agent's instructions for this turn; empty for none.
    #[serde(default)]
    pub instructions: String,
    /// What travels with the text; any makes the turn heavy.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// What the model may call, if the level allows.
    #[serde(default)]
    pub tools: Vec<ToolSpec>,
    /// Runs this turn's tool calls; without one the plugin's
    /// ([`crate::PluginBuilder::tool_runner`]) does.
    #[serde(skip)]
    pub runner: Option<Arc<dyn ToolRunner>>,
}

impl TurnRequest {
    /// A plain text turn at the lowest level, without tools.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            session: default_session(),
            level: default_level(),
            heavy: false,
            instructions: String::new(),
            attachments: Vec::new(),
            tools: Vec::new(),
            runner: None,
        }
    }
}

impl TurnRequest {
    /// What the gateway would be sent of it at the least, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let attachments = self.attachments.iter();
        let attachments =
            attachments.map(|one| one.media_type.len() + one.filename.len() + one.data.len());
        let tools = self.tools.iter();
        let tools = tools.map(|tool| tool.name.len() + tool.description.len());
        let texts = self.text.len() + self.instructions.len() + self.session.len();
        (texts + attachments.chain(tools).sum::<usize>()) as u64
    }
}

/// Lengths instead of contents: a user's text and files have no place in a log.
impl std::fmt::Debug for TurnRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnRequest")
            .field("text_bytes", &self.text.len())
            .field("session", &self.session)
            .field("level", &self.level)
            .field("heavy", &self.heavy)
            .field("attachments", &self.attachments)
            .field(
                "tools",
                &self.tools.iter().map(|tool| &tool.name).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

/// A tool that the caller can run for the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolSpec {
    /// Unique within the turn; 1 to 64 of `A-Z a-z 0-9 _ -`.
    pub name: String,
    /// What the tool does, for the model.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of the arguments. Default: an object without properties.
    #[serde(default = "no_parameters")]
    pub parameters: serde_json::Value,
    /// The least effective level at which the tool is offered and run.
    pub level: Level,
}

fn default_session() -> String {
    "host-shim".to_owned()
}

fn default_level() -> Level {
    Level::Talk
}

fn no_parameters() -> serde_json::Value {
    serde_json::json!({ "type": "object", "properties": {} })
}
