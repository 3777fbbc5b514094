"""Files that the agent sends."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    "file_withheld": (
        "📎 文件 {name} 含有疑似密钥的内容，未发送到本聊天。",
        "📎 The file {name} has something like a secret in it, so it was not sent to this chat."),
    "file_not_sent": ("📎 文件 {name} 未能发送：{why}", "📎 Could not send the file {name}: {why}"),
    "file_refused_by_platform": ("平台不接受", "the platform refused it"),
    "files_sent": ("（{n} 个文件已发送到聊天）", "(files sent to the chat: {n})"),
}
# fmt: on
