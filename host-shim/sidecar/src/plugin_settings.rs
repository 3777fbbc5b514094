//! The plugin's settings for a gateway: read from where the plugin has them, and printed to paste.

use std::path::Path;

use serde_json::Value;

use crate::read_file;
use crate::secret::Token;
use crate::text::{Problem, text};

/// What of the plugin's config names the gateway.
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
pub fn read(path: &Path) -> Result<PluginSettings, Problem> {
    let bytes = read_file::read(path).map_err(|error| {
        Problem::io(
            &text!("read the plugin's config", "读取插件配置"),
            path,
            &error,
        )
    })?;
    let content = String::from_utf8_lossy(&bytes);
    let content = content.trim_start_matches('\u{feff}');
    let value: Option<Value> = serde_json::from_str(content)
        .ok()
        .or_else(|| toml::from_str(content).ok());
    let Some(value) = value.filter(Value::is_object) else {
        let path = path.display();
        return Err(Problem::new(
            text!(
                "{path} is no config of the plugin.",
                "{path} 不是插件配置。"
            ),
            text!(
                "It is neither a JSON object nor TOML.",
                "它既不是 JSON 对象，也不是 TOML。"
            ),
            text!(
                "Name AstrBot's data/config/astrbot_plugin_openclaw_config.json or host-shim's TOML.",
                "请指定 AstrBot 的 data/config/astrbot_plugin_openclaw_config.json 或 host-shim 的 TOML。"
            ),
        ));
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(PluginSettings {
        url: text("gateway_primary_url"),
        token: Token::new(text("gateway_bearer_token").unwrap_or_default()),
    })
}

/// How `print-config` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object.
    Json,
    /// Lines of TOML, for host-shim's config file.
    Toml,
    /// Shell assignments, for host-shim's environment.
    Env,
}

/// The three settings, the token in clear: they are for pasting.
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
            let [url, token, agent] = [&url, token, agent].map(shell_word);
            format!(
                "OPENCLAW_GATEWAY_URL={url}\nOPENCLAW_GATEWAY_TOKEN={token}\nOPENCLAW_GATEWAY_AGENT_ID={agent}\n"
            )
        }
    }
}

/// The text as one word of a POSIX shell.
fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
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
        assert_eq!(shell_word("http://127.0.0.1:1"), "http://127.0.0.1:1");
        assert_eq!(shell_word("a$b'c"), r"'a$b'\''c'");
        fs::write(temp.path().join("bad"), "[]").unwrap();
        assert!(read(&temp.path().join("bad")).is_err());
    }
}
