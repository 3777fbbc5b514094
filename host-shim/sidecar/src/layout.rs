//! The sidecar's root folder: its entries with their modes and owners.

use std::path::{Path, PathBuf};

use openclaw_os::files;

use crate::error::{At, Result, USE_ROOT};

/// The root folder that the runbook names.
pub const DEFAULT_ROOT: &str = "/root/openclaw-assistant-backend";

/// The root folder where none is named: on a server [`DEFAULT_ROOT`], on macOS and Windows a folder in the user's own.
pub fn default_root() -> PathBuf {
    let desktop = cfg!(any(windows, target_vendor = "apple"));
    let home = desktop.then(std::env::home_dir).flatten();
    home.map_or_else(
        || DEFAULT_ROOT.into(),
        |home| home.join("openclaw-assistant-backend"),
    )
}

/// The compose file's name.
pub const COMPOSE: &str = "openclaw_sidecar.compose.yml";
/// The gateway's config.
pub const CONFIG: &str = "openclaw_sidecar.config.json5";
/// Version, token and the other values of this installation.
pub const ENV: &str = ".env";
/// The gateway's state: `/home/node/.openclaw` in the container.
pub const HOME: &str = "data/openclaw_home";
/// The agent's workspace.
pub const WORKSPACE: &str = "data/openclaw_workspace";
/// The gateway's loader cache, inside its state.
pub const CACHE: &str = "data/openclaw_home/tmp";
/// This tool's own folder: lock, journal and restore points.
pub const KEPT: &str = ".sidecar";
/// The journal of an upgrade or rollback in progress.
pub const JOURNAL: &str = ".sidecar/journal.json";
/// The compose service of the gateway.
pub const SERVICE: &str = "openclaw-gateway";
/// The repository of the gateway's image, without the tag.
pub const IMAGE: &str = "ghcr.io/openclaw/openclaw";
/// The version that the templates are made for.
pub const PINNED_VERSION: &str = "2026.2.9";
/// The user and group of the gateway inside the container.
pub const CONTAINER_UID: u32 = 1000;

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
}

/// An entry of the root.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Relative to the root; empty for the root itself.
    pub path: &'static str,
    /// File or folder.
    pub kind: Kind,
    /// The mode that `init` gives.
    pub mode: u32,
    /// Mode bits that must not be set.
    pub forbidden: u32,
    /// Whether the gateway's user must own it.
    pub container_owns: bool,
    /// Whether the gateway can do without it: the example and the runbooks are for people.
    pub optional: bool,
}

impl Entry {
    /// Its path for people.
    pub fn shown(&self) -> &'static str {
        shown(self.path)
    }
}

/// An entry's path for people.
pub fn shown(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// Every entry, parents first.
pub const ENTRIES: &[Entry] = &[
    // Only its owner sees into the root, so that the modes inside can serve the container.
    folder("", 0o700, 0o077, false),
    folder("data", 0o755, 0o022, false),
    folder(HOME, 0o700, 0o077, true),
    folder(CACHE, 0o700, 0o077, true),
    folder(WORKSPACE, 0o755, 0o022, true),
    file(COMPOSE, 0o644, 0o022, false),
    file(CONFIG, 0o644, 0o022, false),
    file(ENV, 0o600, 0o077, false),
    file(".env.example", 0o644, 0o022, true),
    file("RUNBOOK.md", 0o644, 0o022, true),
    file("RUNBOOK.en.md", 0o644, 0o022, true),
];

const fn folder(path: &'static str, mode: u32, forbidden: u32, container_owns: bool) -> Entry {
    Entry {
        path,
        kind: Kind::Folder,
        mode,
        forbidden,
        container_owns,
        optional: false,
    }
}

const fn file(path: &'static str, mode: u32, forbidden: u32, optional: bool) -> Entry {
    Entry {
        path,
        kind: Kind::File,
        mode,
        forbidden,
        container_owns: false,
        optional,
    }
}

/// A sidecar's root folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    path: PathBuf,
}

impl Root {
    /// The root at this path, made absolute; it need not exist.
    ///
    /// # Errors
    ///
    /// The path is empty, or the current folder is gone.
    pub fn new(path: &Path) -> Result<Self> {
        let absolute = std::path::absolute(path).at(USE_ROOT, path)?;
        // Compose's labels have the real path, so a link must not make it look like another root.
        let path = files::real_path(&absolute).unwrap_or(absolute);
        Ok(Self { path })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An entry of it.
    pub fn join(&self, entry: &str) -> PathBuf {
        if entry.is_empty() {
            self.path.clone()
        } else {
            // Part by part: with the system's separator.
            self.path.join(entry.split('/').collect::<PathBuf>())
        }
    }

    /// The folder for restore points.
    pub fn restore_points(&self) -> PathBuf {
        self.path.join(KEPT).join("restore-points")
    }

    /// The journal of an upgrade or rollback in progress.
    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }
}
