"""The catalogue of the Star's texts, Chinese and English side by side. Causes and fixes of faults come from
the component."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # At run time the module may be missing.
    from astr_openclaw import ComponentInfo, Diagnosis, Fault, Status

_LOCALES = ("zh", "en")

# fmt: off
_TEXTS: dict[str, tuple[str, str]] = {
    "help": ("""\
OpenClaw 助手
/{p} <任务>　交给 OpenClaw 执行（可附图片、文件；斜杠可省略）
/{p} 诊断　检查配置、内存、熔断与网关（不消耗模型额度）
/{p} 状态　查看熔断、内存、队列与组件
/{p} 取消　取消你正在运行或排队的任务
/{p} 确认　同意待确认的工具调用（有多个时加编号）
/{p} 拒绝　拒绝待确认的工具调用
/{p} 会话重置　在本聊天开始新的会话
/{p} 全部取消　取消所有人的任务（仅管理员）
/{p} 熔断复位　立即复位熔断（仅管理员）
/{p} 帮助　显示本帮助""", """\
OpenClaw assistant
/{p} <task>  run a task (attach images or files; the slash is optional)
/{p} diagnose  check config, memory, breakers and gateways without calling a model
/{p} status  show breakers, memory, queue and component
/{p} cancel  cancel your running and queued tasks
/{p} approve  approve the waiting tool calls (add the id if there are several)
/{p} reject  reject the waiting tool calls
/{p} reset  start a new session in this chat
/{p} cancel-all  cancel everyone's tasks (admins only)
/{p} reset-breaker  close the breakers now (admins only)
/{p} help  show this help"""),

    # Commands.
    "refused": (
        "你没有使用 OpenClaw 助手的权限，请联系管理员。",
        "You are not allowed to use the OpenClaw assistant. Ask an admin for access."),
    "admins_only": ("只有管理员可以使用此命令。", "Only admins can use this command."),
    "nothing_to_cancel": ("你没有正在运行或排队的任务。", "You have no running or queued tasks."),
    "cancelling": ("已请求取消你的 {n} 个任务。", "Cancelling your tasks: {n}."),
    "nothing_to_cancel_at_all": ("没有正在运行或排队的任务。", "No tasks are running or queued."),
    "cancelling_all": ("已请求取消全部 {n} 个任务。", "Cancelling all tasks: {n}."),
    "session_reset": (
        "已开始新的会话，不再带入之前的对话。",
        "Started a new session. Earlier messages are not carried over."),
    "session_not_reset": ("会话重置失败：{why}", "Could not reset the session: {why}"),
    "breaker_reset": ("熔断已复位。", "Breakers closed."),
    "unbound": (
        "以下用户或群未限定平台，在所有平台（{platforms}）上都有效：{names}。写成“平台:ID”即可限定。",
        "These users and groups match on every platform ({platforms}): {names}. Write “platform:id” to limit one to a platform."),

    # Approvals.
    "approval": (
        "🔐 OpenClaw 请求为 {asker} 执行以下操作，需要{who}确认（编号 {id}）：",
        "🔐 OpenClaw needs approval from {who} for {asker}'s task (id {id}):"),
    "approver_asker": ("提问者本人", "the person who asked"),
    "approver_admin": (" AstrBot 管理员", "an AstrBot admin"),
    "approval_cut": ("…（略去 {n} 字）…", "… ({n} characters left out) …"),
    "approval_part": ("📄 请求 {id} 的完整内容（{at}/{n}）：", "📄 Request {id} in full ({at}/{n}):"),
    "approval_parts": ("完整内容见以上 {n} 条消息。", "The {n} messages above show it in full."),
    "approval_long": (
        "内容过长，聊天中无法完整显示：同意须由管理员在状态页查看全文后操作，这里只能发送“/{p} 拒绝”（编号 {id}）。{seconds} 秒内无人处理视为拒绝。",
        "This is too long to show in full here, so it can only be rejected here: “/{p} reject” (id {id}). An admin can read all of it and approve it on the status page within {seconds} s. No answer means no."),
    "approval_page_only": (
        "请求 {id} 无法在聊天中完整显示，不能在这里同意。管理员可以在状态页查看全文后同意；拒绝仍可在这里发送。",
        "Request {id} cannot be shown in full here, so it cannot be approved here. An admin can approve it on the status page; rejecting it works here."),
    "approval_more": ("另有 {n} 个：{names}", "{n} more: {names}"),
    "approval_how": (
        "请在 {seconds} 秒内发送“/{p} 确认”或“/{p} 拒绝”（有多个请求时加上编号 {id}）；逾期视为拒绝。",
        "Within {seconds} s, send “/{p} approve” or “/{p} reject” (with the id {id} if several wait). No answer means no."),
    "approval_admins": (
        "管理员也可以私聊发送“/{p} 确认 {id}”，或在状态页处理；提问者可以拒绝。",
        "Admins can also send “/{p} approve {id}” in a private chat or use the status page. The person who asked may reject it."),
    "approval_repeat": (
        "以上是其他聊天中的请求。确认无误后，再发送一次即为同意（编号 {id}）。",
        "This request is from another chat. To approve it, send the same command again (id {id})."),
    "approval_approved": ("✅ 已确认（编号 {id}）。", "✅ Approved (id {id})."),
    "approval_rejected": ("🚫 已拒绝（编号 {id}），不会执行。", "🚫 Rejected (id {id}); it will not run."),
    "approval_approved_by": ("✅ {who} 已确认（编号 {id}）。", "✅ Approved by {who} (id {id})."),
    "approval_rejected_by": ("🚫 {who} 已拒绝（编号 {id}）。", "🚫 Rejected by {who} (id {id})."),
    "approval_expired": (
        "⌛ 请求 {id} 逾期未处理，视为拒绝，不会执行。",
        "⌛ Request {id} expired without an answer; it will not run."),
    "approval_none": ("本聊天没有待确认的请求。", "No request in this chat is waiting for approval."),
    "approval_which": (
        "请加上编号，以免确认错请求。待确认：{ids}",
        "Add the id to say which request you mean. Waiting: {ids}"),
    "approval_unknown": ("本聊天没有编号为 {id} 的请求。", "This chat has no request with the id {id}."),
    "approval_only_asker": (
        "只有提问者本人或 AstrBot 管理员可以确认，请求仍在等待。",
        "Only the person who asked or an AstrBot admin may approve this. It is still waiting."),
    "approval_only_admin": (
        "只有 AstrBot 管理员可以确认，请求仍在等待。",
        "Only an AstrBot admin may approve this. It is still waiting."),
    "approval_not_yours": (
        "只有提问者本人或 AstrBot 管理员可以拒绝，请求仍在等待。",
        "Only the person who asked or an AstrBot admin may reject this. It is still waiting."),

    # Tasks.
    "not_ready": (
        "OpenClaw 插件正在加载，请稍后再试。",
        "The OpenClaw plugin is still loading. Try again in a moment."),
    "stopped": (
        "OpenClaw 插件已停用或正在重载，请稍后再试",
        "the OpenClaw plugin is disabled or reloading; try again in a moment"),
    "internal": (
        "插件内部错误（{kind}），详见 AstrBot 日志。",
        "Internal plugin error ({kind}). See AstrBot's log."),
    "share_full": (
        "你已有 {n} 个任务在运行或排队，请等待完成，或发送“取消”。",
        "You already have {n} running or queued tasks. Wait for them, or send “cancel”."),
    "queue_full": ("队列已满：{n} 个任务正在运行或排队。", "The queue is full: {n} tasks are running or waiting."),
    "heavy": (
        "可用内存仅 {available} MiB，不足以处理附件，未读取附件。",
        "Attachments not read: only {available} MiB of memory available."),
    "stopped_by_user": ("任务已取消，其余内容不再发送。", "Task cancelled; the rest will not be sent."),
    "tool": ("🔧 正在调用 {name} …", "🔧 Calling {name} …"),
    "more_steps": ("🔧 另有 {n} 步未逐条显示：{names}", "🔧 {n} more steps: {names}"),
    "tool_replied": ("（工具已直接回复用户）", "(the tool replied to the user directly)"),
    "level_rose": (
        "AstrBot 的权限刚刚变化，工具 {name} 现在需要 {level}，未运行。",
        "AstrBot's permissions have changed: {name} now needs {level}. It did not run."),

    # AstrBot's commands as tools. All but the first three go to the model.
    "command_own": (
        "astrbot_commands：“/{command}”是本插件自己的前缀，不会提供给模型。",
        "astrbot_commands: “/{command}” is this plugin's own prefix; it is not offered to the model."),
    "command_group": (
        "astrbot_commands：“/{command}”是指令组，请写出其中的命令：{commands}",
        "astrbot_commands: “/{command}” is a group; list its commands instead: {commands}"),
    "command_missing": (
        "astrbot_commands：AstrBot 中没有可用的命令“/{command}”。请检查名称，以及提供它的插件是否已安装并启用。",
        "astrbot_commands: AstrBot has no active command “/{command}”. Check the name, and that its plugin is installed and enabled."),
    "command_arguments": (
        "参数应为一段文字，最多 {most} 个字符。",
        "The arguments must be a string of at most {most} characters."),
    "command_refused": (
        "AstrBot 不允许此用户在此处使用命令“/{command}”。",
        "AstrBot does not let this user run “/{command}” here."),
    "command_rejected": (
        "AstrBot 拒绝了命令“/{command}”：{why}",
        "AstrBot rejected “/{command}”: {why}"),
    "command_switched_off": (
        "提供命令“/{command}”的插件在本聊天中已停用。",
        "The plugin that provides “/{command}” is disabled in this chat."),
    "command_failed": ("命令“/{command}”出错：{why}", "“/{command}” failed: {why}"),
    "command_over": ("此命令已被中止，不能再发送消息。", "This command was stopped and can no longer send messages."),
    "inside_command": (
        "命令正由助手运行，不能从中再次调用助手。",
        "A command that the assistant runs cannot call the assistant."),
    "command_silent": (
        "（命令已运行，没有返回文字）",
        "(the command ran and returned no text)"),
    "command_sent_parts": ("（命令的 {parts} 已发送到聊天）", "(sent to the chat by the command: {parts})"),
    "command_sent": ("（命令已自行发送到聊天：{text}）", "(the command itself sent to the chat: {text})"),
    "command_flood": (
        "（命令发送的消息过多，只发出了前 {most} 条）",
        "(the command sent too many messages; only the first {most} were delivered)"),
    "command_asks_model": (
        "（命令请求 AstrBot 自己的聊天模型，此处不支持）",
        "(the command asks AstrBot's own chat model, which is not supported here)"),
    "command_cut": ("……（其余内容已略去）", "… (the rest is left out)"),

    "corrected": ("更正后的完整回答：\n{text}", "Corrected answer:\n{text}"),
    "final_version": ("以上内容有出入，最终版本：", "The text above is outdated. Final version:"),
    "no_text": ("（OpenClaw 没有返回文字）", "(OpenClaw returned no text)"),
    "partial": ("已收到的部分：\n{text}", "Partial answer:\n{text}"),
    "nothing_to_ask": (
        "没有可发送的内容：既没有文字，也没有图片。",
        "Nothing to send: the message has neither text nor an image."),

    # Attachments.
    "too_many_files": (
        "一次最多 {most} 个附件；这条消息超出了，未读取任何附件。",
        "Too many attachments (at most {most}); none was read."),
    "too_much_data": ("附件总大小超过 {most} MiB。", "The attachments exceed {most} MiB in total."),
    "image_unreadable": ("图片无法读取：{why}", "Cannot read the image: {why}"),
    "file_unreadable": ("文件 {name} 无法读取：{why}", "Cannot read the file {name}: {why}"),
    "unnamed": ("（未命名）", "(unnamed)"),

    # Faults and the diagnosis.
    "fault": ("⚠️ {code}：{message}", "⚠️ {code}: {message}"),
    "cause": ("原因：{cause}", "Cause: {cause}"),
    "remedy": ("解决办法：{remedy}", "Fix: {remedy}"),
    "retry": ("{seconds} 秒后重试。", "Retry in {seconds} s."),
    "all_well": ("一切正常。", "Everything is fine."),

    # The status.
    "primary": ("主网关", "primary"),
    "backup": ("备用网关", "backup"),
    "closed": ("关闭（正常）", "closed (normal)"),
    "open": ("打开（暂停请求）", "open (requests paused)"),
    "half_open": ("半开（试探中）", "half-open (testing)"),
    "breaker": (
        "{gateway}熔断：{state}，连续失败 {n} 次",
        "{gateway} breaker: {state}, {n} consecutive failures"),
    "breaker_trial": ("{breaker}，{seconds} 秒后试探", "{breaker}, next trial in {seconds} s"),
    "memory": (
        "内存：可用 {available} MiB，共 {total} MiB（{bound}）",
        "Memory: {available} of {total} MiB available ({bound})"),
    "machine": ("整机", "machine"),
    "container": ("容器", "container"),
    "memory_unreadable": ("内存：无法读取（{why}）", "Memory: unreadable ({why})"),
    "memory_estimated": ("（估算值：{why}）", "(estimated: {why})"),
    "heavy_allowed": ("最高级别：{level}；重任务：允许", "Highest level: {level}; heavy tasks: allowed"),
    "heavy_refused": ("最高级别：{level}；重任务：拒绝", "Highest level: {level}; heavy tasks: refused"),
    "levels_with_agents": (
        "级别：每级对应一个网关智能体，网关自带的工具也受限制",
        "Levels: each has its own gateway agent, so the gateway's own tools are limited too"),
    "levels_without_agents": (
        "级别：只限制 AstrBot 的工具，不限制网关自带的工具",
        "Levels: limit AstrBot's tools only, not the gateway's own"),
    "approvals_pending": ("等待确认：{n} 个请求", "Waiting for approval: {n}"),
    "queue": ("队列：运行 {running}，等待 {waiting}", "Queue: {running} running, {waiting} waiting"),
    "counters": (
        "累计：{turns} 次，完成 {completed}，失败 {failed}，拒绝 {refused}，取消 {cancelled}",
        "Total: {turns} turns, {completed} completed, {failed} failed, {refused} refused, {cancelled} cancelled"),
    "component": (
        "组件：{world} sha256:{sha256:.16}（{size} 字节，{code}）",
        "Component: {world} sha256:{sha256:.16} ({size} bytes, {code})"),

    # The component.
    "component_refused": (
        "插件目录中的 openclaw_plugin.wasm 未被采用，继续使用自带的组件：{why}",
        "Using the bundled component; openclaw_plugin.wasm in the plugin folder was rejected: {why}"),
    "no_component": ("没有可用的组件：{why}", "No usable component: {why}"),
    "unreadable": ("文件无法读取，请检查路径与权限（{why}）", "{why}"),
    "not_a_component": ("它不是 WebAssembly 组件（{why}）", "{why}"),
    "no_compiler": (
        "组件需要编译，请把同一版本的 host-shim 放入 AstrBot 的 PATH，然后重载插件（{why}）", "{why}"),
    "not_compiled": ("它不是可用的组件：可能已损坏、不完整，或接口、版本与本插件不符（{why}）", "{why}"),
    "other_world": ("接口或版本与本插件不符，请使用同一版本项目构建的组件（{why}）", "{why}"),
    "artifact": ("机器码无法使用，请删除插件数据目录中的 components 后重载插件（{why}）", "{why}"),
    "unusable": ("组件无法运行（{why}）", "{why}"),

    # The module.
    "module_incomplete": (
        "模块 astr_openclaw 不完整（{why}），请重新安装插件。",
        "The module astr_openclaw is incomplete ({why}). Reinstall the plugin."),
    "wheel_foreign": (
        "插件自带的 wheel 不适用于本机（{here}），请换用对应平台的插件包。",
        "The bundled wheel does not support this machine ({here}). Install the plugin package for your platform."),
    "module_unloadable": (
        "模块 astr_openclaw 无法在本机加载（{here}）：{why}",
        "Cannot load the module astr_openclaw on this machine ({here}): {why}"),
    "restart_needed": (
        "astr_openclaw 已升级到 {wanted}，但当前进程加载的仍是 {loaded}，请重启 AstrBot。",
        "astr_openclaw was upgraded to {wanted}, but this process still runs {loaded}. Restart AstrBot."),
    "module_other_version": (
        "需要 astr_openclaw {wanted}，当前安装的是 {installed}：请在插件目录执行 pip install -r requirements.txt，然后重启 AstrBot。",
        "astr_openclaw {wanted} is required, but {installed} is installed. Run pip install -r requirements.txt in the plugin folder, then restart AstrBot."),

    # Settings.
    "not_a_config": (
        "插件配置应为一组设置项，实际是 {value}",
        "the plugin's config must be an object, not {value}"),
    "not_one_of": (
        "{key}：不支持 {value}，可选值：{allowed}",
        "{key}: {value} is not allowed; use one of {allowed}"),
    "not_a_number": (
        "{key}：不支持 {value}，应为 {least:g} 到 {most:g} 之间的数字",
        "{key}: {value} is not allowed; use a number from {least:g} to {most:g}"),
    "not_a_list": (
        "{key}：不支持 {value}，应为文本列表",
        "{key}: {value} is not allowed; use a list of strings"),
    "not_a_switch": (
        "{key}：不支持 {value}，应为 true 或 false",
        "{key}: {value} is not allowed; use true or false"),
    "not_by_level": (
        "{key}：应为按级别（L0 到 L4）分组的工具名列表",
        "{key}: use lists of tool names, one per level (L0 to L4)"),
    "not_by_approval": (
        "{key}：应为按确认人（{allowed}）分组的工具名列表",
        "{key}: use lists of tool names, one per approver ({allowed})"),
    "not_by_level_approval": (
        "{key}：应为按级别（L0 到 L4）设置的确认人",
        "{key}: set who approves, by level (L0 to L4)"),
    "unknown_level": (
        "{key}：未知级别 {value}，可选值：{allowed}",
        "{key}: unknown level {value}; use one of {allowed}"),
    "and": ("、", ", "),
    "semicolon": ("；", "; "),
}
# fmt: on


def say(locale: str, text: str, /, **values: object) -> str:
    """A text of the catalogue, with values filled in. `locale`: `zh` or `en`."""
    return _TEXTS[text][_LOCALES.index(locale)].format(**values)


def fault_text(locale: str, fault: Fault, *, with_partial: bool) -> str:
    """A fault for the chat: what, why, and what to do."""
    lines = [say(locale, "fault", code=fault.code, message=fault.message), *_why(locale, fault.cause, fault.remedy)]
    if fault.retry_after_seconds:
        lines.append(say(locale, "retry", seconds=max(1, round(fault.retry_after_seconds))))
    if with_partial and fault.partial_text:
        lines.append(say(locale, "partial", text=fault.partial_text))
    return "\n".join(lines)


def diagnosis_text(locale: str, diagnosis: Diagnosis, component_problem: str | None) -> str:
    """The diagnosis, one line per check."""
    lines = []
    if component_problem:
        lines.append("❌ " + say(locale, "component_refused", why=component_problem))
    for check in diagnosis.checks:
        mark = "✅" if check.ok else "❌"
        code = "" if check.code is None else f" [{check.code}]"
        lines.append(f"{mark} {check.name}{code} {check.detail}".rstrip())
        lines += ["　" + line for line in _why(locale, check.cause, check.remedy)]
    if diagnosis.ok and not component_problem:
        lines.append(say(locale, "all_well"))
    return "\n".join(lines)


def status_text(locale: str, status: Status, component: ComponentInfo, component_problem: str | None) -> str:
    """The guards' state."""
    lines = []
    for name, breaker in status.breakers.items():
        line = say(locale, "breaker", gateway=say(locale, name), state=say(locale, breaker.state), n=breaker.failures)
        if breaker.retry_after_seconds:
            seconds = max(1, round(breaker.retry_after_seconds))
            line = say(locale, "breaker_trial", breaker=line, seconds=seconds)
        lines.append(line)
    memory = status.memory
    if memory.bound is None:
        lines.append(say(locale, "memory_unreadable", why=memory.unreadable))
    else:
        bound = say(locale, memory.bound)
        lines.append(say(locale, "memory", available=memory.available_mib, total=memory.total_mib, bound=bound))
        if memory.estimated is not None:
            lines.append(say(locale, "memory_estimated", why=memory.estimated))
    lines.append(say(locale, "heavy_allowed" if memory.heavy_allowed else "heavy_refused", level=memory.level_cap))
    lines.append(say(locale, "levels_with_agents" if status.level_agents else "levels_without_agents"))
    if status.approvals:
        lines.append(say(locale, "approvals_pending", n=len(status.approvals)))
    lines.append(say(locale, "queue", running=status.in_flight, waiting=status.queued))
    lines.append(say(locale, "counters", **dataclasses.asdict(status.counters)))
    lines.append(say(locale, "component", **dataclasses.asdict(component)))
    if component_problem:
        lines.append(say(locale, "component_refused", why=component_problem))
    return "\n".join(lines)


def _why(locale: str, cause: str, remedy: str) -> list[str]:
    """Cause and remedy, where present."""
    lines = [say(locale, "cause", cause=cause)] if cause else []
    return lines + ([say(locale, "remedy", remedy=remedy)] if remedy else [])
