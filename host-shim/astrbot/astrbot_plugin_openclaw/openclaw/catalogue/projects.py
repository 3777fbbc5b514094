"""Projects and conversation mode."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    "project_name": (
        "“{name}”不能用作项目名：项目名最多 {most} 个字，只能包含文字、数字和 - _ .，不区分大小写。要提及某人，请不要把 @ 放在开头。",
        "“{name}” cannot be a project name: at most {most} letters, digits, - _ and . are allowed; case does not matter. To mention somebody, do not start with @."),
    "project_no_task": (
        "请在项目名后面写任务，例如：/{p} @{name} 列一份大纲",
        "Write the task after the project's name, for example: /{p} @{name} draft an outline"),
    "project_unknown": (
        "没有项目 @{name}。发送“/{p} 项目”查看本聊天的项目。",
        "There is no project @{name}. “/{p} projects” lists those of this chat."),
    "project_unknown_here": (
        "本群没有项目 @{name}，任务未运行。新建请发送“/{p} 项目 新建 @{name}”；如果是要提及某人，请不要把 @ 放在开头。",
        "This group has no project @{name}; the task did not run. “/{p} project new @{name}” creates it. To mention somebody, do not start with @."),
    "project_made": (
        "🗂 已新建项目 @{name}：它的对话与本聊天的其他对话互不相通。发给它：/{p} @{name} 任务",
        "🗂 Created project @{name}, a conversation separate from the others in this chat. Use it with: /{p} @{name} task"),
    "project_exists": ("项目 @{name} 已经存在。", "Project @{name} already exists."),
    "project_reset": (
        "已为项目 @{name} 开始新的会话，不再带入之前的对话。",
        "Started a new session for project @{name}. Earlier messages are not carried over."),
    "project_deleted": (
        "已删除项目 @{name}。再次使用这个名称时是一个全新的项目。",
        "Deleted project @{name}. Using the name again starts a new project."),
    "projects_none": (
        "本聊天还没有项目。新建：/{p} 项目 新建 @名称",
        "This chat has no projects yet. Create one with: /{p} project new @name"),
    "projects": (
        "本聊天的项目（{n} 个）：{names}\n使用：/{p} @名称 任务；重新开始：/{p} 会话重置 @名称；删除：/{p} 项目 删除 @名称",
        "Projects of this chat ({n}): {names}\nUse: /{p} @name task; start anew: /{p} reset @name; delete: /{p} project delete @name"),
    "projects_full": (
        "本聊天已有 {most} 个项目，请先删除不用的：/{p} 项目 删除 @名称",
        "This chat already has {most} projects. Delete one first: /{p} project delete @name"),
    "projects_full_in_all": (
        "所有聊天的项目合计已达 {most} 个，不能再新建。",
        "All chats together already have {most} projects; no more can be created."),
    "project_not_kept": ("无法写入磁盘，没有任何改变：{why}", "Could not write to disk; nothing was changed: {why}"),

    "conversation_off": (
        "对话模式未启用，管理员可以在插件配置中打开。",
        "Conversation mode is off. An admin can turn it on in the plugin's settings."),
    "conversation_on": (
        "💬 已进入对话模式{where}：你在本聊天的消息会直接交给 OpenClaw，不必再写前缀；其他人的消息和带唤醒前缀的其他命令不受影响。"
        "发送“/{p} 退出”结束，{minutes} 分钟没有消息也会结束。",
        "💬 Conversation mode is on{where}: your messages in this chat go straight to OpenClaw, without the prefix. Other people's messages and other commands with a wake prefix are not affected. "
        "“/{p} exit” ends it, and so do {minutes} minutes without a message."),
    "conversation_project": ("（项目 @{name}）", " (project @{name})"),
    "conversation_left": ("已退出对话模式。", "Conversation mode is off."),
    "conversation_not_on": ("你在本聊天没有进入对话模式。", "You are not in conversation mode in this chat."),
    "conversation_over": (
        "对话模式已经结束（超过 {minutes} 分钟没有消息，或已被管理员关闭），这条消息没有处理。继续请先发送“/{p} 进入”。",
        "Conversation mode has ended (no message for {minutes} minutes, or an admin turned it off), so this message was not processed. Send “/{p} enter” to go on."),
    "conversation_project_gone": (
        "项目 @{name} 已不存在，对话模式已结束，这条消息没有处理。",
        "Project @{name} no longer exists. Conversation mode has ended, and this message was not processed."),
}
