//! The engine and the gateway's container.

use openclaw_core::fault::FaultCode;

use crate::doctor::check::Check;
use crate::doctor::facts::{Facts, size};
use crate::dotenv::is_pinned_version;
use crate::engine::{self, Container, Presence};
use crate::layout::IMAGE;
use crate::text::{Text, text};

/// Less than this and a cold start is killed, bytes.
const LEAST_LIMIT: u64 = 1200 << 20;

/// Docker or Podman is there with a Compose, and answers.
pub fn engine(facts: &Facts) -> Vec<Check> {
    let problem = match &facts.engine {
        Presence::Running { flavour, version } => {
            let name = flavour.name();
            let engine = flavour.engine();
            return vec![Check::ok(
                "engine",
                text!(
                    "{engine} {version}, with {name}",
                    "{engine} {version}，使用 {name}"
                ),
            )];
        }
        Presence::NoEngine => "engine_missing",
        Presence::NoCompose { .. } => "compose_missing",
        Presence::NotRunning { .. } => "engine_not_running",
    };
    vec![Check::failed(
        "engine",
        FaultCode::NetworkOrUnreachable,
        problem,
        &engine::missing(&facts.engine),
    )]
}

/// The container's state, health, restarts, kills, limit and image.
pub fn container(facts: &Facts) -> Vec<Check> {
    if !matches!(facts.engine, Presence::Running { .. }) {
        return vec![Check::skipped(
            "container",
            text!("there is no engine to ask", "没有可询问的容器引擎"),
        )];
    }
    let container = match &facts.container {
        Err(problem) => {
            return vec![Check::failed(
                "container",
                FaultCode::NetworkOrUnreachable,
                "engine_silent",
                problem,
            )];
        }
        Ok(None) if facts.listener.is_some() => {
            return vec![Check::skipped(
                "container",
                text!(
                    "there is none; something without a container listens on the port",
                    "没有容器；端口由容器之外的程序监听"
                ),
            )];
        }
        Ok(None) => {
            return vec![
                Check::wrong(
                    "container",
                    FaultCode::NetworkOrUnreachable,
                    "container_missing",
                    text!(
                        "There is no container of this root.",
                        "这个根目录还没有容器。"
                    ),
                )
                .because(
                    text!(
                        "It was never started, or taken down.",
                        "它从未启动，或已被移除。"
                    ),
                    text!(
                        "Run `host-shim sidecar up`.",
                        "请运行 `host-shim sidecar up`。"
                    ),
                ),
            ];
        }
        Ok(Some(container)) => container,
    };
    let mut checks = vec![
        state(facts, container),
        memory_kills(facts, container),
        limit(container),
    ];
    checks.push(restarts(facts, container));
    checks.extend(image(facts, container));
    checks
}

fn with_log(detail: Text, facts: &Facts) -> Text {
    if facts.log_tail.is_empty() {
        return detail;
    }
    let log = engine::last_lines(&facts.log_tail, 5);
    Text::new(
        format!("{} Its log ends:\n{log}", detail.en),
        format!("{}日志末尾：\n{log}", detail.zh),
    )
}

fn state(facts: &Facts, container: &Container) -> Check {
    let Container {
        status,
        health,
        exit_code,
        ..
    } = container;
    let since = &container.started_at;
    match (status.as_str(), health.as_str()) {
        ("running", "healthy") => Check::ok("container", text!("running and healthy since {since}", "运行正常，启动于 {since}")),
        ("running", "") => Check::note(
            "container",
            "no_health_check",
            text!("running since {since}, without a health check", "运行中，启动于 {since}，没有健康检查"),
            text!("The compose file has none.", "compose 文件中没有配置。"),
            text!("Take the template's healthcheck back.", "请恢复模板中的 healthcheck。"),
        ),
        ("running", "starting") => Check::wrong("container", FaultCode::NetworkOrUnreachable, "container_starting", with_log(text!("The gateway is still starting, since {since}.", "网关仍在启动，开始于 {since}。"), facts)).because(
            text!("A cold start takes about 50 s, on a small machine longer.", "冷启动约需 50 秒，小机器更久。"),
            text!("Wait up to five minutes and look again.", "请最多等待五分钟后再检查。"),
        ),
        ("running", _) => {
            let answer = &container.health_output;
            Check::wrong("container", FaultCode::NetworkOrUnreachable, "container_unhealthy", with_log(text!("The container runs and its health check fails {answer}", "容器在运行，但健康检查失败 {answer}"), facts)).because(
                text!("The gateway does not answer, or the endpoint is off.", "网关没有应答，或端点未启用。"),
                text!("Look at the checks of the config, then at `host-shim sidecar logs`; restart it.", "请先看配置检查，再看 `host-shim sidecar logs`；然后重启。"),
            )
        }
        (status, _) => Check::wrong("container", FaultCode::NetworkOrUnreachable, "container_not_running", with_log(text!("The container is {status}, its last exit status {exit_code}.", "容器状态为 {status}，上次退出码 {exit_code}。"), facts)).because(
            text!("The gateway ended or was stopped.", "网关已退出或被停止。"),
            text!("Look at its log (host-shim sidecar logs), mend what it names, then `host-shim sidecar up`.", "请查看日志（host-shim sidecar logs），修复其中的问题，再运行 `host-shim sidecar up`。"),
        ),
    }
}

fn memory_kills(facts: &Facts, container: &Container) -> Check {
    if !container.oom_killed && facts.oom_kills == 0 {
        return Check::ok(
            "container-memory-kill",
            text!("not killed for memory", "没有因内存被杀"),
        );
    }
    let limit = size(container.memory_limit);
    let kills = facts.oom_kills.max(1);
    Check::wrong(
        "container-memory-kill",
        FaultCode::StreamInterrupted,
        "oom_killed",
        Text::new(
            format!("The kernel killed the gateway for memory ({kills} in the last day); its limit is {}.", limit.en),
            format!("网关因内存不足被内核杀死（一天内 {kills} 次）；它的上限是 {}。", limit.zh),
        ),
    )
    .because(
        text!("It needs 1.1 to 1.3 GiB in a cold start, and more for large attachments.", "冷启动需要 1.1 到 1.3 GiB，处理大附件时更多。"),
        text!("Raise OPENCLAW_MEMORY_LIMIT in .env (for example 2g) and run `host-shim sidecar up`; free memory on the machine.", "请在 .env 中调大 OPENCLAW_MEMORY_LIMIT（例如 2g）并运行 `host-shim sidecar up`；同时释放本机内存。"),
    )
}

fn limit(container: &Container) -> Check {
    let bytes = container.memory_limit;
    let shown = size(bytes);
    if bytes == 0 {
        return Check::note(
            "container-memory-limit",
            "no_memory_limit",
            text!("The container has no memory limit.", "容器没有内存上限。"),
            text!(
                "A gateway that grows takes AstrBot's memory too.",
                "网关占用增长时会挤占 AstrBot 的内存。"
            ),
            text!(
                "Set mem_limit in the compose file, as the template has it.",
                "请像模板那样在 compose 文件中设置 mem_limit。"
            ),
        );
    }
    if bytes < LEAST_LIMIT {
        return Check::wrong(
            "container-memory-limit",
            FaultCode::NetworkOrUnreachable,
            "memory_limit_too_small",
            Text::new(
                format!("The container's limit is {}.", shown.en),
                format!("容器的内存上限是 {}。", shown.zh),
            ),
        )
        .because(
            text!(
                "A cold start needs 1.1 to 1.3 GiB and is killed under it.",
                "冷启动需要 1.1 到 1.3 GiB，低于它会被杀死。"
            ),
            text!(
                "Set OPENCLAW_MEMORY_LIMIT=1536m in .env and run `host-shim sidecar up`.",
                "请在 .env 中设置 OPENCLAW_MEMORY_LIMIT=1536m 并运行 `host-shim sidecar up`。"
            ),
        );
    }
    Check::ok("container-memory-limit", shown)
}

fn restarts(facts: &Facts, container: &Container) -> Check {
    let count = container.restarts;
    if count < 3 {
        return Check::ok("container-restarts", text!("{count}", "{count} 次"));
    }
    Check::wrong(
        "container-restarts",
        FaultCode::StreamInterrupted,
        "restart_loop",
        with_log(
            text!(
                "The engine has restarted it {count} times.",
                "引擎已重启它 {count} 次。"
            ),
            facts,
        ),
    )
    .because(
        text!("The gateway ends again and again.", "网关反复退出。"),
        text!(
            "Look at its log (host-shim sidecar logs) and at the checks above.",
            "请查看日志（host-shim sidecar logs）和上面的检查。"
        ),
    )
}

fn image(facts: &Facts, container: &Container) -> Option<Check> {
    let version = facts
        .version()
        .filter(|version| is_pinned_version(version))?;
    let named = facts
        .service
        .as_ref()
        .and_then(|service| service.image.clone());
    let wanted = named.unwrap_or_else(|| format!("{IMAGE}:{version}"));
    let image = &container.image;
    Some(if *image == wanted {
        Check::ok(
            "container-version",
            text!("{version}, as pinned", "{version}，与固定的一致"),
        )
    } else {
        Check::wrong(
            "container-version",
            FaultCode::ConfigInvalid,
            "version_not_running",
            text!(
                "The container runs {image}, .env pins {version}.",
                "容器运行的是 {image}，而 .env 固定的是 {version}。"
            ),
        )
        .because(
            text!(
                ".env was changed and the container was not made anew.",
                ".env 改过，但容器没有重建。"
            ),
            text!(
                "Run `host-shim sidecar upgrade {version}`, which can go back by itself.",
                "请运行 `host-shim sidecar upgrade {version}`，它失败时会自动回退。"
            ),
        )
    })
}
