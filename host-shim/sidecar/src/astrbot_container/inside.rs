//! What AstrBot sees of the gateway, from inside its container, with the Python that its image has.

use serde::Deserialize;
use serde_json::json;

use super::DATA;
use crate::engine::{Engine, last_lines};
use crate::secret::Token;

/// The script: it gets the token on stdin, since command lines are seen by others, also in `docker inspect`.
const LOOK: &str = include_str!("look.py");
/// The plugin's settings in AstrBot's data folder.
const SETTINGS: &str = "config/astrbot_plugin_openclaw_config.json";

/// An answer of the gateway to an empty request, or what failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The HTTP status; `None` without an answer.
    pub status: Option<u16>,
    /// The beginning of the body.
    pub body: String,
    /// `connect` or `http`: how far it came without an answer.
    pub failed: String,
    /// The system's error.
    pub error: String,
}

/// The plugin's settings, as AstrBot has saved them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Plugin {
    /// Scheme, host and port of the gateway.
    pub url: String,
    /// Its host.
    pub host: String,
    /// Whether its token is the one of the `.env`.
    pub same_token: bool,
    /// The answer to the plugin's own token; `None` if its address is another.
    pub answer: Option<Answer>,
}

/// What was seen from inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// What the gateway's name leads to.
    pub addresses: Vec<String>,
    /// Why it leads nowhere; empty if it does.
    pub unresolved: String,
    /// The answer to the token of the `.env`.
    pub own: Answer,
    /// The plugin's settings; `None` if there are none.
    pub plugin: Option<Plugin>,
    /// Why they cannot be read; empty if they can.
    pub settings_error: String,
}

/// Looks at the gateway from inside a running container.
///
/// # Errors
///
/// The engine cannot run Python in it, and its words.
pub fn look(
    engine: &Engine,
    container: &str,
    (host, port): (&str, u16),
    token: &Token,
) -> Result<Seen, String> {
    let input = json!({
        "host": host,
        "port": port,
        "token": token.expose(),
        "settings": format!("{DATA}/{SETTINGS}"),
    });
    let words = ["exec", "-i", container, "python3", "-c", LOOK];
    let output = engine
        .ask_with_input(&words, &input.to_string())
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(last_lines(&output.all(), 1));
    }
    serde_json::from_str(&output.stdout).map_err(|error| error.to_string())
}
