"""What the plugin says, in Chinese and English. Causes and remedies come from the component."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Also needed where the module cannot be loaded.
    from astr_openclaw import ComponentInfo, Diagnosis, Fault, Status

_LOCALES = ("zh", "en")

# fmt: off
_TEXTS: dict[str, tuple[str, str]] = {
    "help": ("""\
OpenClaw 助手
/{p} <任务>　交给 OpenClaw 执行（可附图片、文件；也可不带斜杠）
/{p} 诊断　检查配置、内存、熔断与网关（不消耗模型额度）
/{p} 状态　查看熔断、内存、队列与组件
/{p} 取消　结束你正在运行或排队的任务
/{p} 会话重置　让本聊天开始新的会话
/{p} 全部取消　结束所有人的任务（仅管理员）
/{p} 熔断复位　立即关闭熔断（仅管理员）
/{p} 帮助　显示本帮助""", """\
OpenClaw assistant
/{p} <task>  has OpenClaw do it (images and files may be attached; the slash may be left out)
/{p} diagnose  checks config, memory, breakers and gateways, without a model call
/{p} status  breakers, memory, queue and component
/{p} cancel  ends your running or waiting task
/{p} reset  starts a new session for this chat
/{p} cancel-all  ends everyone's tasks (admins only)
/{p} reset-breaker  closes the breakers at once (admins only)
/{p} help  shows this"""),

    # Commands.
    "refused": (
        "你没有使用 OpenClaw 助手的权限，请联系管理员。",
        "You may not use the OpenClaw assistant; ask an admin."),
    "admins_only": ("只有管理员可以使用这条命令。", "Only admins can use this command."),
    "nothing_to_cancel": ("你没有正在运行或排队的任务。", "You have no task that runs or waits."),
    "cancelling": ("已请求取消你的 {n} 个任务。", "Asked {n} task(s) of yours to end."),
    "nothing_to_cancel_at_all": ("没有正在运行或排队的任务。", "No task runs or waits."),
    "cancelling_all": ("已请求取消全部 {n} 个任务。", "Asked all {n} task(s) to end."),
    "session_reset": (
        "已开始新的会话，之前的对话不再带入。",
        "A new session has begun; what was said before is not carried over."),
    "session_not_reset": ("会话没有重置：{why}", "The session was not reset: {why}"),
    "breaker_reset": ("熔断已复位。", "The breakers are closed."),
    "unbound": (
        "未写明平台的用户或群（{names}）对每个平台都有效：{platforms}。写成“平台:ID”即可限定平台。",
        "Users or groups without a platform ({names}) match on every platform: {platforms}. Write “platform:id” to bind them to one."),

    # Tasks.
    "not_ready": (
        "OpenClaw 插件正在载入，请稍后再试。",
        "The OpenClaw plugin is being loaded; try again in a moment."),
    "stopped": (
        "OpenClaw 插件已停用或正在重载，请稍后再试",
        "the OpenClaw plugin is switched off or being reloaded; try again in a moment"),
    "internal": (
        "插件内部出错（{kind}），详情见 AstrBot 日志。",
        "The plugin failed ({kind}); see AstrBot's log."),
    "share_full": (
        "你已有 {n} 个任务在运行或排队，请等它们结束，或发送“取消”。",
        "You already have {n} task(s) running or waiting; wait for them, or send “cancel”."),
    "queue_full": (
        "已有 {n} 个任务在运行或排队，队列已满。",
        "{n} tasks are running or waiting; the queue is full."),
    "heavy": (
        "可用内存 {available} MiB，不足以处理附件，附件没有读取。",
        "{available} MiB of memory are available, too little for attachments; they were not read."),
    "stopped_by_user": ("任务已取消，其余内容不再发送。", "The task was cancelled; the rest is not sent."),
    "tool": ("🔧 正在调用 {name} …", "🔧 calling {name} …"),
    "more_steps": ("🔧 另有 {n} 步未逐条显示：{names}", "🔧 {n} more steps not shown one by one: {names}"),
    "tool_replied": ("（工具已直接回复用户）", "(the tool has answered the user itself)"),
    "corrected": ("更正后的完整回答：\n{text}", "Final version:\n{text}"),
    "final_version": ("以上内容有出入，最终版本：", "The above differs from the final version:"),
    "no_text": ("（OpenClaw 没有返回文字）", "(OpenClaw returned no text)"),
    "partial": ("已收到的部分：\n{text}", "What had arrived:\n{text}"),
    "nothing_to_ask": (
        "没有可发送的内容：既没有文字，也没有图片。",
        "There is nothing to send: neither text nor an image."),

    # Attachments.
    "too_many_files": (
        "一次最多 {most} 个附件，这条消息有更多，附件没有读取。",
        "At most {most} attachments at a time; this message has more, and none was read."),
    "too_much_data": ("附件合计超过 {most} MiB。", "The attachments have more than {most} MiB together."),
    "image_unreadable": ("图片无法读取：{why}", "The image cannot be read: {why}"),
    "file_unreadable": ("文件 {name} 无法读取：{why}", "The file {name} cannot be read: {why}"),
    "unnamed": ("（无名）", "(without a name)"),

    # Faults and the diagnosis.
    "fault": ("⚠️ {code}：{message}", "⚠️ {code}: {message}"),
    "cause": ("原因：{cause}", "Cause: {cause}"),
    "remedy": ("办法：{remedy}", "Remedy: {remedy}"),
    "retry": ("可在 {seconds} 秒后重试。", "Try again in {seconds} s."),
    "all_well": ("一切正常。", "All is well."),

    # The status.
    "primary": ("主网关", "primary"),
    "backup": ("备用网关", "backup"),
    "closed": ("关闭（正常）", "closed"),
    "open": ("打开（暂停请求）", "open"),
    "half_open": ("半开（试探中）", "half open"),
    "breaker": (
        "{gateway}熔断：{state}，连续失败 {n} 次",
        "{gateway} breaker: {state}, {n} failure(s) in a row"),
    "breaker_trial": ("{breaker}，{seconds} 秒后试探", "{breaker}, a trial in {seconds} s"),
    "memory": (
        "内存：可用 {available} MiB / 共 {total} MiB（{bound}）",
        "Memory: {available} of {total} MiB available ({bound})"),
    "machine": ("整机", "machine"),
    "container": ("容器", "container"),
    "memory_unreadable": ("内存：无法读取，{why}", "Memory: unreadable, {why}"),
    "memory_estimated": ("（估算值：{why}）", "(an estimate: {why})"),
    "heavy_allowed": ("最高级别：{level}；重任务：允许", "Level cap: {level}; heavy tasks: taken"),
    "heavy_refused": ("最高级别：{level}；重任务：拒绝", "Level cap: {level}; heavy tasks: refused"),
    "queue": ("队列：运行 {running}，等待 {waiting}", "Queue: {running} running, {waiting} waiting"),
    "counters": (
        "累计：{turns} 次，完成 {completed}，失败 {failed}，拒绝 {refused}，取消 {cancelled}",
        "So far: {turns} turns, {completed} completed, {failed} failed, {refused} refused, {cancelled} cancelled"),
    "component": (
        "组件：{world} sha256:{sha256:.16}（{size} 字节，{code}）",
        "Component: {world} sha256:{sha256:.16} ({size} bytes, {code})"),

    # The component.
    "component_refused": (
        "插件目录中的 openclaw_plugin.wasm 未被采用，继续使用自带的组件：{why}",
        "openclaw_plugin.wasm in the plugin's folder is not used, the shipped component goes on: {why}"),
    "no_component": ("没有可用的组件：{why}", "There is no component that can be used: {why}"),
    "unreadable": ("文件无法读取，请检查路径与权限（{why}）", "{why}"),
    "not_a_component": ("它不是 WebAssembly 组件（{why}）", "{why}"),
    "not_compiled": ("它不是可用的组件：可能损坏、不完整，或不属于本插件的接口与版本（{why}）", "{why}"),
    "other_world": ("它不属于本插件的接口与版本，请使用同一版本项目构建的组件（{why}）", "{why}"),
    "artifact": ("它的机器码无法使用，删除插件数据目录中的 components 后重载（{why}）", "{why}"),
    "unusable": ("它无法运行（{why}）", "{why}"),

    # The module.
    "module_incomplete": (
        "模块 astr_openclaw 不完整（{why}），请重新安装插件。",
        "The module astr_openclaw is incomplete ({why}); install the plugin again."),
    "wheel_foreign": (
        "插件自带的 wheel 不适用于本机（{here}），请换用对应平台的插件包。",
        "The plugin's wheel is not for this machine ({here}); use the plugin's package for its platform."),
    "module_unloadable": (
        "模块 astr_openclaw 无法在本机加载（{here}）：{why}",
        "The module astr_openclaw cannot be loaded on this machine ({here}): {why}"),
    "restart_needed": (
        "astr_openclaw 已升级到 {wanted}，但进程仍加载着 {loaded}：请重启 AstrBot。",
        "astr_openclaw is now {wanted}, but the process still has {loaded} loaded: restart AstrBot."),
    "module_other_version": (
        "需要 astr_openclaw {wanted}，已安装的是 {installed}：请在插件目录执行 pip install -r requirements.txt 后重启 AstrBot。",
        "astr_openclaw {wanted} is needed and {installed} is installed: run pip install -r requirements.txt in the plugin's folder, then restart AstrBot."),

    # Settings.
    "not_a_config": (
        "插件配置应为一组设置，得到的是 {value}",
        "The plugin's config must be a set of settings, not a {value}"),
    "not_one_of": (
        "{key}：{value} 不被允许，可用的是 {allowed}",
        "{key}: {value} is not allowed; use one of {allowed}"),
    "not_a_number": (
        "{key}：{value} 不被允许，应为 {least:g} 到 {most:g} 的数字",
        "{key}: {value} is not allowed; use a number from {least:g} to {most:g}"),
    "not_a_list": (
        "{key}：{value} 不被允许，应为文本列表",
        "{key}: {value} is not allowed; use a list of texts"),
    "not_a_switch": (
        "{key}：{value} 不被允许，应为 true 或 false",
        "{key}: {value} is not allowed; use true or false"),
    "not_by_level": (
        "{key}：应为按级别（L0 到 L4）分组的工具名列表",
        "{key}: use lists of tool names by level (L0 to L4)"),
    "unknown_level": (
        "{key}：未知级别 {value}，可用的是 {allowed}",
        "{key}: unknown level {value}; use one of {allowed}"),
    "and": ("、", ", "),
    "semicolon": ("；", "; "),
}
# fmt: on


def say(locale: str, text: str, /, **values: object) -> str:
    """A text of the catalogue, with its values."""
    return _TEXTS[text][_LOCALES.index(locale)].format(**values)


def fault_text(locale: str, fault: Fault, *, with_partial: bool) -> str:
    """A fault for a chat: what, why, and what to do."""
    lines = [say(locale, "fault", code=fault.code, message=fault.message), *_why(locale, fault.cause, fault.remedy)]
    if fault.retry_after_seconds:
        lines.append(say(locale, "retry", seconds=max(1, round(fault.retry_after_seconds))))
    if with_partial and fault.partial_text:
        lines.append(say(locale, "partial", text=fault.partial_text))
    return "\n".join(lines)


def diagnosis_text(locale: str, diagnosis: Diagnosis, component_problem: str | None) -> str:
    """The diagnosis, a line for each check."""
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
    """The state of the guards."""
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
    lines.append(say(locale, "queue", running=status.in_flight, waiting=status.queued))
    lines.append(say(locale, "counters", **dataclasses.asdict(status.counters)))
    lines.append(say(locale, "component", **dataclasses.asdict(component)))
    if component_problem:
        lines.append(say(locale, "component_refused", why=component_problem))
    return "\n".join(lines)


def _why(locale: str, cause: str, remedy: str) -> list[str]:
    """Cause and remedy, as far as there are any."""
    lines = [say(locale, "cause", cause=cause)] if cause else []
    return lines + ([say(locale, "remedy", remedy=remedy)] if remedy else [])
