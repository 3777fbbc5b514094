//! The gateway's config and the plugin's settings.

use openclaw_core::fault::FaultCode;
use serde_json::Value;

use crate::doctor::check::Check;
use crate::doctor::facts::{Content, Facts};
use crate::dotenv;
use crate::gateway_config::{Auth, GatewayConfig};
use crate::layout::CONFIG;
use crate::text::text;

/// The gateway's config: parses, and says what the plugin needs.
pub fn config(facts: &Facts) -> Vec<Check> {
    let config = match &facts.config {
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
        Content::Good(config) => config,
    };
    let mut checks = vec![Check::ok("config", text!("parses", "格式正确"))];
    if !config.unread.is_empty() {
        checks.push(partly_read(config));
    }
    checks.extend([mode(config, facts), auth(config, facts), endpoint(config)]);
    checks
}

fn partly_read(config: &GatewayConfig) -> Check {
    let names = config.unread.join("; ");
    Check::note(
        "config-includes",
        "config_partly_read",
        text!(
            "Not read: what {CONFIG} includes ({names}).",
            "没有读取 {CONFIG} 引用的文件（{names}）。"
        ),
        text!(
            "The file is not there, is no JSON5, or is not mounted into the container.",
            "文件不存在、不是 JSON5，或没有挂载到容器中。"
        ),
        text!(
            "Mount the file beside the config in the compose file, or write its content into {CONFIG}.",
            "请在 compose 文件中把它挂载到配置旁边，或直接写入 {CONFIG}。"
        ),
    )
}

/// A check of a value that may be in a file that cannot be read here.
fn or_unknown(name: &'static str, config: &GatewayConfig, place: &str, wrong: Check) -> Check {
    let unclear = |value: &Value| value.as_str().is_some_and(|text| text.contains("${"));
    match config.get(place) {
        None if !config.unread.is_empty() => {}
        Some(value) if unclear(value) => {}
        _ => return wrong,
    }
    Check::skipped(
        name,
        text!(
            "it depends on a file or variable that is not known here",
            "它取决于此处未知的文件或变量"
        ),
    )
}

fn mode(config: &GatewayConfig, facts: &Facts) -> Check {
    const PLACE: &str = "/gateway/mode";
    let command = facts.service.as_ref().map(|service| &service.command);
    match config.text(PLACE) {
        Some("local") => Check::ok("config-mode", text!("local", "local")),
        _ if command.is_some_and(|command| command.has("--allow-unconfigured")) => Check::ok(
            "config-mode",
            text!(
                "not needed: --allow-unconfigured",
                "不需要：--allow-unconfigured"
            ),
        ),
        other => {
            let other = other.unwrap_or("not set");
            let wrong = Check::wrong(
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
            );
            or_unknown("config-mode", config, PLACE, wrong)
        }
    }
}

fn auth(config: &GatewayConfig, facts: &Facts) -> Check {
    let Some(env) = facts.env.good() else {
        return Check::skipped(
            "config-auth",
            text!("there is no readable .env", "没有可读的 .env"),
        );
    };
    let written = |key: &str| {
        let value = config.text(&format!("/gateway/auth/{key}"))?;
        (!value.is_empty() && !value.contains("${")).then_some(value)
    };
    let own = env.token();
    match config.auth(env, facts.service.as_ref()) {
        Auth::Other(mode) => {
            let wrong = Check::wrong(
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
            );
            or_unknown("config-auth", config, "/gateway/auth/mode", wrong)
        }
        Auth::Bearer(Some(token)) if token != own.expose() => Check::wrong(
            "config-auth",
            FaultCode::AuthFailed,
            "token_in_config",
            text!(
                "The gateway takes another token than OPENCLAW_GATEWAY_TOKEN of .env.",
                "网关使用的令牌不是 .env 的 OPENCLAW_GATEWAY_TOKEN。"
            ),
        )
        .because(
            text!(
                "gateway.auth in {CONFIG}, or the service in the compose file, has one that takes the place of .env's.",
                "{CONFIG} 的 gateway.auth 或 compose 文件中的服务设置了令牌，取代了 .env 的令牌。"
            ),
            text!(
                "Remove it there; the token belongs into .env only.",
                "请在那里删除它；令牌只应写在 .env 中。"
            ),
        ),
        Auth::Bearer(_) if written("token").or_else(|| written("password")) == Some(own.expose()) => {
            Check::note(
                "config-auth",
                "token_also_in_config",
                text!(
                    "{CONFIG} has the token of .env in clear.",
                    "{CONFIG} 中写有 .env 令牌的明文。"
                ),
                text!(
                    "The config is readable for more users, and a new token has to be written twice.",
                    "配置文件对更多用户可读，更换令牌时也要改两处。"
                ),
                text!(
                    "Remove it from gateway.auth; the gateway takes .env's.",
                    "请从 gateway.auth 中删除；网关会使用 .env 的令牌。"
                ),
            )
        }
        Auth::Bearer(_) => Check::ok(
            "config-auth",
            text!("by the token of .env", "使用 .env 的令牌"),
        ),
    }
}

fn endpoint(config: &GatewayConfig) -> Check {
    const PLACE: &str = "/gateway/http/endpoints/responses/enabled";
    if config.get(PLACE) == Some(&Value::Bool(true)) {
        return Check::ok(
            "config-endpoint",
            text!("POST /v1/responses is on", "POST /v1/responses 已启用"),
        );
    }
    let wrong = Check::wrong(
        "config-endpoint",
        FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        "endpoint_off",
        text!(
            "gateway.http.endpoints.responses.enabled is not true.",
            "gateway.http.endpoints.responses.enabled 不是 true。"
        ),
    );
    or_unknown("config-endpoint", config, PLACE, wrong)
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
