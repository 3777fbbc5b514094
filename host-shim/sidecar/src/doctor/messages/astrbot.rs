//! AstrBot's container, and the gateway as it is seen from inside.

use openclaw_core::fault::FaultCode::*;

use super::messages;
use crate::doctor::Id::{self, *};
use crate::dotenv::ASTRBOT_CONTAINER;

messages! {
    astrbot_not_connected(name): note AstrbotContainer,
        "AstrBot seems to run in the container `{name}`, which does not reach the gateway."
            | "AstrBot 似乎在容器 `{name}` 中运行，而该容器无法访问网关。",
        "In it, 127.0.0.1 is the container itself, not this machine." | "在其中，127.0.0.1 指容器自身，而不是本机。",
        "Run `host-shim sidecar astrbot --container {name}`." | "请运行 `host-shim sidecar astrbot --container {name}`。";
    astrbot_container_ok(name): ok AstrbotContainer, "`{name}` is running" | "`{name}` 正在运行";
    astrbot_container_missing(name): wrong AstrbotContainer NetworkOrUnreachable,
        "There is no container `{name}`." | "没有容器 `{name}`。",
        "{ASTRBOT_CONTAINER} in .env names AstrBot's container; it was removed or renamed."
            | ".env 的 {ASTRBOT_CONTAINER} 是 AstrBot 的容器名；该容器已被删除或改名。",
        "Start AstrBot, or run `host-shim sidecar astrbot --container NAME` with its new name."
            | "请启动 AstrBot，或用新的名称运行 `host-shim sidecar astrbot --container 名称`。";
    astrbot_container_stopped(name, status): wrong AstrbotContainer NetworkOrUnreachable,
        "AstrBot's container `{name}` is not running ({status})." | "AstrBot 的容器 `{name}` 没有运行（{status}）。",
        "It was stopped, or it exited." | "它被停止，或已退出。",
        "Start it: docker start {name}" | "请启动它：docker start {name}";
    astrbot_container_paused(name): wrong AstrbotContainer NetworkOrUnreachable,
        "AstrBot's container `{name}` is paused." | "AstrBot 的容器 `{name}` 已暂停。",
        "It was frozen with `docker pause`, so the gateway cannot be looked at from inside." | "它被 `docker pause` 冻结，因此无法从容器内查看网关。",
        "Resume it: docker unpause {name}" | "请恢复它：docker unpause {name}";
    astrbot_on_host(): ok AstrbotNetwork, "AstrBot's container has this machine's network" | "AstrBot 的容器使用宿主机网络";
    astrbot_network_ok(names): ok AstrbotNetwork, "shared: {names}" | "共用：{names}";
    astrbot_no_common_network(name): wrong AstrbotNetwork NetworkOrUnreachable,
        "AstrBot's container `{name}` and the gateway's have no network in common." | "AstrBot 的容器 `{name}` 与网关的容器没有共用的网络。",
        "One of them was created anew without the network, or the network was removed." | "其中一个在重新创建时没有加入该网络，或网络已被删除。",
        "Run `host-shim sidecar astrbot --container {name}`, which restarts nothing." | "请运行 `host-shim sidecar astrbot --container {name}`，不会重启任何容器。";
    astrbot_not_looked(words): skipped AstrbotReach,
        "cannot look from inside AstrBot's container: {words}" | "无法从 AstrBot 的容器内查看：{words}";
    astrbot_silent(name, words): note AstrbotReach,
        "AstrBot's container `{name}` could not be looked into: {words}" | "无法查看 AstrBot 的容器 `{name}` 内部：{words}",
        "It is frozen or overloaded." | "它已冻结或负载过高。",
        "See what it does (docker top {name}), then run the doctor again." | "请查看它在做什么（docker top {name}），然后重新运行诊断。";
    astrbot_not_reached[id: Id](): skipped id,
        "the gateway is not running, or not in AstrBot's network" | "网关没有运行，或不在 AstrBot 的网络中";
    astrbot_reach_ok(host, port, addresses): ok AstrbotReach,
        "from inside, {host} is {addresses} and listens on {port}" | "从容器内看，{host} 为 {addresses}，端口 {port} 可以访问";
    astrbot_name_unresolved(host, error): wrong AstrbotReach NetworkOrUnreachable,
        "From inside AstrBot's container, the name `{host}` is not known: {error}" | "从 AstrBot 的容器内看，名称 `{host}` 无法解析：{error}",
        "The gateway is in the network under another name, or AstrBot's container uses its own DNS server."
            | "网关在该网络中使用别的名称，或 AstrBot 的容器使用了自己的 DNS 服务器。",
        "Run `host-shim sidecar restart`; it must be the service's name in the compose file. Remove `dns:` from AstrBot's service."
            | "请运行 `host-shim sidecar restart`；该名称须为 compose 文件中的服务名。请从 AstrBot 的服务中删除 `dns:`。";
    astrbot_name_elsewhere(host, addresses): wrong AstrbotReach NetworkOrUnreachable,
        "From inside AstrBot's container, `{host}` is another container ({addresses})." | "从 AstrBot 的容器内看，`{host}` 是另一个容器（{addresses}）。",
        "Two gateways have the same name in AstrBot's networks." | "AstrBot 的网络中有两个同名的网关。",
        "Disconnect AstrBot from the other one's network (docker network disconnect)." | "请将 AstrBot 从另一个网关的网络中断开（docker network disconnect）。";
    astrbot_port_closed(host, port, error): wrong AstrbotReach NetworkOrUnreachable,
        "From inside AstrBot's container, {host}:{port} does not answer: {error}"
            | "从 AstrBot 的容器内看，{host}:{port} 没有响应：{error}",
        "The gateway is still starting, or it listens only on its own loopback address." | "网关仍在启动，或只监听它自身的回环地址。",
        "Check the checks above; `--bind lan` in the compose file makes it listen for other containers."
            | "请查看上面的检查；compose 文件中的 `--bind lan` 使它接受其他容器的连接。";
    astrbot_plugin_absent(own): note AstrbotUrl,
        "AstrBot has no settings of the plugin yet." | "AstrBot 中还没有该插件的设置。",
        "The plugin is not installed, or its settings were never saved." | "插件没有安装，或从未保存过设置。",
        "Install it and set gateway_primary_url to {own}; `host-shim sidecar print-config` prints all four."
            | "请安装插件，并把 gateway_primary_url 设为 {own}；`host-shim sidecar print-config` 会输出全部四项。";
    astrbot_settings_unreadable(error): note AstrbotUrl,
        "The plugin's settings in AstrBot's container cannot be read ({error})." | "无法读取 AstrBot 容器中的插件设置（{error}）。",
        "The file is damaged, or not readable there." | "文件已损坏，或在其中无法读取。",
        "Save the settings again in AstrBot." | "请在 AstrBot 中重新保存设置。";
    astrbot_url_ok(url): ok AstrbotUrl, "{url}" | "{url}";
    astrbot_loopback_address(url, own): wrong AstrbotUrl NetworkOrUnreachable,
        "The plugin's gateway_primary_url is {url}, which in AstrBot's container is that container itself."
            | "插件的 gateway_primary_url 是 {url}，而在 AstrBot 的容器中它指该容器自身。",
        "The gateway is in another container." | "网关在另一个容器中。",
        "Set gateway_primary_url to {own} in AstrBot." | "请在 AstrBot 中把 gateway_primary_url 设为 {own}。";
    astrbot_address_with_path(url, own): wrong AstrbotUrl NetworkOrUnreachable,
        "The plugin's gateway_primary_url is {url}, with a path." | "插件的 gateway_primary_url 是 {url}，其中带有路径。",
        "The plugin adds the path itself and refuses an address that has one." | "插件会自行添加路径，不接受带路径的地址。",
        "Set gateway_primary_url to {own} in AstrBot." | "请在 AstrBot 中把 gateway_primary_url 设为 {own}。";
    astrbot_other_address(url, own): note AstrbotUrl,
        "The plugin's gateway_primary_url is {url}; this gateway is at {own}." | "插件的 gateway_primary_url 是 {url}，而本网关的地址是 {own}。",
        "The plugin uses another gateway, or reaches this one under another name." | "插件连接的是另一个网关，或通过其他名称访问本网关。",
        "To use this gateway, set gateway_primary_url to {own} in AstrBot." | "如需使用本网关，请在 AstrBot 中把 gateway_primary_url 设为 {own}。";
    astrbot_token_ok(): ok AstrbotToken, "accepted from inside" | "容器内验证通过";
    astrbot_token_differs(): note AstrbotToken,
        "The plugin's gateway_bearer_token is not this gateway's." | "插件的 gateway_bearer_token 不是本网关的令牌。",
        "The plugin's address is another as well, so it was not tried." | "插件的地址也不同，因此没有尝试。",
        "To use this gateway, copy its settings from `host-shim sidecar print-config`." | "如需使用本网关，请从 `host-shim sidecar print-config` 复制设置。";
    astrbot_token_refused(): wrong AstrbotToken AuthFailed,
        "The gateway rejects the plugin's token, asked from inside AstrBot's container." | "从 AstrBot 的容器内访问时，网关拒绝了插件的令牌。",
        "gateway_bearer_token in AstrBot differs from OPENCLAW_GATEWAY_TOKEN in .env." | "AstrBot 中的 gateway_bearer_token 与 .env 的 OPENCLAW_GATEWAY_TOKEN 不同。",
        "Copy it from `host-shim sidecar print-config` into the plugin's settings." | "请从 `host-shim sidecar print-config` 复制到插件设置中。";
    astrbot_token_outdated(): wrong AstrbotToken AuthFailed,
        "The gateway rejects the token of .env, asked from inside AstrBot's container." | "从 AstrBot 的容器内访问时，网关拒绝了 .env 中的令牌。",
        ".env was changed, but the container was not recreated." | ".env 已修改，但容器没有重建。",
        "Run `host-shim sidecar restart`." | "请运行 `host-shim sidecar restart`。";
    astrbot_locked_out(): wrong AstrbotToken RateLimited,
        "The gateway has locked AstrBot's container out for a while (429)." | "网关已暂时禁止 AstrBot 的容器访问（429）。",
        "It sent too many wrong tokens." | "它发送了太多错误的令牌。",
        "Correct gateway_bearer_token in AstrBot and wait five minutes." | "请更正 AstrBot 中的 gateway_bearer_token，并等待五分钟。";
    astrbot_unexpected_answer(status, body): wrong AstrbotToken ProtocolError,
        "From inside AstrBot's container, the gateway answers HTTP {status}: {body}" | "从 AstrBot 的容器内访问时，网关返回 HTTP {status}：{body}",
        "The endpoint is disabled, or the gateway is not ready." | "端点未启用，或网关尚未就绪。",
        "Check the checks of the config and the probes above." | "请查看上面的配置与探测检查。";
}
