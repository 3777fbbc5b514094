//! The session protocol, for `--help`.

/// What `session --help` says.
pub const SESSION_EN: &str = "\
One JSON object per line, in UTF-8. A request has an `id` (a string or a
number), which its events repeat, and an `op`:
  ask          text; optional: session, level (\"L0\" to \"L4\"), heavy,
               patience (\"interactive\" or \"background\", which goes after all
               others), files (true lets the agent send some), instructions,
               attachments [{path} or {media_type, data (base64), filename?}],
               tools [{name, description, parameters, level,
               approval (\"none\", \"asker\" or \"admin\")}],
               context {platform, sender_id, sender_name, group_name, is_admin,
               quoted {sender, text}}
  tool-result  turn (the id of the ask), call, and output or error
  decide       turn, request (from its approval), approve (true or false);
               optional: by (a name), role (\"asker\", \"other\" or \"admin\", the
               default)
  cancel       turn
  status, diagnose, reset (closes the breakers)
  memory       available_mib (a number simulates it, null restores the real
               value) or unreadable: true
  advance      seconds: moves the guards' clock forward
  quit         ends the session, as does the end of input; running turns are
               cancelled
Events have the request's `id` and an `event`: first ready; for an ask delta,
tool-call, notice, file (media_type, filename, data in base64), approval
(request, approver, calls, expires_in_seconds) and approval-ended (request,
decision, by), then one completed or fault; for other requests done, status,
diagnosis or error. The error of a decide without effect has a code:
not_pending, already_decided or not_permitted.

Example: start `host-shim session`, type these lines, and read the events:
  {\"id\":1,\"op\":\"ask\",\"text\":\"hi\"}
  {\"id\":2,\"op\":\"quit\"}";

/// [`SESSION_EN`] in Chinese.
pub const SESSION_ZH: &str = "\
每行一个 UTF-8 的 JSON 对象。请求含有 `op` 和 `id`（字符串或数字，其事件带有同样
的 id）：
  ask          text；可选 session、level（\"L0\" 到 \"L4\"）、heavy、
               patience（\"interactive\" 或 \"background\"，后者排在最后）、
               files（true 允许智能体发送文件）、instructions、
               attachments [{path} 或 {media_type, data（base64）, filename?}]、
               tools [{name, description, parameters, level,
               approval（\"none\"、\"asker\" 或 \"admin\"）}]、
               context {platform, sender_id, sender_name, group_name, is_admin,
               quoted {sender, text}}
  tool-result  turn（ask 的 id）、call，以及 output 或 error
  decide       turn、request（来自 approval 事件）、approve（true 或 false）；
               可选 by（名字）、role（\"asker\"、\"other\" 或 \"admin\"，默认 admin）
  cancel       turn
  status、diagnose、reset（复位熔断）
  memory       available_mib（数字为模拟值，null 恢复真实值）或 unreadable: true
  advance      seconds：把防护的时钟向前拨
  quit         结束会话（输入结束也一样），正在运行的任务会被取消
事件含有请求的 `id` 和 `event`：首先是 ready；ask 对应 delta、tool-call、
notice、file（media_type, filename, data 为 base64）、
approval（request, approver, calls, expires_in_seconds）和
approval-ended（request, decision, by），最后是一个 completed 或 fault；其他
对应 done、status、diagnosis 或 error。decide 未生效时，error 带有 code：
not_pending、already_decided 或 not_permitted。

示例：启动 `host-shim session` 后逐行输入，并查看其间的事件：
  {\"id\":1,\"op\":\"ask\",\"text\":\"你好\"}
  {\"id\":2,\"op\":\"quit\"}";
