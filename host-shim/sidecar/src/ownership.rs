//! Who owns what the gateway writes: in its container it is uid 1000 and nobody else.

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

    /// The place in the gateway's state where its container has the workspace; the engine makes it
    /// there, as root, and nothing is ever written into it.
    pub(super) const MOUNT_POINT: &str = "workspace";
    /// Entries that are looked at; a state that has more is looked at in part.
    const MOST: usize = 20_000;

    /// Gives a folder and what is in it to the user that the gateway has inside its container.
    ///
    /// # Errors
    ///
    /// This process may not give it away.
    pub fn give_to_container(top: &Path) -> io::Result<()> {
        walk(top, |path, found| {
            if found.uid() != CONTAINER_UID {
                lchown(path, Some(CONTAINER_UID), Some(CONTAINER_UID))?;
            }
            Ok(true)
        })
    }

    /// The first thing in the gateway's state that is not its user's, and whose it is.
    pub fn first_foreign(state: &Path) -> Option<(PathBuf, u32)> {
        let mut first = None;
        let mut seen = 0;
        // What this user may not look at says nothing; another check tells whose the folder is.
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

    /// Shows `visit` a folder and everything in it, until it says that it has seen enough. Links
    /// are not followed; what vanishes meanwhile is left out.
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
