"""What the plugin says, in Chinese and English. Causes and remedies come from the component."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Also needed where the module cannot be loaded.
    from astr_openclaw import ComponentInfo, Diagnosis, Fault, Status

_HELP_ZH = """OpenClaw 助手
/{p} <任务>　交给 OpenClaw 执行（可附图片、文件；也可不带斜杠）
/{p} 诊断　检查配置、内存、熔断与网关（不消耗模型额度）
/{p} 状态　查看熔断、内存、队列与组件
/{p} 取消　结束你正在运行或排队的任务
/{p} 会话重置　让本聊天开始新的会话
/{p} 全部取消　结束所有人的任务（仅管理员）
/{p} 熔断复位　立即关闭熔断（仅管理员）
/{p} 帮助　显示本帮助"""

_HELP_EN = """OpenClaw assistant
/{p} <task>  has OpenClaw do it (images and files may be attached; the slash may be left out)
/{p} diagnose  checks config, memory, breakers and gateways, without a model call
/{p} status  breakers, memory, queue and component
/{p} cancel  ends your running or waiting task
/{p} reset  starts a new session for this chat
/{p} cancel-all  ends everyone's tasks (admins only)
/{p} reset-breaker  closes the breakers at once (admins only)
/{p} help  shows this"""

_SAY = {
    "zh": {
        "nothing_to_cancel": "你没有正在运行或排队的任务。",
        "cancelling": "已请求取消你的 {n} 个任务。",
        "session_reset": "已开始新的会话，之前的对话不再带入。",
        "session_not_reset": "会话没有重置：{why}",
        "breaker_reset": "熔断已复位。",
        "cancelling_all": "已请求取消全部 {n} 个任务。",
        "nothing_to_cancel_at_all": "没有正在运行或排队的任务。",
        "admins_only": "只有管理员可以使用这条命令。",
        "share_full": "你已有 {n} 个任务在运行或排队，请等它们结束，或发送“取消”。",
        "queue_full": "已有 {n} 个任务在运行或排队，队列已满。",
        "heavy": "可用内存 {available} MiB，不足以处理附件，附件没有读取。",
        "stopped_by_user": "任务已取消，其余内容不再发送。",
        "more_steps": "🔧 另有 {n} 步未逐条显示：{names}",
        "corrected": "更正后的完整回答：\n{text}",
        "unbound": "未写明平台的用户或群（{names}）对每个平台都有效：{platforms}。写成“平台:ID”即可限定平台。",
        "too_many_files": "一次最多 {most} 个附件，这条消息有更多，附件没有读取。",
        "too_much_data": "附件合计超过 {most} MiB。",
        "not_a_config": "插件配置应为一组设置，得到的是 {value}",
        "refused": "你没有使用 OpenClaw 助手的权限，请联系管理员。",
        "internal": "插件内部出错（{kind}），详情见 AstrBot 日志。",
        "no_text": "（OpenClaw 没有返回文字）",
        "final_version": "以上内容有出入，最终版本：",
        "nothing_to_ask": "没有可发送的内容：既没有文字，也没有图片。",
        "tool": "🔧 正在调用 {name} …",
        "cause": "原因：{cause}",
        "remedy": "办法：{remedy}",
        "retry": "可在 {seconds} 秒后重试。",
        "partial": "已收到的部分：\n{text}",
        "all_well": "一切正常。",
        "component_refused": "插件目录中的 openclaw_plugin.wasm 未被采用，继续使用自带的组件：{why}",
        "no_component": "没有可用的组件：{why}",
        "unreadable": "文件无法读取，请检查路径与权限（{why}）",
        "not_a_component": "它不是 WebAssembly 组件（{why}）",
        "not_compiled": "它不是可用的组件：可能损坏、不完整，或不属于本插件的接口与版本（{why}）",
        "other_world": "它不属于本插件的接口与版本，请使用同一版本项目构建的组件（{why}）",
        "artifact": "它的机器码无法使用，删除插件数据目录中的 components 后重载（{why}）",
        "unusable": "它无法运行（{why}）",
        "not_ready": "OpenClaw 插件正在载入，请稍后再试。",
        "stopped": "OpenClaw 插件已停用或正在重载，请稍后再试",
        "not_one_of": "{key}：{value} 不被允许，可用的是 {allowed}",
        "not_a_number": "{key}：{value} 不被允许，应为 {least:g} 到 {most:g} 的数字",
        "not_a_list": "{key}：{value} 不被允许，应为文本列表",
        "not_a_switch": "{key}：{value} 不被允许，应为 true 或 false",
        "not_by_level": "{key}：应为按级别（L0 到 L4）分组的工具名列表",
        "unknown_level": "{key}：未知级别 {value}，可用的是 {allowed}",
        "image_unreadable": "图片无法读取：{why}",
        "file_unreadable": "文件 {name} 无法读取：{why}",
        "unnamed": "（无名）",
        "tool_replied": "（工具已直接回复用户）",
        "module_incomplete": "模块 astr_openclaw 不完整（{why}），请重新安装插件。",
        "wheel_foreign": "插件自带的 wheel 不适用于本机（{here}），请换用对应平台的插件包。",
        "module_unloadable": "模块 astr_openclaw 无法在本机加载（{here}）：{why}",
        "restart_needed": "astr_openclaw 已升级到 {wanted}，但进程仍加载着 {loaded}：请重启 AstrBot。",
        "module_other_version": "需要 astr_openclaw {wanted}，已安装的是 {installed}：请在插件目录执行 pip install -r requirements.txt 后重启 AstrBot。",
    },
    "en": {
        "nothing_to_cancel": "You have no task that runs or waits.",
        "cancelling": "ChatRequest {n} task(s) of yours to end.",
        "session_reset": "A new session has begun; what was said before is not carried over.",
        "session_not_reset": "The session was not reset: {why}",
        "breaker_reset": "The breakers are closed.",
        "cancelling_all": "ChatRequest all {n} task(s) to end.",
        "nothing_to_cancel_at_all": "No task runs or waits.",
        "admins_only": "Only admins can use this command.",
        "share_full": "You already have {n} task(s) running or waiting; wait for them, or send “cancel”.",
        "queue_full": "{n} tasks are running or waiting; the queue is full.",
        "heavy": "{available} MiB of memory are available, too little for attachments; they were not read.",
        "stopped_by_user": "The task was cancelled; the rest is not sent.",
        "more_steps": "🔧 {n} more steps not shown one by one: {names}",
        "corrected": "Final version:\n{text}",
        "unbound": "Users or groups without a platform ({names}) match on every platform: {platforms}. Write “platform:id” to bind them to one.",
        "too_many_files": "At most {most} attachments at a time; this message has more, and none was read.",
        "too_much_data": "The attachments have more than {most} MiB together.",
        "not_a_config": "The plugin's config must be a set of settings, not a {value}",
        "refused": "You may not use the OpenClaw assistant; ask an admin.",
        "internal": "The plugin failed ({kind}); see AstrBot's log.",
        "no_text": "(OpenClaw returned no text)",
        "final_version": "The above differs from the final version:",
        "nothing_to_ask": "There is nothing to send: neither text nor an image.",
        "tool": "🔧 calling {name} …",
        "cause": "Cause: {cause}",
        "remedy": "Remedy: {remedy}",
        "retry": "Try again in {seconds} s.",
        "partial": "What had arrived:\n{text}",
        "all_well": "All is well.",
        "component_refused": "openclaw_plugin.wasm in the plugin's folder is not used, the shipped component goes on: {why}",
        "no_component": "There is no component that can be used: {why}",
        "unreadable": "{why}",
        "not_a_component": "{why}",
        "not_compiled": "{why}",
        "other_world": "{why}",
        "artifact": "{why}",
        "unusable": "{why}",
        "not_ready": "The OpenClaw plugin is being loaded; try again in a moment.",
        "stopped": "the OpenClaw plugin is switched off or being reloaded; try again in a moment",
        "not_one_of": "{key}: {value} is not allowed; use one of {allowed}",
        "not_a_number": "{key}: {value} is not allowed; use a number from {least:g} to {most:g}",
        "not_a_list": "{key}: {value} is not allowed; use a list of texts",
        "not_a_switch": "{key}: {value} is not allowed; use true or false",
        "not_by_level": "{key}: use lists of tool names by level (L0 to L4)",
        "unknown_level": "{key}: unknown level {value}; use one of {allowed}",
        "image_unreadable": "The image cannot be read: {why}",
        "file_unreadable": "The file {name} cannot be read: {why}",
        "unnamed": "(without a name)",
        "tool_replied": "(the tool has answered the user itself)",
        "module_incomplete": "The module astr_openclaw is incomplete ({why}); install the plugin again.",
        "wheel_foreign": "The plugin's wheel is not for this machine ({here}); use the plugin's package for its platform.",
        "module_unloadable": "The module astr_openclaw cannot be loaded on this machine ({here}): {why}",
        "restart_needed": "astr_openclaw is now {wanted}, but the process still has {loaded} loaded: restart AstrBot.",
        "module_other_version": "astr_openclaw {wanted} is needed and {installed} is installed: run pip install -r requirements.txt in the plugin's folder, then restart AstrBot.",
    },
}

_BREAKER = {
    "zh": {"closed": "关闭（正常）", "open": "打开（暂停请求）", "half_open": "半开（试探中）"},
    "en": {"closed": "closed", "open": "open", "half_open": "half open"},
}
_GATEWAY = {
    "zh": {"primary": "主网关", "backup": "备用网关"},
    "en": {"primary": "primary", "backup": "backup"},
}


def say(locale: str, sentence: str, /, **values: object) -> str:
    """One sentence."""
    return _SAY[locale][sentence].format(**values)


def help_text(locale: str, prefix: str) -> str:
    """All commands."""
    return (_HELP_ZH if locale == "zh" else _HELP_EN).format(p=prefix)


def fault_text(locale: str, fault: Fault, *, with_partial: bool) -> str:
    """A fault for a chat: what, why, and what to do."""
    lines = [f"⚠️ {fault.code}：{fault.message}" if locale == "zh" else f"⚠️ {fault.code}: {fault.message}"]
    if fault.cause:
        lines.append(say(locale, "cause", cause=fault.cause))
    if fault.remedy:
        lines.append(say(locale, "remedy", remedy=fault.remedy))
    if fault.retry_after:
        lines.append(say(locale, "retry", seconds=max(1, round(fault.retry_after))))
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
        if check.cause:
            lines.append("　" + say(locale, "cause", cause=check.cause))
        if check.remedy:
            lines.append("　" + say(locale, "remedy", remedy=check.remedy))
    if diagnosis.ok and not component_problem:
        lines.append(say(locale, "all_well"))
    return "\n".join(lines)


def status_text(
    locale: str, status: Status, component: ComponentInfo, component_problem: str | None
) -> str:
    """The state of the guards."""
    zh = locale == "zh"
    lines = []
    for name, breaker in status.breakers.items():
        line = f"{_GATEWAY[locale].get(name, name)}{'熔断：' if zh else ' breaker: '}{_BREAKER[locale][breaker.state]}"
        line += f"，连续失败 {breaker.failures} 次" if zh else f", {breaker.failures} failure(s) in a row"
        if breaker.retry_after:
            seconds = max(1, round(breaker.retry_after))
            line += f"，{seconds} 秒后试探" if zh else f", a trial in {seconds} s"
        lines.append(line)
    memory = status.memory
    if memory.available_mib is None:
        lines.append(("内存：无法读取，" if zh else "Memory: unreadable, ") + str(memory.unreadable))
    else:
        lines.append(
            f"内存：可用 {memory.available_mib} MiB / 共 {memory.total_mib} MiB（{'容器' if memory.bound == 'container' else '整机'}）"
            if zh
            else f"Memory: {memory.available_mib} of {memory.total_mib} MiB available ({memory.bound})"
        )
        if memory.estimated is not None:
            lines.append((f"（估算值：{memory.estimated}）" if zh else f"(an estimate: {memory.estimated})"))
    if zh:
        lines.append(f"最高级别：{memory.level_cap}；重任务：{'允许' if memory.heavy_allowed else '拒绝'}")
        lines.append(f"队列：运行 {status.in_flight}，等待 {status.queued}")
    else:
        lines.append(f"Level cap: {memory.level_cap}; heavy tasks: {'taken' if memory.heavy_allowed else 'refused'}")
        lines.append(f"Queue: {status.in_flight} running, {status.queued} waiting")
    counts = status.counters
    lines.append(
        f"累计：{counts.turns} 次，完成 {counts.completed}，失败 {counts.failed}，拒绝 {counts.refused}，取消 {counts.cancelled}"
        if zh
        else f"So far: {counts.turns} turns, {counts.completed} completed, {counts.failed} failed, {counts.refused} refused, {counts.cancelled} cancelled"
    )
    lines.append(
        f"组件：{component.world} sha256:{component.sha256[:16]}（{component.size} 字节，{component.code}）"
        if zh
        else f"Component: {component.world} sha256:{component.sha256[:16]} ({component.size} bytes, {component.code})"
    )
    if component_problem:
        lines.append(say(locale, "component_refused", why=component_problem))
    return "\n".join(lines)
