//! The gateway's config, read like the gateway's own loader reads it: JSON5, `$include` and environment
//! variables. What cannot be read is listed in [`GatewayConfig::unread`].

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use crate::compose_file::{Mount, Service, merge};
use crate::dotenv::{self, Env};
use crate::layout::{CONFIG, Root};
use crate::read_file;

/// The loader's limit.
const MAX_DEPTH: usize = 10;

/// A config with its includes merged and its variables substituted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GatewayConfig {
    /// The merged config.
    pub value: Value,
    /// Includes that cannot be followed from here, and why.
    pub unread: Vec<String>,
}

/// How the gateway authenticates requests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// By this bearer token, or by one that is not known here.
    Bearer(Option<String>),
    /// In another mode, of this name.
    Other(String),
}

/// Parses JSON5. Half a surrogate pair, which the gateway's parser takes, becomes U+FFFD.
///
/// # Errors
///
/// It is not JSON5.
pub fn parse(text: &str) -> Result<Value, json5::Error> {
    json5::from_str(text).or_else(|error| match without_halves(text) {
        Some(text) => json5::from_str(&text),
        None => Err(error),
    })
}

/// Reads the text of the root's config for the service that mounts it.
///
/// # Errors
///
/// It is not JSON5.
pub fn read(
    text: &str,
    root: &Root,
    env: &Env,
    service: Option<&Service>,
) -> Result<GatewayConfig, json5::Error> {
    let value = parse(text)?;
    let mut reader = Reader {
        root: root.path(),
        mounts: service.map_or(&[], |service| &service.mounts),
        unread: Vec::new(),
    };
    let environment = service.map(|service| &service.environment);
    let named = environment.and_then(|all| all.get("OPENCLAW_CONFIG_PATH")?.clone());
    let place = named.map_or_else(|| root.join(CONFIG), PathBuf::from);
    let value = reader.follow(value, &mut vec![place]);
    let own = own_variables(&value);
    let lookup = |name: &str| {
        let given = match environment {
            Some(environment) => environment.get(name).cloned().flatten(),
            None => env.get(name).map(str::to_owned),
        };
        given
            .filter(|value| !value.is_empty())
            .or_else(|| own.get(name).cloned())
    };
    Ok(GatewayConfig {
        value: put_in(value, &lookup),
        unread: reader.unread,
    })
}

impl GatewayConfig {
    /// A value by its JSON pointer, such as `/gateway/bind`.
    pub fn get(&self, place: &str) -> Option<&Value> {
        self.value.pointer(place)
    }

    /// A string by its JSON pointer.
    pub fn text(&self, place: &str) -> Option<&str> {
        self.get(place)?.as_str()
    }

    /// How requests are authenticated: the command wins over the config, and the config over the environment.
    pub fn auth(&self, env: &Env, service: Option<&Service>) -> Auth {
        let given = |name: &str| match service {
            Some(service) => service.environment.get(name).cloned().flatten(),
            None => env.get(name).map(str::to_owned),
        };
        let command = |name: &str| service?.command.option(name).map(str::to_owned);
        // A reference to an external secret is an object; its value is not known here.
        let secret = |option: &str, key: &str, variable: &str| {
            let place = format!("/gateway/auth/{key}");
            if let Some(value) = command(option) {
                return Some(Some(value));
            }
            match self.get(&place) {
                Some(Value::String(text)) if text.contains("${") => Some(None),
                Some(Value::String(text)) if !text.is_empty() => Some(Some(text.clone())),
                Some(Value::Object(_)) => Some(None),
                _ => given(variable)
                    .filter(|text| !text.is_empty())
                    .map(|text| Some(text).filter(|text| !text.contains("${"))),
            }
        };
        let token = secret("--token", "token", dotenv::TOKEN);
        let password = secret("--password", "password", "OPENCLAW_GATEWAY_PASSWORD");
        let mode = command("--auth").or_else(|| {
            let mode = self.text("/gateway/auth/mode")?;
            Some(mode.to_owned())
        });
        let mode = mode.unwrap_or_else(|| match password {
            Some(_) => "password".to_owned(),
            None => "token".to_owned(),
        });
        match mode.as_str() {
            "token" => Auth::Bearer(token.unwrap_or_default()),
            // A request's bearer token also counts as the password.
            "password" if password.is_some() => Auth::Bearer(password.unwrap_or_default()),
            _ => Auth::Other(mode),
        }
    }
}

struct Reader<'a> {
    root: &'a Path,
    mounts: &'a [Mount],
    unread: Vec<String>,
}

impl Reader<'_> {
    /// Lays the includes in. `chain` has the files that are being read, the innermost last.
    fn follow(&mut self, value: Value, chain: &mut Vec<PathBuf>) -> Value {
        match value {
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.follow(item, chain))
                .collect(),
            Value::Object(mut fields) => {
                let included = fields.remove("$include");
                let rest: Map<String, Value> = fields
                    .into_iter()
                    .map(|(key, value)| (key, self.follow(value, chain)))
                    .collect();
                let Some(included) = included else {
                    return Value::Object(rest);
                };
                let files = match included {
                    Value::Array(files) => files,
                    one => vec![one],
                };
                let below = files.iter().fold(Value::Null, |below, file| {
                    merge(below, self.include(file, chain).unwrap_or_default(), true)
                });
                // Alone it stands for what it includes, also for a list.
                if rest.is_empty() {
                    return below;
                }
                merge(below, Value::Object(rest), true)
            }
            other => other,
        }
    }

    fn include(&mut self, file: &Value, chain: &mut Vec<PathBuf>) -> Option<Value> {
        let shown = file
            .as_str()
            .map_or_else(|| file.to_string(), str::to_owned);
        let read = self.try_include(file.as_str(), chain);
        read.map_err(|why| self.unread.push(format!("{shown}: {why}")))
            .ok()
    }

    fn try_include(
        &mut self,
        file: Option<&str>,
        chain: &mut Vec<PathBuf>,
    ) -> Result<Value, String> {
        let file = file.ok_or("no path")?;
        let folder = chain.last().and_then(|path| path.parent());
        let path = normal(&folder.unwrap_or(Path::new("/")).join(file));
        if chain.contains(&path) {
            return Err("it includes itself".to_owned());
        }
        if chain.len() > MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        let here = self.on_the_host(&path).ok_or("not mounted")?;
        let text = read_file::read_text(&here).map_err(|error| error.to_string())?;
        let value = parse(&text).map_err(|error| error.to_string())?;
        chain.push(path);
        let value = self.follow(value, chain);
        chain.pop();
        Ok(value)
    }

    /// Where a file of the container is on this machine.
    fn on_the_host(&self, path: &Path) -> Option<PathBuf> {
        // Without a container the paths are those of this machine.
        if path.starts_with(self.root) {
            return Some(path.to_path_buf());
        }
        let inside = |mount: &Mount| {
            let rest = path.strip_prefix(&mount.target).ok()?;
            let source = normal(&self.root.join(&mount.source));
            Some((
                mount.target.len(),
                if rest.as_os_str().is_empty() {
                    source
                } else {
                    source.join(rest)
                },
            ))
        };
        let found = self.mounts.iter().filter_map(inside);
        found
            .max_by_key(|(length, _)| *length)
            .map(|(_, path)| path)
    }
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The variables that the config itself sets, where the environment does not.
fn own_variables(config: &Value) -> BTreeMap<String, String> {
    let env = config.get("env").and_then(Value::as_object);
    let vars = env.and_then(|env| env.get("vars")?.as_object());
    let all = env.into_iter().chain(vars).flatten();
    all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn put_in(value: Value, lookup: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => Value::String(put_into_text(&text, lookup)),
        Value::Array(items) => items.into_iter().map(|item| put_in(item, lookup)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, put_in(value, lookup)))
            .collect(),
        other => other,
    }
}

/// `${NAME}` is the variable, `$${NAME}` the text `${NAME}`; names are upper-case. A variable without a
/// value stays as it is: only the gateway knows its value.
fn put_into_text(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let inside = &from[2..];
        let name = inside.find('}').map(|end| &inside[..end]);
        let name = name.filter(|name| is_name(name));
        let Some(name) = name else {
            out.push_str(before);
            out.push_str("${");
            rest = inside;
            continue;
        };
        rest = &inside[name.len() + 1..];
        match (before.strip_suffix('$'), lookup(name)) {
            (Some(before), _) => out.push_str(&format!("{before}${{{name}}}")),
            (None, Some(value)) => out.push_str(&format!("{before}{value}")),
            (None, None) => out.push_str(&format!("{before}${{{name}}}")),
        }
    }
    out.push_str(rest);
    out
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    let mut bytes = name.bytes();
    bytes.next().is_some_and(plain) && bytes.all(|byte| plain(byte) || byte.is_ascii_digit())
}

/// The text with every escape that is half a surrogate pair replaced; `None` if there is none.
fn without_halves(text: &str) -> Option<String> {
    let code = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let (mut at, mut last, mut changed) = (0, 0, false);
    while let Some(found) = text[at..].find('\\') {
        let start = at + found;
        let length = match (code(start), code(start + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                out.push_str(&text[last..start]);
                out.push_str("\\uFFFD");
                changed = true;
                last = start + 6;
                6
            }
            // The escaped character, so that `\\u` is none.
            _ => 1 + text[start + 1..].chars().next().map_or(0, char::len_utf8),
        };
        at = start + length;
    }
    out.push_str(&text[last..]);
    changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_put_in_as_the_gateway_does() {
        let lookup = |name: &str| (name == "A").then(|| "x".to_owned());
        for (text, put) in [
            ("${A}", "x"),
            ("a${A}b${A}", "axbx"),
            ("$${A}", "${A}"),
            ("${MISSING}", "${MISSING}"),
            ("${a} $A ${} ${", "${a} $A ${} ${"),
            ("${${A}", "${x"),
        ] {
            assert_eq!(put_into_text(text, &lookup), put, "{text}");
        }
    }

    // Report F1 and F23: half an emoji in a config that the gateway takes.
    #[test]
    fn half_a_surrogate_pair_is_no_reason_to_refuse_a_config() {
        let parsed = |text: &str| parse(text).unwrap();
        assert_eq!(parsed(r#"{a:"x\ud83d"}"#), json!({"a": "x\u{fffd}"}));
        assert_eq!(
            parsed(r#"{a:"\ude00y\ud83d\ude00"}"#),
            json!({"a": "\u{fffd}y😀"})
        );
        assert_eq!(parsed(r#"{a:"\\ud83d",b:"\ud83d"}"#)["a"], json!("\\ud83d"));
        assert!(parse("{a:").is_err());
    }
}
