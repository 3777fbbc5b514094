//! The root, the `.env` and the machine.

use openclaw_core::fault::FaultCode::*;

use super::{messages, phrases};
use crate::doctor::Id::{self, *};
use crate::layout::{CONTAINER_UID, IMAGE, PINNED_VERSION};

messages! {
    not_readable[id: Id](path, error): wrong id ConfigInvalid,
        "{path} cannot be read: {error}" | "无法读取 {path}：{error}",
        "It belongs to another user, or the disk failed." | "它属于其他用户，或磁盘出错。",
        "Run the command with sudo, or as the owner of the folder." | "请使用 sudo，或以该目录的所有者身份运行。";
    no_root[id: Id](): skipped id,
        "there is no root to look into" | "没有可以查看的根目录";
    no_env[id: Id](): skipped id,
        "there is no readable .env" | "没有可读的 .env";

    root_ok(root): ok Root, "{root}" | "{root}";
    root_missing(root): wrong Root ConfigInvalid,
        "{root} does not exist." | "{root} 不存在。",
        "The sidecar has not been set up, or lies elsewhere." | "边车尚未初始化，或位于别处。",
        "Run `host-shim sidecar init --root {root}`, or name the right --root."
            | "请运行 `host-shim sidecar init --root {root}`，或指定正确的 --root。";
    root_not_a_folder(root): wrong Root ConfigInvalid,
        "{root} is not a folder." | "{root} 不是目录。",
        "Another file has this name." | "同名的是一个文件。",
        "Name another --root." | "请指定其他 --root。";

    files_ok(): ok Files, "all there" | "齐全";
    file_of_other_kind(names): wrong Files ConfigInvalid,
        "Not what they should be (file or folder): {names}." | "类型不对（文件或目录）：{names}。",
        "Docker makes a folder where a mounted file is missing at the first start; pipes, sockets and devices are not read either."
            | "首次启动时如果挂载的文件不存在，Docker 会建立同名目录；管道、套接字和设备也不会被读取。",
        "Stop the container, remove them (rmdir for a folder), and run `host-shim sidecar init`."
            | "请停止容器，删除它们（目录用 rmdir），再运行 `host-shim sidecar init`。";
    file_too_large(names, most): wrong Files ConfigInvalid,
        "Larger than {most} MiB, and not read: {names}." | "超过 {most} MiB，不会读取：{names}。",
        "These files have a few kilobytes; something else has been written over them." | "这些文件只有几 KB；可能被别的内容覆盖了。",
        "Move them away and run `host-shim sidecar init`, or go back to a restore point."
            | "请移走它们并运行 `host-shim sidecar init`，或回到恢复点。";
    file_missing(names): wrong Files ConfigInvalid,
        "Missing: {names}." | "缺少：{names}。",
        "The sidecar was set up by hand or in part, or files were moved." | "边车是手动或部分初始化的，或文件被移动过。",
        "Run `host-shim sidecar init`: it makes what is missing and overwrites nothing."
            | "请运行 `host-shim sidecar init`：它只补齐缺少的，不覆盖任何文件。";

    modes_ok(): ok Modes, "nothing is open to others" | "没有对其他用户开放的文件";
    mode_too_open(names, cause): wrong Modes ConfigInvalid,
        "Open to others: {names}." | "对其他用户开放：{names}。",
        "{cause}" | "{cause}",
        "Take the rights away: chmod 600 .env, chmod 700 on the root." | "请收紧权限：.env 设为 600，根目录设为 700。";

    owners_ok(): ok Owners,
        "uid {CONTAINER_UID} owns what the gateway writes" | "网关写入的目录属于 uid {CONTAINER_UID}";
    owners_by_hand(): ok Owners, "the gateway runs without a container" | "网关不在容器中运行";
    owner_not_container(names, paths): wrong Owners NetworkOrUnreachable,
        "Not the gateway's own: {names}." | "不属于网关用户：{names}。",
        "In its container the gateway is uid {CONTAINER_UID}; it cannot write there and ends at its start."
            | "网关在容器内的用户是 uid {CONTAINER_UID}，它无法写入这些目录，会在启动时退出。",
        "sudo chown -R {CONTAINER_UID}:{CONTAINER_UID} {paths}" | "sudo chown -R {CONTAINER_UID}:{CONTAINER_UID} {paths}";

    journal_ok(): ok Journal, "no upgrade was cut off" | "没有中断的升级";
    operation_under_way(from, to): note Journal,
        "A change from {from} to {to} is under way." | "正在进行从 {from} 到 {to} 的变更。",
        "Another command is at work; what is wrong below may be its doing." | "另一个命令正在工作；下面的异常可能由它引起。",
        "Wait until it has ended and look again." | "请等它结束后再检查。";
    operation_interrupted(from, to): wrong Journal NetworkOrUnreachable,
        "A change from {from} to {to} was cut off." | "从 {from} 到 {to} 的变更中断了。",
        "The machine or the command was stopped in the middle." | "机器或命令在中途被停止。",
        "Run `host-shim sidecar up`: it goes back to the restore point by itself." | "请运行 `host-shim sidecar up`：它会自动回到恢复点。";

    env_missing(): skipped Env, "there is no .env" | "没有 .env";
    env_ok(port): ok Env, "readable; port {port}" | "可读；端口 {port}";
    env_unreadable(error): wrong Env ConfigInvalid,
        ".env: {error}" | ".env：{error}",
        "Each line must be KEY=VALUE, a comment or empty, and quotes must be closed; Compose refuses the whole file otherwise."
            | "每行必须是 KEY=VALUE、注释或空行，引号必须成对；否则 Compose 会拒绝整个文件。",
        "Correct the line; .env.example shows the form." | "请更正该行；格式见 .env.example。";
    port_invalid(value): wrong Env ConfigInvalid,
        "OPENCLAW_HOST_PORT is `{value}`." | "OPENCLAW_HOST_PORT 的值是 `{value}`。",
        "A port is a number from 1 to 65535." | "端口必须是 1 到 65535 的数字。",
        "Set OPENCLAW_HOST_PORT=18789 in .env." | "请在 .env 中设置 OPENCLAW_HOST_PORT=18789。";
    env_line_skipped(reader, lines): note EnvLines,
        "{reader} skips these lines of .env: {lines}." | "{reader} 会跳过 .env 的这些行：{lines}。",
        "They are not KEY=VALUE, or a quote is not closed. Newer Compose refuses the whole file."
            | "它们不是 KEY=VALUE，或引号没有成对。较新的 Compose 会拒绝整个文件。",
        "Correct or remove the lines; .env.example shows the form." | "请更正或删除这些行；格式见 .env.example。";
    env_read_differently(here, other, names): note EnvReading,
        "{here} and {other} read another value for: {names}." | "{here} 与 {other} 读到的值不同：{names}。",
        "They treat quotes, $ and # in .env differently; what is checked here is {here}'s reading."
            | "二者对 .env 中引号、$ 和 # 的处理不同；此处按 {here} 的读法检查。",
        "Write the plain value, without quotes, $ and #, if you use both." | "如果两者都会用到，请直接写值，不要使用引号、$ 和 #。";
    env_exported_ok(): ok EnvExported, "the shell hides nothing of it" | "Shell 环境没有遮盖其中的值";
    env_shadowed(names): note EnvExported,
        "Exported in this shell with another value than in .env: {names}." | "当前 Shell 导出的值与 .env 不同：{names}。",
        "A plain `docker compose` prefers the shell's value; host-shim does not."
            | "直接运行 `docker compose` 时 Shell 的值优先；host-shim 不受影响。",
        "unset them before you run docker compose by hand." | "手动运行 docker compose 之前请先 unset。";

    token_ok(): ok EnvToken, "there, and strong" | "已设置且强度足够";
    token_missing(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is not set in .env." | ".env 中没有设置 OPENCLAW_GATEWAY_TOKEN。",
        "Without a token the gateway does not start." | "没有令牌，网关无法启动。",
        "{remedy}" | "{remedy}";
    token_placeholder(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is still the example's placeholder." | "OPENCLAW_GATEWAY_TOKEN 还是示例中的占位符。",
        "Everybody knows the placeholder." | "占位符人人皆知。",
        "{remedy}" | "{remedy}";
    token_redacted(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is a masked value, not a token." | "OPENCLAW_GATEWAY_TOKEN 是被遮蔽的值，不是令牌。",
        "It was copied from an output in which the gateway's tools hide secrets." | "它是从隐藏机密的输出中复制来的。",
        "{remedy}" | "{remedy}";
    token_not_printable(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN has blanks or characters outside ASCII." | "OPENCLAW_GATEWAY_TOKEN 含有空白或非 ASCII 字符。",
        "Such a token cannot travel in an HTTP header." | "这样的令牌无法放进 HTTP 头。",
        "{remedy}" | "{remedy}";
    token_too_long(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is over 4096 characters long; that is no token." | "OPENCLAW_GATEWAY_TOKEN 超过 4096 个字符，不是令牌。",
        "Something else was put in its place." | "填入了别的内容。",
        "{remedy}" | "{remedy}";
    token_weak(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is weak: under 24 characters, or too few different ones."
            | "OPENCLAW_GATEWAY_TOKEN 太弱：不足 24 个字符，或字符种类太少。",
        "It can be guessed by trying." | "它可能被猜中。",
        "{remedy}" | "{remedy}";

    version_ok(version): ok Version, "pinned to {version}" | "已固定为 {version}";
    version_in_compose_file(image): note Version,
        "The compose file names the image without OPENCLAW_VERSION: {image}." | "compose 文件没有用 OPENCLAW_VERSION 指定镜像：{image}。",
        ".env then does not decide which version runs, and `upgrade` cannot change it." | "这样 .env 不决定运行的版本，`upgrade` 也无法更改。",
        "Write image: {IMAGE}:${{OPENCLAW_VERSION}} to have it upgraded." | "如需升级，请写成 image: {IMAGE}:${{OPENCLAW_VERSION}}。";
    version_missing(): wrong Version ConfigInvalid,
        "OPENCLAW_VERSION is not set in .env." | ".env 中没有设置 OPENCLAW_VERSION。",
        "Compose cannot name the image without it." | "没有它 Compose 无法确定镜像。",
        "Set OPENCLAW_VERSION={PINNED_VERSION} in .env, or another release." | "请在 .env 中设置 OPENCLAW_VERSION={PINNED_VERSION} 或其他发行版。";
    version_not_pinned(version): wrong Version ConfigInvalid,
        "OPENCLAW_VERSION is `{version}`, which names no single release." | "OPENCLAW_VERSION 的值 `{version}` 不是确定的发行版。",
        "Such a tag changes under your feet, and a roll-back has nowhere to go." | "这样的标签会自行变化，也无法回退。",
        "Set OPENCLAW_VERSION={PINNED_VERSION} in .env, or another release." | "请在 .env 中设置 OPENCLAW_VERSION={PINNED_VERSION} 或其他发行版。";
    client_tools_ignored(version): note VersionTools,
        "{version} takes AstrBot's tools and never offers them to the model." | "{version} 会接收 AstrBot 的工具，但从不提供给模型。",
        "A fault of this version, mended by 2026.3.28." | "该版本的缺陷，2026.3.28 起修复。",
        "Upgrade when you need it (host-shim sidecar upgrade 2026.9.6), or live with it."
            | "需要时请升级（host-shim sidecar upgrade 2026.9.6），否则可以不处理。";
    failures_look_like_answers(version): note VersionFailures,
        "{version} reports failures of the model provider as if they were answers." | "{version} 会把模型服务的失败当作正常回答返回。",
        "A fault of this version; the plugin recognises its stock sentence only." | "该版本的缺陷；插件只能识别它的固定语句。",
        "Upgrade when you need it (host-shim sidecar upgrade 2026.9.6), or live with it."
            | "需要时请升级（host-shim sidecar upgrade 2026.9.6），否则可以不处理。";

    memory_ok(available, total): ok Memory,
        "{available} of {total} available" | "可用 {available}，共 {total}";
    memory_unreadable(error): wrong Memory HeavyTaskRefused,
        "The memory cannot be read: {error}" | "无法读取内存：{error}",
        "The guards treat that as too little: no heavy tasks, level at most L1." | "防护会按内存不足处理：不执行重任务，级别最高 L1。",
        "Run it where /proc and the control groups can be read." | "请在可以读取 /proc 和 cgroup 的环境中运行。";
    memory_below_350(available, total, remedy): wrong Memory HeavyTaskRefused,
        "{available} of {total} available" | "可用 {available}，共 {total}",
        "Below 350 MiB the guards refuse heavy tasks and lower every turn to L1." | "低于 350 MiB 时，防护会拒绝重任务并把级别降到 L1。",
        "{remedy}" | "{remedy}";
    memory_below_512(available, total, remedy): wrong Memory HeavyTaskRefused,
        "{available} of {total} available" | "可用 {available}，共 {total}",
        "Below 512 MiB the guards refuse heavy tasks." | "低于 512 MiB 时，防护会拒绝重任务。",
        "{remedy}" | "{remedy}";
    memory_below_start(available, total, remedy): wrong Memory NetworkOrUnreachable,
        "{available} of {total} available" | "可用 {available}，共 {total}",
        "A gateway that starts cold needs 1.1 to 1.3 GiB." | "网关冷启动需要 1.1 到 1.3 GiB。",
        "{remedy}" | "{remedy}";

    disk_ok(free): ok Disk, "{free} free" | "剩余 {free}";
    disk_unknown(error): skipped Disk, "{error}" | "{error}";
    disk_nearly_full(free): wrong Disk GatewayError,
        "{free} free" | "剩余 {free}",
        "Without disk the gateway cannot keep its state." | "磁盘满时网关无法保存状态。",
        "Free some: docker image prune -a removes unused images." | "请释放空间：docker image prune -a 可清理无用镜像。";
    disk_small_for_upgrade(free): note Disk,
        "{free} free" | "剩余 {free}",
        "An image of the gateway takes 2 to 4 GiB." | "网关的镜像需要 2 到 4 GiB。",
        "Free some: docker image prune -a removes unused images." | "请释放空间：docker image prune -a 可清理无用镜像。";

    clock_ok(): ok Clock, "plausible" | "正常";
    clock_in_the_past(): wrong Clock ModelProviderFailed,
        "The clock is before the release of the gateway." | "时钟早于网关的发布日期。";
    clock_went_back(path): wrong Clock ModelProviderFailed,
        "{path} was changed in the future: the clock has gone back." | "{path} 的修改时间在未来：时钟被回拨过。";
    clocks_differ(ahead): wrong Clock ModelProviderFailed,
        "The gateway's clock differs by {ahead} s." | "网关的时钟相差 {ahead} 秒。";
}

phrases! {
    secrets_are_readable():
        "The .env holds the token; other users of this machine can read it." | ".env 中有令牌，本机的其他用户可以读取它。";
    files_are_open():
        "Other users of this machine can read or change what belongs to the gateway." | "本机的其他用户可以读取或修改网关的文件。";
    set_a_token():
        "Set OPENCLAW_GATEWAY_TOKEN in .env to 32 or more random characters (openssl rand -hex 32), set the plugin's gateway_bearer_token to the same, and restart the gateway."
            | "请在 .env 中把 OPENCLAW_GATEWAY_TOKEN 设为至少 32 个随机字符（openssl rand -hex 32），插件的 gateway_bearer_token 设为相同的值，并重启网关。";
    free_memory():
        "Stop other programs or take a larger machine; 2 GiB are little for AstrBot and a gateway."
            | "请停止其他程序或换更大的机器；2 GiB 对 AstrBot 加网关来说偏小。";
    a_wrong_clock():
        "With a wrong clock TLS to the model provider fails, and logs and restore points mislead."
            | "时钟错误会导致与模型服务的 TLS 连接失败，日志和恢复点也会误导。";
    set_the_clock(): "Set the clock (timedatectl set-ntp true)." | "请校准时钟（timedatectl set-ntp true）。";
}
