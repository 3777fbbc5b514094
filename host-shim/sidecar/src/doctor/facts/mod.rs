//! The facts: gathered once; the diagnostics are pure functions of them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

mod astrbot;
mod provider;
mod system;
pub use self::astrbot::AstrBotFacts;
use crate::address;
use crate::compose_file::{self, Service};
use crate::dotenv::{self, Env};
use crate::engine::{self, Container, Engine, Presence};
use crate::error::Error;
use crate::gateway_config::{self, GatewayConfig};
use crate::interpolate::Dialect;
use crate::layout::{COMPOSE, CONFIG, ENTRIES, ENV, HOME, PINNED_VERSION, Root};
use crate::marked_config::{self, Written};
use crate::model::astrbot::{AstrBot, read as read_astrbot};
use crate::model::proof::{self, Answered, Refused};
use crate::plugin_settings::{self, PluginSettings};
use crate::probe::{self, Probe};
use crate::process::Surroundings;
use crate::read_file::{self, Content};
use crate::release::is_pinned_version;
use crate::secret::Token;
use crate::{journal, lock, ownership, selinux, templates, version_config};

/// Where the gateway keeps keys that were given to it by its own commands, in its state.
const AUTH_PROFILES: &str = "agents/main/agent/auth-profiles.json";

/// An entry of the root, as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether it is a regular file, not a pipe, device or socket.
    pub regular: bool,
    /// Its length in bytes.
    pub size: u64,
    /// Permission bits; `None` where files have none.
    pub mode: Option<u32>,
    /// The owner's uid; `None` where files have none.
    pub uid: Option<u32>,
    /// Last change.
    pub modified: Option<SystemTime>,
}

/// Who listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The process; `None` if this user may not see it.
    pub process: Option<(i32, String)>,
}

/// Available and total memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bytes.
    pub available: u64,
    /// Total bytes.
    pub total: u64,
}

/// Everything the diagnostics need.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The root.
    pub root: Root,
    /// When the facts were gathered.
    pub now: SystemTime,
    /// The effective uid; `None` where there is none.
    pub euid: Option<u32>,
    /// Whether this user may not read the root folder.
    pub denied: bool,
    /// The entries of the layout that exist.
    pub entries: BTreeMap<&'static str, Found>,
    /// A path in the gateway's state that the container's user does not own, relative to the root, and
    /// its owner's uid.
    pub foreign_state: Option<(String, u32)>,
    /// The `.env`.
    pub env: Content<Env>,
    /// Variables of the compose file that are set in this process's environment.
    pub exported: BTreeMap<String, Token>,
    /// The gateway's config.
    pub config: Content<GatewayConfig>,
    /// What the version needs in it, and whether that differs from what is there; `None` without a config.
    pub wanted_config: Option<Result<(Written, bool), marked_config::Refused>>,
    /// The compose file.
    pub compose: Content<Value>,
    /// The gateway's service in it; `None` if there is none.
    pub service: Option<Service>,
    /// Whether Compose accepts a compose file that cannot be read here; `None` if it was not asked.
    pub compose_verdict: Option<Result<(), String>>,
    /// The plugin's settings, if the caller passed them.
    pub plugin: Option<Result<PluginSettings, Error>>,
    /// AstrBot's chat providers, if the caller named its folder.
    pub astrbot: Option<Result<AstrBot, Error>>,
    /// AstrBot's container; `None` where nothing is known of one.
    pub astrbot_container: Option<AstrBotFacts>,
    /// The plugin's address of the gateway.
    pub plugin_url: String,
    /// Whether the gateway keeps keys of providers that were given to it by its own commands.
    pub has_auth_profiles: bool,
    /// Whether the provider's port accepts connections from here; `None` if it was not tried.
    pub provider_reached: Option<Result<(), String>>,
    /// Whether the model server on this machine listens only on a loopback address, which containers do not
    /// reach.
    pub model_server_is_local: bool,
    /// The one model call; `None` if it was not made.
    pub answer: Option<Result<Answered, Refused>>,
    /// The container engine.
    pub engine: Presence,
    /// The gateway's container.
    pub container: Result<Option<Container>, Error>,
    /// The end of its log with secrets masked; empty while it is healthy.
    pub log_tail: String,
    /// How often the kernel has killed something in it for memory, as far as the engine remembers.
    pub oom_kills: usize,
    /// The port on this machine.
    pub port: u16,
    /// Who listens there; `None` if nobody does.
    pub listener: Option<Listener>,
    /// A process that looks like a gateway not listening yet: pid and command name.
    pub starting: Option<(i32, String)>,
    /// The probe without a token; `None` if nobody listens.
    pub stranger: Option<Probe>,
    /// The probe with the token of the `.env`; `None` if nobody listens or there is no token.
    pub bearer: Option<Probe>,
    /// Whether SELinux is enforcing; `None` without SELinux.
    pub selinux: Option<bool>,
    /// The current memory.
    pub memory: Result<Memory, String>,
    /// The machine's swap, in bytes; 0 where there is none or it is not known.
    pub swap: u64,
    /// Free bytes on the root's file system.
    pub disk_free: Result<u64, String>,
    /// The journal of an upgrade or rollback that was interrupted or is in progress.
    pub journal: Content<journal::Journal>,
    /// Whether another command is changing this root right now.
    pub changing: bool,
}

/// What to gather facts about.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The root.
    pub root: &'a Root,
    /// Programs and their environment.
    pub surroundings: &'a Surroundings,
    /// A plugin config to compare with.
    pub plugin: Option<&'a Path>,
    /// AstrBot's data folder, to compare the provider's key with.
    pub astrbot: Option<&'a Path>,
    /// Whether to make one model call.
    pub ask: bool,
}

impl Facts {
    /// Gathers all facts. Starts nothing heavier than the engine's command line client.
    pub fn gather(scope: &Scope<'_>) -> Self {
        let engine = engine::detect(scope.surroundings, scope.root);
        let mut facts = Self::of_files_as(scope, engine.dialect());
        facts.engine = engine;
        let token = facts
            .env
            .good()
            .map(|env| address::by(env, facts.service.as_ref(), facts.config.good()).token)
            .filter(|token| !token.expose().is_empty());
        if let Presence::Running { flavour, .. } = &facts.engine {
            let engine = Engine::new(*flavour, scope.surroundings.clone(), scope.root.clone());
            facts.container = engine.container();
            if let Ok(Some(container)) = &facts.container {
                (facts.log_tail, facts.oom_kills) = about(&engine, container, &facts.root);
                let inside = address::inside(facts.service.as_ref(), facts.config.good());
                let published = container.published.iter().find(|(port, _)| *port == inside);
                facts.port = published.map_or(facts.port, |(_, port)| *port);
            }
            facts.ask_compose(&engine);
            facts.astrbot_container = astrbot::gather(&facts, &engine, token.as_ref());
        }
        facts.listener = system::listener(facts.port);
        if facts.listener.is_some() {
            facts.stranger = Some(probe::ask(facts.port, None));
            facts.bearer = token
                .filter(|token| token.expose().bytes().all(|byte| byte.is_ascii_graphic()))
                .map(|token| {
                    facts.answer = scope.ask.then(|| proof::ask(facts.port, &token));
                    probe::ask(facts.port, Some(&token))
                });
        } else {
            facts.starting = system::starting_gateway(scope.root);
        }
        facts.try_provider(facts.in_container().is_some());
        facts
    }

    /// Gathers only the facts of the root's files and the machine: no engine, port or probe.
    pub fn of_files(scope: &Scope<'_>) -> Self {
        Self::of_files_as(scope, Dialect::default())
    }

    /// As [`Self::of_files`], with the `.env` read as this generation of Compose does.
    pub fn of_files_as(scope: &Scope<'_>, dialect: Dialect) -> Self {
        let root = scope.root;
        let denied = fs::read_dir(root.path())
            .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
        let env = read(denied, &root.join(ENV), |bytes| {
            let text = String::from_utf8_lossy(&bytes);
            Env::parse_as(&text, dialect, &dotenv::shell)
        });
        let compose = read(denied, &root.join(COMPOSE), |bytes| {
            compose_file::parse(&text_of(bytes)?)
        });
        // Even if Compose rejects the .env, what can be read of it is the best there is.
        let values = dotenv::load(root, dialect).unwrap_or_default();
        let service = compose.good().and_then(|file| {
            let name = compose_file::gateway(file)?;
            compose_file::service(file, name, root, &values)
        });
        let config = read(denied, &root.join(CONFIG), |bytes| {
            gateway_config::read(&text_of(bytes)?, root, &values, service.as_ref())
                .map_err(|error| error.to_string())
        });
        Self {
            root: root.clone(),
            now: SystemTime::now(),
            euid: system::euid(),
            denied,
            entries: ENTRIES
                .iter()
                .filter_map(|entry| Some((entry.path, system::found(&root.join(entry.path))?)))
                .collect(),
            foreign_state: ownership::first_foreign(&root.join(HOME)).map(|(path, uid)| {
                let path = path.strip_prefix(root.path()).unwrap_or(&path);
                (path.display().to_string(), uid)
            }),
            env,
            exported: templates::compose_variables()
                .into_iter()
                .chain([dotenv::PROJECT])
                .filter_map(|key| Some((key.to_owned(), Token::new(std::env::var(key).ok()?))))
                .collect(),
            port: address::by(&values, service.as_ref(), config.good()).port,
            wanted_config: wanted_config(root, &values),
            config,
            compose,
            service,
            compose_verdict: None,
            plugin: scope.plugin.map(plugin_settings::read),
            astrbot: scope
                .astrbot
                .map(|data| read_astrbot(data, &|name| std::env::var(name).ok())),
            astrbot_container: None,
            plugin_url: address::of(root, &values).plugin_url,
            has_auth_profiles: root.join(HOME).join(AUTH_PROFILES).is_file(),
            provider_reached: None,
            model_server_is_local: false,
            answer: None,
            engine: Presence::NoEngine,
            container: Ok(None),
            log_tail: String::new(),
            oom_kills: 0,
            listener: None,
            starting: None,
            stranger: None,
            bearer: None,
            selinux: selinux::is_enforced(Path::new("/"), scope.surroundings),
            memory: system::memory(),
            swap: system::swap(),
            disk_free: system::disk_free(root.path()),
            journal: if denied {
                Content::Missing
            } else {
                journal::read(root)
            },
            changing: lock::is_held(root),
        }
    }

    /// Asks Compose itself about a compose file that cannot be read here: what it takes is not wrong.
    pub fn ask_compose(&mut self, engine: &Engine) {
        if matches!(self.compose, Content::Bad(_)) {
            let env = dotenv::load(&self.root, Dialect::default()).unwrap_or_default();
            let secrets = address::secrets(&self.root, &env);
            let mask = |words: String| secrets.mask(&words);
            self.compose_verdict = Some(engine.check_compose_file().map_err(mask));
        }
    }

    /// The version that the `.env` pins, or else the compose file; `None` if neither names one.
    pub fn version(&self) -> Option<&str> {
        let pinned = self.env.good().and_then(|env| env.get(dotenv::VERSION));
        pinned.or_else(|| {
            let image = self.service.as_ref()?.image.as_deref()?;
            let (_, tag) = image
                .rsplit_once(':')
                .filter(|(_, tag)| !tag.contains('/'))?;
            Some(tag).filter(|tag| is_pinned_version(tag))
        })
    }

    /// Whether the root folder exists and can be read.
    pub fn has_root(&self) -> bool {
        !self.denied && self.entries.get("").is_some_and(|found| found.folder)
    }

    /// The root's container, if there is one. Without one the gateway runs by hand or not at all.
    pub fn in_container(&self) -> Option<&Container> {
        self.container.as_ref().ok()?.as_ref()
    }
}

fn wanted_config(
    root: &Root,
    env: &Env,
) -> Option<Result<(Written, bool), marked_config::Refused>> {
    let text = read_file::read_text(&root.join(CONFIG)).ok()?;
    let version = env.get(dotenv::VERSION).unwrap_or(PINNED_VERSION);
    let written = version_config::with_version(&text, version);
    Some(written.map(|written| {
        let differs = written.text != text;
        (written, differs)
    }))
}

/// The end of a container's log if it is not healthy, and how often it was killed for lack of memory.
fn about(engine: &Engine, container: &Container, root: &Root) -> (String, usize) {
    let well = container.status == "running" && container.health == "healthy";
    let tail = if well {
        String::new()
    } else {
        let env = dotenv::load(root, engine.flavour().dialect()).unwrap_or_default();
        let tail = engine.log_tail(&container.id, 8).unwrap_or_default();
        address::secrets(root, &env).mask(&tail)
    };
    (tail, engine.oom_events(&container.id))
}

fn read<T, E: ToString>(
    denied: bool,
    path: &Path,
    parse: impl FnOnce(Vec<u8>) -> Result<T, E>,
) -> Content<T> {
    // The root's own check reports problems with the root, and the check of the entries what is not a file.
    let told = |error: &io::Error| {
        let kind = error.kind();
        denied
            || kind == io::ErrorKind::IsADirectory
            || kind == io::ErrorKind::FileTooLarge
            || read_file::is_not_regular(error)
    };
    Content::read(path, told, parse)
}

fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The release day of the pinned version: an earlier clock is wrong.
pub fn release_day() -> SystemTime {
    debug_assert_eq!(PINNED_VERSION, "2026.2.9");
    UNIX_EPOCH + Duration::from_secs(1_770_595_200)
}

/// A size of memory or disk, for people.
pub fn size(bytes: u64) -> String {
    match bytes >> 20 {
        mib @ ..10_240 => format!("{mib} MiB"),
        mib => format!("{} GiB", mib / 1024),
    }
}
