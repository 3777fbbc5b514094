//! What can go wrong with AstrBot's container and the shared network.

use crate::error::{Error, ErrorKind, error_functions};
use crate::layout::{COMPOSE, SERVICE};
use crate::text::{Argument, Text};

error_functions! {
    AstrBotContainer no_container(name, candidates):
        "There is no container `{name}`.{candidates}" | "没有容器 `{name}`。{candidates}",
        "The name is misspelled, or the container was removed." | "名称有误，或容器已被删除。",
        "Start AstrBot, or name its container as `docker ps` shows it." | "请启动 AstrBot，或使用 `docker ps` 显示的容器名。";
    AstrBotContainer not_astrbot(name, image, candidates):
        "The container `{name}` ({image}) is not AstrBot.{candidates}" | "容器 `{name}`（{image}）不是 AstrBot。{candidates}",
        "Its image is not named astrbot, and nothing is mounted at /AstrBot/data." | "它的镜像名不含 astrbot，也没有挂载到 /AstrBot/data 的目录。",
        "Name AstrBot's container as `docker ps` shows it." | "请使用 `docker ps` 中显示的 AstrBot 容器名。";
    AstrBotContainer mounts_data_of(name, image, other):
        "The container `{name}` ({image}) is not AstrBot: it only mounts the data folder of `{other}`." | "容器 `{name}`（{image}）不是 AstrBot，它只是也挂载了 `{other}` 的数据目录。",
        "" | "",
        "Pass `{other}` instead." | "请改用 `{other}`。";
    AstrBotContainer not_running(name, status):
        "AstrBot's container `{name}` is not running ({status})." | "AstrBot 的容器 `{name}` 没有运行（{status}）。",
        "" | "",
        "Start it (docker start {name}), then run the command again." | "请启动它（docker start {name}），然后重新运行。";
    AstrBotContainer not_named():
        "AstrBot's container was not named." | "没有指定 AstrBot 的容器。",
        "No container here looks like AstrBot." | "本机未找到疑似 AstrBot 的容器。",
        "Start AstrBot, or pass --container NAME. If AstrBot does not run in a container, nothing needs to be done."
            | "请启动 AstrBot，或指定 --container 名称。如果 AstrBot 不在容器中运行，则无需处理。";
    AstrBotContainer several(list):
        "AstrBot's container was not named. Candidates:\n{list}" | "没有指定 AstrBot 的容器。可选：\n{list}",
        "" | "",
        "Pass --container NAME." | "请指定 --container 名称。";
    AstrBotContainer no_data(name):
        "AstrBot's container `{name}` has no folder of this machine at /AstrBot/data." | "AstrBot 的容器 `{name}` 没有把本机目录挂载到 /AstrBot/data。",
        "Its settings are only inside the container." | "它的设置只在容器内。",
        "Copy them out (docker cp {name}:/AstrBot/data/cmd_config.json .), then pass --from-astrbot ./cmd_config.json."
            | "请先复制出来（docker cp {name}:/AstrBot/data/cmd_config.json .），再使用 --from-astrbot ./cmd_config.json。";
    AstrBotContainer no_container_for_data():
        "--from-astrbot without a folder needs AstrBot's container." | "--from-astrbot 不写目录时需要知道 AstrBot 的容器。",
        "" | "",
        "Pass AstrBot's data folder (--from-astrbot /opt/AstrBot/data), or --astrbot-container NAME."
            | "请写明 AstrBot 的数据目录（--from-astrbot /opt/AstrBot/data），或指定 --astrbot-container 名称。";
    ProviderAddress loopback_of_astrbot(id, url, name):
        "AstrBot's provider `{id}` has the address {url}, which is AstrBot's container `{name}` itself, not this machine."
            | "AstrBot 的服务商 `{id}` 的地址是 {url}，它指 AstrBot 的容器 `{name}` 自身，而不是本机。",
        "In a container, 127.0.0.1 is the container; the gateway is in another." | "在容器中，127.0.0.1 指该容器自身，而网关在另一个容器中。",
        "If the model server runs on this machine, run `host-shim sidecar model --base-url {url} --model NAME`. If it runs in a container, use that container's name in its address."
            | "如果模型服务在本机运行，请运行 `host-shim sidecar model --base-url {url} --model 名称`；如果它在容器中，请在地址中使用该容器的名称。";

    SharedNetwork joined_to_another(name, other):
        "AstrBot's container `{name}` has no network of its own: it uses that of `{other}`." | "AstrBot 的容器 `{name}` 没有自己的网络，而是使用 `{other}` 的网络。",
        "Only the container that owns the network can join another." | "只有拥有该网络的容器才能加入其他网络。",
        "Remove network_mode from AstrBot's service, start it again, then run the command again." | "请删除 AstrBot 服务的 network_mode，重新启动它，然后重新运行。";
    SharedNetwork without_network(name):
        "AstrBot's container `{name}` has no network." | "AstrBot 的容器 `{name}` 没有网络。",
        "It was started with network_mode none." | "它以 network_mode none 启动。",
        "Remove network_mode from AstrBot's service, start it again, then run the command again." | "请删除 AstrBot 服务的 network_mode，重新启动它，然后重新运行。";
    SharedNetwork gateway_without_network():
        "The gateway's service has a network_mode, so it cannot share a network with AstrBot's container." | "网关的服务设置了 network_mode，无法与 AstrBot 的容器共用网络。",
        "Compose accepts no networks beside network_mode." | "Compose 不允许 network_mode 与 networks 同时存在。",
        "Remove network_mode from {SERVICE} in {COMPOSE}, then run the command again." | "请在 {COMPOSE} 的 {SERVICE} 中删除 network_mode，然后重新运行。";
    SharedNetwork bad_network_name(name):
        "`{name}` is not a valid network name." | "`{name}` 不是合法的网络名称。",
        "" | "",
        "Use letters, digits, `_`, `.` and `-`, beginning with a letter or digit." | "请使用字母、数字、`_`、`.` 和 `-`，并以字母或数字开头。";
    SharedNetwork network_of_another(name, owner):
        "A network `{name}` exists already and is not this sidecar's{owner}." | "网络 `{name}` 已存在，且不属于本边车{owner}。",
        "Joining it would put the gateway beside containers that it does not know." | "加入它会让网关与未知的容器处于同一网络。",
        "Pass --network {name} to use it anyway, or --network with another name to create one."
            | "如果确实要使用它，请指定 --network {name}；也可以用 --network 指定另一个名称来新建。";
    SharedNetwork network_not_fit(name, why):
        "The network `{name}` cannot be used: {why}." | "网络 `{name}` 无法使用：{why}。",
        "Containers in it cannot reach each other by name." | "其中的容器无法通过名称互相访问。",
        "Pass --network with another name; it is created if it does not exist." | "请用 --network 指定另一个名称；不存在时会自动创建。";
    SharedNetwork network_failed(name, words):
        "The engine cannot use the network `{name}`: {words}" | "容器引擎无法使用网络 `{name}`：{words}",
        "" | "",
        "Fix what it reports, then run the command again; --network NAME chooses another." | "请按其提示修复后重新运行；可用 --network 名称 改用另一个网络。";
    SharedNetwork compose_without_place(network):
        "Cannot add the network `{network}` to {SERVICE} in {COMPOSE}." | "无法在 {COMPOSE} 的 {SERVICE} 中加入网络 `{network}`。",
        "The file already has networks, or is written in a form that this command cannot edit." | "该文件已有 networks，或采用了本命令无法修改的写法。",
        "Add the network to the service's networks, and to the file's networks: {{ external: true, name: {network} }}. Then run the command again with --network {network}."
            | "请把该网络加入服务的 networks，并在文件的 networks 中声明 {{ external: true, name: {network} }}，然后加上 --network {network} 重新运行。";
}
