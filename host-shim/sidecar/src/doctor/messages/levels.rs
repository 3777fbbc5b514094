//! What the version needs in the gateway's config, and the level agents.

use openclaw_core::fault::FaultCode::*;

use super::messages;
use crate::doctor::Id::*;
use crate::layout::{COMPOSE, CONFIG};

messages! {
    config_keys_ok(): ok ConfigKeys, "none that the version does not know" | "没有该版本不认识的键";
    config_keys_refused(version, keys): wrong ConfigKeys NetworkOrUnreachable,
        "{CONFIG} has keys that {version} does not know: {keys}." | "{CONFIG} 中有 {version} 不认识的键：{keys}。",
        "The gateway refuses to start with them. They were written for another version." | "有这些键时网关会拒绝启动。它们是为其他版本写的。",
        "Remove them, or run `host-shim sidecar doctor --fix` if they are between the host-shim markers."
            | "请删除它们；如果它们在 host-shim 标记之间，请运行 `host-shim sidecar doctor --fix`。";
    config_version_ok(version): ok ConfigVersion, "has what {version} needs" | "已有 {version} 所需的内容";
    config_version_differs(version): note ConfigVersion,
        "{CONFIG} lacks settings that {version} needs, or has those of another version." | "{CONFIG} 缺少 {version} 所需的内容，或其内容是为其他版本写的。",
        "The config is older than this program, the version was changed in .env by hand, or the lines between the host-shim markers were edited."
            | "配置早于本程序、在 .env 中手动改过版本，或标记之间的内容被修改过。",
        "Run `host-shim sidecar doctor --fix`, then `host-shim sidecar restart`." | "请运行 `host-shim sidecar doctor --fix`，然后运行 `host-shim sidecar restart`。";
    config_overridden(list, version): note ConfigVersion,
        "{CONFIG} sets these itself, to other values than {version} needs: {list}." | "{CONFIG} 自行设置了以下内容，与 {version} 所需的值不同：{list}。",
        "What stands outside the host-shim markers is never changed." | "标记之外的内容不会被改动。",
        "Use the needed value, or remove the key and run `host-shim sidecar doctor --fix`; then `host-shim sidecar restart`."
            | "请改为所需的值，或删除该键后运行 `host-shim sidecar doctor --fix`；然后运行 `host-shim sidecar restart`。";
    config_not_writable(error): note ConfigVersion,
        "Cannot update {CONFIG}: {error}." | "无法写入 {CONFIG}：{error}。",
        "A host-shim marker was removed or moved, or a key has a type that the gateway does not expect." | "某个 host-shim 标记被删除或移动，或某个键的类型与网关要求的不同。",
        "Remove both markers of the pair, then run `host-shim sidecar doctor --fix`." | "请删除成对的两个标记，然后运行 `host-shim sidecar doctor --fix`。";

    level_agents_ok(): ok LevelAgents, "L0 to L4, none offers more than its level" | "L0 到 L4 齐全，没有超出级别的工具";
    level_agents_missing(): note LevelAgents,
        "The gateway has no level agents: L0 to L4 limit only AstrBot's tools." | "网关没有各级别的智能体：L0 到 L4 只限制 AstrBot 的工具。",
        "The gateway's own tools are then the same at every level; a request merely tells the agent its level."
            | "此时网关自带的工具在任何级别都一样；请求只会告诉智能体当前的级别。",
        "Run `host-shim sidecar doctor --fix` and `host-shim sidecar restart`, then set gateway_level_agents = true in the plugin."
            | "请运行 `host-shim sidecar doctor --fix` 和 `host-shim sidecar restart`，然后在插件中设置 gateway_level_agents = true。";
    level_agents_missing_by_hand(): note LevelAgents,
        "The gateway has no level agents: L0 to L4 limit only AstrBot's tools." | "网关没有各级别的智能体：L0 到 L4 只限制 AstrBot 的工具。",
        "{CONFIG} has its own agents, which are left alone." | "{CONFIG} 有自己的智能体，不会被改动。",
        "Add the entries that `host-shim sidecar print-config --format level-agents` prints to agents.list, restart, and set gateway_level_agents = true in the plugin."
            | "请把 `host-shim sidecar print-config --format level-agents` 输出的条目加入 agents.list，重启后在插件中设置 gateway_level_agents = true。";
    level_agents_incomplete(names): wrong LevelAgents ConfigInvalid,
        "Level agents are missing: {names}." | "缺少这些级别的智能体：{names}。",
        "2026.2.9 creates a missing agent on the fly; later versions reject the turn." | "2026.2.9 会自动创建缺少的智能体；更新的版本会拒绝任务。",
        "Add the entries that `host-shim sidecar print-config --format level-agents` prints to agents.list, then restart."
            | "请把 `host-shim sidecar print-config --format level-agents` 输出的条目加入 agents.list，然后重启。";
    level_agent_above(list): wrong LevelAgents ConfigInvalid,
        "Level agents offer more than their level: {list}." | "有智能体提供了超出其级别的工具：{list}。",
        "Their tools in {CONFIG} were changed, or are for another version." | "{CONFIG} 中它们的 tools 被修改过，或是为其他版本写的。",
        "Use the entries that `host-shim sidecar print-config --format level-agents` prints, then restart."
            | "请改用 `host-shim sidecar print-config --format level-agents` 输出的条目，然后重启。";
    level_agent_unconfined(list): wrong LevelAgents ConfigInvalid,
        "Level agents can read files outside the workspace: {list}." | "有智能体可以读取工作区以外的文件：{list}。",
        "These tools take any path: the gateway's keys and other users' conversations." | "这些工具接受任意路径，包括网关的密钥和其他用户的会话。",
        "Set tools: {{ fs: {{ workspaceOnly: true }} }} for each of them, then restart." | "请为它们设置 tools: {{ fs: {{ workspaceOnly: true }} }}，然后重启。";
    level_agent_unknown_only(list, version): wrong LevelAgents ConfigInvalid,
        "Level agents allow only tools that {version} does not have: {list}." | "有智能体只允许 {version} 没有的工具：{list}。",
        "2026.2.9 ignores such a list and offers every tool; later versions cannot answer." | "2026.2.9 会忽略这样的列表并提供所有工具；更新的版本则无法回答。",
        "Use the entries that `host-shim sidecar print-config --format level-agents` prints, then restart."
            | "请改用 `host-shim sidecar print-config --format level-agents` 输出的条目，然后重启。";
    level_agent_below(list): note LevelAgents,
        "Level agents lack tools of their level: {list}." | "有智能体缺少其级别的工具：{list}。",
        "tools.allow, tools.deny or tools.profile applies to every agent, or the agent's own list is shorter."
            | "tools.allow、tools.deny 或 tools.profile 对所有智能体生效，或该智能体自己的列表更短。",
        "To offer them, remove them from tools.deny in {CONFIG}: each level agent has its own list. Otherwise there is nothing to do."
            | "如需提供它们，请从 {CONFIG} 的 tools.deny 中删除：各级别的智能体有自己的列表。否则无需处理。";

    plugin_levels_ok(): ok PluginLevels, "the level picks the agent" | "由级别选择智能体";
    plugin_level_agents_off(): note PluginLevels,
        "The plugin does not use the level agents: L0 to L4 limit only AstrBot's tools." | "插件没有使用各级别的智能体：L0 到 L4 只限制 AstrBot 的工具。",
        "gateway_level_agents is off." | "gateway_level_agents 没有开启。",
        "Set gateway_level_agents = true in the plugin." | "请在插件中设置 gateway_level_agents = true。";
    plugin_level_agents_absent(names): wrong PluginLevels ConfigInvalid,
        "The plugin picks the agent by level, but the gateway has no {names}." | "插件按级别选择智能体，但网关没有 {names}。",
        "2026.2.9 creates a missing agent on the fly; later versions reject the turn." | "2026.2.9 会自动创建缺少的智能体；更新的版本会拒绝任务。",
        "Make gateway_agent_id and gateway_level_agent_names match agents.list in {CONFIG}, or set gateway_level_agents = false."
            | "请让 gateway_agent_id、gateway_level_agent_names 与 {CONFIG} 的 agents.list 一致，或设置 gateway_level_agents = false。";

    privileges_too_many(lines): note Privileges,
        "The service in {COMPOSE} lacks: {lines}." | "{COMPOSE} 中的服务缺少：{lines}。",
        "At L3 the agent runs commands in this container; without these lines, those commands can do more than L3 allows."
            | "在 L3，智能体会在该容器中执行命令；缺少这些行时，命令的权限会超出 L3。",
        "Add the lines as in the template, then run `host-shim sidecar restart`." | "请按模板加上这些行，然后运行 `host-shim sidecar restart`。";
}
