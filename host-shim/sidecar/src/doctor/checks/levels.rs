//! What the version needs in the gateway's config, and whether the level agents keep to their levels.

use serde_json::Value;

use crate::doctor::facts::Facts;
use crate::doctor::{Check, Fix, messages};
use crate::gateway_config::GatewayConfig;
use crate::layout::PINNED_VERSION;
use crate::level_agents::{Findings, MAIN, has_all, names};
use crate::plugin_settings::PluginSettings;
use crate::{version_config, versions};

/// The config has what its version needs, and nothing that this refuses.
pub fn config(facts: &Facts) -> Vec<Check> {
    let (Some(wanted), Some(config)) = (&facts.wanted_config, facts.config.good()) else {
        return Vec::new();
    };
    let version = version(facts);
    let refused = version_config::refused(&config.value, version);
    let fixable = wanted.as_ref().is_ok_and(|(_, differs)| *differs);
    let fix = || Some(Fix::VersionConfig).filter(|_| fixable);
    let keys = match refused.is_empty() {
        true => messages::config_keys_ok(),
        false => messages::config_keys_refused(version, refused.join(", ")).fixed_by(fix()),
    };
    let needed = match wanted {
        Err(error) => messages::config_not_writable(error),
        Ok((_, true)) => messages::config_version_differs(version).fixed_by(fix()),
        Ok((_, false)) => messages::config_version_ok(version),
    };
    let written = wanted.as_ref().ok().map(|(written, _)| written);
    let overridden =
        written.and_then(|written| version_config::overridden(written, &config.value, version));
    match (overridden, &needed.problem) {
        (Some(list), None) => vec![keys, messages::config_overridden(&list, version)],
        (Some(list), Some(_)) => vec![keys, needed, messages::config_overridden(&list, version)],
        (None, _) => vec![keys, needed],
    }
}

/// There is an agent for each level, and none offers more.
pub fn agents(facts: &Facts) -> Vec<Check> {
    let Some(config) = facts.config.good() else {
        return Vec::new();
    };
    let version = version(facts);
    let findings = Findings::of(&config.value, &agent_names(facts), versions::of(version));
    let (by_hand, fix) = match &facts.wanted_config {
        Some(Ok((written, differs))) => {
            let own = written
                .own
                .iter()
                .any(|own| own == version_config::AGENT_LIST);
            (own, Some(Fix::VersionConfig).filter(|_| !own && *differs))
        }
        _ => (true, None),
    };
    let mut checks = Vec::new();
    match findings.missing.len() {
        0 => {}
        5 if by_hand || fix.is_none() => checks.push(messages::level_agents_missing_by_hand()),
        5 => checks.push(messages::level_agents_missing()),
        _ => checks.push(messages::level_agents_incomplete(
            findings.missing.join(", "),
        )),
    }
    for (list, message) in [
        (
            &findings.above,
            messages::level_agent_above as fn(String) -> Check,
        ),
        (&findings.unconfined, messages::level_agent_unconfined),
        (&findings.below, messages::level_agent_below),
    ] {
        if !list.is_empty() {
            checks.push(message(shown(list)));
        }
    }
    if !findings.unknown_only.is_empty() {
        let list = findings.unknown_only.join(", ");
        checks.push(messages::level_agent_unknown_only(list, version));
    }
    if checks.is_empty() {
        return vec![messages::level_agents_ok()];
    }
    let fixed = |check: Check| check.fixed_by(fix.clone());
    checks.into_iter().map(fixed).collect()
}

/// The plugin's setting and the gateway's agents agree.
pub fn plugin(facts: &Facts) -> Vec<Check> {
    let (Some(Ok(plugin)), Some(config)) = (&facts.plugin, facts.config.good()) else {
        return Vec::new();
    };
    let names = plugin_names(plugin);
    let there = has_all(&config.value, &names);
    match (plugin.level_agents, there) {
        (true, true) => vec![messages::plugin_levels_ok()],
        (true, false) => {
            let absent = Findings::of(&config.value, &names, versions::of(version(facts))).missing;
            vec![messages::plugin_level_agents_absent(absent.join(", "))]
        }
        (false, true) => vec![messages::plugin_level_agents_off()],
        // The check of the agents says it.
        (false, false) => Vec::new(),
    }
}

fn version(facts: &Facts) -> &str {
    facts.version().unwrap_or(PINNED_VERSION)
}

/// The names that the plugin uses, as far as they are known here.
fn agent_names(facts: &Facts) -> Vec<String> {
    let config = facts.config.good();
    let has = |names: &Vec<String>| has_any(config, names);
    let plugin = facts
        .plugin
        .as_ref()
        .and_then(|plugin| plugin.as_ref().ok());
    let plugin = plugin.map(plugin_names).filter(has);
    plugin.unwrap_or_else(|| names(MAIN).to_vec())
}

fn has_any(config: Option<&GatewayConfig>, names: &[String]) -> bool {
    let none = Value::Null;
    let config = config.map_or(&none, |config| &config.value);
    names
        .iter()
        .any(|name| has_all(config, std::slice::from_ref(name)))
}

fn plugin_names(plugin: &PluginSettings) -> Vec<String> {
    match plugin.level_agent_names.len() {
        5 => plugin.level_agent_names.clone(),
        _ => names(plugin.agent.as_deref().unwrap_or(MAIN)).to_vec(),
    }
}

fn shown(list: &[(String, Vec<&'static str>)]) -> String {
    const MOST: usize = 6;
    let agent = |(name, tools): &(String, Vec<&'static str>)| {
        let more = match tools.len() > MOST {
            true => ", …",
            false => "",
        };
        let tools = &tools[..tools.len().min(MOST)];
        format!("{name} ({}{more})", tools.join(", "))
    };
    list.iter().map(agent).collect::<Vec<_>>().join(", ")
}
