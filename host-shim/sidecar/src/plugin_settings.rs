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
    Ok(PluginSettings {
        url: text("gateway_primary_url"),
        token: Token::new(text("gateway_bearer_token").unwrap_or_default()),
    })
}

/// How `print-config` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// One JSON object.
    Json,
    /// Lines of TOML, for host-shim's config file.
    Toml,
    /// Shell assignments, for host-shim's environment.
    Env,
}

/// The three settings with the token in plain text, for pasting.
pub fn print(port: u16, token: &Token, agent: &str, format: Format) -> String {
    let url = format!("http://127.0.0.1:{port}");
    let token = token.expose();
    match format {
        Format::Json => {
            let value = serde_json::json!({
                "gateway_primary_url": url,
                "gateway_bearer_token": token,
                "gateway_agent_id": agent,
            });
            format!("{value:#}\n")
        }
        Format::Toml => {
            let [url, token, agent] = [&url, token, agent].map(toml::Value::from);
            format!(
                "gateway_primary_url = {url}\ngateway_bearer_token = {token}\ngateway_agent_id = {agent}\n"
            )
        }
        Format::Env => {
            // Quoted only if needed.
            let [url, token, agent] =
                [&url, token, agent].map(|text| shlex::try_quote(text).unwrap_or_default());
            format!(
                "OPENCLAW_GATEWAY_URL={url}\nOPENCLAW_GATEWAY_TOKEN={token}\nOPENCLAW_GATEWAY_AGENT_ID={agent}\n"
            )
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
        let temp = tempfile::tempdir().unwrap();
        for format in [Format::Json, Format::Toml] {
            let path = temp.path().join("config");
            fs::write(
                &path,
                format!("\u{feff}{}", print(18789, &token, "main", format)),
            )
            .unwrap();
            let settings = read(&path).unwrap();
            assert_eq!(settings.url.as_deref(), Some("http://127.0.0.1:18789"));
            assert_eq!(settings.token, token);
        }
        let env = print(18789, &token, "main", Format::Env);
        assert_eq!(
            shlex::split(&env).unwrap()[1..],
            [
                format!("OPENCLAW_GATEWAY_TOKEN={}", token.expose()),
                "OPENCLAW_GATEWAY_AGENT_ID=main".to_owned()
            ]
        );
        assert!(env.starts_with("OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789\n"));
        fs::write(temp.path().join("bad"), "[]").unwrap();
        assert!(read(&temp.path().join("bad")).is_err());
    }
}
