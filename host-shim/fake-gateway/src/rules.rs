//! What the gateway checks before it asks an agent: path, method, token and body. As strict as OpenClaw
//! 2026.2.9, with the same responses; with [`ToolShape::Flat`] the files of newer versions too.

use serde::Deserialize;
use serde_json::Value;

use super::http::Http;
use super::request::{Request, Token};
use super::scene::Scene;

/// The JSON shape of client tools that the gateway accepts; it answers 400 to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolShape {
    /// `{"type":"function","function":{"name":…}}`: 2026.2.9 and up to 2026.3.28.
    #[default]
    Nested,
    /// `{"type":"function","name":…}`: from 2026.4.15.
    Flat,
}

/// Where newer gateways hand out the files of a workspace.
const FILES: &str = "/__openclaw__/assistant-media";

const MAX_IMAGE: usize = 10 * 1024 * 1024;
const MAX_FILE: usize = 5 * 1024 * 1024;

/// The response to a refused request; `None` if it may reach an agent.
pub(super) fn refusal(request: &Request, json: Option<&Value>, shape: ToolShape) -> Option<Scene> {
    let path = request.path.split('?').next().unwrap_or_default();
    if path == FILES && request.method == "GET" && shape == ToolShape::Flat {
        let right = request.token == Token::Right;
        return (!right).then(Scene::unauthorized);
    }
    if path != "/v1/responses" {
        // The control UI answers every GET with its page and refuses the rest.
        return Some(match request.method.as_str() {
            "GET" | "HEAD" => Scene::html_page(),
            _ => Scene::endpoint_off(),
        });
    }
    if request.method != "POST" {
        return Some(
            Http::new(405)
                .header("Allow", "POST")
                .text("Method Not Allowed")
                .into(),
        );
    }
    if request.token != Token::Right {
        return Some(Scene::unauthorized());
    }
    if request.too_large {
        return Some(Scene::reset_before_answer());
    }
    let result = match json {
        // 2026.2.9 takes no body for an empty object.
        None if request.body.is_empty() => check(&Value::Object(Default::default()), shape),
        None => Err("SyntaxError: Unexpected token in JSON".to_owned()),
        Some(body) => check(body, shape),
    };
    result.err().map(|message| Scene::bad_request(&message))
}

/// Checks the body; the error is the gateway's message.
fn check(body: &Value, shape: ToolShape) -> Result<(), String> {
    let Some(object) = body.as_object() else {
        return Err(": Invalid input: expected object".to_owned());
    };
    if !body["model"].is_string() {
        let got = if object.contains_key("model") {
            kind(&body["model"])
        } else {
            "undefined"
        };
        return Err(format!(
            "model: Invalid input: expected string, received {got}"
        ));
    }
    for (index, tool) in body["tools"].as_array().into_iter().flatten().enumerate() {
        match shape {
            ToolShape::Nested if !tool["function"].is_object() => {
                return Err(format!(
                    "tools.{index}.function: Invalid input: expected object, received undefined"
                ));
            }
            ToolShape::Flat if !tool["name"].is_string() => {
                return Err(format!(
                    "tools.{index}.name: Invalid input: expected string, received undefined"
                ));
            }
            _ => {}
        }
    }
    if let Some(place) = null_in(body) {
        return Err(format!("{place}: Invalid input: received null"));
    }
    let input = match object.get("input") {
        Some(Value::String(text)) => Input::Text(text.clone()),
        Some(items @ Value::Array(_)) => Input::Items(
            Vec::<Item>::deserialize(items).map_err(|_| "input: Invalid input".to_owned())?,
        ),
        _ => return Err("input: Invalid input".to_owned()),
    };
    Body::deserialize(body).map_err(|error| unknown_key(&error.to_string()))?;
    for (index, tool) in body["tools"].as_array().into_iter().flatten().enumerate() {
        let known = match shape {
            ToolShape::Nested => NestedTool::deserialize(tool).map(drop),
            ToolShape::Flat => FlatTool::deserialize(tool).map(drop),
        };
        known.map_err(|error| format!("tools.{index}{}", unknown_key(&error.to_string())))?;
    }
    input.check()
}

enum Input {
    Text(String),
    Items(Vec<Item>),
}

impl Input {
    fn check(&self) -> Result<(), String> {
        let mut said = false;
        match self {
            Self::Text(text) => said = !text.trim().is_empty(),
            Self::Items(items) => {
                for item in items {
                    said |= item.check()?;
                }
            }
        }
        if said {
            Ok(())
        } else {
            Err("Missing user message in `input`.".to_owned())
        }
    }
}

// The structs below only say which keys and types are allowed; hence the unread fields.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read by serde only, for the shape")]
struct Body {
    model: String,
    input: Value,
    instructions: Option<String>,
    tools: Option<Vec<Value>>,
    tool_choice: Option<Value>,
    stream: Option<bool>,
    max_output_tokens: Option<u64>,
    max_tool_calls: Option<u64>,
    user: Option<String>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    metadata: Option<std::collections::BTreeMap<String, String>>,
    store: Option<bool>,
    previous_response_id: Option<String>,
    reasoning: Option<Value>,
    truncation: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read by serde only, for the shape")]
struct NestedTool {
    #[serde(rename = "type")]
    kind: FunctionKind,
    function: NestedFunction,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read by serde only, for the shape")]
struct NestedFunction {
    name: String,
    description: Option<String>,
    parameters: Option<serde_json::Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read by serde only, for the shape")]
struct FlatTool {
    #[serde(rename = "type")]
    kind: FunctionKind,
    name: String,
    description: Option<String>,
    parameters: Option<serde_json::Map<String, Value>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FunctionKind {
    Function,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code, reason = "read by serde only, for the shape")]
enum Item {
    Message {
        role: Role,
        content: Content,
    },
    FunctionCall {
        id: Option<String>,
        call_id: Option<String>,
        name: String,
        arguments: String,
    },
    FunctionCallOutput {
        call_id: String,
        output: String,
    },
    Reasoning {
        content: Option<String>,
        encrypted_content: Option<String>,
        summary: Option<String>,
    },
    #[serde(rename = "item_reference")]
    Reference {
        id: String,
    },
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Role {
    System,
    Developer,
    User,
    Assistant,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Part {
    InputText { text: String },
    OutputText { text: String },
    InputImage { source: Source },
    InputFile { source: Source },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(dead_code, reason = "read by serde only, for the shape")]
enum Source {
    Url {
        url: String,
    },
    Base64 {
        media_type: String,
        data: String,
        filename: Option<String>,
    },
}

impl Item {
    /// Whether it says something to the agent.
    fn check(&self) -> Result<bool, String> {
        let (role, parts) = match self {
            Self::Message {
                role,
                content: Content::Text(text),
            } => {
                return Ok(*role != Role::System && !text.trim().is_empty());
            }
            Self::Message {
                role,
                content: Content::Parts(parts),
            } => (role, parts),
            Self::FunctionCallOutput { .. } => return Ok(true),
            _ => return Ok(false),
        };
        let mut said = false;
        for part in parts {
            match part {
                Part::InputText { text } | Part::OutputText { text } => {
                    said |= !text.trim().is_empty();
                }
                Part::InputImage { source } => source.check("Image", MAX_IMAGE)?,
                Part::InputFile { source } => source.check("File", MAX_FILE)?,
            }
        }
        Ok(said && *role != Role::System)
    }
}

impl Source {
    fn check(&self, what: &str, limit: usize) -> Result<(), String> {
        match self {
            Self::Url { .. } => {
                Err("SsrFBlockedError: Blocked: private/internal IP address".to_owned())
            }
            Self::Base64 {
                media_type, data, ..
            } => {
                let images = ["image/jpeg", "image/png", "image/gif", "image/webp"];
                if what == "Image" && !images.contains(&media_type.as_str()) {
                    return Err("input: Invalid input".to_owned());
                }
                let size = data.trim_end_matches('=').len() * 3 / 4;
                if size > limit {
                    return Err(format!(
                        "Error: {what} too large: {size} bytes (limit: {limit} bytes)"
                    ));
                }
                Ok(())
            }
        }
    }
}

/// Where a null stands that is not the caller's own data.
fn null_in(body: &Value) -> Option<String> {
    fn walk(value: &Value, path: &str) -> Option<String> {
        match value {
            Value::Null => Some(path.to_owned()),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(index, item)| walk(item, &format!("{path}.{index}"))),
            Value::Object(object) => object
                .iter()
                .filter(|(key, _)| *key != "parameters" && *key != "metadata")
                .find_map(|(key, item)| walk(item, &format!("{path}.{key}"))),
            _ => None,
        }
    }
    walk(body, "").map(|path| path.trim_start_matches('.').to_owned())
}

fn unknown_key(error: &str) -> String {
    match error.split('`').nth(1) {
        Some(key) if error.starts_with("unknown field") => format!(": Unrecognized key: \"{key}\""),
        _ => format!(": {error}"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
