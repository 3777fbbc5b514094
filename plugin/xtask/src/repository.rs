//! The folders of the repository and of the build.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// The root of the repository that this tool was built from.
pub fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .ancestors()
        .nth(2)
        .context("this crate is not two folders deep")?;
    ensure!(
        root.join("wit").is_dir(),
        "{} is not the repository",
        root.display()
    );
    Ok(root.to_owned())
}

/// Where Cargo puts what it builds.
pub fn target(root: &Path) -> Result<PathBuf> {
    match std::env::var_os("CARGO_TARGET_DIR") {
        // A relative one is relative to where Cargo was called, which is where we are; Cargo is
        // called from elsewhere next.
        Some(folder) if !folder.is_empty() => Ok(std::path::absolute(folder)?),
        _ => Ok(root.join("target")),
    }
}

/// Folders of this machine whose names must not be in a released file.
pub fn private_folders(root: &Path, target: &Path) -> Vec<String> {
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    [Some(root.to_owned()), Some(target.to_owned()), home, cargo]
        .into_iter()
        .flatten()
        .map(|folder| folder.to_string_lossy().into_owned())
        .collect()
}
