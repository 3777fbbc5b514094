//! One service, with what it extends and its variables substituted.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::{Command, Port, parse, services};
use crate::dotenv::{self, Env};
use crate::interpolate::{Dialect, Refused, interpolate};
use crate::layout::Root;
use crate::read_file;
use crate::templates::compose_variables;

/// How many services may extend one another.
const DEPTH: usize = 16;

/// The network of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// Its own, from which ports are published.
    #[default]
    Own,
    /// The host's.
    Host,
    /// Another container's, or none.
    Other(String),
}

/// A folder or file of the host that is mounted into the container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// On the host, relative to the root or absolute.
    pub source: String,
    /// In the container.
    pub target: String,
    /// Whether it is labelled for containers where SELinux is enforced (`z`, `Z`).
    pub labelled: bool,
}

/// A service as Compose starts it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Its image.
    pub image: Option<String>,
    /// What it runs.
    pub command: Command,
    /// Its environment; `None` for a variable that the container gets no value of.
    pub environment: BTreeMap<String, Option<String>>,
    /// The ports that lead to it; of another service, if it is in that one's network.
    pub ports: Vec<Port>,
    /// Its network.
    pub network: Network,
    /// Its `network_mode` as written; Compose refuses `networks` beside any.
    pub network_mode: Option<String>,
    /// Folders and files of the host and where they are in the container.
    pub mounts: Vec<Mount>,
    /// How long it may take to stop, as it is written.
    pub stop_grace: Option<String>,
    /// The profiles that it is started with; none for always.
    pub profiles: Vec<String>,
    /// Whether SELinux does not separate it from the host.
    pub unconfined: bool,
    /// Lines that it lacks to keep a command in the container within bounds.
    pub unbounded: Vec<&'static str>,
    /// Parts that could not be read.
    pub unread: Vec<String>,
}

/// Reads a service of the root's compose file; `None` if there is no such service.
pub fn service(file: &Value, name: &str, root: &Root, env: &Env) -> Option<Service> {
    let mut unread = Vec::new();
    let written = extended(file, name, root.path(), env, &mut unread, DEPTH)?;
    let field = |key: &str| written.get(key);
    let environment = environment(&written, root, env, &mut unread);
    let network_mode = field("network_mode").and_then(Value::as_str);
    let network_mode = network_mode.filter(|mode| !mode.is_empty());
    let network = match network_mode {
        None | Some("bridge" | "default") => Network::Own,
        Some("host") => Network::Host,
        Some(other) => Network::Other(other.to_owned()),
    };
    let mut ports = read_ports(&written, &mut unread);
    if let Network::Other(other) = &network {
        let other = other
            .strip_prefix("service:")
            .filter(|other| *other != name);
        let other =
            other.and_then(|other| extended(file, other, root.path(), env, &mut unread, DEPTH));
        ports = other.map_or(Vec::new(), |other| read_ports(&other, &mut unread));
    }
    Some(Service {
        image: field("image").and_then(Value::as_str).map(str::to_owned),
        command: Command::read(field("entrypoint"), field("command")),
        environment,
        ports,
        network,
        network_mode: network_mode.map(str::to_owned),
        mounts: mounts(&written),
        stop_grace: field("stop_grace_period").map(shown),
        profiles: match field("profiles") {
            Some(Value::Array(names)) => names.iter().map(shown).collect(),
            _ => Vec::new(),
        },
        unconfined: unconfined(&written),
        unbounded: unbounded(&written),
        unread,
    })
}

/// A service with what it extends under it, and its variables substituted.
fn extended(
    file: &Value,
    name: &str,
    folder: &Path,
    env: &Env,
    unread: &mut Vec<String>,
    depth: usize,
) -> Option<Map<String, Value>> {
    let written = services(file)?.get(name)?;
    let mut fields = match put_in(written, name, env, unread) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let Some(extends) = fields.remove("extends") else {
        return Some(fields);
    };
    let part = |key: &str| extends.get(key).and_then(Value::as_str);
    let base = extends.as_str().or_else(|| part("service")).unwrap_or(name);
    let below = match (part("file"), depth) {
        (_, 0) => None,
        (None, _) => extended(file, base, folder, env, unread, depth - 1),
        (Some(other), _) => {
            let path = folder.join(other);
            let text = read_file::read_text(&path);
            let other = text.ok().and_then(|text| parse(&text).ok());
            let folder = path.parent().unwrap_or(folder);
            other.and_then(|other| extended(&other, base, folder, env, unread, depth - 1))
        }
    };
    match below {
        Some(below) => Some(over(below, fields)),
        None => {
            unread.push(format!("extends {base}"));
            Some(fields)
        }
    }
}

/// Merges a service onto the one it extends.
fn over(mut below: Map<String, Value>, above: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in above {
        let merged = match (key.as_str(), below.remove(&key)) {
            (_, None) => value,
            ("environment" | "labels", Some(under)) => {
                Value::Object(over(mapping(&under), mapping(&value)))
            }
            ("ports" | "volumes" | "env_file", Some(under)) => {
                let list = |value: Value| match value {
                    Value::Array(items) => items,
                    other => vec![other],
                };
                Value::Array(list(under).into_iter().chain(list(value)).collect())
            }
            (_, Some(_)) => value,
        };
        below.insert(key, merged);
    }
    below
}

/// Substitutes variables in every string; one that Compose would reject stays as it is.
fn put_in(value: &Value, place: &str, env: &Env, unread: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) => match interpolate(text, env.dialect(), &|name| env.lookup(name)) {
            Ok(text) => Value::String(text),
            // The check of the .env reports these.
            Err(Refused::Required { name }) if compose_variables().contains(&name.as_str()) => {
                Value::from("")
            }
            Err(refused) => {
                unread.push(format!("{place}: {refused}"));
                value.clone()
            }
        },
        Value::Array(items) => items
            .iter()
            .map(|item| put_in(item, place, env, unread))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let place = format!("{place}.{key}");
                (key.clone(), put_in(value, &place, env, unread))
            })
            .collect(),
        other => other.clone(),
    }
}

fn read_ports(service: &Map<String, Value>, unread: &mut Vec<String>) -> Vec<Port> {
    let ports = service.get("ports").and_then(Value::as_array);
    let mut read = Vec::new();
    for port in ports.into_iter().flatten() {
        match Port::read(port) {
            Some(port) => read.push(port),
            None => unread.push(format!("ports: {}", shown(port))),
        }
    }
    read
}

/// A value as a text: a string without its quotes.
pub(super) fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// `KEY=VALUE` lists and mappings, as a mapping.
fn mapping(value: &Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields.clone(),
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(|item| match item.split_once('=') {
                Some((key, value)) => (key.to_owned(), Value::from(value)),
                None => (item.to_owned(), Value::Null),
            })
            .collect(),
        _ => Map::new(),
    }
}

fn environment(
    service: &Map<String, Value>,
    root: &Root,
    env: &Env,
    unread: &mut Vec<String>,
) -> BTreeMap<String, Option<String>> {
    let mut all = BTreeMap::new();
    let files = match service.get("env_file") {
        Some(Value::Array(files)) => files.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one.clone()],
    };
    for file in files {
        let path = file.as_str().or_else(|| file.get("path")?.as_str());
        let Some(path) = path else { continue };
        let text = read_file::read(&root.path().join(path));
        let Ok(text) = text else {
            if file.get("required") != Some(&Value::Bool(false)) {
                unread.push(format!("env_file {path}"));
            }
            continue;
        };
        let text = String::from_utf8_lossy(&text);
        // The first generation does not put the .env's variables into such a file.
        let shell = |name: &str| match env.dialect() {
            Dialect::Go => env.lookup(name).flatten(),
            Dialect::Python => dotenv::shell(name),
        };
        let read = Env::parse_as(&text, env.dialect(), &shell);
        let read = read.unwrap_or_else(|refused| *refused.rest);
        let read = read.iter_all();
        all.extend(read.map(|(key, value)| (key.to_owned(), value.map(str::to_owned))));
    }
    let own = service.get("environment").map(mapping).unwrap_or_default();
    for (key, value) in own {
        let value = match value {
            // A name alone takes the value from this side.
            Value::Null => env.lookup(&key).flatten(),
            other => Some(shown(&other)),
        };
        all.insert(key, value);
    }
    all
}

fn mounts(service: &Map<String, Value>) -> Vec<Mount> {
    let volumes = service.get("volumes").and_then(Value::as_array);
    let volumes = volumes.into_iter().flatten();
    volumes
        .filter_map(|volume| match volume {
            Value::String(short) => {
                let mut parts = short.split(':');
                Some(Mount {
                    source: parts.next()?.to_owned(),
                    target: parts.next()?.to_owned(),
                    labelled: parts
                        .flat_map(|options| options.split(','))
                        .any(|option| option.eq_ignore_ascii_case("z")),
                })
            }
            long => {
                let text = |key: &str| Some(long.get(key)?.as_str()?.to_owned());
                Some(Mount {
                    source: text("source")?,
                    target: text("target")?,
                    labelled: long.pointer("/bind/selinux").is_some(),
                })
            }
        })
        // A name that is not a path is a volume of the engine.
        .filter(|mount| mount.source.starts_with(['.', '/', '~']))
        .collect()
}

/// `privileged`, or SELinux's labels switched off.
/// The lines of the template that a service lacks.
fn unbounded(service: &Map<String, Value>) -> Vec<&'static str> {
    let has = |key: &str, values: &[&str]| {
        let list = service.get(key).and_then(Value::as_array);
        let mut list = list.into_iter().flatten().filter_map(Value::as_str);
        list.any(|one| values.contains(&one.to_lowercase().replace('=', ":").as_str()))
    };
    let user = service.get("user").map(shown).unwrap_or_default();
    let user = user.split(':').next().unwrap_or_default();
    let all = [
        (has("cap_drop", &["all", "cap_all"]), "cap_drop: [ALL]"),
        (
            has(
                "security_opt",
                &["no-new-privileges", "no-new-privileges:true"],
            ),
            "security_opt: [\"no-new-privileges:true\"]",
        ),
        (!["0", "root"].contains(&user), "user: \"1000:1000\""),
        (
            service.get("privileged") != Some(&Value::Bool(true)),
            "privileged: false",
        ),
    ];
    all.into_iter()
        .filter(|(there, _)| !there)
        .map(|(_, line)| line)
        .collect()
}

fn unconfined(service: &Map<String, Value>) -> bool {
    let options = service.get("security_opt").and_then(Value::as_array);
    let mut options = options.into_iter().flatten().filter_map(Value::as_str);
    service.get("privileged") == Some(&Value::Bool(true))
        || options.any(|option| option.replace('=', ":") == "label:disable")
}
