//! The gateway's response object, as it stands in a JSON answer and in terminal events.
//!
//! Read loosely: versions differ in what they carry, and a field of another type is as good as none.
//! Everything is read through [`Value`]: a derived type for each object costs 50 kB of component.

use crate::prelude::*;
use crate::turn::model::{ToolCall, Usage};
use serde_json::Value;

/// A field's text; empty for none.
pub(super) fn text_of<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// A field's list; empty for none.
fn list_of<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object[field]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The texts of a response's messages; several are joined by an empty line.
pub(super) fn text(response: &Value) -> String {
    let mut text = String::new();
    for item in list_of(response, "output") {
        let mut first = true;
        for content in list_of(item, "content") {
            let part = text_of(content, "text");
            if text_of(content, "type") != "output_text" || part.is_empty() {
                continue;
            }
            if core::mem::take(&mut first) && !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(part);
        }
    }
    text
}

/// A response's function calls, in order.
pub(super) fn calls(response: &Value) -> Vec<ToolCall> {
    list_of(response, "output")
        .iter()
        .filter_map(call)
        .collect()
}

/// The function call that an output item is, if it is one.
pub(super) fn call(item: &Value) -> Option<ToolCall> {
    let own = |field| text_of(item, field).to_owned();
    (text_of(item, "type") == "function_call").then(|| ToolCall {
        id: if text_of(item, "call_id").is_empty() {
            own("id")
        } else {
            own("call_id")
        },
        name: own("name"),
        arguments: own("arguments"),
    })
}

/// None where it says nothing: some providers report no tokens, and all zero is no report.
pub(super) fn usage(response: &Value) -> Option<Usage> {
    let tokens = |field: &str| response["usage"][field].as_u64().unwrap_or_default();
    let usage = Usage {
        input_tokens: tokens("input_tokens"),
        output_tokens: tokens("output_tokens"),
    };
    (usage != Usage::default()).then_some(usage)
}

/// Whether an error object has this type or code.
pub(super) fn error_is(error: &Value, name: &str) -> bool {
    text_of(error, "type") == name || text_of(error, "code") == name
}

/// An error object's words, or its code.
pub(super) fn error_words(error: &Value) -> &str {
    ["message", "code", "type"]
        .iter()
        .map(|field| text_of(error, field))
        .find(|words| !words.is_empty())
        .unwrap_or("no reason given")
}
