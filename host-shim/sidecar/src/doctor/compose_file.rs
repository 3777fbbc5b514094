//! The compose file: what it publishes, and whether the gateway listens where that leads.

use openclaw_plugin::fault::FaultCode;
use serde_json::Value;

use super::check::Check;
use super::facts::{Content, Facts};
use crate::layout::{COMPOSE, SERVICE};
use crate::text::text;

/// The compose file parses, binds and publishes as it must.
pub fn compose_file(facts: &Facts) -> Vec<Check> {
    let value = match &facts.compose {
        Content::Missing => {
            return vec![Check::skipped(
                "compose-file",
                text!("there is no {COMPOSE}", "没有 {COMPOSE}"),
            )];
        }
        Content::Unreadable(error) => {
            return vec![Check::unreadable("compose-file", COMPOSE, error)];
        }
        Content::Bad(error) => {
            return vec![
                Check::wrong(
                    "compose-file",
                    FaultCode::NetworkOrUnreachable,
                    "compose_not_yaml",
                    text!("{COMPOSE}: {error}", "{COMPOSE}：{error}"),
                )
                .because(
                    text!(
                        "It is no YAML: Compose will not start anything with it.",
                        "它不是合法的 YAML，Compose 无法使用它。"
                    ),
                    text!(
                        "Correct the place that the message names (often the indentation).",
                        "请更正消息所指的位置（常见的是缩进）。"
                    ),
                ),
            ];
        }
        Content::Good(value) => value,
    };
    let Some(service) = value.pointer(&format!("/services/{SERVICE}")) else {
        return vec![Check::wrong("compose-file", FaultCode::NetworkOrUnreachable, "service_missing", text!("{COMPOSE} has no service {SERVICE}.", "{COMPOSE} 中没有服务 {SERVICE}。")).because(
            text!("It was renamed or removed.", "它被改名或删除了。"),
            text!("Name it {SERVICE} again, or take the template back: host-shim sidecar init --force (keeps a backup).", "请改回 {SERVICE}，或恢复模板：host-shim sidecar init --force（会保留备份）。"),
        )];
    };
    vec![
        Check::ok("compose-file", text!("parses", "格式正确")),
        bind(service, facts),
        publish(service),
    ]
}

/// The address that the gateway listens on: the command's, or else the config's, or else its own
/// default.
pub fn effective_bind<'a>(service: Option<&'a Value>, config: Option<&'a Value>) -> &'a str {
    let by_command = service
        .and_then(|service| service.get("command"))
        .and_then(Value::as_array)
        .and_then(|words| {
            let at = words.iter().position(|word| word == "--bind")?;
            words.get(at + 1)?.as_str()
        });
    let by_config = || {
        config
            .and_then(|config| config.pointer("/gateway/bind"))
            .and_then(Value::as_str)
    };
    by_command.or_else(by_config).unwrap_or("loopback")
}

fn bind(service: &Value, facts: &Facts) -> Check {
    let config = facts.config.good();
    let inside = effective_bind(Some(service), config);
    if inside == "loopback" {
        return Check::wrong("bind", FaultCode::NetworkOrUnreachable, "container_binds_loopback", text!("In its container the gateway would listen on the container's loopback.", "网关在容器内只会监听容器自己的回环地址。")).because(
            text!("A published port leads to the container's network, not to its loopback: nobody reaches it.", "发布的端口通向容器的网络而不是它的回环地址，因此无法访问。"),
            text!("Keep `--bind lan` in the service's command; the port is published on 127.0.0.1 only.", "请在服务的 command 中保留 `--bind lan`；端口只发布在 127.0.0.1。"),
        );
    }
    let by_hand = facts.in_container().is_none() && facts.listener.is_some();
    let outside = effective_bind(None, config);
    if by_hand && outside != "loopback" {
        return Check::wrong(
            "bind",
            FaultCode::ConfigInvalid,
            "host_binds_beyond_loopback",
            text!(
                "The gateway runs without a container, and gateway.bind is `{outside}`.",
                "网关不在容器中运行，而 gateway.bind 是 `{outside}`。"
            ),
        )
        .because(
            text!("Other machines can reach it.", "其他机器可以访问它。"),
            text!(
                "Set gateway.bind to \"loopback\" and restart it.",
                "请把 gateway.bind 设为 \"loopback\" 并重启。"
            ),
        );
    }
    if by_hand {
        Check::ok(
            "bind",
            text!(
                "{outside}, without a container",
                "{outside}，不在容器中运行"
            ),
        )
    } else {
        Check::ok(
            "bind",
            text!("{inside}, in the container", "{inside}，在容器中运行"),
        )
    }
}

fn publish(service: &Value) -> Check {
    let none = Vec::new();
    let ports = service
        .get("ports")
        .and_then(Value::as_array)
        .unwrap_or(&none);
    let host_network = service.get("network_mode").and_then(Value::as_str) == Some("host");
    let open: Vec<String> = ports
        .iter()
        .filter(|port| !on_loopback(port))
        .map(compact)
        .collect();
    if ports.is_empty() && !host_network {
        return Check::wrong(
            "publish",
            FaultCode::NetworkOrUnreachable,
            "port_not_published",
            text!("{COMPOSE} publishes no port.", "{COMPOSE} 没有发布端口。"),
        )
        .because(
            text!(
                "The gateway cannot be reached from the host.",
                "宿主机无法访问网关。"
            ),
            text!(
                "Write ports: [\"127.0.0.1:${{OPENCLAW_HOST_PORT:-18789}}:18789\"].",
                "请写上 ports: [\"127.0.0.1:${{OPENCLAW_HOST_PORT:-18789}}:18789\"]。"
            ),
        );
    }
    if host_network || !open.is_empty() {
        let shown = if host_network {
            "network_mode: host".to_owned()
        } else {
            open.join(", ")
        };
        return Check::wrong("publish", FaultCode::ConfigInvalid, "published_beyond_loopback", text!("Published beyond this machine's loopback: {shown}.", "发布范围超出本机回环地址：{shown}。")).because(
            text!("Other machines can reach the gateway; Docker's published ports pass by the firewall's usual rules.", "其他机器可以访问网关；Docker 发布的端口会绕过常规的防火墙规则。"),
            text!("Put 127.0.0.1: before the port.", "请在端口前加上 127.0.0.1:。"),
        );
    }
    Check::ok(
        "publish",
        text!("on this machine's loopback only", "只发布在本机回环地址"),
    )
}

/// Whether a published port, in the short or the long form, is on the loopback only.
fn on_loopback(port: &Value) -> bool {
    match port {
        Value::String(short) => short.starts_with("127.0.0.1:") || short.starts_with("[::1]:"),
        Value::Object(long) => long
            .get("host_ip")
            .and_then(Value::as_str)
            .is_some_and(|ip| ip == "127.0.0.1" || ip == "::1"),
        _ => false,
    }
}

fn compact(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
