//! The engine, the container, the port and the probes.

use openclaw_core::fault::FaultCode::{self, *};

use super::{messages, phrases};
use crate::doctor::Id::{self, *};

messages! {
    engine_ok(engine, version, compose): ok Engine,
        "{engine} {version}, with {compose}" | "{engine} {version}，使用 {compose}";
    container_no_engine(): skipped Container, "there is no engine to ask" | "没有可询问的容器引擎";
    container_by_hand(): skipped Container,
        "there is none; something without a container listens on the port" | "没有容器；端口由容器之外的程序监听";
    container_missing(): wrong Container NetworkOrUnreachable,
        "There is no container of this root." | "这个根目录还没有容器。",
        "It was never started, or taken down." | "它从未启动，或已被移除。",
        "Run `host-shim sidecar up`." | "请运行 `host-shim sidecar up`。";
    container_ok(since): ok Container, "running and healthy since {since}" | "运行正常，启动于 {since}";
    no_health_check(since): note Container,
        "running since {since}, without a health check" | "运行中，启动于 {since}，没有健康检查",
        "The compose file has none." | "compose 文件中没有配置。",
        "Take the template's healthcheck back." | "请恢复模板中的 healthcheck。";
    container_starting(since, log): wrong Container NetworkOrUnreachable,
        "The gateway is still starting, since {since}.{log}" | "网关仍在启动，开始于 {since}。{log}",
        "A cold start takes about 50 s, on a small machine longer." | "冷启动约需 50 秒，小机器更久。",
        "Wait up to five minutes and look again." | "请最多等待五分钟后再检查。";
    container_unhealthy(answer, log): wrong Container NetworkOrUnreachable,
        "The container runs and its health check fails {answer}{log}" | "容器在运行，但健康检查失败 {answer}{log}",
        "The gateway does not answer, or the endpoint is off." | "网关没有应答，或端点未启用。",
        "Look at the checks of the config, then at `host-shim sidecar logs`; restart it."
            | "请先看配置检查，再看 `host-shim sidecar logs`；然后重启。";
    container_not_running(status, exit_code, log): wrong Container NetworkOrUnreachable,
        "The container is {status}, its last exit status {exit_code}.{log}" | "容器状态为 {status}，上次退出码 {exit_code}。{log}",
        "The gateway ended or was stopped." | "网关已退出或被停止。",
        "Look at its log (host-shim sidecar logs), mend what it names, then `host-shim sidecar up`."
            | "请查看日志（host-shim sidecar logs），修复其中的问题，再运行 `host-shim sidecar up`。";
    container_memory_kill_ok(): ok ContainerMemoryKill, "not killed for memory" | "没有因内存被杀";
    oom_killed(kills, limit): wrong ContainerMemoryKill StreamInterrupted,
        "The kernel killed the gateway for memory ({kills} in the last day); its limit is {limit}."
            | "网关因内存不足被内核杀死（一天内 {kills} 次）；它的上限是 {limit}。",
        "It needs 1.1 to 1.3 GiB in a cold start, and more for large attachments." | "冷启动需要 1.1 到 1.3 GiB，处理大附件时更多。",
        "Raise OPENCLAW_MEMORY_LIMIT in .env (for example 2g) and run `host-shim sidecar up`; free memory on the machine."
            | "请在 .env 中调大 OPENCLAW_MEMORY_LIMIT（例如 2g）并运行 `host-shim sidecar up`；同时释放本机内存。";
    container_memory_limit_ok(limit): ok ContainerMemoryLimit, "{limit}" | "{limit}";
    no_memory_limit(): note ContainerMemoryLimit,
        "The container has no memory limit." | "容器没有内存上限。",
        "A gateway that grows takes AstrBot's memory too." | "网关占用增长时会挤占 AstrBot 的内存。",
        "Set mem_limit in the compose file, as the template has it." | "请像模板那样在 compose 文件中设置 mem_limit。";
    memory_limit_too_small(limit): wrong ContainerMemoryLimit NetworkOrUnreachable,
        "The container's limit is {limit}." | "容器的内存上限是 {limit}。",
        "A cold start needs 1.1 to 1.3 GiB and is killed under it." | "冷启动需要 1.1 到 1.3 GiB，低于它会被杀死。",
        "Set OPENCLAW_MEMORY_LIMIT=1536m in .env and run `host-shim sidecar up`."
            | "请在 .env 中设置 OPENCLAW_MEMORY_LIMIT=1536m 并运行 `host-shim sidecar up`。";
    container_restarts_ok(count): ok ContainerRestarts, "{count}" | "{count} 次";
    restart_loop(count, log): wrong ContainerRestarts StreamInterrupted,
        "The engine has restarted it {count} times.{log}" | "引擎已重启它 {count} 次。{log}",
        "The gateway ends again and again." | "网关反复退出。",
        "Look at its log (host-shim sidecar logs) and at the checks above." | "请查看日志（host-shim sidecar logs）和上面的检查。";
    container_version_ok(version): ok ContainerVersion, "{version}, as pinned" | "{version}，与固定的一致";
    version_not_running(image, version): wrong ContainerVersion ConfigInvalid,
        "The container runs {image}, .env pins {version}." | "容器运行的是 {image}，而 .env 固定的是 {version}。",
        ".env was changed and the container was not made anew." | ".env 改过，但容器没有重建。",
        "Run `host-shim sidecar upgrade {version}`, which can go back by itself."
            | "请运行 `host-shim sidecar upgrade {version}`，它失败时会自动回退。";

    port_ok(port, by): ok Port, "{port} is listened on{by}" | "{port} 有程序监听{by}";
    port_taken[code: FaultCode](port, by): wrong Port code,
        "Port {port} belongs to another program{by}." | "端口 {port} 被另一个程序占用{by}。",
        "Two programs cannot listen on one port; the gateway cannot start, or is not what answers."
            | "一个端口不能由两个程序监听；网关无法启动，或应答的不是它。",
        "Stop that program, or set another OPENCLAW_HOST_PORT in .env and the plugin's gateway_primary_url to match."
            | "请停止该程序，或在 .env 中改用别的 OPENCLAW_HOST_PORT，并相应修改插件的 gateway_primary_url。";
    gateway_not_running(port): wrong Port NetworkOrUnreachable,
        "Nobody listens on port {port} of this machine." | "本机端口 {port} 没有程序监听。",
        "The gateway is not running." | "网关没有运行。",
        "Run `host-shim sidecar up`." | "请运行 `host-shim sidecar up`。";
    gateway_starting[id: Id, code: FaultCode](detail, cause): wrong id code,
        "{detail}" | "{detail}",
        "{cause}" | "{cause}",
        "Wait up to five minutes and look again." | "请最多等待五分钟后再检查。";

    not_reached[id: Id](): skipped id,
        "there is no gateway to ask, or no usable token" | "没有可询问的网关，或没有可用的令牌";
    stranger_ok(): ok ProbeWithoutToken, "refused with 401, as it must be" | "返回 401，符合预期";
    bearer_ok(): ok ProbeWithToken,
        "the token is taken and the endpoint is on (400 on an empty body)" | "令牌有效且端点已启用（空请求返回 400）";
    bearer_not_judged(): skipped ProbeWithToken,
        "the endpoint is off, so the token is not looked at" | "端点未启用，无法判断令牌";
    no_authentication(status): wrong ProbeWithoutToken ConfigInvalid,
        "The gateway takes requests without a token (HTTP {status})." | "网关接受不带令牌的请求（HTTP {status}）。",
        "Its authentication is off: everybody on this machine can use it." | "它的认证被关闭：本机任何人都可以使用。",
        "Set gateway.auth.mode to \"token\" and restart it." | "请把 gateway.auth.mode 设为 \"token\" 并重启。";
    no_http_answer[id: Id](error): wrong id NetworkOrUnreachable,
        "The port is open and gives no HTTP answer: {error}" | "端口已打开，但没有 HTTP 应答：{error}",
        "The gateway is still starting, hangs, or another program has the port." | "网关仍在启动、卡住，或端口被其他程序占用。",
        "Wait up to five minutes and look again; then `host-shim sidecar logs`."
            | "请最多等待五分钟后再检查；然后查看 `host-shim sidecar logs`。";
    refused[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    token_refused[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    endpoint_not_found[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    locked_out[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    unexpected_answer[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
}

phrases! {
    log_ends(log): " Its log ends:\n{log}" | "日志末尾：\n{log}";
    container_starts(port):
        "Nobody listens on port {port} yet; the container is starting." | "端口 {port} 还没有程序监听；容器正在启动。";
    process_starts(port, pid, name):
        "Nobody listens on port {port} yet; process {pid} ({name}) looks like a gateway that is starting."
            | "端口 {port} 还没有程序监听；进程 {pid}（{name}）像是正在启动的网关。";
    a_cold_start(): "A cold start takes about 50 s, on a small machine longer." | "冷启动约需 50 秒，小机器更久。";
    still_starting(message): "The gateway is still starting: {message}" | "网关仍在启动：{message}";
    listens_early(): "It listens before it is ready." | "它在就绪之前就开始监听。";
}
