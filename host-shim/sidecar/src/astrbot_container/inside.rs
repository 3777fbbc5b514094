//! What AstrBot sees of the gateway, from inside its container, with the Python that its image has.

use openclaw_core::printable;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::DATA;
use crate::engine::{Engine, last_lines};
use crate::process::{Output, RunError};
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
    #[serde(deserialize_with = "line")]
    pub body: String,
    /// `connect` or `http`: how far it came without an answer.
    #[serde(deserialize_with = "line")]
    pub failed: String,
    /// The system's error.
    #[serde(deserialize_with = "line")]
    pub error: String,
}

/// The plugin's settings, as AstrBot has saved them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Plugin {
    /// Scheme, host, port and path of the gateway.
    #[serde(deserialize_with = "line")]
    pub url: String,
    /// Its host.
    #[serde(deserialize_with = "line")]
    pub host: String,
    /// Whether its token is the one of the `.env`.
    pub same_token: bool,
    /// Whether that is this gateway's address: any of this machine's own names, and no path.
    pub same_address: bool,
    /// The answer to the plugin's own token; `None` if it was not sent.
    pub answer: Option<Answer>,
}

/// Why nothing was seen from inside: the engine's words, one printable line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unseen {
    /// The container did not answer in time: it is frozen or overloaded.
    #[error("{0}")]
    TimedOut(String),
    /// Python cannot be run in it, or says something else.
    #[error("{0}")]
    Failed(String),
}

/// What was seen from inside: words of the container, each one printable line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// What the gateway's name leads to.
    #[serde(deserialize_with = "lines")]
    pub addresses: Vec<String>,
    /// Why it leads nowhere; empty if it leads somewhere.
    #[serde(deserialize_with = "line")]
    pub unresolved: String,
    /// The answer to the token of the `.env`; empty where it was not sent, since the name leads elsewhere.
    pub own: Answer,
    /// The plugin's settings; `None` if there are none.
    pub plugin: Option<Plugin>,
    /// Why they cannot be read; empty if they can.
    #[serde(deserialize_with = "line")]
    pub settings_error: String,
}

/// Words of the container for a terminal: one printable line.
fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|words| shown(&words))
}

fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let all = Vec::<String>::deserialize(from)?;
    Ok(all.iter().map(|words| shown(words)).collect())
}

fn shown(words: &str) -> String {
    printable::excerpt(words.as_bytes())
}

/// Looks at the gateway from inside a running container. The token is sent only if its name leads to `known`
/// addresses alone; `None` takes any, as for this machine's own.
///
/// # Errors
///
/// The engine cannot run Python in it, and its words.
pub fn look(
    engine: &Engine,
    container: &str,
    (host, port): (&str, u16),
    known: Option<&[&String]>,
    token: &Token,
) -> Result<Seen, Unseen> {
    let input = json!({
        "host": host,
        "port": port,
        "known": known,
        "token": token.expose(),
        "settings": format!("{DATA}/{SETTINGS}"),
    });
    let words = ["exec", "-i", container, "python3", "-I", "-c", LOOK];
    let output =
        engine
            .ask_with_input(&words, &input.to_string())
            .map_err(|error| match error {
                RunError::TimedOut { .. } => Unseen::TimedOut(error.to_string()),
                _ => Unseen::Failed(error.to_string()),
            })?;
    read(&output)
}

/// Reads what the script wrote.
pub(super) fn read(output: &Output) -> Result<Seen, Unseen> {
    if !output.status.success() {
        return Err(Unseen::Failed(shown(&last_lines(&output.all(), 1))));
    }
    serde_json::from_str(&output.stdout).map_err(|error| Unseen::Failed(shown(&error.to_string())))
}
