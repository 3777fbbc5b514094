"""AstrBot's commands as tools."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # All but the first three go to the model.
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
}
# fmt: on
