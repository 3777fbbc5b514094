"""What is asked and told about approvals."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
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
}
# fmt: on
