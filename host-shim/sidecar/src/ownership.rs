//! Who owns the files the gateway writes: in its container that is always uid 1000.

use std::path::{Path, PathBuf};

#[cfg(unix)]
pub use self::unix::{first_foreign, give_to_container};

/// Files have no owners here.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn give_to_container(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Files have no owners here.
#[cfg(not(unix))]
pub fn first_foreign(_: &Path) -> Option<(PathBuf, u32)> {
    None
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, Metadata};
    use std::io;
    use std::os::unix::fs::{MetadataExt, lchown};

    use super::{Path, PathBuf};
    use crate::layout::CONTAINER_UID;

    /// Where the workspace is mounted inside the gateway's state. The engine creates it as root, and
    /// nothing is ever written to it.
    pub(super) const MOUNT_POINT: &str = "workspace";
    /// The most entries to look at; of a larger state only a part is checked.
    const MOST: usize = 20_000;

    /// Gives a folder and its content to the gateway's user in the container.
    ///
    /// # Errors
    ///
    /// This process may not change the owner.
    pub fn give_to_container(top: &Path) -> io::Result<()> {
        walk(top, |path, found| {
            if found.uid() != CONTAINER_UID {
                lchown(path, Some(CONTAINER_UID), Some(CONTAINER_UID))?;
            }
            Ok(true)
        })
    }

    /// The first path in the gateway's state that its user does not own, and its owner's uid.
    pub fn first_foreign(state: &Path) -> Option<(PathBuf, u32)> {
        let mut first = None;
        let mut seen = 0;
        // Unreadable folders are ignored; another check reports who owns them.
        let _ = walk(state, |path, found| {
            seen += 1;
            let uid = found.uid();
            if uid != CONTAINER_UID && path != state && path != state.join(MOUNT_POINT) {
                first = Some((path.to_path_buf(), uid));
            }
            Ok(first.is_none() && seen < MOST)
        });
        first
    }

    /// Calls `visit` for a folder and everything in it until it returns `false`. Links are not followed;
    /// entries that disappear meanwhile are skipped.
    fn walk(
        top: &Path,
        mut visit: impl FnMut(&Path, &Metadata) -> io::Result<bool>,
    ) -> io::Result<()> {
        let mut left = vec![top.to_path_buf()];
        let gone =
            |path: &Path, error: &io::Error| error.kind() == io::ErrorKind::NotFound && path != top;
        while let Some(path) = left.pop() {
            let found = match fs::symlink_metadata(&path) {
                Err(error) if gone(&path, &error) => continue,
                other => other?,
            };
            if !visit(&path, &found)? {
                return Ok(());
            }
            if !found.is_dir() {
                continue;
            }
            match fs::read_dir(&path) {
                Err(error) if gone(&path, &error) => {}
                entries => {
                    for entry in entries? {
                        left.push(entry?.path());
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::unix::MOUNT_POINT;
    use super::*;

    #[test]
    fn what_is_not_the_gateways_is_found_and_links_are_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let state = temp.path().join("state");
        fs::create_dir_all(state.join("agents")).unwrap();
        fs::create_dir(state.join(MOUNT_POINT)).unwrap();
        let outside = temp.path().join("outside");
        fs::write(&outside, "").unwrap();
        std::os::unix::fs::symlink(&outside, state.join("agents/link")).unwrap();
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let (path, uid) = first_foreign(&state).unwrap();
        assert!(
            path.starts_with(state.join("agents")) && uid == 0,
            "{path:?}"
        );
        give_to_container(&state).unwrap();
        assert_eq!(first_foreign(&state), None);
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(&outside).unwrap().uid(), 0);
        // The engine's own folder does not count.
        std::os::unix::fs::chown(state.join(MOUNT_POINT), Some(0), Some(0)).unwrap();
        assert_eq!(first_foreign(&state), None);
    }
}
