"""What commands and tasks say in the chat."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    "help": ("""\
OpenClaw 助手
/{p} <任务>　交给 OpenClaw 执行（可附图片、文件；斜杠可省略）
/{p} 后台 <任务>　在后台执行，结果发到本聊天
/{p} 任务　列出你的后台任务（加编号查看结果）
/{p} @名称 <任务>　交给一个项目（本聊天中独立的对话）；项目　列出、新建、删除项目
/{p} 定时 <时间> <任务>　到时在后台执行；定时　列出定时任务
/{p} 进入　之后的消息直接交给 OpenClaw，不必写前缀；退出　结束
/{p} 诊断　检查配置、内存、熔断与网关（不消耗模型额度）
/{p} 状态　查看熔断、内存、队列与组件
/{p} 取消　取消你正在运行或排队的任务（加编号取消后台任务）
/{p} 确认　同意待确认的工具调用（有多个时加编号）
/{p} 拒绝　拒绝待确认的工具调用
/{p} 会话重置　在本聊天开始新的会话（加 @名称 只重置一个项目）
/{p} 全部任务　列出所有人的后台任务（仅管理员）
/{p} 全部取消　取消所有人的任务（仅管理员）
/{p} 熔断复位　立即复位熔断（仅管理员）
/{p} 帮助　显示本帮助""", """\
OpenClaw assistant
/{p} <task>  run a task (attach images or files; the slash is optional)
/{p} background <task>  run a task in the background; its result is sent to this chat
/{p} tasks  list your background tasks (add an id to see a result)
/{p} @name <task>  use a project, a separate conversation of this chat; projects  list them
/{p} timer <time> <task>  run a task in the background at a time; timer  list timers
/{p} enter  your messages go to OpenClaw without the prefix; exit  end that
/{p} diagnose  check config, memory, breakers and gateways without calling a model
/{p} status  show breakers, memory, queue and component
/{p} cancel  cancel your running and queued tasks (add an id for a background task)
/{p} approve  approve the waiting tool calls (add the id if there are several)
/{p} reject  reject the waiting tool calls
/{p} reset  start a new session in this chat (add @name for one project)
/{p} all-tasks  list everyone's background tasks (admins only)
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

    # Attachments.
    "too_many_files": (
        "一次最多 {most} 个附件；这条消息超出了，未读取任何附件。",
        "Too many attachments (at most {most}); none was read."),
    "too_much_data": ("附件总大小超过 {most} MiB。", "The attachments exceed {most} MiB in total."),
    "image_unreadable": ("图片无法读取：{why}", "Cannot read the image: {why}"),
    "file_unreadable": ("文件 {name} 无法读取：{why}", "Cannot read the file {name}: {why}"),
    "unnamed": ("（未命名）", "(unnamed)"),
}
# fmt: on
