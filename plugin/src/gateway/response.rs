//! The gateway's response object, from a JSON answer or a terminal event.
//!
//! Its fields vary between versions, so it is read leniently and in place.

use crate::prelude::*;
use openclaw_core::json_escape::with_whole_characters;
use openclaw_core::printable::push_printable;
use openclaw_core::turn::{ToolCall, Usage};
use openclaw_wire::json::Json;

/// Maximum bytes kept of an id.
const MAX_ID: usize = 256;

/// An id from outside.
pub(super) fn id(id: Json<'_>) -> String {
    bounded_id(&id.text()).to_owned()
}

/// The part of an id that is kept.
pub(super) fn bounded_id(id: &str) -> &str {
    &id[..id.floor_char_boundary(MAX_ID)]
}

/// Like [`id`], for display.
pub(super) fn shown_id(id: Json<'_>) -> String {
    let mut shown = String::new();
    push_printable(&mut shown, &self::id(id));
    shown
}

/// Appends the text of an output item, if it is a message.
pub(super) fn push_message(to: &mut String, item: Json<'_>) {
    let [kind, content] = item.get(["type", "content"]);
    if !(kind.is("message") || kind.is_none()) {
        return;
    }
    if content.is_text() {
        content.push_printable(to);
    }
    for part in content.items() {
        push_part(to, part);
    }
}

/// Whether an output contains text for the user.
pub(super) fn has_text(output: Json<'_>) -> bool {
    let mut text = String::new();
    output.items().any(|item| {
        push_message(&mut text, item);
        !text.is_empty()
    })
}

/// Content parts whose `text` is for the user.
const KINDS_WITH_TEXT: [&str; 3] = ["output_text", "text", "refusal"];

/// Appends the text of a content part: the answer or a refusal.
pub(super) fn push_part(to: &mut String, part: Json<'_>) {
    let [kind, text, refusal] = part.get(["type", "text", "refusal"]);
    if kind.is("refusal") && refusal.is_text() {
        refusal.push_printable(to);
    } else if kind.is_none() || KINDS_WITH_TEXT.iter().any(|known| kind.is(known)) {
        text.push_printable(to);
    }
}

/// A function call and its item id.
pub(super) struct CallItem {
    pub call: ToolCall,
    pub item_id: String,
}

/// Reads an output item as a function call, if it is one.
pub(super) fn call(item: Json<'_>) -> Option<CallItem> {
    let [kind, call_id, item_id, name, given] =
        item.get(["type", "call_id", "id", "name", "arguments"]);
    kind.is("function_call").then(|| CallItem {
        call: ToolCall {
            id: id(call_id),
            name: name.text().into_owned(),
            arguments: arguments(given),
        },
        item_id: id(item_id),
    })
}

/// Stands for no arguments.
pub(super) const NO_ARGUMENTS: &str = "{}";

/// The arguments of a call as JSON text. Gateways spell "none" in many ways; some send an object instead of
/// its text, some encode the text twice.
pub(super) fn arguments(given: Json<'_>) -> String {
    let text = if given.is_text() {
        given.text()
    } else {
        given.written()
    };
    let mut text = text.trim().to_owned();
    if text.starts_with('"')
        && let Some(inner) = Json::text_in(&text)
    {
        text = inner.trim().to_owned();
    }
    if text.is_empty() || text == "null" {
        return NO_ARGUMENTS.to_owned();
    }
    with_whole_characters(&text)
}

/// None if absent or all zero, which some providers send for "not reported".
pub(super) fn usage(usage: Json<'_>) -> Option<Usage> {
    let [input, output] = usage.get(["input_tokens", "output_tokens"]);
    let usage = Usage {
        input_tokens: input.number().unwrap_or_default(),
        output_tokens: output.number().unwrap_or_default(),
    };
    (usage != Usage::default()).then_some(usage)
}
