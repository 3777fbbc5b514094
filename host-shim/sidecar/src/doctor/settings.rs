//! The gateway's config and the plugin's settings.

use openclaw_plugin::fault::FaultCode;
use serde_json::Value;

use super::check::Check;
use super::facts::{Content, Facts};
use crate::dotenv;
use crate::layout::CONFIG;
use crate::text::text;

/// The gateway's config: parses, and says what the plugin needs.
pub fn config(facts: &Facts) -> Vec<Check> {
    let value = match &facts.config {
        Content::Missing => {
            return vec![Check::skipped(
                "config",
                text!("there is no {CONFIG}", "没有 {CONFIG}"),
            )];
        }
        Content::Unreadable(error) => {
            return vec![Check::unreadable("config", CONFIG, error)];
        }
        Content::Bad(error) => {
            return vec![Check::wrong("config", FaultCode::NetworkOrUnreachable, "config_not_json5", text!("{CONFIG}: {error}", "{CONFIG}：{error}"))
                .because(
                    text!("It is no JSON5: the gateway will not start with it.", "它不是合法的 JSON5，网关无法用它启动。"),
                    text!("Correct the place that the message names (often a missing comma or quote).", "请更正消息所指的位置（常见的是缺少逗号或引号）。"),
                )];
        }
        Content::Good(value) => value,
    };
    vec![
        Check::ok("config", text!("parses", "格式正确")),
        mode(value),
        auth(value),
        endpoint(value),
    ]
}

fn mode(value: &Value) -> Check {
    match value.pointer("/gateway/mode").and_then(Value::as_str) {
        Some("local") => Check::ok("config-mode", text!("local", "local")),
        other => {
            let other = other.unwrap_or("not set");
            Check::wrong(
                "config-mode",
                FaultCode::NetworkOrUnreachable,
                "mode_not_local",
                text!("gateway.mode is {other}.", "gateway.mode 的值：{other}。"),
            )
            .because(
                text!(
                    "The gateway starts only with `local`.",
                    "网关只在 `local` 模式下启动。"
                ),
                text!(
                    "Set gateway.mode to \"local\" in {CONFIG}.",
                    "请在 {CONFIG} 中把 gateway.mode 设为 \"local\"。"
                ),
            )
        }
    }
}

fn auth(value: &Value) -> Check {
    let auth = value.pointer("/gateway/auth").cloned().unwrap_or_default();
    let mode = auth.get("mode").and_then(Value::as_str);
    let token = auth.get("token").and_then(Value::as_str);
    // A reference to the environment's value is as good as none.
    let literal = token.is_some_and(|token| token != "${OPENCLAW_GATEWAY_TOKEN}");
    if mode.is_some_and(|mode| mode != "token") || auth.get("password").is_some() {
        let mode = mode.unwrap_or("password");
        Check::wrong(
            "config-auth",
            FaultCode::AuthFailed,
            "auth_not_token",
            text!(
                "gateway.auth asks for `{mode}`, not for the token.",
                "gateway.auth 要求的是 `{mode}`，不是令牌。"
            ),
        )
        .because(
            text!(
                "The plugin sends a bearer token and nothing else.",
                "插件只发送 Bearer 令牌。"
            ),
            text!(
                "Write gateway.auth: {{ mode: \"token\" }} in {CONFIG}.",
                "请在 {CONFIG} 中写 gateway.auth: {{ mode: \"token\" }}。"
            ),
        )
    } else if literal {
        Check::wrong(
            "config-auth",
            FaultCode::AuthFailed,
            "token_in_config",
            text!(
                "gateway.auth.token is written in {CONFIG}.",
                "{CONFIG} 中写有 gateway.auth.token。"
            ),
        )
        .because(
            text!(
                "It takes the place of .env's token, and the config is readable for more users.",
                "它会取代 .env 的令牌，而且配置文件对更多用户可读。"
            ),
            text!(
                "Remove gateway.auth.token; the token belongs into .env only.",
                "请删除 gateway.auth.token；令牌只应写在 .env 中。"
            ),
        )
    } else {
        Check::ok(
            "config-auth",
            text!("by the token of .env", "使用 .env 的令牌"),
        )
    }
}

fn endpoint(value: &Value) -> Check {
    let enabled = value
        .pointer("/gateway/http/endpoints/responses/enabled")
        .and_then(Value::as_bool);
    if enabled == Some(true) {
        return Check::ok(
            "config-endpoint",
            text!("POST /v1/responses is on", "POST /v1/responses 已启用"),
        );
    }
    Check::wrong(
        "config-endpoint",
        FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        "endpoint_off",
        text!(
            "gateway.http.endpoints.responses.enabled is not true.",
            "gateway.http.endpoints.responses.enabled 不是 true。"
        ),
    )
}

/// The plugin has the same token and the right address.
pub fn plugin(facts: &Facts) -> Vec<Check> {
    let settings = match &facts.plugin {
        None => {
            return vec![Check::skipped(
                "plugin-token",
                text!(
                    "no --plugin-config was named to compare with",
                    "没有用 --plugin-config 指定要比较的配置"
                ),
            )];
        }
        Some(Err(problem)) => {
            return vec![Check::failed(
                "plugin-token",
                FaultCode::ConfigInvalid,
                "plugin_config_unreadable",
                problem,
            )];
        }
        Some(Ok(settings)) => settings,
    };
    let own = facts.env.good().map(dotenv::Env::token);
    let token = if own.as_ref() == Some(&settings.token) {
        Check::ok("plugin-token", text!("the same as in .env", "与 .env 相同"))
    } else {
        Check::wrong(
            "plugin-token",
            FaultCode::AuthFailed,
            "plugin_token_differs",
            text!(
                "The plugin's gateway_bearer_token is not OPENCLAW_GATEWAY_TOKEN of .env.",
                "插件的 gateway_bearer_token 与 .env 的 OPENCLAW_GATEWAY_TOKEN 不同。"
            ),
        )
    };
    let port = facts.port;
    let right = [
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
    ];
    let shown = settings.url.as_deref().unwrap_or_default();
    let url = if right.iter().any(|url| url == shown.trim_end_matches('/')) {
        Check::ok("plugin-url", text!("{shown}", "{shown}"))
    } else {
        let url = &right[0];
        Check::note(
            "plugin-url",
            "plugin_url_differs",
            text!(
                "The plugin's gateway_primary_url is `{shown}`; this sidecar is {url}.",
                "插件的 gateway_primary_url 是 `{shown}`；本边车是 {url}。"
            ),
            text!(
                "The plugin talks to another gateway, or reaches this one by another name.",
                "插件连接的是另一个网关，或用别的名字访问本网关。"
            ),
            text!(
                "Set gateway_primary_url to {url} if AstrBot runs on this machine outside a container.",
                "如果 AstrBot 在本机且不在容器中运行，请把 gateway_primary_url 设为 {url}。"
            ),
        )
    };
    vec![token, url]
}
