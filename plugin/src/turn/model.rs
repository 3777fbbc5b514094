//! What a turn is made of, and what comes out of it. The mirror of `wit/types.wit`.

use crate::gateway::classify::{Texts, Why};
use crate::prelude::*;
use openclaw_core::level::Level;
use openclaw_core::{fault::FaultCode, locale::Locale};

/// Something that travels with a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// IANA media type.
    pub media_type: String,
    /// Empty for none.
    pub filename: String,
    /// The content itself.
    pub data: Vec<u8>,
}

/// A tool that the caller can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Unique within the turn.
    pub name: String,
    /// For the model.
    pub description: String,
    /// JSON Schema as text.
    pub parameters: String,
    /// The least effective level.
    pub needs: Level,
}

/// One request of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Chosen by the caller.
    pub id: String,
    /// What the user says.
    pub text: String,
    /// Which talk it belongs to.
    pub session: String,
    /// The level asked for.
    pub level: Level,
    /// Whether the caller knows it to be heavy.
    pub heavy: bool,
    /// Added to the agent's instructions.
    pub instructions: String,
    /// What travels with it.
    pub attachments: Vec<Attachment>,
    /// What the model may call.
    pub tools: Vec<Tool>,
}

impl Turn {
    /// What it holds of the memory, about.
    pub fn bytes(&self) -> usize {
        let attachments = self.attachments.iter();
        let attachments = attachments.map(|one| {
            size_of::<Attachment>() + one.media_type.len() + one.filename.len() + one.data.len()
        });
        let tools = self.tools.iter().map(|tool| {
            size_of::<Tool>() + tool.name.len() + tool.description.len() + tool.parameters.len()
        });
        let texts = [&self.id, &self.text, &self.session, &self.instructions];
        let texts = texts.into_iter().map(String::len);
        texts.chain(attachments).chain(tools).sum()
    }
}

/// A tool that the model wants run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// The gateway's id in an answer; may be empty, or come twice. One of our own once it is run.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// JSON text.
    pub arguments: String,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeCode {
    /// The turn waits.
    Queued,
    /// The effective level is below the one asked for.
    LevelLowered,
    /// Memory could not be read.
    MemoryUnreadable,
    /// A tool call was not run.
    ToolDenied,
    /// The model was told to answer without tools.
    ToolRoundsExhausted,
    /// The backup is asked.
    FailedOver,
    /// The request is sent in the other shape.
    DialectChanged,
    /// The answer was cut off.
    AnswerIncomplete,
    /// The final text differs from what was streamed.
    AnswerCorrected,
    /// The gateway answered without text.
    AnswerEmpty,
    /// The gateway passes on only the beginning of an attachment.
    AttachmentShortened,
    /// The gateway may still run a task that was abandoned before.
    MayStillRun,
    /// A part of the available memory could not be read.
    MemoryEstimated,
}

/// What happens in a turn before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// More of the answer.
    Delta(String),
    /// A tool is about to run.
    ToolStarted(ToolCall),
    /// A tool of this id ended, and whether it succeeded.
    ToolEnded(String, bool),
    /// Something to tell the user.
    Notice(NoticeCode, String),
}

/// Tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read by the model.
    pub input_tokens: u64,
    /// Written by the model.
    pub output_tokens: u64,
}

/// Which of the two gateways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayName {
    /// The first of the config.
    Primary,
    /// The second.
    Backup,
}

impl GatewayName {
    /// By its place in the config.
    pub fn at(index: usize) -> Self {
        if index == 0 {
            Self::Primary
        } else {
            Self::Backup
        }
    }

    /// For messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Backup => "backup",
        }
    }
}

/// How a turn that went well ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The whole answer.
    pub text: String,
    /// The gateway's id of the last response.
    pub response_id: String,
    /// The level in force at the end.
    pub level: Level,
    /// Who answered.
    pub answered_by: GatewayName,
    /// Where reported.
    pub usage: Option<Usage>,
}

/// How a turn ended that gave no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For programs.
    pub code: FaultCode,
    /// What was seen; no secret in it.
    pub message: String,
    /// What had arrived of the answer.
    pub partial_text: String,
    /// Milliseconds after which trying again makes sense.
    pub retry_after_ms: Option<u64>,
    /// Where there was one.
    pub http_status: Option<u16>,
    /// Cause and remedy of this occurrence, where the code's own say too little.
    pub texts: Option<&'static Texts>,
}

impl Fault {
    /// A fault with nothing but a code and a message.
    pub fn new(code: FaultCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            partial_text: String::new(),
            retry_after_ms: None,
            http_status: None,
            texts: None,
        }
    }

    /// Its cause in a language.
    pub fn cause(&self, locale: Locale) -> &'static str {
        self.why().cause(locale)
    }

    /// Its remedy in a language.
    pub fn remedy(&self, locale: Locale) -> &'static str {
        self.why().remedy(locale)
    }

    /// Its code, and where its texts come from.
    pub fn why(&self) -> Why {
        Why {
            code: self.code,
            texts: self.texts,
        }
    }
}
