//! A healthy root and everything around it, as a test sees it.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use openclaw_core::fault::FaultCode;
use openclaw_sidecar::atomic_file::AtomicFiles;
use openclaw_sidecar::doctor::{Facts, Listener, Memory, Scope};
use openclaw_sidecar::dotenv;
use openclaw_sidecar::engine::{Container, Flavour, Presence};
use openclaw_sidecar::init::init;
use openclaw_sidecar::layout::{ENTRIES, Root};
use openclaw_sidecar::model::{self, Files, Model, services};
use openclaw_sidecar::probe::Probe;
use openclaw_sidecar::process::Surroundings;
use openclaw_sidecar::secret::Token;

pub use crate::common::left::TOKEN;
pub const MIB: u64 = 1 << 20;
pub const CONFIG: &str = "openclaw_sidecar.config.json5";
pub const COMPOSE: &str = "openclaw_sidecar.compose.yml";

/// Everything around a root as it is when all is well.
pub fn healthy(root: &Root) -> Facts {
    let surroundings = Surroundings::default();
    let mut facts = Facts::of_files(&Scope {
        root,
        surroundings: &surroundings,
        plugin: None,
        astrbot: None,
        ask: false,
    });
    facts.now = SystemTime::now();
    facts.euid = Some(0);
    for entry in ENTRIES.iter().filter(|entry| entry.container_owns) {
        if let Some(found) = facts.entries.get_mut(entry.path) {
            found.uid = Some(1000);
        }
    }
    facts.foreign_state = None;
    facts.exported.clear();
    facts.selinux = None;
    facts.engine = Presence::Running {
        flavour: Flavour::ComposeV2,
        version: "28.2.2".to_owned(),
    };
    facts.container = Ok(Some(Container {
        id: "abc".to_owned(),
        image: "ghcr.io/openclaw/openclaw:2026.2.9".to_owned(),
        status: "running".to_owned(),
        health: "healthy".to_owned(),
        started_at: "2026-11-23T12:00:00Z".to_owned(),
        memory_limit: 1536 * MIB,
        ..Container::default()
    }));
    facts.port = 18789;
    facts.listener = Some(Listener {
        process: Some((1, "docker-proxy".to_owned())),
    });
    facts.stranger = answered(401, FaultCode::AuthFailed, "HTTP 401: Unauthorized");
    facts.bearer = answered(400, FaultCode::RequestRejected, "HTTP 400");
    facts.memory = Ok(Memory {
        available: 2000 * MIB,
        total: 4000 * MIB,
    });
    facts.swap = 0;
    facts.disk_free = Ok(20_000 * MIB);
    facts.provider_reached = Some(Ok(()));
    facts
}

pub fn new_root(folder: &Path) -> Root {
    let root = folder.join("root");
    fs::create_dir(&root).unwrap();
    let root = Root::new(&root).unwrap();
    init(&root, false, "t", AtomicFiles::new(&|_| {})).unwrap();
    chmod(&root, "", 0o700);
    set_env(&root, dotenv::TOKEN, TOKEN);
    configure_model(&root);
    root
}

/// The key of the healthy root's model provider.
pub const KEY: &str = "sk-0123456789abcdef";

fn configure_model(root: &Root) {
    let service = services::service("deepseek").unwrap();
    let model = Model::of(service, service.api, service.base_url, None).unwrap();
    let files = Files::read(root).unwrap();
    let plan = model::plan(&files, &model, Some(&Token::new(KEY)), false).unwrap();
    plan.apply(root, AtomicFiles::new(&|_| {}), None).unwrap();
}

pub fn edit(root: &Root, file: &str, from: &str, to: &str) {
    let path = root.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(path, text.replace(from, to)).unwrap();
}

pub fn set_env(root: &Root, key: &str, value: &str) {
    let path = root.join(".env");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, dotenv::set(&text, key, value)).unwrap();
}

pub fn chmod(root: &Root, entry: &str, mode: u32) {
    openclaw_sidecar::atomic_file::set_mode(&root.join(entry), mode).unwrap();
}

pub fn answered(status: u16, code: FaultCode, message: &str) -> Option<Probe> {
    Some(Probe::Answered {
        status,
        why: code.into(),
        message: message.to_owned(),
        clock_ahead: Some(0),
    })
}
