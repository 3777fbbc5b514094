//! What a model call says.

use serde_json::{Value, json};

/// What the user has said since the model's last answer: 2026.9.6 adds a message of its own.
pub(super) fn newest(call: &Value) -> String {
    user_messages(&json!({ "messages": since_the_answer(call) })).join("\n")
}

/// The messages since the model's last answer.
pub(super) fn since_the_answer(call: &Value) -> &[Value] {
    let messages = call["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let answers =
        |message: &Value| message["role"] == "assistant" && message["tool_calls"].is_null();
    let from = messages.iter().rposition(answers).map_or(0, |at| at + 1);
    &messages[from..]
}

/// The names of the tools that a model call offers, sorted.
pub fn offered(call: &Value) -> Vec<String> {
    let tools = call["tools"].as_array().into_iter().flatten();
    let names = tools.filter_map(|tool| tool["function"]["name"].as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// What the tools have answered since the model's last answer.
pub fn tool_results(call: &Value) -> Vec<String> {
    let results = since_the_answer(call)
        .iter()
        .filter(|message| message["role"] == "tool");
    results
        .map(|message| text_of(&message["content"]))
        .collect()
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

/// The texts of the user's messages, oldest first.
pub fn user_messages(call: &Value) -> Vec<String> {
    call["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|message| message["role"] == "user")
        .map(|message| text_of(&message["content"]))
        .collect()
}
