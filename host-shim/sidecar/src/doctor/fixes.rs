//! What `doctor --fix` may do: only repairs that lose nothing and stop nothing.

use std::fs;
use std::time::SystemTime;

use crate::astrbot_container;
use crate::atomic_file::{self, AtomicFiles};
use crate::dotenv;
use crate::engine::Engine;
use crate::error::{self, At, CHANGE, Result};
use crate::layout::{CONFIG, CONTAINER_UID, ENV, PINNED_VERSION, Root, shown};
use crate::model;
use crate::ownership;
use crate::process::Surroundings;
use crate::read_file;
use crate::restore::{self, Before};
use crate::secret::Token;
use crate::templates;
use crate::text::{Text, text};
use crate::{version_config, versions};

/// One safe repair. Each does nothing if it is no longer needed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fix {
    /// Create a missing folder, with this mode.
    MakeFolder(&'static str, u32),
    /// Write a missing file from its template, with this mode.
    WriteTemplate(&'static str, u32),
    /// Clear mode bits that must not be set.
    SetMode(&'static str, u32),
    /// Give it and its content to the gateway's user in the container.
    GiveToContainer(&'static str),
    /// Write a new token to the `.env`, if it has none that could be in use.
    NewToken,
    /// Write the pinned version to the `.env`, if it has none.
    PinVersion,
    /// Give the gateway the time its version needs to stop.
    StopGrace,
    /// Reach a model server on this machine by its name inside the container.
    ReachMachine,
    /// Write what the version needs into the gateway's config, between our markers.
    VersionConfig,
    /// Bring AstrBot's container and the gateway's into their network.
    ConnectAstrBot,
}

impl Fix {
    /// What it does, for people and for `--dry-run`.
    pub fn describe(&self) -> Text {
        match self {
            Self::MakeFolder(path, mode) => {
                text!(en: "create the folder {path}, mode {mode:o}", zh: "创建目录 {path}，权限 {mode:o}")
            }
            Self::WriteTemplate(path, mode) => {
                text!(en: "write {path} from its template, mode {mode:o}", zh: "按模板写入 {path}，权限 {mode:o}")
            }
            Self::SetMode(path, mode) => {
                let path = shown(path);
                text!(en: "set the mode of {path} to {mode:o}", zh: "把 {path} 的权限设为 {mode:o}")
            }
            Self::GiveToContainer(path) => text!(
                en: "give {path} and its content to uid {CONTAINER_UID}",
                zh: "把 {path} 及其内容的属主改为 uid {CONTAINER_UID}"),
            Self::NewToken => text!(
                en: "write a new random OPENCLAW_GATEWAY_TOKEN to .env",
                zh: "在 .env 中写入新的随机 OPENCLAW_GATEWAY_TOKEN"),
            Self::StopGrace => text!(
                en: "set OPENCLAW_STOP_GRACE in .env to the value this version needs",
                zh: "在 .env 中把 OPENCLAW_STOP_GRACE 设为该版本所需的值"),
            Self::VersionConfig => text!(
                en: "create a restore point and write what this version needs into {CONFIG}, between markers",
                zh: "创建恢复点，并把该版本所需的内容写入 {CONFIG} 的标记之间"),
            Self::ConnectAstrBot => text!(
                en: "connect AstrBot's container and the gateway's to their network; nothing is restarted",
                zh: "把 AstrBot 的容器和网关的容器加入共用网络；不重启任何容器"),
            Self::PinVersion => text!(
                en: "write OPENCLAW_VERSION={PINNED_VERSION} to .env",
                zh: "在 .env 中写入 OPENCLAW_VERSION={PINNED_VERSION}"),
            Self::ReachMachine => text!(
                en: "use host.docker.internal for the model server and map it to this machine",
                zh: "用 host.docker.internal 访问模型服务，并把它指向本机"),
        }
    }

    /// Applies it.
    ///
    /// # Errors
    ///
    /// A file cannot be written, or belongs to another user; or the engine, found in these `surroundings`, refuses.
    pub fn apply(
        &self,
        root: &Root,
        files: AtomicFiles<'_>,
        surroundings: &Surroundings,
    ) -> Result<()> {
        match self {
            Self::MakeFolder(entry, mode) => {
                let path = root.join(entry);
                let made = fs::create_dir_all(&path);
                made.and_then(|()| atomic_file::set_mode(&path, *mode))
                    .at(CHANGE, &path)
            }
            Self::WriteTemplate(entry, mode) => {
                let path = root.join(entry);
                let Some(content) = templates::content(entry, root.path(), &Token::generate()?)
                else {
                    return Ok(());
                };
                let made = files.create(&path, content.as_bytes(), *mode);
                made.map(drop).at(CHANGE, &path)
            }
            Self::SetMode(entry, mode) => {
                let path = root.join(entry);
                atomic_file::set_mode(&path, *mode).at(CHANGE, &path)
            }
            Self::GiveToContainer(entry) => {
                let path = root.join(entry);
                ownership::give_to_container(&path).at(CHANGE, &path)
            }
            Self::NewToken => set_env(root, dotenv::TOKEN, Token::generate()?.expose(), files),
            Self::PinVersion => set_env(root, dotenv::VERSION, PINNED_VERSION, files),
            Self::StopGrace => {
                let env = dotenv::load(root, Default::default())?;
                let grace = versions::of(env.get(dotenv::VERSION).unwrap_or_default()).stop_grace;
                set_env(root, dotenv::STOP_GRACE, grace, files)
            }
            Self::ReachMachine => {
                let now = model::Files::read(root)?;
                let Some(model) = now.configured().and_then(|now| now.ours()) else {
                    return Ok(());
                };
                let plan = model::plan(&now, &model, None, false)?;
                plan.apply(root, files, Some((false, SystemTime::now())))
                    .map(drop)
            }
            Self::VersionConfig => write_version_config(root, files),
            Self::ConnectAstrBot => {
                let engine = Engine::find(surroundings, root)?;
                astrbot_container::reconnect(&engine, root, files)
            }
        }
    }
}

fn write_version_config(root: &Root, files: AtomicFiles<'_>) -> Result<()> {
    let path = root.join(CONFIG);
    let text = read_file::read_text(&path).at(CHANGE, &path)?;
    let env = dotenv::load(root, Default::default())?;
    let version = env.get(dotenv::VERSION).unwrap_or(PINNED_VERSION);
    let written = version_config::with_version(&text, version)
        .map_err(|error| error::config_not_writable(&error).caused_by(error))?;
    if written.text == text {
        return Ok(());
    }
    let point = restore::plan(root, version, false, Before::Settings, SystemTime::now());
    restore::create(root, &point, files)?;
    let written = files.write(&path, written.text.as_bytes(), 0o644);
    written.at(CHANGE, &path)
}

/// Sets one variable in the `.env`, atomically.
///
/// # Errors
///
/// The file cannot be read or written.
pub fn set_env(root: &Root, key: &str, value: &str, files: AtomicFiles<'_>) -> Result<()> {
    let path = root.join(ENV);
    read_file::read_text(&path)
        .and_then(|old| files.write(&path, dotenv::set(&old, key, value).as_bytes(), 0o600))
        .at(CHANGE, &path)
}
