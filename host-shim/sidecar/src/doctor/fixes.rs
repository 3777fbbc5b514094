//! What `doctor --fix` may do: only what loses nothing and stops nothing.

use std::fs;

use crate::atomic_file::{self, AtomicFiles};
use crate::dotenv;
use crate::error::{At, CHANGE, Result};
use crate::layout::{CONTAINER_UID, ENV, PINNED_VERSION, Root, shown};
use crate::ownership;
use crate::read_file;
use crate::release;
use crate::secret::Token;
use crate::templates;
use crate::text::{Text, text};

/// One safe step towards health. Each does nothing where it is not needed any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fix {
    /// Make a missing folder, with this mode.
    MakeFolder(&'static str, u32),
    /// Write a missing file from its template, with this mode.
    WriteTemplate(&'static str, u32),
    /// Take away the mode bits that must not be set.
    SetMode(&'static str, u32),
    /// Give it and what is in it to the gateway's user in the container.
    GiveToContainer(&'static str),
    /// Put a new token into the `.env`, where there is none that could be in use.
    NewToken,
    /// Put the pinned version into the `.env`, where there is none.
    PinVersion,
    /// Give the gateway the time to stop that its version takes.
    StopGrace,
}

impl Fix {
    /// What it does, for people and for `--dry-run`.
    pub fn describe(&self) -> Text {
        match self {
            Self::MakeFolder(path, mode) => {
                text!(en: "make the folder {path}, mode {mode:o}", zh: "建立目录 {path}，权限 {mode:o}")
            }
            Self::WriteTemplate(path, mode) => {
                text!(en: "write {path} from its template, mode {mode:o}", zh: "按模板写入 {path}，权限 {mode:o}")
            }
            Self::SetMode(path, mode) => {
                let path = shown(path);
                text!(en: "set the mode of {path} to {mode:o}", zh: "把 {path} 的权限设为 {mode:o}")
            }
            Self::GiveToContainer(path) => text!(
                en: "give {path} and what is in it to uid {CONTAINER_UID}",
                zh: "把 {path} 及其内容的属主改为 uid {CONTAINER_UID}"),
            Self::NewToken => text!(
                en: "put a new random OPENCLAW_GATEWAY_TOKEN into .env",
                zh: "在 .env 中写入新的随机 OPENCLAW_GATEWAY_TOKEN"),
            Self::StopGrace => text!(
                en: "set OPENCLAW_STOP_GRACE in .env to what the version needs",
                zh: "在 .env 中把 OPENCLAW_STOP_GRACE 设为该版本所需的值"),
            Self::PinVersion => text!(
                en: "put OPENCLAW_VERSION={PINNED_VERSION} into .env",
                zh: "在 .env 中写入 OPENCLAW_VERSION={PINNED_VERSION}"),
        }
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// A file cannot be written, or belongs to somebody else.
    pub fn apply(&self, root: &Root, files: AtomicFiles<'_>) -> Result<()> {
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
                let grace = release::stop_grace(env.get(dotenv::VERSION).unwrap_or_default());
                set_env(root, dotenv::STOP_GRACE, grace, files)
            }
        }
    }
}

/// Sets one line of the `.env`, durably.
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
