//! What `doctor --fix` may do: only what loses nothing and stops nothing.

use std::fs;

use crate::atomic_file::{self, AtomicFiles};
use crate::dotenv;
use crate::layout::{CONTAINER_UID, ENV, PINNED_VERSION, Root};
use crate::ownership;
use crate::read_file;
use crate::release;
use crate::secret::Token;
use crate::templates;
use crate::text::{Problem, Text, text};

/// One safe step towards health. Each does nothing where it is not needed any more.
#[derive(Clone, Debug, PartialEq, Eq)]
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
            Self::MakeFolder(path, mode) => text!(
                "make the folder {path}, mode {mode:o}",
                "建立目录 {path}，权限 {mode:o}"
            ),
            Self::WriteTemplate(path, mode) => text!(
                "write {path} from its template, mode {mode:o}",
                "按模板写入 {path}，权限 {mode:o}"
            ),
            Self::SetMode(path, mode) => {
                let path = if path.is_empty() { "." } else { path };
                text!(
                    "set the mode of {path} to {mode:o}",
                    "把 {path} 的权限设为 {mode:o}"
                )
            }
            Self::GiveToContainer(path) => text!(
                "give {path} and what is in it to uid {CONTAINER_UID}",
                "把 {path} 及其内容的属主改为 uid {CONTAINER_UID}"
            ),
            Self::NewToken => text!(
                "put a new random OPENCLAW_GATEWAY_TOKEN into .env",
                "在 .env 中写入新的随机 OPENCLAW_GATEWAY_TOKEN"
            ),
            Self::StopGrace => text!(
                "set OPENCLAW_STOP_GRACE in .env to what the version needs",
                "在 .env 中把 OPENCLAW_STOP_GRACE 设为该版本所需的值"
            ),
            Self::PinVersion => text!(
                "put OPENCLAW_VERSION={PINNED_VERSION} into .env",
                "在 .env 中写入 OPENCLAW_VERSION={PINNED_VERSION}"
            ),
        }
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// A file cannot be written, or belongs to somebody else.
    pub fn apply(&self, root: &Root, files: AtomicFiles<'_>) -> Result<(), Problem> {
        let (path, result) = match self {
            Self::MakeFolder(entry, mode) => {
                let path = root.join(entry);
                let result =
                    fs::create_dir_all(&path).and_then(|()| atomic_file::set_mode(&path, *mode));
                (path, result)
            }
            Self::WriteTemplate(entry, mode) => {
                let path = root.join(entry);
                let content = if *entry == ENV {
                    Some(templates::env_of(root.path(), &new_token()?))
                } else {
                    templates::content(entry, &new_token()?)
                };
                let result = match content {
                    Some(content) => files.create(&path, content.as_bytes(), *mode).map(drop),
                    None => Ok(()),
                };
                (path, result)
            }
            Self::SetMode(entry, mode) => {
                let path = root.join(entry);
                let result = atomic_file::set_mode(&path, *mode);
                (path, result)
            }
            Self::GiveToContainer(entry) => {
                let path = root.join(entry);
                let result = ownership::give_to_container(&path);
                (path, result)
            }
            Self::NewToken => return set_env(root, dotenv::TOKEN, new_token()?.expose(), files),
            Self::PinVersion => return set_env(root, dotenv::VERSION, PINNED_VERSION, files),
            Self::StopGrace => {
                let env = dotenv::load(root, Default::default())?;
                let grace = release::stop_grace(env.get(dotenv::VERSION).unwrap_or_default());
                return set_env(root, dotenv::STOP_GRACE, grace, files);
            }
        };
        result.map_err(|error| Problem::io(&text!("change", "修改"), &path, &error))
    }
}

fn new_token() -> Result<Token, Problem> {
    Token::generate().map_err(|error| {
        Problem::new(
            text!("Cannot make a token: {error}", "无法生成令牌：{error}"),
            Text::default(),
            Text::default(),
        )
    })
}

/// Sets one line of the `.env`, durably.
///
/// # Errors
///
/// The file cannot be read or written.
pub fn set_env(root: &Root, key: &str, value: &str, files: AtomicFiles<'_>) -> Result<(), Problem> {
    let path = root.join(ENV);
    let failed = |error: &std::io::Error| Problem::io(&text!("change", "修改"), &path, error);
    let old = read_file::read_text(&path).map_err(|error| failed(&error))?;
    files
        .write(&path, dotenv::set(&old, key, value).as_bytes(), 0o600)
        .map_err(|error| failed(&error))
}
