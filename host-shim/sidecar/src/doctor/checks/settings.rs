//! The gateway's config and the plugin's settings.

use openclaw_core::fault::FaultCode;
use serde_json::Value;

use crate::doctor::facts::Facts;
use crate::doctor::{Check, Id, messages};
use crate::dotenv::Env;
use crate::gateway_config::{Auth, GatewayConfig};
use crate::layout::CONFIG;
use crate::read_file::Content;

/// The gateway's config is valid and has what the plugin needs.
pub fn config(facts: &Facts) -> Vec<Check> {
    let config = match &facts.config {
        Content::Missing => return vec![messages::config_missing()],
        Content::Unreadable(error) => {
            return vec![messages::not_readable(Id::Config, CONFIG, error)];
        }
        Content::Bad(error) => return vec![messages::config_not_json5(error)],
        Content::Good(config) => config,
    };
    let mut checks = vec![messages::config_ok()];
    if !config.unread.is_empty() {
        checks.push(messages::config_partly_read(config.unread.join("; ")));
    }
    checks.extend([mode(config, facts), auth(config, facts), endpoint(config)]);
    checks
}

/// `wrong`, unless the value may come from a file or variable that cannot be read here.
fn or_unknown(config: &GatewayConfig, place: &str, wrong: Check) -> Check {
    let unclear = |value: &Value| value.as_str().is_some_and(|text| text.contains("${"));
    match config.get(place) {
        None if !config.unread.is_empty() => messages::depends_on_unknown(wrong.id),
        Some(value) if unclear(value) => messages::depends_on_unknown(wrong.id),
        _ => wrong,
    }
}

fn mode(config: &GatewayConfig, facts: &Facts) -> Check {
    const PLACE: &str = "/gateway/mode";
    let command = facts.service.as_ref().map(|service| &service.command);
    match config.text(PLACE) {
        Some("local") => messages::config_mode_ok(),
        _ if command.is_some_and(|command| command.has("--allow-unconfigured")) => {
            messages::config_mode_not_needed()
        }
        other => {
            let wrong = messages::mode_not_local(other.unwrap_or("not set"));
            or_unknown(config, PLACE, wrong)
        }
    }
}

fn auth(config: &GatewayConfig, facts: &Facts) -> Check {
    let Some(env) = facts.env.good() else {
        return messages::no_env(Id::ConfigAuth);
    };
    let written = |key: &str| {
        let value = config.text(&format!("/gateway/auth/{key}"))?;
        (!value.is_empty() && !value.contains("${")).then_some(value)
    };
    let own = env.token();
    match config.auth(env, facts.service.as_ref()) {
        Auth::Other(mode) => {
            or_unknown(config, "/gateway/auth/mode", messages::auth_not_token(mode))
        }
        Auth::Bearer(Some(token)) if token != own.expose() => messages::token_in_config(),
        Auth::Bearer(_)
            if written("token").or_else(|| written("password")) == Some(own.expose()) =>
        {
            messages::token_also_in_config()
        }
        Auth::Bearer(_) => messages::config_auth_ok(),
    }
}

fn endpoint(config: &GatewayConfig) -> Check {
    const PLACE: &str = "/gateway/http/endpoints/responses/enabled";
    match config.get(PLACE) {
        Some(Value::Bool(true)) => messages::config_endpoint_ok(),
        _ => or_unknown(config, PLACE, messages::endpoint_off()),
    }
}

/// The plugin has the same token and the correct address.
pub fn plugin(facts: &Facts) -> Vec<Check> {
    let settings = match &facts.plugin {
        None => return vec![messages::plugin_not_named()],
        Some(Err(error)) => {
            let (code, problem) = (FaultCode::ConfigInvalid, "plugin_config_unreadable");
            return vec![Check::failed(Id::PluginToken, code, problem, error)];
        }
        Some(Ok(settings)) => settings,
    };
    let token = match facts.env.good().map(Env::token) {
        Some(own) if own == settings.token => messages::plugin_token_ok(),
        _ => messages::plugin_token_differs(),
    };
    // On this machine, and as AstrBot's container calls it.
    let here = ["127.0.0.1", "localhost"].map(|host| format!("http://{host}:{}", facts.port));
    let [loopback, localhost] = here;
    let own = match facts.plugin_url.starts_with("http://127.0.0.1:") {
        true => vec![loopback, localhost],
        false => vec![facts.plugin_url.clone(), loopback, localhost],
    };
    let url = settings.url.as_deref().unwrap_or_default();
    let url = match own.iter().any(|own| own == url.trim_end_matches('/')) {
        true => messages::plugin_url_ok(url),
        false => messages::plugin_url_differs(url, &own[0]),
    };
    vec![token, url]
}
