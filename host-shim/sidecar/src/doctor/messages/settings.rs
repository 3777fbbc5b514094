//! The gateway's config, the compose file and the plugin's settings.

use openclaw_core::fault::FaultCode::*;

use super::{messages, phrases};
use crate::doctor::Id::{self, *};
use crate::dotenv::STOP_GRACE;
use crate::layout::{COMPOSE, CONFIG, SERVICE};

messages! {
    depends_on_unknown[id: Id](): skipped id,
        "it depends on a file or variable that is not known here" | "它取决于此处未知的文件或变量";

    config_missing(): skipped Config, "there is no {CONFIG}" | "没有 {CONFIG}";
    config_ok(): ok Config, "parses" | "格式正确";
    config_not_json5(error): wrong Config NetworkOrUnreachable,
        "{CONFIG}: {error}" | "{CONFIG}：{error}",
        "It is no JSON5: the gateway will not start with it." | "它不是合法的 JSON5，网关无法用它启动。",
        "Correct the place that the message names (often a missing comma or quote)."
            | "请更正消息所指的位置（常见的是缺少逗号或引号）。";
    config_partly_read(names): note ConfigIncludes,
        "Not read: what {CONFIG} includes ({names})." | "没有读取 {CONFIG} 引用的文件（{names}）。",
        "The file is not there, is no JSON5, or is not mounted into the container." | "文件不存在、不是 JSON5，或没有挂载到容器中。",
        "Mount the file beside the config in the compose file, or write its content into {CONFIG}."
            | "请在 compose 文件中把它挂载到配置旁边，或直接写入 {CONFIG}。";
    config_mode_ok(): ok ConfigMode, "local" | "local";
    config_mode_not_needed(): ok ConfigMode,
        "not needed: --allow-unconfigured" | "不需要：--allow-unconfigured";
    mode_not_local(mode): wrong ConfigMode NetworkOrUnreachable,
        "gateway.mode is {mode}." | "gateway.mode 的值：{mode}。",
        "The gateway starts only with `local`." | "网关只在 `local` 模式下启动。",
        "Set gateway.mode to \"local\" in {CONFIG}." | "请在 {CONFIG} 中把 gateway.mode 设为 \"local\"。";
    config_auth_ok(): ok ConfigAuth, "by the token of .env" | "使用 .env 的令牌";
    auth_not_token(mode): wrong ConfigAuth AuthFailed,
        "gateway.auth asks for `{mode}`, not for the token." | "gateway.auth 要求的是 `{mode}`，不是令牌。",
        "The plugin sends a bearer token and nothing else." | "插件只发送 Bearer 令牌。",
        "Write gateway.auth: {{ mode: \"token\" }} in {CONFIG}." | "请在 {CONFIG} 中写 gateway.auth: {{ mode: \"token\" }}。";
    token_in_config(): tolerated ConfigAuth AuthFailed,
        "The gateway takes another token than OPENCLAW_GATEWAY_TOKEN of .env." | "网关使用的令牌不是 .env 的 OPENCLAW_GATEWAY_TOKEN。",
        "gateway.auth in {CONFIG}, or the service in the compose file, has one that takes the place of .env's."
            | "{CONFIG} 的 gateway.auth 或 compose 文件中的服务设置了令牌，取代了 .env 的令牌。",
        "Remove it there; the token belongs into .env only." | "请在那里删除它；令牌只应写在 .env 中。";
    token_also_in_config(): note ConfigAuth,
        "{CONFIG} has the token of .env in clear." | "{CONFIG} 中写有 .env 令牌的明文。",
        "The config is readable for more users, and a new token has to be written twice." | "配置文件对更多用户可读，更换令牌时也要改两处。",
        "Remove it from gateway.auth; the gateway takes .env's." | "请从 gateway.auth 中删除；网关会使用 .env 的令牌。";
    config_endpoint_ok(): ok ConfigEndpoint, "POST /v1/responses is on" | "POST /v1/responses 已启用";
    endpoint_off(): wrong ConfigEndpoint ResponsesEndpointNotEnabledOrNotFound,
        "gateway.http.endpoints.responses.enabled is not true." | "gateway.http.endpoints.responses.enabled 不是 true。";

    plugin_not_named(): skipped PluginToken,
        "no --plugin-config was named to compare with" | "没有用 --plugin-config 指定要比较的配置";
    plugin_token_ok(): ok PluginToken, "the same as in .env" | "与 .env 相同";
    plugin_token_differs(): wrong PluginToken AuthFailed,
        "The plugin's gateway_bearer_token is not OPENCLAW_GATEWAY_TOKEN of .env."
            | "插件的 gateway_bearer_token 与 .env 的 OPENCLAW_GATEWAY_TOKEN 不同。";
    plugin_url_ok(url): ok PluginUrl, "{url}" | "{url}";
    plugin_url_differs(url, own): note PluginUrl,
        "The plugin's gateway_primary_url is `{url}`; this sidecar is {own}." | "插件的 gateway_primary_url 是 `{url}`；本边车是 {own}。",
        "The plugin talks to another gateway, or reaches this one by another name." | "插件连接的是另一个网关，或用别的名字访问本网关。",
        "Set gateway_primary_url to {own} if AstrBot runs on this machine outside a container."
            | "如果 AstrBot 在本机且不在容器中运行，请把 gateway_primary_url 设为 {own}。";

    compose_file_missing(): skipped ComposeFile, "there is no {COMPOSE}" | "没有 {COMPOSE}";
    compose_file_ok(): ok ComposeFile, "parses" | "格式正确";
    compose_not_understood(error): note ComposeFile,
        "{COMPOSE}: {error}" | "{COMPOSE}：{error}",
        "Compose takes it, and the checks of what it says are left out." | "Compose 可以使用它，但无法检查其中的内容。",
        "Nothing has to be done; a simpler form would be checked." | "无需处理；写成更简单的形式即可检查。";
    compose_not_yaml(error, cause): wrong ComposeFile NetworkOrUnreachable,
        "{COMPOSE}: {error}" | "{COMPOSE}：{error}",
        "{cause}" | "{cause}",
        "Correct the place that the message names (often the indentation)." | "请更正消息所指的位置（常见的是缩进）。";
    service_elsewhere(): note ComposeFile,
        "{COMPOSE} has no service {SERVICE} itself." | "{COMPOSE} 本身没有服务 {SERVICE}。",
        "It includes other files, which are not read here." | "它引用了其他文件，此处不读取。",
        "Name the gateway's service {SERVICE} there." | "请在那些文件中把网关的服务命名为 {SERVICE}。";
    service_missing(): wrong ComposeFile NetworkOrUnreachable,
        "{COMPOSE} has no service {SERVICE}." | "{COMPOSE} 中没有服务 {SERVICE}。",
        "It was renamed or removed, and no other service is clearly the gateway." | "它被改名或删除了，且无法确定哪个服务是网关。",
        "Name it {SERVICE} again, or take the template back: host-shim sidecar init --force (keeps a backup)."
            | "请改回 {SERVICE}，或恢复模板：host-shim sidecar init --force（会保留备份）。";
    compose_partly_read(names): note ComposeParts,
        "Not understood in {COMPOSE}: {names}." | "{COMPOSE} 中无法理解的部分：{names}。",
        "A variable has no value, or a file or form is not known here; Compose decides about it."
            | "变量没有值，或文件、写法在此处未知；由 Compose 决定。",
        "Look at what `docker compose config` prints for it." | "请查看 `docker compose config` 对它的输出。";
    selinux_ok(): ok Selinux, "enforced, and the mounts have :z" | "已启用强制模式，挂载带有 :z";
    mount_without_label(names): note Selinux,
        "SELinux is enforced, and these are mounted without :z: {names}." | "SELinux 处于强制模式，而这些挂载没有 :z：{names}。",
        "The container may not read or write what is not labelled for it: it ends with EACCES, whoever owns the files."
            | "容器不能读写没有相应标签的文件：无论属主是谁，都会以 EACCES 退出。",
        "Write :z after each mount (:ro,z where it is read-only), as the template has it, and run `host-shim sidecar restart`."
            | "请像模板那样在每个挂载后加 :z（只读的写 :ro,z），然后运行 `host-shim sidecar restart`。";
    stop_grace_short(written, version, needed): note StopGrace,
        "The gateway is killed {written} after it is told to stop; {version} may take up to {needed}."
            | "停止网关 {written} 后会强制结束它；{version} 最多需要 {needed}。",
        "It waits for the turns that run. One that is killed meanwhile runs the cut-off turn again after its next start, beside other turns."
            | "它会等待正在运行的任务结束。如果被强制结束，下次启动后会重新执行被中断的任务，与其他任务同时运行。",
        "Set {STOP_GRACE}={needed} in .env and stop_grace_period: ${{{STOP_GRACE}:-330s}} in the compose file, then `host-shim sidecar restart`."
            | "请在 .env 中设置 {STOP_GRACE}={needed}，在 compose 文件中写 stop_grace_period: ${{{STOP_GRACE}:-330s}}，然后运行 `host-shim sidecar restart`。";

    bind_by_hand(address): ok Bind, "{address}, without a container" | "{address}，不在容器中运行";
    bind_in_container(address): ok Bind, "{address}, in the container" | "{address}，在容器中运行";
    container_binds_loopback(): wrong Bind NetworkOrUnreachable,
        "In its container the gateway would listen on the container's loopback." | "网关在容器内只会监听容器自己的回环地址。",
        "A published port leads to the container's network, not to its loopback: nobody reaches it."
            | "发布的端口通向容器的网络而不是它的回环地址，因此无法访问。",
        "Keep `--bind lan` in the service's command; the port is published on 127.0.0.1 only."
            | "请在服务的 command 中保留 `--bind lan`；端口只发布在 127.0.0.1。";
    host_binds_beyond_loopback(address): wrong Bind ConfigInvalid,
        "The gateway runs without a container, and gateway.bind is `{address}`." | "网关不在容器中运行，而 gateway.bind 是 `{address}`。",
        "Other machines can reach it." | "其他机器可以访问它。",
        "Set gateway.bind to \"loopback\" and restart it." | "请把 gateway.bind 设为 \"loopback\" 并重启。";
    bind_not_known(address): note Bind,
        "Where the gateway listens in its container is not clear: {address}." | "无法确定网关在容器内的监听地址：{address}。",
        "It depends on the gateway's version, a variable or an included file." | "它取决于网关版本、变量或被引用的文件。",
        "Write `--bind lan` into the service's command to be sure." | "要确定的话，请在服务的 command 中写 `--bind lan`。";

    publish_ok(): ok Publish, "on this machine's loopback only" | "只发布在本机回环地址";
    published_beyond_loopback(ports): wrong Publish ConfigInvalid,
        "Published beyond this machine's loopback: {ports}." | "发布范围超出本机回环地址：{ports}。",
        "Other machines can reach the gateway; Docker's published ports pass by the firewall's usual rules."
            | "其他机器可以访问网关；Docker 发布的端口会绕过常规的防火墙规则。",
        "Put 127.0.0.1: before the port." | "请在端口前加上 127.0.0.1:。";
    publish_not_known(ports): note Publish,
        "Who reaches the published ports is not clear. {ports}" | "无法确定谁能访问发布的端口。{ports}",
        "A port has a form or a variable that is not known here." | "端口的写法或变量在此处未知。",
        "Look at what `docker compose config` prints for ports; 127.0.0.1: must be before each."
            | "请查看 `docker compose config` 输出的 ports；每个端口前都应有 127.0.0.1:。";
    reached_over_another_network(network): note Publish,
        "The gateway is in the network of {network}, and no port is published here." | "网关位于 {network} 的网络中，本机没有发布端口。",
        "Only what is in that network reaches it, and it is not probed from here." | "只有该网络中的程序能访问它，也无法从本机探测。",
        "That is right if AstrBot is in that network; otherwise publish a port." | "如果 AstrBot 在该网络中则没有问题；否则请发布端口。";
    port_not_published(): wrong Publish NetworkOrUnreachable,
        "{COMPOSE} publishes no port." | "{COMPOSE} 没有发布端口。",
        "The gateway cannot be reached from the host." | "宿主机无法访问网关。",
        "Write ports: [\"127.0.0.1:${{OPENCLAW_HOST_PORT:-18789}}:18789\"]."
            | "请写上 ports: [\"127.0.0.1:${{OPENCLAW_HOST_PORT:-18789}}:18789\"]。";
}

phrases! {
    compose_refuses(words): "Compose refuses it: {words}" | "Compose 拒绝使用它：{words}";
    no_yaml(): "It is no YAML: Compose will not start anything with it." | "它不是合法的 YAML，Compose 无法使用它。";
}
