//! The `.env`: whether it can be read, its token and its version.

use std::collections::BTreeSet;

use openclaw_core::token;
use serde_json::Value;

use crate::compose_file::image_of;
use crate::doctor::facts::Facts;
use crate::doctor::{Check, Fix, Id, messages};
use crate::dotenv::{self, Env};
use crate::interpolate;
use crate::layout::{ENV, PINNED_VERSION};
use crate::read_file::Content;
use crate::release::is_pinned_version;
use crate::secret::Flaw;
use crate::templates;
use crate::versions;

/// The `.env` can be read the way Compose reads it, and its port is valid.
pub fn env_file(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![match &facts.env {
        Content::Missing => messages::env_missing(),
        Content::Unreadable(error) => messages::not_readable(Id::Env, ENV, error),
        Content::Bad(error) => messages::env_unreadable(error),
        Content::Good(env) => match env.port() {
            Ok(port) => messages::env_ok(port),
            Err(value) => messages::port_invalid(value),
        },
    }];
    if let Some(env) = facts.env.good() {
        checks.extend(skipped_lines(env));
        checks.extend(read_differently(env, facts));
    }
    checks
}

fn skipped_lines(env: &Env) -> Option<Check> {
    let lines: Vec<String> = env.skipped().iter().map(usize::to_string).collect();
    let check = messages::env_line_skipped(env.dialect().name(), lines.join(", "));
    (!lines.is_empty()).then_some(check)
}

/// Variables used here that the two generations of Compose read differently.
fn read_differently(env: &Env, facts: &Facts) -> Option<Check> {
    let mut used = BTreeSet::from([dotenv::PROJECT]);
    used.extend(templates::compose_variables());
    if let Some(compose) = facts.compose.good() {
        collect_names(compose, &mut used);
    }
    let names = env.read_differently().iter().map(String::as_str);
    let names: Vec<&str> = names.filter(|name| used.contains(name)).collect();
    let (here, other) = (env.dialect(), env.dialect().other());
    let check = messages::env_read_differently(here.name(), other.name(), names.join(", "));
    (!names.is_empty()).then_some(check)
}

fn collect_names<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => names.extend(interpolate::names(text)),
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        Value::Object(fields) => fields
            .values()
            .for_each(|value| collect_names(value, names)),
        _ => {}
    }
}

/// The token is usable and strong.
pub fn token(facts: &Facts) -> Vec<Check> {
    let Some(env) = facts.env.good() else {
        return vec![messages::no_env(Id::EnvToken)];
    };
    let remedy = &messages::set_a_token();
    // A new token is safe only if no gateway can be running with the current one.
    let new = || Some(Fix::NewToken).filter(|_| facts.listener.is_none());
    vec![match env.token().flaw() {
        None => messages::token_ok(),
        Some(Flaw::Weak) => messages::token_weak(remedy),
        Some(Flaw::Unusable(flaw)) => match flaw {
            token::Flaw::Missing => messages::token_missing(remedy).fixed_by(new()),
            token::Flaw::Placeholder => messages::token_placeholder(remedy).fixed_by(new()),
            token::Flaw::Redacted => messages::token_redacted(remedy).fixed_by(new()),
            token::Flaw::TooLong => messages::token_too_long(remedy),
            _ => messages::token_not_printable(remedy),
        },
    }]
}

/// The shell's variables do not override the `.env` for plain Compose.
pub fn exported(facts: &Facts) -> Vec<Check> {
    let written = |key: &str| facts.env.good().and_then(|env| env.get(key));
    let hidden: Vec<&str> = facts
        .exported
        .iter()
        .filter(|(key, value)| value.expose() != written(key).unwrap_or_default())
        .map(|(key, _)| key.as_str())
        .collect();
    vec![match hidden.is_empty() {
        true => messages::env_exported_ok(),
        false => messages::env_shadowed(hidden.join(", ")),
    }]
}

/// The version is a specific release; known problems are noted.
pub fn version(facts: &Facts) -> Vec<Check> {
    if facts.env.good().is_none() {
        return vec![messages::no_env(Id::Version)];
    }
    if let Some(image) = fixed_image(facts) {
        return vec![messages::version_in_compose_file(image)];
    }
    let Some(version) = facts.version() else {
        return vec![messages::version_missing().fixed_by([Fix::PinVersion])];
    };
    if !is_pinned_version(version) {
        return vec![messages::version_not_pinned(version)];
    }
    let mut checks = vec![messages::version_ok(version)];
    // Known problems are only notes, since the plugin copes with them.
    let range = versions::of(version);
    if !range.offers_client_tools {
        checks.push(messages::client_tools_ignored(version));
    }
    if !range.reports_failures {
        checks.push(messages::failures_look_like_answers(version));
    }
    checks
}

/// The image, if the compose file names it without the variable.
fn fixed_image(facts: &Facts) -> Option<&str> {
    let (file, env) = (facts.compose.good()?, facts.env.good()?);
    let named = facts.service.as_ref()?.image.as_deref()?;
    let with_version = image_of(file, &facts.root, env, PINNED_VERSION);
    with_version.is_none().then_some(named)
}
