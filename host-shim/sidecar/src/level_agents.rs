//! The level agents: one agent of the gateway for each level, so that the level bounds the gateway's own
//! tools too. How they are written for a version, and whether those of a config keep to their levels.

use openclaw_core::level::Level;
use serde_json::Value;

use crate::tool_policy::{Offer, offered};
use crate::versions::Range;

/// The gateway's default agent, for an AstrBot that does not let the level pick one.
pub const MAIN: &str = "main";

/// The workspace that all of them share, unless the config names another: where the compose file mounts it.
const WORKSPACE: &str = "~/.openclaw/workspace";

/// The names of the level agents, L0 first, as the plugin derives them from its agent.
pub fn names(agent: &str) -> [String; 5] {
    std::array::from_fn(|level| format!("{agent}-l{level}"))
}

/// `agents.list` for a version, as JSON5.
pub fn list(range: &Range, names: &[String; 5], config: &Value) -> String {
    let workspace = config.pointer("/agents/defaults/workspace");
    let workspace = workspace.and_then(Value::as_str).unwrap_or(WORKSPACE);
    // Without level agents nobody vouches for who asks, so the default one only reads.
    let main = agent(range, MAIN, Level::Act, workspace, " default: true,");
    let levels = Level::ALL.iter().copied().zip(names);
    let agents = levels.map(|(level, name)| agent(range, name, level, workspace, ""));
    let lines: String = [main].into_iter().chain(agents).collect();
    format!("[\n{lines}]")
}

fn agent(range: &Range, name: &str, level: Level, workspace: &str, default: &str) -> String {
    let text = |text: &str| Value::from(text).to_string();
    let tools = match level {
        Level::Talk => "deny: [\"*\"]".to_owned(),
        Level::Root => "profile: \"full\"".to_owned(),
        _ => {
            let allowed = range.allowed(level).map(|tool| text(tool.name));
            let allowed: Vec<String> = allowed.collect();
            let confined = match level < Level::Host && range.confines_files {
                true => ", fs: { workspaceOnly: true }",
                false => "",
            };
            format!(
                "profile: \"full\", allow: [{}]{confined}",
                allowed.join(", ")
            )
        }
    };
    let (name, workspace) = (text(name), text(workspace));
    format!("  {{ id: {name},{default} workspace: {workspace},\n    tools: {{ {tools} }} }},\n")
}

/// What is wrong with the level agents of a config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Names that no agent has.
    pub missing: Vec<String>,
    /// An agent, and the tools above its level that it offers.
    pub above: Vec<(String, Vec<&'static str>)>,
    /// An agent below L3, and the tools that may read files outside its workspace.
    pub unconfined: Vec<(String, Vec<&'static str>)>,
    /// An agent with an allow list of names that the version does not know.
    pub unknown_only: Vec<String>,
    /// An agent, and tools of its level that the rest of the config takes away.
    pub below: Vec<(String, Vec<&'static str>)>,
}

impl Findings {
    /// Looks at the agents of these names, L0 first.
    pub fn of(config: &Value, names: &[String], range: &Range) -> Self {
        let mut findings = Self::default();
        for (level, name) in Level::ALL.iter().copied().zip(names) {
            match find(config, name) {
                Some(agent) => findings.look_at(name, level, &offered(config, agent, range), range),
                None => findings.missing.push(name.clone()),
            }
        }
        findings
    }

    fn look_at(&mut self, name: &str, level: Level, offer: &Offer, range: &Range) {
        if offer.unknown_only {
            self.unknown_only.push(name.to_owned());
        }
        let note = |list: &mut Vec<(String, Vec<&'static str>)>, tools: Vec<&'static str>| {
            if !tools.is_empty() {
                list.push((name.to_owned(), tools));
            }
        };
        let tools = || offer.tools.iter().copied();
        let above = tools().filter(|tool| tool.level > level);
        note(&mut self.above, above.map(|tool| tool.name).collect());
        let loose =
            tools().filter(|tool| tool.takes_paths && level < Level::Host && !offer.confined);
        note(&mut self.unconfined, loose.map(|tool| tool.name).collect());
        let lost = range
            .allowed(level)
            .filter(|tool| tools().all(|other| other.name != tool.name));
        let lost = lost.filter(|_| level >= Level::Host);
        note(&mut self.below, lost.map(|tool| tool.name).collect());
    }

    /// Whether no agent offers more than its level.
    pub fn is_safe(&self) -> bool {
        self.above.is_empty() && self.unconfined.is_empty() && self.unknown_only.is_empty()
    }
}

/// The agent of this name.
fn find<'a>(config: &'a Value, name: &str) -> Option<&'a Value> {
    let list = config.pointer("/agents/list")?.as_array()?;
    // The gateway compares in lower case.
    let same = |agent: &&Value| {
        agent["id"]
            .as_str()
            .is_some_and(|id| id.trim().eq_ignore_ascii_case(name))
    };
    list.iter().find(same)
}

/// Whether a config has all agents of these names.
pub fn has_all(config: &Value, names: &[String]) -> bool {
    names.iter().all(|name| find(config, name).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway_config::parse;
    use crate::versions::{RANGES, of};

    fn written(version: &str, rest: Value) -> Value {
        let mut config = json!({ "agents": {} });
        for (key, value) in rest.as_object().unwrap() {
            config[key] = value.clone();
        }
        config["agents"]["list"] = parse(&list(of(version), &names(MAIN), &config)).unwrap();
        config
    }

    fn look(config: &Value, version: &str) -> Findings {
        Findings::of(config, &names(MAIN), of(version))
    }

    #[test]
    fn what_is_written_keeps_to_the_levels_on_every_version() {
        for row in RANGES {
            let config = json!({ "agents": { "list": parse(&list(row, &names(MAIN), &json!({}))).unwrap() } });
            let findings = Findings::of(&config, &names(MAIN), row);
            assert_eq!(findings, Findings::default(), "{:?}", row.since);
            let agents = config["agents"]["list"].as_array().unwrap();
            assert_eq!(agents.len(), 6);
            assert_eq!(agents[0]["default"], true);
            for agent in agents {
                assert_eq!(agent["workspace"], WORKSPACE);
            }
            assert_eq!(agents[0]["tools"], agents[3]["tools"], "main is like L2");
            let own = json!({ "agents": { "defaults": { "workspace": "/w\"x" } } });
            let own = parse(&list(row, &names("x"), &own)).unwrap();
            assert_eq!(own[5]["workspace"], "/w\"x");
            assert_eq!(own[5]["id"], "x-l4");
        }
    }

    #[test]
    fn an_agent_that_offers_more_is_found() {
        for (version, change, above, unconfined) in [
            (
                "2026.2.9",
                json!({ "allow": ["web_fetch", "exec"] }),
                vec!["exec"],
                vec![],
            ),
            (
                "2026.2.9",
                json!({ "allow": ["group:memory", "group:runtime"] }),
                vec!["exec", "process"],
                vec![],
            ),
            (
                "2026.2.9",
                json!({ "allow": ["read"] }),
                vec!["read"],
                vec![],
            ),
            (
                "2026.2.9",
                json!({ "allow": ["SESSIONS_*"], "deny": ["sessions_send", "sessions_spawn"] }),
                vec!["sessions_list", "sessions_history"],
                vec![],
            ),
            (
                "2026.9.6",
                json!({ "allow": ["read", "web_fetch"] }),
                vec![],
                vec!["read"],
            ),
            (
                "2026.9.6",
                json!({ "allow": ["ls", "write"], "fs": { "workspaceOnly": true } }),
                vec!["write"],
                vec![],
            ),
            (
                "2026.9.6",
                json!({ "allow": ["*"], "deny": ["group:openclaw", "group:runtime", "group:ui"],
                "fs": { "workspaceOnly": true } }),
                vec![
                    "write",
                    "edit",
                    "apply_patch",
                    "dir_fetch",
                    "dir_list",
                    "file_fetch",
                    "file_write",
                    "intent",
                    "node_inference",
                    "talk_voice",
                ],
                vec![],
            ),
        ] {
            let mut config = written(version, json!({ "tools": {} }));
            config["agents"]["list"][2]["tools"] = change;
            let findings = look(&config, version);
            let named = |tools: Vec<&'static str>| match tools.is_empty() {
                true => vec![],
                false => vec![("main-l1".to_owned(), tools)],
            };
            assert_eq!(findings.above, named(above), "{version}");
            assert_eq!(findings.unconfined, named(unconfined), "{version}");
            assert!(!findings.is_safe());
        }
    }

    #[test]
    fn no_policy_and_unknown_names_only_are_found() {
        let mut config = written("2026.2.9", json!({}));
        config["agents"]["list"][2] = json!({ "id": "Main-L1" });
        let findings = look(&config, "2026.2.9");
        assert_eq!(findings.above[0].1.len(), of("2026.2.9").tools.len() - 4);
        // The profile of all agents bounds one without its own.
        config["tools"] = json!({ "profile": "minimal" });
        let findings = look(&config, "2026.2.9");
        assert_eq!(
            findings.above,
            [("main-l1".to_owned(), vec!["session_status"])]
        );

        for (version, tools) in [("2026.2.9", 18), ("2026.9.6", 0)] {
            let mut config = written(version, json!({}));
            config["agents"]["list"][2]["tools"] =
                json!({ "allow": ["nope", "group:nope"], "profile": "full" });
            let findings = look(&config, version);
            assert_eq!(findings.unknown_only, ["main-l1"], "{version}");
            let above = findings.above.first().map_or(0, |(_, tools)| tools.len());
            assert!(above >= tools, "{version}: {findings:?}");
        }
    }

    #[test]
    fn what_the_rest_of_the_config_takes_away_is_told() {
        let config = written(
            "2026.2.9",
            json!({ "tools": { "deny": ["group:runtime", "write"] } }),
        );
        let findings = look(&config, "2026.2.9");
        assert!(findings.is_safe() && findings.missing.is_empty());
        let lost = vec!["write", "exec", "process"];
        assert_eq!(
            findings.below,
            [
                ("main-l3".to_owned(), lost.clone()),
                ("main-l4".to_owned(), lost)
            ]
        );
    }

    #[test]
    fn missing_agents_are_named() {
        let findings = look(&json!({}), "2026.2.9");
        assert_eq!(findings.missing, names(MAIN));
        let mut config = written("2026.2.9", json!({}));
        config["agents"]["list"].as_array_mut().unwrap().remove(2);
        assert_eq!(look(&config, "2026.2.9").missing, ["main-l1"]);
    }
}
