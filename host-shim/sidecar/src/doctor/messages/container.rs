//! The engine, the container, the port and the probes.

use openclaw_core::fault::FaultCode::{self, *};

use super::{messages, phrases};
use crate::doctor::Id::{self, *};

messages! {
    engine_ok(engine, version, compose): ok Engine,
        "{engine} {version}, with {compose}" | "{engine} {version}，使用 {compose}";
    container_no_engine(): skipped Container, "no container engine available" | "没有可用的容器引擎";
    container_by_hand(): skipped Container,
        "none; a program outside a container is listening on the port" | "没有容器；端口由容器之外的程序监听";
    container_missing(): wrong Container NetworkOrUnreachable,
        "This root has no container." | "这个根目录还没有容器。",
        "It was never started, or it was taken down." | "它从未启动，或已被移除。",
        "Run `host-shim sidecar up`." | "请运行 `host-shim sidecar up`。";
    container_ok(since): ok Container, "running and healthy since {since}" | "运行正常，启动于 {since}";
    container_serves(since): ok Container,
        "running since {since} and answering; Docker has not run its first health check yet" | "运行中，启动于 {since}，已能响应；Docker 尚未进行首次健康检查";
    no_health_check(since): note Container,
        "running since {since}, without a health check" | "运行中，启动于 {since}，没有健康检查",
        "The compose file defines none." | "compose 文件中没有配置。",
        "Restore the healthcheck from the template." | "请恢复模板中的 healthcheck。";
    container_starting(since, log): wrong Container NetworkOrUnreachable,
        "The gateway has been starting since {since}.{log}" | "网关仍在启动，开始于 {since}。{log}",
        "A cold start takes about 50 s, longer on a small machine." | "冷启动约需 50 秒，配置较低的机器需要更久。",
        "Wait up to five minutes, then check again." | "请等待最多五分钟后再检查。";
    container_unhealthy(answer, log): wrong Container NetworkOrUnreachable,
        "The container is running but its health check fails.{answer}{log}" | "容器在运行，但健康检查失败。{answer}{log}",
        "The gateway does not answer, or the endpoint is disabled." | "网关没有响应，或端点未启用。",
        "Check the config checks above and `host-shim sidecar logs`, then restart it."
            | "请查看上面的配置检查和 `host-shim sidecar logs`，然后重启。";
    container_not_running(status, exit_code, log): wrong Container NetworkOrUnreachable,
        "The container is {status}; its last exit status was {exit_code}.{log}" | "容器状态为 {status}，上次退出码为 {exit_code}。{log}",
        "The gateway exited or was stopped." | "网关已退出或被停止。",
        "Check its log (host-shim sidecar logs), fix the cause, then run `host-shim sidecar up`."
            | "请查看日志（host-shim sidecar logs），修复问题后运行 `host-shim sidecar up`。";
    container_memory_kill_ok(): ok ContainerMemoryKill, "not killed for lack of memory" | "没有因内存不足被杀死";
    oom_killed(kills, limit): wrong ContainerMemoryKill StreamInterrupted,
        "The kernel killed the gateway for lack of memory ({kills} in the last day); its limit is {limit}."
            | "网关因内存不足被内核杀死（一天内 {kills} 次）；内存上限为 {limit}。",
        "A cold start needs 1.1 to 1.3 GiB, and large attachments need more." | "冷启动需要 1.1 到 1.3 GiB，处理大附件时更多。",
        "Raise OPENCLAW_MEMORY_LIMIT in .env (for example to 2g), run `host-shim sidecar up`, and free memory on the machine."
            | "请在 .env 中调大 OPENCLAW_MEMORY_LIMIT（例如 2g）并运行 `host-shim sidecar up`；同时释放本机内存。";
    container_memory_limit_ok(limit): ok ContainerMemoryLimit, "{limit}" | "{limit}";
    no_memory_limit(): note ContainerMemoryLimit,
        "The container has no memory limit." | "容器没有内存上限。",
        "A growing gateway takes memory away from AstrBot." | "网关内存增长时会挤占 AstrBot 的内存。",
        "Set mem_limit in the compose file, as in the template." | "请参照模板在 compose 文件中设置 mem_limit。";
    memory_limit_too_small(limit, needed, enough): wrong ContainerMemoryLimit NetworkOrUnreachable,
        "The container's memory limit is {limit}." | "容器的内存上限为 {limit}。",
        "This version needs up to {needed} MiB; with less it is killed sooner or later." | "该版本最多需要 {needed} MiB，低于此值迟早会被杀死。",
        "Set OPENCLAW_MEMORY_LIMIT={enough} in .env and run `host-shim sidecar up`."
            | "请在 .env 中设置 OPENCLAW_MEMORY_LIMIT={enough} 并运行 `host-shim sidecar up`。";
    container_restarts_ok(count): ok ContainerRestarts, "{count}" | "{count} 次";
    restart_loop(count, log): wrong ContainerRestarts StreamInterrupted,
        "The engine has restarted it {count} times.{log}" | "引擎已重启它 {count} 次。{log}",
        "The gateway keeps exiting." | "网关反复退出。",
        "Check its log (host-shim sidecar logs) and the checks above." | "请查看日志（host-shim sidecar logs）和上面的检查。";
    container_version_ok(version): ok ContainerVersion, "{version}, as pinned" | "{version}，与固定的一致";
    version_not_running(image, version): wrong ContainerVersion ConfigInvalid,
        "The container runs {image}, but .env pins {version}." | "容器运行的是 {image}，而 .env 固定的是 {version}。",
        ".env was changed, but the container was not recreated." | ".env 已修改，但容器没有重建。",
        "Run `host-shim sidecar upgrade {version}`; it rolls back automatically on failure."
            | "请运行 `host-shim sidecar upgrade {version}`；失败时会自动回退。";

    port_ok(port, by): ok Port, "something is listening on {port}{by}" | "{port} 有程序监听{by}";
    port_taken[code: FaultCode](port, by): wrong Port code,
        "Port {port} is in use by another program{by}." | "端口 {port} 被其他程序占用{by}。",
        "Two programs cannot share a port: either the gateway cannot start, or the other program answers."
            | "两个程序不能监听同一个端口：网关无法启动，或响应请求的不是网关。",
        "Stop that program, or set another OPENCLAW_HOST_PORT in .env and update the plugin's gateway_primary_url."
            | "请停止该程序，或在 .env 中改用别的 OPENCLAW_HOST_PORT，并相应修改插件的 gateway_primary_url。";
    gateway_not_running(port): wrong Port NetworkOrUnreachable,
        "Nothing is listening on port {port} of this machine." | "本机端口 {port} 没有程序监听。",
        "The gateway is not running." | "网关没有运行。",
        "Run `host-shim sidecar up`." | "请运行 `host-shim sidecar up`。";
    gateway_starting[id: Id, code: FaultCode](detail, cause): wrong id code,
        "{detail}" | "{detail}",
        "{cause}" | "{cause}",
        "Wait up to five minutes, then check again." | "请等待最多五分钟后再检查。";

    not_reached[id: Id](): skipped id,
        "no gateway to probe, or no usable token" | "没有可探测的网关，或没有可用的令牌";
    stranger_ok(): ok ProbeWithoutToken, "rejected with 401, as expected" | "返回 401，符合预期";
    bearer_ok(): ok ProbeWithToken,
        "the token is accepted and the endpoint is enabled (400 for an empty body)" | "令牌有效且端点已启用（空请求返回 400）";
    bearer_not_judged(): skipped ProbeWithToken,
        "the endpoint is disabled, so the token cannot be checked" | "端点未启用，无法检查令牌";
    no_authentication(status): wrong ProbeWithoutToken ConfigInvalid,
        "The gateway accepts requests without a token (HTTP {status})." | "网关接受不带令牌的请求（HTTP {status}）。",
        "Its authentication is off: anyone on this machine can use it." | "它的认证已关闭：本机任何人都可以使用。",
        "Set gateway.auth.mode to \"token\" and restart the gateway." | "请把 gateway.auth.mode 设为 \"token\" 并重启网关。";
    no_http_answer[id: Id](error): wrong id NetworkOrUnreachable,
        "The port is open but gives no HTTP response: {error}" | "端口已打开，但没有 HTTP 响应：{error}",
        "The gateway is still starting or hangs, or another program uses the port." | "网关仍在启动或已卡住，或端口被其他程序占用。",
        "Wait up to five minutes and check again; if it persists, run `host-shim sidecar logs`."
            | "请等待最多五分钟后再检查；如果仍然如此，请查看 `host-shim sidecar logs`。";
    refused[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    token_refused[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    endpoint_not_found[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    locked_out[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
    unexpected_answer[id: Id, code: FaultCode](answer): wrong id code, "{answer}" | "{answer}";
}

phrases! {
    log_ends(log): " End of its log:\n{log}" | "日志末尾：\n{log}";
    container_starts(port):
        "Nothing is listening on port {port} yet; the container is starting." | "端口 {port} 还没有程序监听；容器正在启动。";
    process_starts(port, pid, name):
        "Nothing is listening on port {port} yet; process {pid} ({name}) looks like a gateway starting up."
            | "端口 {port} 还没有程序监听；进程 {pid}（{name}）像是正在启动的网关。";
    a_cold_start(): "A cold start takes about 50 s, longer on a small machine." | "冷启动约需 50 秒，配置较低的机器需要更久。";
    still_starting(message): "The gateway is still starting: {message}" | "网关仍在启动：{message}";
    listens_early(): "It starts listening before it is ready." | "它在就绪之前就会开始监听。";
}
