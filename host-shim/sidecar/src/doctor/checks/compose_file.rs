//! The compose file: what it publishes, and whether the gateway listens where that leads.

use openclaw_core::fault::FaultCode;
use serde_json::Value;

use crate::compose_file::{Network, Reach, Service};
use crate::doctor::check::Check;
use crate::doctor::facts::{Content, Facts};
use crate::doctor::fixes::Fix;
use crate::dotenv::{STOP_GRACE, release};
use crate::gateway_config::GatewayConfig;
use crate::layout::{COMPOSE, SERVICE};
use crate::release::{seconds, stop_grace as stop_grace_of};
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
        Content::Bad(error) => return vec![not_read(error, facts.compose_verdict.as_ref())],
        Content::Good(value) => value,
    };
    let Some(service) = &facts.service else {
        return vec![no_service(value)];
    };
    let mut checks = vec![Check::ok("compose-file", text!("parses", "格式正确"))];
    // The .env's own checks report what is wrong with it, once.
    let told = facts.env.good().is_none_or(|env| env.port().is_err());
    if !service.unread.is_empty() && !told {
        checks.push(partly_read(service));
    }
    checks.push(bind(service, facts));
    if !told {
        checks.push(publish(service, facts));
    }
    checks.extend(labels(service, facts));
    checks.extend(stop_grace(service, facts));
    checks
}

/// A file that cannot be read here: Compose's own word on it counts.
fn not_read(error: &str, verdict: Option<&Result<(), String>>) -> Check {
    let cause = match verdict {
        Some(Ok(())) => {
            return Check::note(
                "compose-file",
                "compose_not_understood",
                text!("{COMPOSE}: {error}", "{COMPOSE}：{error}"),
                text!(
                    "Compose takes it, and the checks of what it says are left out.",
                    "Compose 可以使用它，但无法检查其中的内容。"
                ),
                text!(
                    "Nothing has to be done; a simpler form would be checked.",
                    "无需处理；写成更简单的形式即可检查。"
                ),
            );
        }
        Some(Err(words)) => text!("Compose refuses it: {words}", "Compose 拒绝使用它：{words}"),
        None => text!(
            "It is no YAML: Compose will not start anything with it.",
            "它不是合法的 YAML，Compose 无法使用它。"
        ),
    };
    Check::wrong(
        "compose-file",
        FaultCode::NetworkOrUnreachable,
        "compose_not_yaml",
        text!("{COMPOSE}: {error}", "{COMPOSE}：{error}"),
    )
    .because(
        cause,
        text!(
            "Correct the place that the message names (often the indentation).",
            "请更正消息所指的位置（常见的是缩进）。"
        ),
    )
}

fn no_service(file: &Value) -> Check {
    if file.get("include").is_some() {
        return Check::note(
            "compose-file",
            "service_elsewhere",
            text!(
                "{COMPOSE} has no service {SERVICE} itself.",
                "{COMPOSE} 本身没有服务 {SERVICE}。"
            ),
            text!(
                "It includes other files, which are not read here.",
                "它引用了其他文件，此处不读取。"
            ),
            text!(
                "Name the gateway's service {SERVICE} there.",
                "请在那些文件中把网关的服务命名为 {SERVICE}。"
            ),
        );
    }
    Check::wrong("compose-file", FaultCode::NetworkOrUnreachable, "service_missing", text!("{COMPOSE} has no service {SERVICE}.", "{COMPOSE} 中没有服务 {SERVICE}。")).because(
        text!("It was renamed or removed, and no other service is clearly the gateway.", "它被改名或删除了，且无法确定哪个服务是网关。"),
        text!("Name it {SERVICE} again, or take the template back: host-shim sidecar init --force (keeps a backup).", "请改回 {SERVICE}，或恢复模板：host-shim sidecar init --force（会保留备份）。"),
    )
}

fn partly_read(service: &Service) -> Check {
    let names = service.unread.join("; ");
    Check::note(
        "compose-parts",
        "compose_partly_read",
        text!(
            "Not understood in {COMPOSE}: {names}.",
            "{COMPOSE} 中无法理解的部分：{names}。"
        ),
        text!(
            "A variable has no value, or a file or form is not known here; Compose decides about it.",
            "变量没有值，或文件、写法在此处未知；由 Compose 决定。"
        ),
        text!(
            "Look at what `docker compose config` prints for it.",
            "请查看 `docker compose config` 对它的输出。"
        ),
    )
}

/// Where SELinux is enforced a container reads only what is labelled for it.
fn labels(service: &Service, facts: &Facts) -> Option<Check> {
    let bare: Vec<&str> = service
        .mounts
        .iter()
        .filter(|mount| !mount.labelled)
        .map(|mount| mount.source.as_str())
        .collect();
    if facts.selinux != Some(true) || service.unconfined {
        return None;
    }
    if bare.is_empty() {
        return Some(Check::ok(
            "selinux",
            text!(
                "enforced, and the mounts have :z",
                "已启用强制模式，挂载带有 :z"
            ),
        ));
    }
    let names = bare.join(", ");
    Some(Check::note(
        "selinux",
        "mount_without_label",
        text!(
            "SELinux is enforced, and these are mounted without :z: {names}.",
            "SELinux 处于强制模式，而这些挂载没有 :z：{names}。"
        ),
        text!(
            "The container may not read or write what is not labelled for it: it ends with EACCES, whoever owns the files.",
            "容器不能读写没有相应标签的文件：无论属主是谁，都会以 EACCES 退出。"
        ),
        text!(
            "Write :z after each mount (:ro,z where it is read-only), as the template has it, and run `host-shim sidecar restart`.",
            "请像模板那样在每个挂载后加 :z（只读的写 :ro,z），然后运行 `host-shim sidecar restart`。"
        ),
    ))
}

/// The gateway gets the time that its version takes to end the turns that run.
fn stop_grace(service: &Service, facts: &Facts) -> Option<Check> {
    let version = facts
        .version()
        .filter(|version| release(version).is_some())?;
    let needed = stop_grace_of(version);
    let written = service.stop_grace.as_deref().unwrap_or("10s");
    if seconds(written)? >= seconds(needed)? {
        return None;
    }
    let fixes = match &facts.compose {
        Content::Good(file) if file.to_string().contains(STOP_GRACE) => vec![Fix::StopGrace],
        _ => Vec::new(),
    };
    Some(
        Check::note(
            "stop-grace",
            "stop_grace_short",
            text!(
                "The gateway is killed {written} after it is told to stop; {version} may take up to {needed}.",
                "停止网关 {written} 后会强制结束它；{version} 最多需要 {needed}。"
            ),
            text!(
                "It waits for the turns that run. One that is killed meanwhile runs the cut-off turn again after its next start, beside other turns.",
                "它会等待正在运行的任务结束。如果被强制结束，下次启动后会重新执行被中断的任务，与其他任务同时运行。"
            ),
            text!(
                "Set {STOP_GRACE}={needed} in .env and stop_grace_period: ${{{STOP_GRACE}:-330s}} in the compose file, then `host-shim sidecar restart`.",
                "请在 .env 中设置 {STOP_GRACE}={needed}，在 compose 文件中写 stop_grace_period: ${{{STOP_GRACE}:-330s}}，然后运行 `host-shim sidecar restart`。"
            ),
        )
        .fixed_by(fixes),
    )
}

/// Where a gateway listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listens {
    /// On its own loopback only.
    Loopback,
    /// On other addresses too.
    Beyond,
    /// That depends on what is not known here.
    Unknown,
}

/// The address that the gateway is told to listen on: by the command, or else the config; `None` for
/// its default.
fn told<'a>(service: Option<&'a Service>, config: Option<&'a GatewayConfig>) -> Option<&'a str> {
    let by_command = service.and_then(|service| service.command.option("--bind"));
    by_command.or_else(|| config?.text("/gateway/bind"))
}

fn listens(service: Option<&Service>, facts: &Facts) -> Listens {
    let config = facts.config.good();
    let in_container = service.is_some();
    let known = config.is_none_or(|config| config.unread.is_empty());
    match told(service, config) {
        Some("loopback") => Listens::Loopback,
        Some("lan") => Listens::Beyond,
        Some("custom") => {
            let host = config.and_then(|config| config.text("/gateway/customBindHost"));
            match host.map(str::trim).map(str::parse::<std::net::Ipv4Addr>) {
                Some(Ok(host)) if host.is_loopback() => Listens::Loopback,
                _ => Listens::Beyond,
            }
        }
        None if !known => Listens::Unknown,
        // The default, and what is automatic: newer versions see that they are in a container.
        None | Some("auto") => match facts.version().and_then(release) {
            _ if !in_container => Listens::Loopback,
            Some(version) if version < (2026, 3, 0) => Listens::Loopback,
            Some(version) if version >= (2026, 9, 0) => Listens::Beyond,
            _ => Listens::Unknown,
        },
        Some(_) => Listens::Unknown,
    }
}

fn bind(service: &Service, facts: &Facts) -> Check {
    let config = facts.config.good();
    let inside = told(Some(service), config).unwrap_or("default");
    let listens_inside = listens(Some(service), facts);
    if listens_inside == Listens::Loopback && service.network == Network::Own {
        return Check::wrong("bind", FaultCode::NetworkOrUnreachable, "container_binds_loopback", text!("In its container the gateway would listen on the container's loopback.", "网关在容器内只会监听容器自己的回环地址。")).because(
            text!("A published port leads to the container's network, not to its loopback: nobody reaches it.", "发布的端口通向容器的网络而不是它的回环地址，因此无法访问。"),
            text!("Keep `--bind lan` in the service's command; the port is published on 127.0.0.1 only.", "请在服务的 command 中保留 `--bind lan`；端口只发布在 127.0.0.1。"),
        );
    }
    let by_hand = facts.in_container().is_none() && facts.listener.is_some();
    let outside = told(None, config).unwrap_or("loopback");
    if by_hand && listens(None, facts) == Listens::Beyond {
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
        return Check::ok(
            "bind",
            text!(
                "{outside}, without a container",
                "{outside}，不在容器中运行"
            ),
        );
    }
    if listens_inside == Listens::Unknown {
        return Check::note(
            "bind",
            "bind_not_known",
            text!(
                "Where the gateway listens in its container is not clear: {inside}.",
                "无法确定网关在容器内的监听地址：{inside}。"
            ),
            text!(
                "It depends on the gateway's version, a variable or an included file.",
                "它取决于网关版本、变量或被引用的文件。"
            ),
            text!(
                "Write `--bind lan` into the service's command to be sure.",
                "要确定的话，请在服务的 command 中写 `--bind lan`。"
            ),
        );
    }
    Check::ok(
        "bind",
        text!("{inside}, in the container", "{inside}，在容器中运行"),
    )
}

fn publish(service: &Service, facts: &Facts) -> Check {
    let reached = |reach: Reach| {
        let ports = service.ports.iter().filter(move |port| port.reach == reach);
        ports.map(|port| port.shown.as_str()).collect::<Vec<_>>()
    };
    let mut open = reached(Reach::Beyond);
    if service.network == Network::Host && listens(Some(service), facts) != Listens::Loopback {
        open = vec!["network_mode: host"];
    }
    if !open.is_empty() {
        let shown = open.join(", ");
        return Check::wrong("publish", FaultCode::ConfigInvalid, "published_beyond_loopback", text!("Published beyond this machine's loopback: {shown}.", "发布范围超出本机回环地址：{shown}。")).because(
            text!("Other machines can reach the gateway; Docker's published ports pass by the firewall's usual rules.", "其他机器可以访问网关；Docker 发布的端口会绕过常规的防火墙规则。"),
            text!("Put 127.0.0.1: before the port.", "请在端口前加上 127.0.0.1:。"),
        );
    }
    let unclear = reached(Reach::Unknown);
    let of_ports = |unread: &&String| unread.contains("ports");
    if !unclear.is_empty() || service.unread.iter().any(|unread| of_ports(&unread)) {
        let shown = unclear.join(", ");
        return Check::note(
            "publish",
            "publish_not_known",
            text!(
                "Who reaches the published ports is not clear. {shown}",
                "无法确定谁能访问发布的端口。{shown}"
            ),
            text!(
                "A port has a form or a variable that is not known here.",
                "端口的写法或变量在此处未知。"
            ),
            text!(
                "Look at what `docker compose config` prints for ports; 127.0.0.1: must be before each.",
                "请查看 `docker compose config` 输出的 ports；每个端口前都应有 127.0.0.1:。"
            ),
        );
    }
    if let (Network::Other(network), true) = (&service.network, service.ports.is_empty()) {
        return Check::note(
            "publish",
            "reached_over_another_network",
            text!(
                "The gateway is in the network of {network}, and no port is published here.",
                "网关位于 {network} 的网络中，本机没有发布端口。"
            ),
            text!(
                "Only what is in that network reaches it, and it is not probed from here.",
                "只有该网络中的程序能访问它，也无法从本机探测。"
            ),
            text!(
                "That is right if AstrBot is in that network; otherwise publish a port.",
                "如果 AstrBot 在该网络中则没有问题；否则请发布端口。"
            ),
        );
    }
    if service.ports.is_empty() && service.network == Network::Own {
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
    Check::ok(
        "publish",
        text!("on this machine's loopback only", "只发布在本机回环地址"),
    )
}
