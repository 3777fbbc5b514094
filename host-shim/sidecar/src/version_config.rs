//! What the gateway's config needs for a version, written between our markers: the level agents, and the
//! settings that differ between versions.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::gateway_config;
use crate::level_agents::{self, MAIN};
use crate::marked_config::{self, Block, Refused, Written};
use crate::text::Text;
use crate::versions::{self, RANGES, Range, Setting};

/// The name of the level agents' block.
const AGENTS: &str = "agents";
/// Their key, as [`Written::own`] names it.
pub const AGENT_LIST: &str = "agents.list";

/// A config with what this version needs. [`Written::own`] names what the user has set, so that it was not
/// written; with an own [`AGENT_LIST`] there are no level agents of ours.
///
/// # Errors
///
/// It is not JSON5, our markers do not match, or the place of a setting is taken by something else.
pub fn with_version(text: &str, version: &str) -> Result<Written, Refused> {
    let range = versions::of(version);
    let config = gateway_config::parse(text).unwrap_or_default();
    let agents = agents(range, &config);
    let own_agents = has_own_agents(&config)
        || marked_config::write(text, std::slice::from_ref(&agents))?
            .own
            .iter()
            .any(|own| own == AGENT_LIST);
    let mut blocks = settings(range, own_agents);
    blocks.push(match own_agents {
        true => Block {
            entries: Vec::new(),
            ..agents
        },
        false => agents,
    });
    let mut written = marked_config::write(text, &blocks)?;
    if own_agents {
        written.own.push(AGENT_LIST.to_owned());
    }
    Ok(written)
}

/// What the user has set where this version needs another value: each key with that value and why; `None` for
/// nothing. `config` is what [`with_version`] has read.
pub fn overridden(written: &Written, config: &Value, version: &str) -> Option<Text> {
    let settings = versions::of(version).settings.iter();
    let other = settings.filter_map(|setting| {
        let place: Vec<&str> = setting
            .parent
            .iter()
            .copied()
            .chain([setting.key])
            .collect();
        let shown = place.join(".");
        if !written.own.contains(&shown) {
            return None;
        }
        let own = place.iter().try_fold(config, |value, key| value.get(*key));
        let needed = gateway_config::parse(setting.value).unwrap_or_default();
        let (value, why) = (setting.value, setting.why);
        (!own.is_some_and(|own| covers(own, &needed))).then(|| {
            Text::new(
                format!("{shown} (needed: {value}; {})", why.0),
                format!("{shown}（需要：{value}；{}）", why.1),
            )
        })
    });
    let all: Vec<Text> = other.collect();
    let join = |of: fn(&Text) -> &str, by| all.iter().map(of).collect::<Vec<_>>().join(by);
    (!all.is_empty()).then(|| Text::new(join(|one| &one.en, ", "), join(|one| &one.zh, "、")))
}

/// Whether a value has all that another has.
fn covers(own: &Value, needed: &Value) -> bool {
    match (own, needed) {
        (Value::Object(own), Value::Object(needed)) => needed
            .iter()
            .all(|(key, needed)| own.get(key).is_some_and(|own| covers(own, needed))),
        _ => own == needed,
    }
}

/// The level agents' entries of `agents.list`, for a config that has others.
pub fn agents_to_add(version: &str, agent: &str, config: &Value) -> String {
    level_agents::list(versions::of(version), &level_agents::names(agent), config)
}

/// Places of a config that this version does not know, so that it refuses to start.
pub fn refused(config: &Value, version: &str) -> Vec<&'static str> {
    let places = versions::of(version).refused.iter().copied();
    let there = places.filter(|place| {
        let keys: Vec<&str> = place.split('.').collect();
        is_there(config, &keys)
    });
    there.collect()
}

fn is_there(value: &Value, keys: &[&str]) -> bool {
    match keys {
        [] => true,
        ["*", rest @ ..] => {
            let items = value.as_array().into_iter().flatten();
            items.into_iter().any(|item| is_there(item, rest))
        }
        [key, rest @ ..] => value.get(key).is_some_and(|inside| is_there(inside, rest)),
    }
}

/// Whether the agents are in another form, or in a file that is included.
fn has_own_agents(config: &Value) -> bool {
    let places = ["/agents/entries", "/agents/$include", "/$include"];
    places.iter().any(|place| config.pointer(place).is_some())
}

fn agents(range: &Range, config: &Value) -> Block {
    let list = level_agents::list(range, &level_agents::names(MAIN), config);
    Block {
        name: AGENTS,
        parent: &["agents"],
        entries: vec![("list", list)],
    }
}

/// A block for each name that any version uses, so that one which this version does not need is removed.
fn settings(range: &Range, own_agents: bool) -> Vec<Block> {
    // The profile bounds agents without their own, which all of ours have.
    let skipped = |setting: &&Setting| own_agents && setting.key == "profile";
    let all = RANGES.iter().flat_map(|range| range.settings);
    let places: BTreeSet<(&str, &[&str])> =
        all.map(|setting| (setting.block, setting.parent)).collect();
    let entries = |block: &str| {
        let own = range
            .settings
            .iter()
            .filter(|setting| setting.block == block);
        let own = own.filter(|setting| !skipped(setting));
        own.map(|setting| (setting.key, setting.value.to_owned()))
            .collect()
    };
    let block = |(name, parent)| Block {
        name,
        parent,
        entries: entries(name),
    };
    places.into_iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::templates::CONFIG_FILE;

    fn parsed(text: &str) -> Value {
        gateway_config::parse(text).unwrap()
    }

    #[test]
    fn each_version_gets_what_it_needs_and_nothing_that_it_refuses() {
        let older = with_version(CONFIG_FILE, "2026.2.9").unwrap();
        assert!(older.own.is_empty());
        let config = parsed(&older.text);
        assert_eq!(config["tools"]["profile"], "minimal");
        assert_eq!(config["session"]["reset"]["idleMinutes"], 5_256_000);
        assert_eq!(refused(&config, "2026.2.9"), [""; 0]);
        assert_eq!(refused(&config, "2026.9.6"), [""; 0]);

        let newer = with_version(&older.text, "2026.9.6").unwrap();
        let config = parsed(&newer.text);
        assert_eq!(config["tools"]["toolSearch"], false);
        assert_eq!(config["tools"]["profile"], Value::Null);
        assert_eq!(
            config["agents"]["list"][2]["tools"]["fs"]["workspaceOnly"],
            true
        );
        assert_eq!(refused(&config, "2026.9.6"), [""; 0]);
        assert_eq!(
            refused(&config, "2026.2.9"),
            ["tools.toolSearch", "agents.list.*.tools.fs"]
        );
        let back = with_version(&newer.text, "2026.2.9").unwrap();
        assert_eq!(back.text, older.text, "and back again");
    }

    #[test]
    fn own_agents_stay_and_keep_their_tools() {
        for own in [
            "{\n  agents: { list: [{ id: 'mine' }] },\n}\n",
            "{\n  agents: { entries: {} },\n}\n",
            "{\n  agents: { $include: './agents.json5' },\n}\n",
        ] {
            let written = with_version(own, "2026.2.9").unwrap();
            assert_eq!(written.own, [AGENT_LIST], "{own}");
            let config = parsed(&written.text);
            assert_eq!(config["agents"], parsed(own)["agents"]);
            assert_eq!(
                config["tools"],
                Value::Null,
                "no profile for agents without their own"
            );
            assert!(config["session"].is_object());
        }
        let text = agents_to_add("2026.9.6", "amy", &json!({}));
        assert_eq!(parsed(&text)[1]["id"], "amy-l0");
    }

    #[test]
    fn a_key_of_the_users_that_differs_is_named_with_what_is_needed() {
        for (own, version, named) in [
            (
                "{ tools: { toolSearch: true } }",
                "2026.9.6",
                Some("tools.toolSearch (needed: false;"),
            ),
            ("{ tools: { toolSearch: false } }", "2026.9.6", None),
            ("{ tools: { toolSearch: true } }", "2026.2.9", None),
            (
                "{ tools: { profile: 'full' } }",
                "2026.2.9",
                Some("tools.profile (needed: \"minimal\";"),
            ),
            ("{ session: { scope: 'x' } }", "2026.2.9", Some("04:00")),
            (
                "{ session: { scope: 'x', reset: { idleMinutes: 5256000, mode: 'idle' } } }",
                "2026.2.9",
                None,
            ),
            ("{ a: 1 }", "2026.9.6", None),
        ] {
            let written = with_version(own, version).unwrap();
            let told = overridden(&written, &parsed(own), version);
            match (named, &told) {
                (None, None) => {}
                (Some(words), Some(told)) => assert!(told.en.contains(words), "{own}: {told:?}"),
                _ => panic!("{own} {version}: {told:?}"),
            }
        }
    }

    #[test]
    fn an_empty_config_gets_all_of_it_and_changes_no_more() {
        for version in ["2026.2.9", "2026.9.6"] {
            let written = with_version("{}", version).unwrap();
            let again = with_version(&written.text, version).unwrap();
            assert_eq!(written, again);
            assert_eq!(
                parsed(&written.text)["agents"]["list"]
                    .as_array()
                    .unwrap()
                    .len(),
                6
            );
        }
    }
}
