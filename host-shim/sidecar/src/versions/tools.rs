//! The built-in tools of the versions that were tried, by the level from which on each may be offered.

use Level::{Host as L3, ReadOnly as L1, Root as L4};
use openclaw_core::level::Level;

use super::Tool;

const fn tool(level: Level, group: &'static str, name: &'static str) -> Tool {
    Tool {
        name,
        group,
        level,
        takes_paths: false,
        in_openclaw: true,
    }
}

/// Not in `group:openclaw`.
const fn basic(level: Level, group: &'static str, name: &'static str) -> Tool {
    Tool {
        in_openclaw: false,
        ..tool(level, group, name)
    }
}

const fn with_paths(tool: Tool) -> Tool {
    Tool {
        takes_paths: true,
        ..tool
    }
}

/// 22 tools were offered by 2026.2.9; `apply_patch` and `image` depend on the model.
pub(super) const TOOLS_2026_2: &[Tool] = &[
    tool(L1, "web", "web_search"),
    tool(L1, "web", "web_fetch"),
    tool(L1, "memory", "memory_search"),
    tool(L1, "memory", "memory_get"),
    // It takes any path, and reads the provider's key, the token and everybody's conversations. This
    // version cannot confine it, so it is no tool for L1.
    basic(L3, "fs", "read"),
    basic(L3, "fs", "write"),
    basic(L3, "fs", "edit"),
    basic(L3, "fs", "apply_patch"),
    basic(L3, "runtime", "exec"),
    basic(L3, "runtime", "process"),
    tool(L3, "", "image"),
    // Other users' conversations.
    tool(L4, "sessions", "sessions_list"),
    tool(L4, "sessions", "sessions_history"),
    tool(L4, "sessions", "sessions_send"),
    tool(L4, "sessions", "sessions_spawn"),
    // It also changes the session's model.
    tool(L4, "sessions", "session_status"),
    tool(L4, "ui", "browser"),
    tool(L4, "ui", "canvas"),
    tool(L4, "automation", "cron"),
    tool(L4, "automation", "gateway"),
    tool(L4, "messaging", "message"),
    tool(L4, "nodes", "nodes"),
    tool(L4, "", "agents_list"),
    basic(L4, "", "tts"),
];

/// 56 tools were offered by 2026.9.6; others depend on the model, on keys and on plugins.
pub(super) const TOOLS_2026_9: &[Tool] = &[
    with_paths(basic(L1, "fs", "read")),
    with_paths(basic(L1, "fs", "ls")),
    with_paths(tool(L1, "media", "view_image")),
    tool(L1, "web", "web_search"),
    tool(L1, "web", "web_fetch"),
    tool(L1, "memory", "memory_search"),
    tool(L1, "memory", "memory_get"),
    basic(L3, "fs", "write"),
    basic(L3, "fs", "edit"),
    basic(L3, "fs", "apply_patch"),
    basic(L3, "runtime", "exec"),
    basic(L3, "runtime", "process"),
    tool(L4, "runtime", "code_execution"),
    tool(L4, "runtime", "secrets"),
    tool(L4, "web", "x_search"),
    tool(L4, "sessions", "sessions"),
    tool(L4, "sessions", "sessions_list"),
    tool(L4, "sessions", "sessions_history"),
    tool(L4, "sessions", "sessions_search"),
    tool(L4, "sessions", "conversations_list"),
    tool(L4, "sessions", "conversations_send"),
    tool(L4, "sessions", "conversations_turn"),
    tool(L4, "sessions", "sessions_send"),
    tool(L4, "sessions", "sessions_spawn"),
    tool(L4, "sessions", "github_identity_status"),
    tool(L4, "sessions", "github_publish"),
    tool(L4, "sessions", "agents_wait"),
    tool(L4, "sessions", "sessions_yield"),
    tool(L4, "sessions", "subagents"),
    tool(L4, "sessions", "session_status"),
    tool(L4, "sessions", "suggest_task"),
    tool(L4, "sessions", "dismiss_task"),
    tool(L4, "ui", "browser"),
    tool(L4, "ui", "screen"),
    tool(L4, "ui", "theme"),
    tool(L4, "ui", "dashboard"),
    tool(L4, "ui", "terminal"),
    tool(L4, "ui", "portal"),
    basic(L4, "ui", "canvas"),
    tool(L4, "ui", "show_widget"),
    tool(L4, "messaging", "message"),
    tool(L4, "automation", "heartbeat_respond"),
    tool(L4, "automation", "automations"),
    tool(L4, "automation", "gateway"),
    tool(L4, "automation", "plugins"),
    tool(L4, "automation", "openclaw"),
    tool(L4, "nodes", "nodes"),
    tool(L4, "nodes", "computer"),
    tool(L4, "nodes", "mobile_ui"),
    tool(L4, "agents", "agents_list"),
    tool(L4, "agents", "get_goal"),
    tool(L4, "agents", "create_goal"),
    tool(L4, "agents", "update_goal"),
    tool(L4, "agents", "progress_card"),
    tool(L4, "agents", "ask_user"),
    tool(L4, "agents", "skill_workshop"),
    tool(L4, "media", "image_generate"),
    tool(L4, "media", "music_generate"),
    tool(L4, "media", "video_generate"),
    tool(L4, "media", "tts"),
    tool(L4, "media", "pdf"),
    // Of plugins that come with it.
    basic(L4, "", "dir_fetch"),
    basic(L4, "", "dir_list"),
    basic(L4, "", "file_fetch"),
    basic(L4, "", "file_write"),
    basic(L4, "", "intent"),
    basic(L4, "", "node_inference"),
    basic(L4, "", "talk_voice"),
];
