//! The root's compose file, read like Compose reads it, as far as the sidecar needs it. What is not
//! understood is listed in [`Service::unread`]; only Compose decides whether a file is valid.

mod command;
pub mod edit;
mod ports;
mod service;

use serde_json::{Map, Value};

use crate::dotenv::{self, Env};
use crate::error::{At, READ, Result};
use crate::interpolate::{self, Dialect};
use crate::layout::{COMPOSE, Root, SERVICE};
use crate::read_file;
use crate::release;

pub use self::command::{Command, option};
pub use self::ports::{Port, Reach};
pub use self::service::{Mount, Network, Service, service};

/// Reads YAML like Compose: merge keys are resolved, the last of duplicate keys wins, and later documents
/// are merged onto earlier ones.
///
/// # Errors
///
/// It is not YAML; one line says where.
pub fn parse(text: &str) -> std::result::Result<Value, String> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        // `y` and `on` are strings to Compose.
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let documents: Vec<Value> =
        serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
            error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        })?;
    let mut all = documents.into_iter();
    let first = all.next().unwrap_or_default();
    Ok(all.fold(first, |under, over| merge(under, over, false)))
}

/// The services of a compose file, also of one from before there was a key for them.
pub fn services(file: &Value) -> Option<&Map<String, Value>> {
    if let Some(services) = file.get("services") {
        return services.as_object();
    }
    let all = file.as_object()?;
    let is_service = |value: &Value| {
        let keys = ["image", "build", "extends"];
        keys.iter().any(|key| value.get(key).is_some())
    };
    (!all.is_empty() && !all.contains_key("version") && all.values().all(is_service)).then_some(all)
}

/// The gateway's service: the one named as in the template, or else the only one that runs OpenClaw's
/// image as a gateway, or else the only one.
pub fn gateway(file: &Value) -> Option<&str> {
    let services = services(file)?;
    if services.contains_key(SERVICE) {
        return Some(SERVICE);
    }
    let has = |value: &Value, key: &str, word: &str| {
        let value = value.get(key).map(Value::to_string).unwrap_or_default();
        value.to_ascii_lowercase().contains(word)
    };
    let only = |test: &dyn Fn(&str, &Value) -> bool| {
        let mut found = services.iter().filter(|(name, value)| test(name, value));
        match (found.next(), found.next()) {
            (Some((name, _)), None) => Some(name.as_str()),
            _ => None,
        }
    };
    let openclaw = |value: &Value| has(value, "image", "openclaw");
    only(&|_, value| {
        let runs = ["command", "entrypoint"];
        openclaw(value) && runs.iter().any(|key| has(value, key, "gateway"))
    })
    .or_else(|| only(&|name, value| openclaw(value) && name.contains("gateway")))
    .or_else(|| only(&|_, value| openclaw(value)))
    .or_else(|| only(&|_, _| true))
}

/// The root's compose file; `None` where it is not understood here.
///
/// # Errors
///
/// It cannot be read.
pub fn read(root: &Root) -> Result<Option<Value>> {
    let path = root.join(COMPOSE);
    let text = read_file::read_text(&path).at(READ, &path)?;
    Ok(parse(&text).ok())
}

/// The root's compose file; `None` where it cannot be read.
pub fn load(root: &Root) -> Option<Value> {
    read(root).ok()?
}

/// The name of the gateway's service in the root's compose file.
pub fn service_name(root: &Root) -> String {
    let file = load(root).unwrap_or_default();
    gateway(&file).unwrap_or(SERVICE).to_owned()
}

/// The gateway's image with this version; `None` if it does not use the version.
pub fn image_of(file: &Value, root: &Root, env: &Env, version: &str) -> Option<String> {
    let name = gateway(file)?;
    let image = |version| service(file, name, root, &env.with(dotenv::VERSION, version))?.image;
    let named = image(version)?;
    (image("another").as_ref() != Some(&named)).then_some(named)
}

/// The variable that names the profiles to start.
pub const PROFILES: &str = "COMPOSE_PROFILES";

/// The profiles to start where those that are chosen leave the gateway out; `None` where they do not.
pub fn profiles(root: &Root, env: &Env) -> Option<String> {
    let file = load(root)?;
    let wanted = service(&file, gateway(&file)?, root, env)?.profiles;
    let chosen = env.lookup(PROFILES).flatten().unwrap_or_default();
    let has = |name: &String| chosen.split(',').any(|other| other == name || other == "*");
    let first = wanted.first().filter(|_| !wanted.iter().any(has))?;
    Some(match chosen.as_str() {
        "" => first.clone(),
        chosen => format!("{chosen},{first}"),
    })
}

/// `name:` of the root's compose file, where the Compose that is used reads it.
pub fn project_name(root: &Root, env: &Env) -> Option<String> {
    if env.dialect() == Dialect::Python {
        return None;
    }
    let file = load(root)?;
    let name = file.get("name")?.as_str()?;
    interpolate::interpolate(name, env.dialect(), &|key| env.lookup(key)).ok()
}

/// The text of a compose file with the gateway's stop grace period raised to `grace`; `None` if it is long
/// enough, or not on a line of its own.
pub fn with_stop_grace(text: &str, grace: &str) -> Option<String> {
    const KEY: &str = "stop_grace_period:";
    let file = parse(text).ok()?;
    let service = services(&file)?.get(gateway(&file)?)?;
    let written = service.get("stop_grace_period")?.as_str()?;
    if release::duration(written)? >= release::duration(grace)? {
        return None;
    }
    let mut found = text.match_indices(KEY);
    let at = match (found.next(), found.next()) {
        (Some((at, _)), None) => at,
        // Of several services; which is the gateway's is not clear from the text.
        _ => return None,
    };
    let (before, rest) = text.split_at(at + KEY.len());
    let changed = rest.replacen(written, grace, 1);
    let line = changed.lines().next()?;
    (line.contains(grace)).then(|| format!("{before}{changed}"))
}

/// Merges two documents: mappings key by key, lists one after the other; of anything else the upper one
/// wins, except that null does so only if `null_wins`.
pub(crate) fn merge(under: Value, over: Value, null_wins: bool) -> Value {
    match (under, over) {
        (Value::Object(mut under), Value::Object(over)) => {
            for (key, value) in over {
                let merged = match under.remove(&key) {
                    Some(below) => merge(below, value, null_wins),
                    None => value,
                };
                under.insert(key, merged);
            }
            Value::Object(under)
        }
        (Value::Array(under), Value::Array(over)) => under.into_iter().chain(over).collect(),
        (under, Value::Null) if !null_wins => under,
        (_, over) => over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Report R10 (attack): a root from before the time to stop was by version.
    #[test]
    fn a_short_time_to_stop_is_lengthened_in_its_place() {
        let file = |grace: &str| {
            format!(
                "services:\n  openclaw-gateway:\n    image: x\n    stop_grace_period: {grace} # why\n    init: true\n"
            )
        };
        for (written, changed) in [
            ("30s", Some("330s")),
            ("\"30s\"", Some("\"330s\"")),
            ("1m", Some("330s")),
            ("6m", None),
            ("330s", None),
            ("${GRACE:-30s}", None),
        ] {
            let expected = changed.map(file);
            assert_eq!(
                with_stop_grace(&file(written), "330s"),
                expected,
                "{written}"
            );
        }
        assert_eq!(with_stop_grace(&file("30s"), "30s"), None);
        assert_eq!(
            with_stop_grace("services: {openclaw-gateway: {image: x}}", "330s"),
            None
        );
    }
}
