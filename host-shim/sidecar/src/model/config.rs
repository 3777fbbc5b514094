//! The provider in the gateway's config, as two blocks between markers.

use serde_json::Value;

use super::{Model, errors};
use crate::dotenv::PROVIDER_KEY;
use crate::error::{Error, Result};
use crate::json5_text::{line_of, outline};
use crate::marked_config::{self, Block, Refused};

/// The text with this provider; it replaces the one from an earlier call.
///
/// # Errors
///
/// The text is not JSON5, a marker has no counterpart, or the same setting is made outside the markers.
pub fn with_model(text: &str, model: &Model) -> Result<String> {
    let blocks = blocks(model);
    let written = marked_config::write(text, &blocks).map_err(refused)?;
    match written.own.first() {
        Some(place) => Err(errors::set_by_hand(place, line_of_place(text, place))),
        None => Ok(written.text),
    }
}

fn blocks(model: &Model) -> [Block; 2] {
    [
        Block {
            name: "model",
            parent: &["agents", "defaults"],
            entries: vec![(
                "model",
                format!("{{ primary: {} }}", quoted(&model.reference())),
            )],
        },
        Block {
            name: "model-provider",
            parent: &["models", "providers"],
            entries: vec![(model.provider_id(), definition(model))],
        },
    ]
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn definition(model: &Model) -> String {
    let input = if model.images {
        "[\"text\", \"image\"]"
    } else {
        "[\"text\"]"
    };
    let context = match model.context {
        0 => String::new(),
        tokens => format!(", contextWindow: {tokens}"),
    };
    let (name, url, api) = (quoted(&model.model), quoted(&model.base_url), model.api);
    format!(
        "{{\n  baseUrl: {url},\n  apiKey: \"${{{PROVIDER_KEY}}}\", // in .env\n  api: \"{api}\",\n  models: [{{ id: {name}, name: {name}, input: {input}{context} }}],\n}}"
    )
}

fn refused(refused: Refused) -> Error {
    match &refused {
        Refused::Syntax(line) => errors::config_not_editable(line),
        Refused::Marker(line) => errors::markers_broken(line),
        Refused::NotAnObject(place) => errors::config_not_an_object(place),
        _ => errors::config_set_twice(refused.to_string()),
    }
    .caused_by(refused)
}

/// The line of a setting such as `agents.defaults.model`.
fn line_of_place(text: &str, place: &str) -> usize {
    let Ok(outline) = outline(text) else {
        return 1;
    };
    let mut object = Some(&outline.root);
    let mut line = 1;
    for key in place.split('.') {
        let Some(member) = object.and_then(|object| object.member(key)) else {
            break;
        };
        line = line_of(text, member.span.start);
        object = member.object.as_ref();
    }
    line
}

#[cfg(test)]
mod tests;
