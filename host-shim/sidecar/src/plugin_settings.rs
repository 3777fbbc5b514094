//! The plugin's settings for a gateway: read from its config, and printed to paste.

use std::path::Path;

use serde_json::Value;

use crate::error::{self, At, READ_PLUGIN, Result};
use crate::read_file;
use crate::secret::Token;

/// The settings that name the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSettings {
    /// `gateway_primary_url`.
    pub url: Option<String>,
    /// `gateway_bearer_token`.
    pub token: Token,
    /// `gateway_agent_id`.
    pub agent: Option<String>,
    /// `gateway_level_agents`.
    pub level_agents: bool,
    /// `gateway_level_agent_names`.
    pub level_agent_names: Vec<String>,
}

/// Reads a config of the plugin: JSON (AstrBot's, which begins with a byte order mark) or TOML.
///
/// # Errors
///
/// The file cannot be read, or is neither.
pub fn read(path: &Path) -> Result<PluginSettings> {
    let bytes = read_file::read(path).at(READ_PLUGIN, path)?;
    let content = String::from_utf8_lossy(&bytes);
    let content = content.trim_start_matches('\u{feff}');
    let value: Option<Value> = serde_json::from_str(content)
        .ok()
        .or_else(|| toml::from_str(content).ok());
    let Some(value) = value.filter(Value::is_object) else {
        return Err(error::not_plugin_config(path.display()));
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = |key: &str| {
        let list = value.get(key).and_then(Value::as_array);
        let names = list.into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    Ok(PluginSettings {
        url: text("gateway_primary_url"),
        token: Token::new(text("gateway_bearer_token").unwrap_or_default()),
        agent: text("gateway_agent_id").filter(|agent| !agent.is_empty()),
        level_agents: value.get("gateway_level_agents") == Some(&Value::Bool(true)),
        level_agent_names: list("gateway_level_agent_names"),
    })
}

/// How `print-config` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// One JSON object, for the plugin in AstrBot.
    Json,
    /// Lines of TOML, for host-shim's config file.
    Toml,
    /// Shell assignments, for host-shim's environment; gateway_level_agents has none.
    Env,
    /// The level agents of the gateway's config, for an `agents.list` of your own.
    LevelAgents,
}

/// The settings that connect the plugin to a gateway.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a> {
    /// Scheme, host and port, as AstrBot reaches it.
    pub url: &'a str,
    /// The token.
    pub token: &'a Token,
    /// The agent that answers.
    pub agent: &'a str,
    /// Whether the gateway has the level agents.
    pub level_agents: bool,
}

impl Connection<'_> {
    /// The four settings with the token in plain text, for pasting.
    pub fn print(&self, format: Format) -> String {
        let (url, token) = (self.url, self.token.expose());
        let (agent, levels) = (self.agent, self.level_agents);
        match format {
            Format::Toml => {
                let [url, token, agent] = [url, token, agent].map(toml::Value::from);
                format!(
                    "gateway_primary_url = {url}\ngateway_bearer_token = {token}\ngateway_agent_id = {agent}\ngateway_level_agents = {levels}\n"
                )
            }
            Format::Env => {
                // Quoted only if needed.
                let [url, token, agent] =
                    [url, token, agent].map(|text| shlex::try_quote(text).unwrap_or_default());
                format!(
                    "OPENCLAW_GATEWAY_URL={url}\nOPENCLAW_GATEWAY_TOKEN={token}\nOPENCLAW_GATEWAY_AGENT_ID={agent}\n"
                )
            }
            _ => {
                let value = serde_json::json!({
                    "gateway_primary_url": url,
                    "gateway_bearer_token": token,
                    "gateway_agent_id": agent,
                    "gateway_level_agents": levels,
                });
                format!("{value:#}\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        let token = Token::new(r#"0123456789abcdef"$'\0123456789ab"#);
        let connection = Connection {
            url: "http://127.0.0.1:18789",
            token: &token,
            agent: "amy",
            level_agents: true,
        };
        let temp = tempfile::tempdir().unwrap();
        for format in [Format::Json, Format::Toml] {
            let path = temp.path().join("config");
            fs::write(&path, format!("\u{feff}{}", connection.print(format))).unwrap();
            let settings = read(&path).unwrap();
            assert_eq!(settings.url.as_deref(), Some("http://127.0.0.1:18789"));
            assert_eq!(settings.token, token);
            assert_eq!(settings.agent.as_deref(), Some("amy"));
            assert!(settings.level_agents);
        }
        let env = connection.print(Format::Env);
        assert_eq!(
            shlex::split(&env).unwrap()[1..],
            [
                format!("OPENCLAW_GATEWAY_TOKEN={}", token.expose()),
                "OPENCLAW_GATEWAY_AGENT_ID=amy".to_owned()
            ]
        );
        assert!(env.starts_with("OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789\n"));
        fs::write(temp.path().join("bad"), "[]").unwrap();
        assert!(read(&temp.path().join("bad")).is_err());
    }
}
