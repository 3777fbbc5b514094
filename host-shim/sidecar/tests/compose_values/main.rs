//! What the sidecar reads of a `.env` and of a compose file, beside what the real Composes read.
//!
//! Ignored in a plain `cargo test`: they need Debian's docker-compose 1.29.2 and a Compose v2, which
//! tests/setup/compose.sh installs. Neither needs an engine to show what it has read.
#![cfg(target_os = "linux")]

mod cases;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use cases::{FILES, KEYS, SERVICES, TEXTS};
use openclaw_sidecar::compose_file::{self, Network, Port, Reach, Service};
use openclaw_sidecar::dotenv::Env;
use openclaw_sidecar::interpolate::{Dialect, interpolate};
use openclaw_sidecar::layout::Root;
use serde_json::Value;

/// What the shell has, for the real Composes and for us.
const SHELL: [(&str, &str); 2] = [("FROM_SHELL", "shell"), ("BOTH", "shell")];

fn shell(name: &str) -> Option<String> {
    let found = SHELL.iter().find(|(key, _)| *key == name)?;
    Some(found.1.to_owned())
}

/// A folder with both programs: `v1` and `v2`.
fn composes() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(install)
}

fn install() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/setup/compose.sh");
    let output = Command::new(script)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "compose.sh failed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// What the real Compose makes of a file; its words where it refuses.
fn config(dialect: Dialect, folder: &Path, compose: &str) -> Result<Value, String> {
    fs::write(folder.join("c.yml"), compose).unwrap();
    let (program, format): (_, &[&str]) = match dialect {
        Dialect::Go => ("v2", &["--format", "json"]),
        Dialect::Python => ("v1", &[]),
    };
    let output = Command::new(composes().join(program))
        .args(["-f", "c.yml", "config"])
        .args(format)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(SHELL)
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    Ok(serde_saphyr::from_str(&text).unwrap())
}

/// A folder that Compose v2, which runs as nobody, can read too.
fn folder(env: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    openclaw_sidecar::atomic_file::set_mode(folder.path(), 0o755).unwrap();
    fs::write(folder.path().join(".env"), env).unwrap();
    folder
}

/// The service's environment as the real Compose has it; its words where it refuses.
fn real(dialect: Dialect, env: &[u8], compose: &str) -> Result<BTreeMap<String, String>, String> {
    let value = config(dialect, folder(env).path(), compose)?;
    let environment = value.pointer("/services/a/environment").cloned();
    let fields = environment.as_ref().and_then(Value::as_object);
    Ok(fields
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            // The mark keeps YAML from reading numbers and the like.
            let text = value.as_str().unwrap_or_default().replace("$$", "$");
            (
                key.clone(),
                text.strip_prefix('_').unwrap_or(&text).to_owned(),
            )
        })
        .collect())
}

/// Forms that are refused by one and only a part of by the other are compared as far as both read.
#[test]
fn env_files_are_read_as_the_real_composes_read_them() {
    // Report F22: forms of .env that differ between the generations of Compose
    // (docker/compose#9060: `$` and a capital letter; docker/compose#9447: `#` in a value).
    let compose = KEYS.iter().filter(|key| key.is_ascii()).fold(
        "services:\n  a:\n    image: x\n    environment:\n".to_owned(),
        |text, key| text + &format!("      {key}: \"_${{{key}}}\"\n"),
    );
    let mut differ = Vec::new();
    for dialect in [Dialect::Go, Dialect::Python] {
        for file in FILES {
            let theirs = real(dialect, file, &compose);
            let text = match dialect {
                Dialect::Go => Some(String::from_utf8_lossy(file).into_owned()),
                Dialect::Python => String::from_utf8(file.to_vec()).ok(),
            };
            let ours = text.and_then(|text| Env::parse_as(&text, dialect, &shell).ok());
            let ours = ours.map(|env| {
                let lookup = |name: &str| {
                    let read = || env.iter_all().find(|(key, _)| *key == name);
                    shell(name)
                        .map(Some)
                        .or_else(|| Some(read()?.1.map(str::to_owned)))
                };
                KEYS.iter()
                    .filter(|key| key.is_ascii())
                    .map(|key| {
                        let value = interpolate(&format!("${{{key}}}"), dialect, &lookup).unwrap();
                        ((*key).to_owned(), value)
                    })
                    .collect::<BTreeMap<_, _>>()
            });
            let shown = String::from_utf8_lossy(file);
            match (&theirs, &ours) {
                (Ok(theirs), Some(ours)) => {
                    for (key, value) in ours {
                        let real = theirs.get(key).map(|real| real.replace('\u{fffd}', "?"));
                        if real.as_deref() != Some(&value.replace('\u{fffd}', "?")) {
                            differ.push(format!(
                                "{dialect:?} {shown:?} {key}: {real:?}, we {value:?}"
                            ));
                        }
                    }
                }
                (Err(_), None) => {}
                (Err(words), Some(_)) => {
                    let last = words.lines().last().unwrap_or_default();
                    differ.push(format!(
                        "{dialect:?} {shown:?}: refused, we read it: {last}"
                    ));
                }
                (Ok(_), None) => differ.push(format!("{dialect:?} {shown:?}: read, we refuse it")),
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn variables_of_a_compose_file_are_put_in_as_the_real_composes_do() {
    // Report F24: variables with defaults in a compose file's ports and command.
    let file = "A=value\nEMPTY=\na_lower=l\nBOTH=file\n";
    let mut differ = Vec::new();
    for dialect in [Dialect::Go, Dialect::Python] {
        let env = Env::parse_as(file, dialect, &shell).unwrap();
        let lookup = |name: &str| {
            let read = || env.iter_all().find(|(key, _)| *key == name);
            shell(name)
                .map(Some)
                .or_else(|| Some(read()?.1.map(str::to_owned)))
        };
        for text in TEXTS {
            let quoted = text.replace('\'', "''");
            let compose =
                format!("services:\n  a:\n    image: x\n    environment:\n      V: '_{quoted}'\n");
            let theirs = real(dialect, file.as_bytes(), &compose).map(|found| found["V"].clone());
            let ours = interpolate(text, dialect, &lookup);
            if theirs.as_ref().ok() != ours.as_ref().ok() {
                differ.push(format!("{dialect:?} {text}: {theirs:?}, we {ours:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// What the sidecar needs of a service, in a form to compare.
fn plain(service: &Service) -> Value {
    let mut ports = Vec::new();
    for port in &service.ports {
        for (n, inside) in port.inside.clone().enumerate() {
            let host = port.host.as_ref().map(|host| *host.start() as usize + n);
            ports.push(format!("{:?} {host:?} {inside} {}", port.reach, port.tcp));
        }
    }
    ports.sort();
    serde_json::json!({
        "image": service.image,
        "words": service.command.words,
        "environment": service.environment,
        "ports": ports,
        "network": format!("{:?}", service.network),
    })
}

/// The real Compose's own account of a service, read without anything left to put in.
fn theirs(value: &Value) -> Service {
    let of = |name: &str| &value["services"][name];
    let service = of("openclaw-gateway");
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.replace("$$", "$")),
        other => Some(other.to_string()),
    };
    let network = service["network_mode"].as_str();
    let ports = match network.and_then(|mode| mode.strip_prefix("service:")) {
        Some(other) => &of(other)["ports"],
        None => &service["ports"],
    };
    let unescaped = |value: &Value| {
        let text = value.to_string().replace("$$", "$");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let fields = service["environment"].as_object();
    Service {
        image: text(&service["image"]),
        command: compose_file::Command::read(
            Some(&unescaped(&service["entrypoint"])),
            Some(&unescaped(&service["command"])),
        ),
        environment: fields
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect(),
        ports: ports
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Port::read)
            .collect(),
        network: match network {
            None => Network::Own,
            Some("host") => Network::Host,
            Some(other) => Network::Other(other.to_owned()),
        },
        ..Service::default()
    }
}

#[test]
fn services_are_read_as_the_real_composes_read_them() {
    // Report F24: what a service is after anchors, `extends`, files of variables and interpolation.
    let mut differ = Vec::new();
    let mut compared = 0;
    for dialect in [Dialect::Go, Dialect::Python] {
        let temp = folder(b"PORT=18790\n");
        let root = Root::new(temp.path()).unwrap();
        fs::write(
            root.join("more.env"),
            "# c\nE='five'\nA=under\nF=\"${PORT}\"\n",
        )
        .unwrap();
        fs::write(
            root.join("other.yml"),
            "services:\n  base: {image: o, command: gateway --bind lan, environment: [A=1, B=2]}\n  middle: {extends: base, environment: {A: \"7\"}}\n",
        )
        .unwrap();
        let env = fs::read_to_string(root.join(".env")).unwrap();
        let env = Env::parse_as(&env, dialect, &shell).unwrap();
        for text in SERVICES {
            let text = format!("services:\n  {text}\n");
            let Ok(real) = config(dialect, root.path(), &text) else {
                println!("{dialect:?} refuses {text}");
                continue;
            };
            compared += 1;
            let file = compose_file::parse(&text).unwrap();
            assert_eq!(compose_file::gateway(&file), Some("openclaw-gateway"));
            let ours = compose_file::service(&file, "openclaw-gateway", &root, &env).unwrap();
            assert!(ours.unread.is_empty(), "{text}: {:?}", ours.unread);
            assert!(ours.ports.iter().all(|port| port.reach != Reach::Unknown));
            let (ours, theirs) = (plain(&ours), plain(&theirs(&real)));
            if ours != theirs {
                differ.push(format!(
                    "{dialect:?} {text}  we:     {ours}\n  theirs: {theirs}"
                ));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(compared >= 28, "{compared}");
}
