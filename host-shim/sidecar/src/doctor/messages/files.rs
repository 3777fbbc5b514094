//! The root, the `.env` and the machine.

use openclaw_core::fault::FaultCode::*;

use super::{messages, phrases};
use crate::doctor::Id::{self, *};
use crate::layout::{CONTAINER_UID, IMAGE, PINNED_VERSION};

messages! {
    not_readable[id: Id](path, error): wrong id ConfigInvalid,
        "Cannot read {path}: {error}" | "无法读取 {path}：{error}",
        "The file belongs to another user, or the disk has failed." | "文件属于其他用户，或磁盘出错。",
        "Run the command with sudo or as the folder's owner." | "请使用 sudo，或以该目录的所有者身份运行。";
    no_root[id: Id](): skipped id,
        "the root folder cannot be accessed" | "无法访问根目录";
    no_env[id: Id](): skipped id,
        "no readable .env" | "没有可读取的 .env";

    root_ok(root): ok Root, "{root}" | "{root}";
    root_missing(root): wrong Root ConfigInvalid,
        "{root} does not exist." | "{root} 不存在。",
        "The sidecar has not been set up, or it is in another folder." | "边车尚未初始化，或在其他目录中。",
        "Run `host-shim sidecar init --root {root}`, or pass the correct --root."
            | "请运行 `host-shim sidecar init --root {root}`，或指定正确的 --root。";
    root_not_a_folder(root): wrong Root ConfigInvalid,
        "{root} is not a folder." | "{root} 不是目录。",
        "A file of this name is in the way." | "该路径上是一个文件。",
        "Choose another --root." | "请指定其他 --root。";

    files_ok(): ok Files, "all present" | "齐全";
    file_of_other_kind(names): wrong Files ConfigInvalid,
        "Wrong type (file or folder): {names}." | "类型不对（应为文件或目录）：{names}。",
        "If a mounted file is missing at first start, Docker creates a folder in its place. Pipes, sockets and devices are not read either."
            | "首次启动时如果要挂载的文件不存在，Docker 会创建同名目录。管道、套接字和设备同样不会被读取。",
        "Stop the container, remove them (rmdir for a folder), then run `host-shim sidecar init`."
            | "请停止容器并删除它们（目录用 rmdir），然后运行 `host-shim sidecar init`。";
    file_too_large(names, most): wrong Files ConfigInvalid,
        "Larger than {most} MiB, so not read: {names}." | "超过 {most} MiB，未读取：{names}。",
        "These files are normally a few kilobytes; something else has overwritten them." | "这些文件通常只有几 KB，可能已被其他内容覆盖。",
        "Move them away and run `host-shim sidecar init`, or roll back to a restore point."
            | "请移走它们并运行 `host-shim sidecar init`，或回退到恢复点。";
    file_missing(names): wrong Files ConfigInvalid,
        "Missing: {names}." | "缺少：{names}。",
        "The sidecar was set up by hand or only in part, or files were moved." | "边车由手动或部分初始化而成，或文件被移动过。",
        "Run `host-shim sidecar init`: it creates what is missing and overwrites nothing."
            | "请运行 `host-shim sidecar init`：它只创建缺少的内容，不覆盖任何文件。";

    modes_ok(): ok Modes, "not accessible to other users" | "其他用户无法访问";
    mode_too_open(names, cause, remedy): wrong Modes ConfigInvalid,
        "Accessible to other users: {names}." | "其他用户可以访问：{names}。",
        "{cause}" | "{cause}",
        "{remedy}" | "{remedy}";

    owners_ok(): ok Owners,
        "uid {CONTAINER_UID} owns everything the gateway writes to" | "网关写入的目录均属于 uid {CONTAINER_UID}";
    owners_do_not_matter(): ok Owners,
        "the engine's virtual machine gives the gateway every file here" | "容器引擎的虚拟机会让网关可以读写这里的所有文件";
    owners_by_hand(): ok Owners, "the gateway is not running in a container" | "网关不在容器中运行";
    owner_not_container(names, paths): wrong Owners NetworkOrUnreachable,
        "Not owned by the gateway's user: {names}." | "不属于网关用户：{names}。",
        "In the container the gateway runs as uid {CONTAINER_UID}. It cannot write there and exits at startup."
            | "网关在容器内以 uid {CONTAINER_UID} 运行，无法写入这些位置，启动时会退出。",
        "Run: sudo chown -R {CONTAINER_UID}:{CONTAINER_UID} {paths}" | "请运行：sudo chown -R {CONTAINER_UID}:{CONTAINER_UID} {paths}";

    journal_ok(): ok Journal, "no interrupted upgrade" | "没有中断的升级";
    operation_under_way(from, to): note Journal,
        "Switching from {from} to {to} is in progress." | "正在从 {from} 切换到 {to}。",
        "Another command is running; it may explain the problems below." | "另一个命令正在运行，下面的异常可能由它引起。",
        "Wait until it finishes, then check again." | "请等它结束后再检查。";
    operation_interrupted(from, to): wrong Journal NetworkOrUnreachable,
        "Switching from {from} to {to} was interrupted." | "从 {from} 到 {to} 的切换被中断。",
        "The machine or the command was stopped partway through." | "机器或命令在中途停止。",
        "Run `host-shim sidecar up`: it rolls back to the restore point automatically." | "请运行 `host-shim sidecar up`：它会自动回退到恢复点。";

    env_missing(): skipped Env, "no .env" | "没有 .env";
    env_ok(port): ok Env, "readable; port {port}" | "可读取；端口 {port}";
    env_unreadable(error): wrong Env ConfigInvalid,
        ".env: {error}" | ".env：{error}",
        "Each line must be KEY=VALUE, a comment or empty, with quotes closed; otherwise Compose rejects the whole file."
            | "每行必须是 KEY=VALUE、注释或空行，引号必须成对；否则 Compose 会拒绝整个文件。",
        "Correct the line; see .env.example for the format." | "请更正该行，格式见 .env.example。";
    port_invalid(value): wrong Env ConfigInvalid,
        "OPENCLAW_HOST_PORT is `{value}`." | "OPENCLAW_HOST_PORT 的值为 `{value}`。",
        "A port must be a number from 1 to 65535." | "端口必须是 1 到 65535 的数字。",
        "Set OPENCLAW_HOST_PORT=18789 in .env." | "请在 .env 中设置 OPENCLAW_HOST_PORT=18789。";
    env_line_skipped(reader, lines): note EnvLines,
        "{reader} skips these lines of .env: {lines}." | "{reader} 会跳过 .env 中的这些行：{lines}。",
        "They are not KEY=VALUE, or a quote is not closed. Newer versions of Compose reject the whole file."
            | "它们不是 KEY=VALUE 形式，或引号没有成对。较新的 Compose 会拒绝整个文件。",
        "Correct or remove the lines; see .env.example for the format." | "请更正或删除这些行，格式见 .env.example。";
    env_read_differently(here, other, names): note EnvReading,
        "{here} and {other} read different values for: {names}." | "{here} 与 {other} 读到的值不同：{names}。",
        "They treat quotes, $ and # in .env differently; these checks read it like {here}."
            | "二者对 .env 中引号、$ 和 # 的处理不同；此处的检查按 {here} 的方式读取。",
        "If you use both, write the plain value without quotes, $ or #." | "如果两者都会用到，请直接写值，不要使用引号、$ 和 #。";
    env_exported_ok(): ok EnvExported, "not overridden by the shell" | "没有被 Shell 环境变量覆盖";
    env_shadowed(names): note EnvExported,
        "This shell exports different values from .env for: {names}." | "当前 Shell 导出的值与 .env 不同：{names}。",
        "If you run `docker compose` yourself, the shell's values win; host-shim ignores them."
            | "直接运行 `docker compose` 时以 Shell 的值为准；host-shim 不受影响。",
        "Unset them before running docker compose yourself." | "手动运行 docker compose 之前请先 unset 它们。";

    token_ok(): ok EnvToken, "set, and strong enough" | "已设置且强度足够";
    token_missing(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is not set in .env." | ".env 中没有设置 OPENCLAW_GATEWAY_TOKEN。",
        "The gateway does not start without a token." | "没有令牌，网关无法启动。",
        "{remedy}" | "{remedy}";
    token_placeholder(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is still a placeholder." | "OPENCLAW_GATEWAY_TOKEN 仍是占位符。",
        "Anyone can read the placeholder in the documentation." | "占位符在文档中公开可见。",
        "{remedy}" | "{remedy}";
    token_redacted(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is a masked value, not a token." | "OPENCLAW_GATEWAY_TOKEN 是脱敏后的值，不是令牌。",
        "It was copied from output in which secrets are masked." | "它是从脱敏后的输出中复制来的。",
        "{remedy}" | "{remedy}";
    token_not_printable(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN contains whitespace or non-ASCII characters." | "OPENCLAW_GATEWAY_TOKEN 含有空白或非 ASCII 字符。",
        "Such a token cannot be sent in an HTTP header." | "这样的令牌无法放进 HTTP 请求头。",
        "{remedy}" | "{remedy}";
    token_too_long(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is longer than 4096 characters." | "OPENCLAW_GATEWAY_TOKEN 超过 4096 个字符。",
        "Something other than a token was pasted." | "填入的不是令牌。",
        "{remedy}" | "{remedy}";
    token_weak(remedy): wrong EnvToken AuthFailed,
        "OPENCLAW_GATEWAY_TOKEN is weak: shorter than 24 characters, or too few distinct ones."
            | "OPENCLAW_GATEWAY_TOKEN 太弱：不足 24 个字符，或字符种类太少。",
        "It can be guessed." | "它可能被猜中。",
        "{remedy}" | "{remedy}";

    version_ok(version): ok Version, "pinned to {version}" | "已固定为 {version}";
    version_in_compose_file(image): note Version,
        "The compose file's image does not use OPENCLAW_VERSION: {image}." | "compose 文件中的镜像没有使用 OPENCLAW_VERSION：{image}。",
        ".env then has no effect on the version, and `upgrade` cannot change it." | "这样 .env 对版本不起作用，`upgrade` 也无法更改版本。",
        "To make it upgradable, write image: {IMAGE}:${{OPENCLAW_VERSION}}." | "如需升级，请写成 image: {IMAGE}:${{OPENCLAW_VERSION}}。";
    version_missing(): wrong Version ConfigInvalid,
        "OPENCLAW_VERSION is not set in .env." | ".env 中没有设置 OPENCLAW_VERSION。",
        "Without it Compose cannot tell which image to run." | "没有它，Compose 无法确定镜像。",
        "Set OPENCLAW_VERSION in .env to {PINNED_VERSION} or another release." | "请在 .env 中把 OPENCLAW_VERSION 设为 {PINNED_VERSION} 或其他发行版。";
    version_not_pinned(version): wrong Version ConfigInvalid,
        "OPENCLAW_VERSION is `{version}`, which is not a specific release." | "OPENCLAW_VERSION 的值 `{version}` 不是确定的发行版。",
        "A moving tag can change at any time, and a rollback cannot return to it." | "这样的标签随时可能变化，也无法回退。",
        "Set OPENCLAW_VERSION in .env to {PINNED_VERSION} or another release." | "请在 .env 中把 OPENCLAW_VERSION 设为 {PINNED_VERSION} 或其他发行版。";
    client_tools_ignored(version): note VersionTools,
        "{version} accepts AstrBot's tools but never offers them to the model." | "{version} 会接收 AstrBot 的工具，但不会提供给模型。",
        "A bug in this version, fixed in 2026.3.28." | "该版本的缺陷，已在 2026.3.28 修复。",
        "If this affects you, upgrade: host-shim sidecar upgrade 2026.9.6."
            | "如果受此影响，请升级：host-shim sidecar upgrade 2026.9.6。";
    failures_look_like_answers(version): note VersionFailures,
        "{version} returns model provider failures as if they were answers." | "{version} 会把模型服务的失败当作正常回答返回。",
        "A bug in this version; the plugin can only recognize its stock sentence." | "该版本的缺陷；插件只能识别它的固定语句。",
        "If this affects you, upgrade: host-shim sidecar upgrade 2026.9.6."
            | "如果受此影响，请升级：host-shim sidecar upgrade 2026.9.6。";

    memory_ok(available, total): ok Memory,
        "{available} of {total} available" | "可用 {available}，共 {total}";
    memory_unreadable(error): wrong Memory HeavyTaskRefused,
        "Cannot read the available memory: {error}" | "无法读取可用内存：{error}",
        "The guards treat this as low memory: heavy tasks are refused and the level is at most L1." | "防护会按内存不足处理：拒绝重任务，级别最高为 L1。",
        "Run it where /proc and the cgroups can be read." | "请在可以读取 /proc 和 cgroup 的环境中运行。";
    memory_below_350(available, total, remedy): wrong Memory HeavyTaskRefused,
        "{available} of {total} available" | "可用 {available}，共 {total}",
        "Below 350 MiB the guards refuse heavy tasks and limit every turn to L1." | "低于 350 MiB 时，防护会拒绝重任务，并把级别限制为 L1。",
        "{remedy}" | "{remedy}";
    memory_below_512(available, total, remedy): wrong Memory HeavyTaskRefused,
        "{available} of {total} available" | "可用 {available}，共 {total}",
        "Below 512 MiB the guards refuse heavy tasks." | "低于 512 MiB 时，防护会拒绝重任务。",
        "{remedy}" | "{remedy}";
    memory_below_start(available, total, remedy): wrong Memory NetworkOrUnreachable,
        "{available} of {total} available" | "可用 {available}，共 {total}",
        "A cold start of the gateway needs 1.1 to 1.3 GiB." | "网关冷启动需要 1.1 到 1.3 GiB。",
        "{remedy}" | "{remedy}";

    sizing_ok(parts): ok Sizing, "{parts}" | "{parts}";
    sizing_needs_swap(parts): note Sizing,
        "{parts}" | "{parts}",
        "It fits only together with swap: starts are slow, and answers may be." | "加上交换空间才够用：启动较慢，回答也可能变慢。",
        "This works. For more room use a larger machine, or run the bot client elsewhere." | "可以使用。如需更宽裕，请换用更大的机器，或把机器人客户端放到别处。";
    sizing_too_small(parts): note Sizing,
        "{parts}" | "{parts}",
        "At a cold start or after many turns the kernel may kill one of them, the gateway first." | "冷启动时或多次任务之后，内核可能会杀死其中之一，首先是网关。",
        "Add swap (fallocate -l 2G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile), or use a larger machine."
            | "请添加交换空间（fallocate -l 2G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile），或换用更大的机器。";

    disk_ok(free): ok Disk, "{free} free" | "剩余 {free}";
    disk_unknown(error): skipped Disk, "{error}" | "{error}";
    disk_nearly_full(free): wrong Disk GatewayError,
        "{free} free" | "剩余 {free}",
        "With a full disk the gateway cannot save its state." | "磁盘满时网关无法保存状态。",
        "Free disk space: docker image prune -a removes unused images." | "请释放磁盘空间：docker image prune -a 可清理未使用的镜像。";
    disk_small_for_upgrade(free): note Disk,
        "{free} free" | "剩余 {free}",
        "A gateway image takes 2 to 4 GiB." | "网关镜像需要 2 到 4 GiB。",
        "Free disk space: docker image prune -a removes unused images." | "请释放磁盘空间：docker image prune -a 可清理未使用的镜像。";

    clock_ok(): ok Clock, "plausible" | "正常";
    clock_in_the_past(): wrong Clock ModelProviderFailed,
        "The clock is earlier than the gateway's release date." | "系统时间早于网关的发布日期。";
    clock_went_back(path): wrong Clock ModelProviderFailed,
        "{path} was modified in the future: the clock was set back." | "{path} 的修改时间在未来：系统时间被回拨过。";
    clocks_differ(ahead): wrong Clock ModelProviderFailed,
        "The gateway's clock is off by {ahead} s." | "网关的时间相差 {ahead} 秒。";
}

phrases! {
    secrets_are_readable():
        "The .env contains the token; other users of this machine can read it." | ".env 中有令牌，本机的其他用户可以读取。";
    files_are_open():
        "Other users of this machine can read or change the gateway's files." | "本机的其他用户可以读取或修改网关的文件。";
    set_a_token():
        "Set OPENCLAW_GATEWAY_TOKEN in .env to 32 or more random characters (openssl rand -hex 32), set the plugin's gateway_bearer_token to the same value, and restart the gateway."
            | "请在 .env 中把 OPENCLAW_GATEWAY_TOKEN 设为至少 32 个随机字符（openssl rand -hex 32），把插件的 gateway_bearer_token 设为相同的值，然后重启网关。";
    sizing_parts(astrbot, version, gateway, client, together, total, swap):
        "AstrBot takes about {astrbot}, the gateway ({version}) {gateway}, a bot client such as NapCat about {client}: together {together}. This machine has {total} and {swap} of swap."
            | "AstrBot 约需 {astrbot}，网关（{version}）{gateway}，机器人客户端（如 NapCat）约 {client}：合计 {together}。本机内存 {total}，交换空间 {swap}。";
    free_memory():
        "Stop other programs or use a larger machine; 2 GiB is tight for AstrBot plus a gateway."
            | "请停止其他程序或换用更大的机器；2 GiB 对 AstrBot 加网关来说偏紧。";
    a_wrong_clock():
        "With a wrong clock, TLS connections to the model provider fail, and logs and restore points carry wrong times."
            | "系统时间不准会导致与模型服务的 TLS 连接失败，日志和恢复点的时间也不可信。";
}
