//! The gateway's config, the compose file and the plugin's settings.

use openclaw_core::fault::FaultCode::*;

use super::{messages, phrases};
use crate::doctor::Id::{self, *};
use crate::dotenv::STOP_GRACE;
use crate::layout::{COMPOSE, CONFIG, SERVICE};

messages! {
    depends_on_unknown[id: Id](): skipped id,
        "depends on a file or variable that cannot be read here" | "取决于此处无法读取的文件或变量";

    config_missing(): skipped Config, "no {CONFIG}" | "没有 {CONFIG}";
    config_ok(): ok Config, "valid" | "格式正确";
    config_not_json5(error): wrong Config NetworkOrUnreachable,
        "{CONFIG}: {error}" | "{CONFIG}：{error}",
        "It is not valid JSON5, so the gateway cannot start." | "它不是合法的 JSON5，网关无法启动。",
        "Correct the place named in the message (often a missing comma or quote)."
            | "请更正消息中指出的位置（常见原因是缺少逗号或引号）。";
    config_partly_read(names): note ConfigIncludes,
        "Files included by {CONFIG} were not read: {names}." | "未读取 {CONFIG} 引用的文件：{names}。",
        "A file is missing, is not JSON5, or is not mounted into the container." | "文件不存在、不是 JSON5，或没有挂载到容器中。",
        "Mount the file next to the config in the compose file, or move its content into {CONFIG}."
            | "请在 compose 文件中把它挂载到配置文件旁边，或把内容直接写入 {CONFIG}。";
    config_mode_ok(): ok ConfigMode, "local" | "local";
    config_mode_not_needed(): ok ConfigMode,
        "not needed: --allow-unconfigured is set" | "不需要：已设置 --allow-unconfigured";
    mode_not_local(mode): wrong ConfigMode NetworkOrUnreachable,
        "gateway.mode is {mode}." | "gateway.mode 的值为 {mode}。",
        "The gateway only starts in `local` mode." | "网关只在 `local` 模式下启动。",
        "Set gateway.mode to \"local\" in {CONFIG}." | "请在 {CONFIG} 中把 gateway.mode 设为 \"local\"。";
    config_auth_ok(): ok ConfigAuth, "uses the token from .env" | "使用 .env 中的令牌";
    auth_not_token(mode): wrong ConfigAuth AuthFailed,
        "gateway.auth requires `{mode}`, not the token." | "gateway.auth 要求 `{mode}`，而不是令牌。",
        "The plugin can only send a bearer token." | "插件只能发送 Bearer 令牌。",
        "Set gateway.auth: {{ mode: \"token\" }} in {CONFIG}." | "请在 {CONFIG} 中设置 gateway.auth: {{ mode: \"token\" }}。";
    token_in_config(): tolerated ConfigAuth AuthFailed,
        "The gateway expects a different token from OPENCLAW_GATEWAY_TOKEN in .env." | "网关使用的令牌与 .env 的 OPENCLAW_GATEWAY_TOKEN 不同。",
        "gateway.auth in {CONFIG} or the service in the compose file sets a token that overrides the one in .env."
            | "{CONFIG} 的 gateway.auth 或 compose 文件中的服务设置了令牌，覆盖了 .env 中的令牌。",
        "Remove it there; keep the token only in .env." | "请在那里删除它；令牌只应写在 .env 中。";
    token_also_in_config(): note ConfigAuth,
        "{CONFIG} contains the token from .env in plain text." | "{CONFIG} 中有 .env 令牌的明文。",
        "More users can read the config, and a new token must be changed in two places." | "能读取配置文件的用户更多，更换令牌时也要改两处。",
        "Remove it from gateway.auth; the gateway uses the one in .env." | "请从 gateway.auth 中删除；网关会使用 .env 中的令牌。";
    config_endpoint_ok(): ok ConfigEndpoint, "POST /v1/responses is enabled" | "POST /v1/responses 已启用";
    endpoint_off(): wrong ConfigEndpoint ResponsesEndpointNotEnabledOrNotFound,
        "gateway.http.endpoints.responses.enabled is not true." | "gateway.http.endpoints.responses.enabled 不是 true。";

    plugin_not_named(): skipped PluginToken,
        "pass --plugin-config to compare" | "未用 --plugin-config 指定要比较的配置";
    plugin_token_ok(): ok PluginToken, "same as in .env" | "与 .env 相同";
    plugin_token_differs(): wrong PluginToken AuthFailed,
        "The plugin's gateway_bearer_token differs from OPENCLAW_GATEWAY_TOKEN in .env."
            | "插件的 gateway_bearer_token 与 .env 中的 OPENCLAW_GATEWAY_TOKEN 不同。";
    plugin_url_ok(url): ok PluginUrl, "{url}" | "{url}";
    plugin_url_differs(url, own): note PluginUrl,
        "The plugin's gateway_primary_url is `{url}`; this sidecar is at {own}." | "插件的 gateway_primary_url 是 `{url}`，而本边车的地址是 {own}。",
        "The plugin uses another gateway, or reaches this one under another name." | "插件连接的是另一个网关，或通过其他名称访问本网关。",
        "To use this sidecar, set gateway_primary_url to {own}. If AstrBot runs in a container, run `host-shim sidecar astrbot` first."
            | "如需使用本边车，请把 gateway_primary_url 设为 {own}。如果 AstrBot 在容器中运行，请先运行 `host-shim sidecar astrbot`。";

    compose_file_missing(): skipped ComposeFile, "no {COMPOSE}" | "没有 {COMPOSE}";
    compose_file_ok(): ok ComposeFile, "valid" | "格式正确";
    compose_not_understood(error): note ComposeFile,
        "{COMPOSE}: {error}" | "{COMPOSE}：{error}",
        "Compose accepts it, but its content cannot be checked here." | "Compose 可以使用它，但此处无法检查其内容。",
        "Nothing to do. To have it checked, write it in a simpler form." | "无需处理。如需检查，请写成更简单的形式。";
    compose_not_yaml(error, cause): wrong ComposeFile NetworkOrUnreachable,
        "{COMPOSE}: {error}" | "{COMPOSE}：{error}",
        "{cause}" | "{cause}",
        "Correct the place named in the message (often the indentation)." | "请更正消息中指出的位置（常见原因是缩进）。";
    service_elsewhere(): note ComposeFile,
        "{COMPOSE} itself has no service {SERVICE}." | "{COMPOSE} 本身没有服务 {SERVICE}。",
        "It includes other files, which are not read here." | "它引用了其他文件，此处不会读取。",
        "Make sure those files name the gateway's service {SERVICE}." | "请确认这些文件把网关的服务命名为 {SERVICE}。";
    service_missing(): wrong ComposeFile NetworkOrUnreachable,
        "{COMPOSE} has no service {SERVICE}." | "{COMPOSE} 中没有服务 {SERVICE}。",
        "It was renamed or removed, and no other service is clearly the gateway." | "它已被改名或删除，且无法确定哪个服务是网关。",
        "Rename it back to {SERVICE}, or restore the template: host-shim sidecar init --force (keeps a backup)."
            | "请改回 {SERVICE}，或恢复模板：host-shim sidecar init --force（会保留备份）。";
    compose_partly_read(names): note ComposeParts,
        "Not understood in {COMPOSE}: {names}." | "{COMPOSE} 中无法识别的部分：{names}。",
        "A variable has no value, or a file or syntax is not known here; Compose has the final say."
            | "变量没有值，或此处不认识该文件或写法；以 Compose 为准。",
        "Check what `docker compose config` prints for it." | "请查看 `docker compose config` 中对应的输出。";
    selinux_ok(): ok Selinux, "enforcing; the mounts have :z" | "处于强制模式，挂载均带有 :z";
    mount_without_label(names): note Selinux,
        "SELinux is enforcing, and these mounts lack :z: {names}." | "SELinux 处于强制模式，但这些挂载没有 :z：{names}。",
        "The container cannot access files without the right label: it exits with EACCES, whoever owns them."
            | "容器无法访问没有相应标签的文件：无论属主是谁，都会因 EACCES 退出。",
        "Add :z to each mount (:ro,z if read-only), as in the template, then run `host-shim sidecar restart`."
            | "请参照模板在每个挂载后加 :z（只读挂载用 :ro,z），然后运行 `host-shim sidecar restart`。";
    stop_grace_short(written, version, needed): note StopGrace,
        "The gateway is killed {written} after a stop request, but {version} may need up to {needed}."
            | "停止网关时，{written} 后会强制结束它，但 {version} 最多需要 {needed}。",
        "The gateway waits for running turns to finish. If it is killed first, it reruns the interrupted turn after the next start, alongside other turns."
            | "网关会等待正在运行的任务结束。如果在此之前被强制结束，下次启动后会重新执行被中断的任务，并与其他任务同时运行。",
        "Set {STOP_GRACE}={needed} in .env and stop_grace_period: ${{{STOP_GRACE}:-330s}} in the compose file, then run `host-shim sidecar restart`."
            | "请在 .env 中设置 {STOP_GRACE}={needed}，在 compose 文件中设置 stop_grace_period: ${{{STOP_GRACE}:-330s}}，然后运行 `host-shim sidecar restart`。";

    bind_by_hand(address): ok Bind, "{address}, not in a container" | "{address}，不在容器中运行";
    bind_in_container(address): ok Bind, "{address}, in the container" | "{address}，在容器中运行";
    container_binds_loopback(): wrong Bind NetworkOrUnreachable,
        "The gateway would listen only on its container's loopback address." | "网关只会监听容器自身的回环地址。",
        "Published ports lead to the container's network interface, not to its loopback, so nothing can reach it."
            | "发布的端口通向容器的网络接口，而不是它的回环地址，因此无法访问。",
        "Keep `--bind lan` in the service's command; the port is published only on 127.0.0.1."
            | "请在服务的 command 中保留 `--bind lan`；端口只发布在 127.0.0.1。";
    host_binds_beyond_loopback(address): wrong Bind ConfigInvalid,
        "The gateway is not running in a container, and gateway.bind is `{address}`." | "网关不在容器中运行，而 gateway.bind 为 `{address}`。",
        "Other machines can reach it." | "其他机器可以访问它。",
        "Set gateway.bind to \"loopback\" and restart the gateway." | "请把 gateway.bind 设为 \"loopback\" 并重启网关。";
    bind_not_known(address): note Bind,
        "Cannot tell where the gateway listens in its container: {address}." | "无法确定网关在容器内的监听地址：{address}。",
        "It depends on the gateway's version, a variable or an included file." | "它取决于网关版本、变量或被引用的文件。",
        "To be sure, add `--bind lan` to the service's command." | "如需确定，请在服务的 command 中加上 `--bind lan`。";

    publish_ok(): ok Publish, "only on this machine's loopback address" | "只发布在本机回环地址";
    published_beyond_loopback(ports): wrong Publish ConfigInvalid,
        "Published beyond this machine's loopback address: {ports}." | "发布范围超出本机回环地址：{ports}。",
        "Other machines can reach the gateway; ports published by Docker bypass the usual firewall rules."
            | "其他机器可以访问网关；Docker 发布的端口会绕过常规的防火墙规则。",
        "Put 127.0.0.1: in front of the port." | "请在端口前加上 127.0.0.1:。";
    publish_not_known(ports): note Publish,
        "Cannot tell who can reach the published ports.{ports}" | "无法确定谁能访问发布的端口。{ports}",
        "A port uses a syntax or variable that is not known here." | "端口使用了此处不认识的写法或变量。",
        "Check the ports in the output of `docker compose config`; each must start with 127.0.0.1:."
            | "请检查 `docker compose config` 输出中的 ports；每个端口前都应有 127.0.0.1:。";
    reached_over_another_network(network): note Publish,
        "The gateway shares the network of {network}, and no port is published on this machine." | "网关与 {network} 共用网络，没有在本机发布端口。",
        "Only programs in that network can reach it; it cannot be probed from here." | "只有该网络中的程序能访问它，无法从本机探测。",
        "This is fine if AstrBot is in that network; otherwise publish a port." | "如果 AstrBot 在该网络中则没有问题；否则请发布端口。";
    port_not_published(): wrong Publish NetworkOrUnreachable,
        "{COMPOSE} publishes no port." | "{COMPOSE} 没有发布端口。",
        "The host cannot reach the gateway." | "宿主机无法访问网关。",
        "Set ports: [\"127.0.0.1:${{OPENCLAW_HOST_PORT:-18789}}:18789\"]."
            | "请设置 ports: [\"127.0.0.1:${{OPENCLAW_HOST_PORT:-18789}}:18789\"]。";
}

phrases! {
    compose_refuses(words): "Compose rejects it: {words}" | "Compose 拒绝使用它：{words}";
    no_yaml(): "It is not valid YAML, so Compose cannot use it." | "它不是合法的 YAML，Compose 无法使用。";
}
