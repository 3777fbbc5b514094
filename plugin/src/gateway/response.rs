//! The gateway's response object, as it stands in a JSON answer and in terminal events.

use crate::turn::model::{ToolCall, Usage};
use serde::Deserialize;

/// What is read of a response object; the rest is skipped.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Response {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub output: Vec<Item>,
    #[serde(default)]
    pub usage: Option<Tokens>,
    #[serde(default)]
    pub error: Option<Error>,
}

/// One output item. Loose: versions differ in what else they carry.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Item {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub content: Vec<Content>,
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub call_id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub arguments: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Content {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub text: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Tokens {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
}

/// An error object: `type` in plain errors, `code` in responses.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Error {
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub code: Option<serde_json::Value>,
    #[serde(default)]
    pub message: Option<String>,
}

impl Error {
    /// Whether its type or code is this.
    pub fn is(&self, name: &str) -> bool {
        self.kind.as_deref() == Some(name)
            || self.code.as_ref().and_then(|c| c.as_str()) == Some(name)
    }

    /// Its words, or its code.
    pub fn words(&self) -> String {
        let code = || {
            self.code
                .as_ref()
                .map(|code| code.as_str().map_or(code.to_string(), str::to_owned))
        };
        self.message
            .clone()
            .or_else(code)
            .or_else(|| self.kind.clone())
            .unwrap_or_else(|| "no reason given".into())
    }
}

impl Response {
    /// The texts of its messages; several are joined by an empty line.
    pub fn text(&self) -> String {
        let texts: Vec<String> = self
            .output
            .iter()
            .map(|item| {
                item.content
                    .iter()
                    .filter(|c| c.kind == "output_text")
                    .map(|c| c.text.as_str())
                    .collect()
            })
            .filter(|text: &String| !text.is_empty())
            .collect();
        texts.join("\n\n")
    }

    /// Its function calls, in order.
    pub fn calls(&self) -> Vec<ToolCall> {
        self.output.iter().filter_map(Item::call).collect()
    }

    /// None where it says nothing: some providers report no tokens, and all zero is no report.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
            .map(|t| Usage {
                input_tokens: t.input_tokens,
                output_tokens: t.output_tokens,
            })
            .filter(|usage| *usage != Usage::default())
    }
}

impl Item {
    /// The call, if it is one.
    pub fn call(&self) -> Option<ToolCall> {
        (self.kind == "function_call").then(|| ToolCall {
            id: if self.call_id.is_empty() {
                self.id.clone()
            } else {
                self.call_id.clone()
            },
            name: self.name.clone(),
            arguments: self.arguments.clone(),
        })
    }
}
