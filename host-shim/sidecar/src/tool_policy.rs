//! Which of the gateway's built-in tools an agent's model is offered, from the config alone.
//!
//! A profile, the allow and deny lists for all agents and those of the agent each take tools away; deny
//! wins. Policies by provider can only take away more and are not looked at.

use serde_json::Value;

use crate::versions::{Range, Tool};

/// What an agent offers.
#[derive(Debug)]
pub(crate) struct Offer {
    /// The built-in tools.
    pub tools: Vec<&'static Tool>,
    /// Whether tools that take paths are confined to the workspace.
    pub confined: bool,
    /// Whether an allow list has only names that the version does not know.
    pub unknown_only: bool,
}

/// The offer of one agent of this config.
pub(crate) fn offered(config: &Value, agent: &Value, range: &Range) -> Offer {
    let none = Value::Null;
    let all = config.get("tools").unwrap_or(&none);
    let own = agent.get("tools").unwrap_or(&none);
    let either = |key: &str| own.get(key).or_else(|| all.get(key)).unwrap_or(&none);
    let also = strings(either("alsoAllow"));
    let minimal = either("profile") == "minimal";
    let mut unknown_only = false;
    let tools = range.tools.iter().filter(|tool| {
        let named = |names: &[String]| names.iter().any(|name| matches(name, tool));
        let by_profile = !minimal || range.minimal.contains(&tool.name) || named(&also);
        let by_lists = [all, own].into_iter().all(|policy| {
            let (mut allow, deny) = (strings(&policy["allow"]), strings(&policy["deny"]));
            if !allow.is_empty() {
                allow.extend(also.iter().cloned());
            }
            let known = |name: &String| range.tools.iter().any(|tool| matches(name, tool));
            let useless = !allow.is_empty() && !allow.iter().any(known);
            unknown_only |= useless;
            let ignored = useless && range.ignores_unknown_allow;
            let allowed = allow.is_empty() || ignored || named(&allow);
            allowed && !named(&deny)
        });
        by_profile && by_lists
    });
    let tools = tools.collect();
    let confined = |policy: &Value| policy.pointer("/fs/workspaceOnly").and_then(Value::as_bool);
    Offer {
        tools,
        confined: range.confines_files && confined(own).or(confined(all)) == Some(true),
        unknown_only,
    }
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    let names = list.filter_map(Value::as_str);
    names.map(|name| name.trim().to_lowercase()).collect()
}

/// Whether an entry of a list means this tool: its name, its group, or a pattern with `*`.
fn matches(entry: &str, tool: &Tool) -> bool {
    match entry {
        "group:openclaw" => tool.in_openclaw,
        // Older names.
        "bash" => tool.name == "exec",
        "apply-patch" => tool.name == "apply_patch",
        "cron" => ["cron", "automations"].contains(&tool.name),
        entry => match entry.strip_prefix("group:") {
            Some(group) => !group.is_empty() && tool.group == group,
            None => glob(entry, tool.name),
        },
    }
}

fn glob(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_gateways_do() {
        for (pattern, name, is) in [
            ("*", "exec", true),
            ("", "exec", false),
            ("exec", "exec", true),
            ("web_*", "web_fetch", true),
            ("*_list", "sessions_list", true),
            ("*_list", "sessions_history", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXc", false),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(glob(pattern, name), is, "{pattern} {name}");
        }
    }
}
