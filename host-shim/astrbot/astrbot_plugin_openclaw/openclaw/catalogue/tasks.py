"""Background tasks."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    "task_taken": (
        "已转入后台，编号 {id}。完成后结果会发到本聊天；“/{p} 任务 {id}”查看进展，“/{p} 取消 {id}”取消。",
        "Running in the background, id {id}. The result will be sent to this chat. “/{p} tasks {id}” shows its progress, “/{p} cancel {id}” cancels it."),
    "task_usage": (
        "请写明任务，例如：/{p} 后台 整理今天的日志",
        "Say what to do, for example: /{p} background summarise today's logs"),
    "task_not_kept": (
        "后台任务无法写入磁盘，未运行：{why}",
        "The background task could not be written to disk and did not run: {why}"),
    "tasks_share_full": (
        "你已有 {n} 个后台任务在等待或运行，请等待完成，或取消其中一个。",
        "You already have {n} waiting or running background tasks. Wait for them, or cancel one."),
    "tasks_full": (
        "等待或运行的后台任务已有 {n} 个，请稍后再试。",
        "{n} background tasks are already waiting or running. Try again later."),
    "tasks_attachments_full": (
        "等待中的后台任务的附件合计不能超过 {most} MiB，请稍后再试。",
        "Attachments of waiting background tasks may take {most} MiB in total. Try again later."),
    "task_cut": ("（内容过长，其余部分未保存）", "(too long; the rest was not kept)"),

    "task_done": ("✅ 后台任务 {id} 已完成：{title}", "✅ Background task {id} is done: {title}"),
    "task_failed": ("❌ 后台任务 {id} 失败：{title}", "❌ Background task {id} failed: {title}"),
    "task_cancelled": ("🚫 后台任务 {id} 已取消：{title}", "🚫 Background task {id} was cancelled: {title}"),
    "task_interrupted_told": ("⚠️ 后台任务 {id} 已中断：{title}", "⚠️ Background task {id} was interrupted: {title}"),
    "task_interrupted": (
        "AstrBot 或插件在它结束前停止了。它可能已经做了一部分，因此没有自动重跑；需要时请重新发送。",
        "AstrBot or the plugin stopped before it had ended. Part of it may be done, so it was not run again. Send it again if you need it."),
    "task_not_resumed": (
        "AstrBot 或插件在它开始之前停止了。附件、密钥和过长的文字不会保存，因此没有运行；需要时请重新发送。",
        "AstrBot or the plugin stopped before it began. Attachments, secrets and very long texts are not kept, so it did not run. Send it again if you need it."),
    "task_again": (
        "（重发：这条消息之前可能已经送达）",
        "(sent again: this message may have reached you before)"),
    "task_no_right": (
        "提问者已没有使用权限，任务未运行。",
        "The person who asked may no longer use the assistant. The task did not run."),

    "tasks_none": ("没有后台任务。", "No background tasks."),
    "tasks_head": ("后台任务（“/{p} 任务 编号”查看结果）：", "Background tasks (“/{p} tasks ID” shows a result):"),
    "tasks_more": ("另有 {n} 个较早的。", "{n} older ones."),
    "task_head": ("后台任务 {id}（{state}）：{title}", "Background task {id} ({state}): {title}"),
    "task_so_far": ("目前的输出：\n{text}", "Output so far:\n{text}"),
    "task_unknown": ("没有编号为 {id} 的后台任务。", "There is no background task {id}."),
    "task_ended": ("后台任务 {id} 已经结束。", "Background task {id} has already ended."),
    "task_cancelling": ("已请求取消后台任务 {id}。", "Cancelling background task {id}."),
    "tasks_private": (
        "请私聊发送：列表里有其他人的任务。",
        "Send this in a private chat: the list has other people's tasks."),
    "tasks_go_on": (
        "后台任务不受影响：{ids}（“/{p} 取消 编号”取消）",
        "Background tasks go on: {ids} (“/{p} cancel ID” cancels one)"),

    # To AstrBot's own model.
    "delegated": (
        "任务已交给 OpenClaw 在后台执行，编号 {id}。结果会由插件直接发到本聊天，不必等待；需要时可用 openclaw_task 查看。",
        "OpenClaw is working on it in the background, id {id}. The plugin will send the result to this chat by itself; do not wait for it. openclaw_task shows its state."),
    "delegated_longer": (
        "任务 {id} 还没有完成，已转入后台：完成后结果会由插件直接发到本聊天。请告诉用户稍等，不要重复提交。",
        "Task {id} is not done yet and goes on in the background: the plugin will send the result to this chat by itself. Tell the user so, and do not delegate it again."),
    "delegate_empty": ("没有说明任务。", "The task is empty."),
    "delegation_off": ("管理员关闭了任务委派。", "Delegation is switched off."),
    "delegation_refused": (
        "这位用户没有使用 OpenClaw 的权限。",
        "This user is not allowed to use OpenClaw."),
    "delegation_circle": (
        "这条消息正由 OpenClaw 处理，不能再把任务交回给它；请直接完成。",
        "OpenClaw itself is working on this message, so the task cannot be handed back to it. Do it directly."),

    "state_waiting": ("⏳等待", "⏳ waiting"),
    "state_running": ("▶️运行", "▶️ running"),
    "state_done": ("✅完成", "✅ done"),
    "state_failed": ("❌失败", "❌ failed"),
    "state_cancelled": ("🚫取消", "🚫 cancelled"),
    "state_interrupted": ("⚠️中断", "⚠️ interrupted"),
    "state_undelivered": ("📭未送达", "📭 undelivered"),
}
# fmt: on
