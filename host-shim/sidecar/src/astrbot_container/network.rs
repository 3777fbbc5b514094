//! The network that the gateway and AstrBot's container share. It belongs to neither Compose project, so that
//! stopping one does not take it from the other.

use serde_json::Value;

use super::errors;
use super::is_name;
use crate::compose_file;
use crate::compose_file::edit::{self, Block};
use crate::dotenv::Env;
use crate::engine::{Engine, last_lines};
use crate::error::Result;
use crate::layout::{COMPOSE, Root};
use crate::project;
use crate::read_file;
use crate::text::{Text, text};

/// Whose blocks in the compose file these are.
const OWNER: &str = "astrbot";
/// The network's key in compose files.
const KEY: &str = "astrbot";
/// The label that says which root has made it.
const LABEL: &str = "openclaw-sidecar.root";

/// The name of the network that this root makes if none is chosen.
pub fn default_name(root: &Root, env: &Env) -> String {
    let named = compose_file::project_name(root, env);
    format!("{}-astrbot", project::of(root, env, named.as_deref()).0)
}

/// The external network that the compose file puts the gateway into; `None` if there is none.
pub fn of_file(file: &Value) -> Option<String> {
    let service = compose_file::services(file)?.get(compose_file::gateway(file)?)?;
    let joined = |key: &str| match service.get("networks") {
        Some(Value::Array(names)) => names.iter().any(|name| name == key),
        Some(Value::Object(names)) => names.contains_key(key),
        _ => false,
    };
    let all = file.get("networks")?.as_object()?.iter();
    let mut external = all.filter(|(key, network)| {
        let external = &network["external"];
        joined(key) && (external == &Value::Bool(true) || external.is_object())
    });
    let (key, network) = external.next()?;
    let names = [&network["name"], &network["external"]["name"]];
    let name = names.into_iter().find_map(Value::as_str);
    Some(name.unwrap_or(key).to_owned())
}

/// The compose file's text with the gateway in this network.
///
/// # Errors
///
/// The file has networks of its own, or a form that cannot be edited here.
pub fn in_compose(text: &str, network: &str) -> Result<String> {
    let there = compose_file::parse(text).ok();
    if there.and_then(|file| of_file(&file)).as_deref() == Some(network) {
        return Ok(text.to_owned());
    }
    let name = format!("  name: {}", Value::from(network));
    let service = Block {
        owner: OWNER,
        key: "networks",
        lines: &["default: {}", &format!("{KEY}: {{}}")],
    };
    let top = Block {
        owner: OWNER,
        key: "networks",
        lines: &[&format!("{KEY}:"), "  external: true", &name],
    };
    edit::without(text, OWNER)
        .and_then(|text| edit::in_service(&text, &service))
        .and_then(|text| edit::at_top(&text, &top))
        .ok_or_else(|| errors::compose_without_place(network))
}

/// The compose file's text without what [`in_compose`] has put in; `None` where there is nothing of it.
pub(super) fn out_of_compose(text: &str) -> Option<String> {
    edit::without(text, OWNER).filter(|without| without != text)
}

/// The network of the sidecar's own block in a compose file; `None` without one. Others are the user's, whatever
/// they are like.
fn own(text: &str) -> Option<String> {
    if !edit::is_written(text, OWNER) {
        return None;
    }
    let file = compose_file::parse(text).ok()?;
    Some(file["networks"][KEY]["name"].as_str()?.to_owned())
}

/// A template with the network of an existing compose file, so that replacing the file keeps it.
pub fn kept_in(existing: &str, template: &str) -> Option<String> {
    in_compose(template, &own(existing)?).ok()
}

/// Fails if the gateway's service cannot have networks.
pub(super) fn gateway_can_join(file: &Value, root: &Root, env: &Env) -> Result<()> {
    let name = compose_file::gateway(file);
    let service = name.and_then(|name| compose_file::service(file, name, root, env));
    match service.and_then(|service| service.network_mode) {
        Some(_) => Err(errors::gateway_without_network()),
        None => Ok(()),
    }
}

/// Makes sure that there is a network of this name that fits; whether it was made. One that exists must be this
/// root's, unless somebody `chose` it by name.
///
/// # Errors
///
/// It is another's, it does not let containers reach each other by name, or the engine refuses to make it.
pub fn ensure(engine: &Engine, root: &Root, name: &str, chosen: bool) -> Result<bool> {
    if !is_name(name) {
        return Err(errors::bad_network_name(name));
    }
    let label = format!("{LABEL}={}", root.path().display());
    if let Some(found) = inspect(engine, name)? {
        if let Some(why) = unfit(&found) {
            return Err(errors::network_not_fit(name, &why));
        }
        let labels = either(&found, "Labels");
        let owner = labels[LABEL].as_str();
        let own = owner.is_some_and(|owner| owner == root.path().to_string_lossy());
        if !own && !chosen {
            let owner = match owner {
                Some(owner) => {
                    text!(en: ": it belongs to the one at {owner}", zh: "，而属于 {owner}")
                }
                None => Text::default(),
            };
            return Err(errors::network_of_another(name, &owner));
        }
        return Ok(false);
    }
    run(
        engine,
        name,
        &["network", "create", "--label", &label, name],
    )?;
    Ok(true)
}

/// Makes the network of the sidecar's own block in the root's compose file where it is gone (`docker network prune`).
///
/// # Errors
///
/// The engine refuses to make it.
pub fn ensure_for(engine: &Engine, root: &Root) -> Result<()> {
    let text = read_file::read_text(&root.join(COMPOSE)).unwrap_or_default();
    match own(&text) {
        Some(name) => ensure(engine, root, &name, true).map(drop),
        None => Ok(()),
    }
}

/// Connects a container to the network, under these further names.
///
/// # Errors
///
/// The engine refuses.
pub(super) fn join(engine: &Engine, network: &str, id: &str, aliases: &[&str]) -> Result<()> {
    let mut words = vec!["network", "connect"];
    for alias in aliases {
        words.extend(["--alias", alias]);
    }
    words.extend([network, id]);
    run(engine, network, &words)
}

fn run(engine: &Engine, network: &str, words: &[&str]) -> Result<()> {
    let output = engine
        .ask(words)
        .map_err(|error| errors::network_failed(network, &error).caused_by(error))?;
    let said = output.all();
    // Somebody else was faster.
    let there = said.contains("already exists") || said.contains("already connected");
    match output.status.success() || there {
        true => Ok(()),
        false => Err(errors::network_failed(network, last_lines(&said, 3))),
    }
}

fn inspect(engine: &Engine, name: &str) -> Result<Option<Value>> {
    let output = engine
        .ask(&["network", "inspect", name])
        .map_err(|error| errors::network_failed(name, &error).caused_by(error))?;
    let found: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
    if let Some(found) = found.get(0).filter(|_| output.status.success()) {
        return Ok(Some(found.clone()));
    }
    let said = output.all().to_ascii_lowercase();
    match said.contains("no such network") || said.contains("not found") {
        true => Ok(None),
        false => Err(errors::network_failed(name, last_lines(&output.all(), 3))),
    }
}

/// Docker's key, or Podman's, which is in lower case.
fn either(found: &Value, key: &str) -> Value {
    let lower = key.to_ascii_lowercase();
    let value = found.get(key).or_else(|| found.get(lower.as_str()));
    value.cloned().unwrap_or_default()
}

/// Why containers cannot reach each other by name in it.
fn unfit(found: &Value) -> Option<Text> {
    let driver = either(found, "Driver");
    let driver = driver.as_str().unwrap_or("bridge");
    let options = either(found, "Options");
    let option = |name: &str| {
        let value = options[format!("com.docker.network.bridge.{name}")].clone();
        value.as_str().unwrap_or_default().to_owned()
    };
    let attachable = either(found, "Attachable") == Value::Bool(true);
    match driver {
        "bridge"
            if option("default_bridge") == "true" || found["dns_enabled"] == Value::Bool(false) =>
        {
            Some(
                text!(en: "the engine's default network has no names", zh: "引擎的默认网络不提供名称解析"),
            )
        }
        "bridge" if option("enable_icc") == "false" => Some(
            text!(en: "it keeps its containers apart (enable_icc is false)", zh: "它禁止容器互相访问（enable_icc 为 false）"),
        ),
        "bridge" => None,
        "overlay" if attachable => None,
        other => Some(
            text!(en: "its driver is {other}, not bridge", zh: "它的驱动是 {other}，而不是 bridge"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::templates::COMPOSE_FILE;

    #[test]
    fn the_template_gets_the_network_and_every_other_byte_stays() {
        let new = in_compose(COMPOSE_FILE, "n-astrbot").unwrap();
        let file = compose_file::parse(&new).unwrap();
        assert_eq!(of_file(&file).as_deref(), Some("n-astrbot"));
        assert_eq!(edit::without(&new, OWNER).unwrap(), COMPOSE_FILE);
        assert_eq!(in_compose(&new, "n-astrbot").unwrap(), new);
        let other = in_compose(&new, "other").unwrap();
        assert_eq!(
            of_file(&compose_file::parse(&other).unwrap()).as_deref(),
            Some("other")
        );
        assert_eq!(kept_in(&new, COMPOSE_FILE).unwrap(), new);
        assert_eq!(kept_in(COMPOSE_FILE, COMPOSE_FILE), None);
        assert_eq!(
            (own(&new), own(COMPOSE_FILE)),
            (Some("n-astrbot".to_owned()), None)
        );
    }

    #[test]
    fn one_written_by_hand_is_found_and_kept() {
        for networks in [
            "networks: [x]\nnetworks:\n  x: {external: true, name: shared}\n",
            "networks: {x: {aliases: [a]}}\nnetworks:\n  x: {external: {name: shared}}\n",
            "networks: [shared]\nnetworks: {shared: {external: true}}\n",
        ] {
            let text = format!("services:\n  openclaw-gateway:\n    image: x\n    {networks}");
            let file = compose_file::parse(&text).unwrap();
            assert_eq!(of_file(&file).as_deref(), Some("shared"), "{text}");
            assert_eq!(in_compose(&text, "shared").unwrap(), text);
            assert_eq!(own(&text), None);
            let error = in_compose(&text, "another").unwrap_err();
            assert!(error.to_string().contains("--network another"), "{error}");
        }
        let own =
            "services:\n  openclaw-gateway:\n    image: x\n    networks: [x]\nnetworks: {x: {}}\n";
        assert_eq!(of_file(&compose_file::parse(own).unwrap()), None);
    }

    // Bad input of the issue: an existing network with other settings.
    #[test]
    fn what_does_not_fit_is_named() {
        let bridge = |option: &str, value: &str| json!({"Driver": "bridge", "Options": {format!("com.docker.network.bridge.{option}"): value}});
        for (found, why) in [
            (json!({"Driver": "bridge", "Options": {}}), None),
            (json!({"driver": "bridge", "dns_enabled": true}), None),
            (json!({"Driver": "overlay", "Attachable": true}), None),
            (json!({"Driver": "overlay"}), Some("driver is overlay")),
            (json!({"Driver": "macvlan"}), Some("driver is macvlan")),
            (
                json!({"driver": "bridge", "dns_enabled": false}),
                Some("no names"),
            ),
            (bridge("default_bridge", "true"), Some("no names")),
            (bridge("enable_icc", "false"), Some("apart")),
        ] {
            let said = unfit(&found).map(|text| text.en);
            let fits = match (&said, why) {
                (Some(said), Some(why)) => said.contains(why),
                (None, None) => true,
                _ => false,
            };
            assert!(fits, "{found}: {said:?}");
        }
    }
}
