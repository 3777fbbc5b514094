//! Who owns the files the gateway writes: in its container that is always uid 1000.

use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
pub use self::linux::{first_foreign, give_to_container};

/// On macOS and Windows the container runs in a virtual machine, where the files belong to whoever asks.
///
/// # Errors
///
/// None.
#[cfg(not(target_os = "linux"))]
pub fn give_to_container(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// On macOS and Windows nothing is foreign, see [`give_to_container`].
#[cfg(not(target_os = "linux"))]
pub fn first_foreign(_: &Path) -> Option<(PathBuf, u32)> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, Metadata};
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, Uid, chownat, fstat, openat};
    use rustix::io::Errno;

    use super::{Path, PathBuf};
    use crate::layout::CONTAINER_UID;

    /// Where the workspace is mounted inside the gateway's state. The engine creates it as root, and
    /// nothing is ever written to it.
    pub(super) const MOUNT_POINT: &str = "workspace";
    /// The most entries to look at; of a larger state only a part is checked.
    const MOST: usize = 20_000;
    /// Folders in folders that are gone through; each holds a descriptor.
    const DEEPEST: usize = 100;

    /// Gives a folder and its content to the gateway's user in the container.
    ///
    /// By descriptors alone: who owns a part of it may put a link in a folder's place at any moment. A file with a second
    /// name, which may be somebody else's elsewhere, is left alone.
    ///
    /// # Errors
    ///
    /// This process may not change the owner.
    pub fn give_to_container(top: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        give_folder(rustix::fs::open(top, flags, Mode::empty())?, 0)
    }

    fn give_folder(folder: OwnedFd, depth: usize) -> io::Result<()> {
        give(&folder)?;
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let found = match openat(&folder, entry.file_name(), flags, Mode::empty()) {
                Err(Errno::NOENT) => continue,
                found => found?,
            };
            let mode = fstat(&found)?.st_mode;
            if FileType::from_raw_mode(mode) != FileType::Directory {
                give(&found)?;
            } else if depth < DEEPEST {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                give_folder(openat(&found, ".", flags, Mode::empty())?, depth + 1)?;
            }
        }
        Ok(())
    }

    fn give(found: &OwnedFd) -> io::Result<()> {
        let stat = fstat(found)?;
        let folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if stat.st_uid == CONTAINER_UID || (stat.st_nlink > 1 && !folder) {
            return Ok(());
        }
        let (user, group) = (Uid::from_raw(CONTAINER_UID), Gid::from_raw(CONTAINER_UID));
        Ok(chownat(
            found,
            "",
            Some(user),
            Some(group),
            AtFlags::EMPTY_PATH,
        )?)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::linux::MOUNT_POINT;
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
        // A second name of somebody else's file, which the gateway's user may have made.
        let linked = temp.path().join("linked");
        fs::write(&linked, "").unwrap();
        fs::hard_link(&linked, state.join("agents/hard")).unwrap();
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let (path, uid) = first_foreign(&state).unwrap();
        assert!(
            path.starts_with(state.join("agents")) && uid == 0,
            "{path:?}"
        );
        give_to_container(&state).unwrap();
        let (path, uid) = first_foreign(&state).unwrap();
        assert_eq!((path, uid), (state.join("agents/hard"), 0));
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(&linked).unwrap().uid(), 0);
        fs::remove_file(state.join("agents/hard")).unwrap();
        assert_eq!(first_foreign(&state), None);
        assert_eq!(fs::metadata(&outside).unwrap().uid(), 0);
        // A folder deeper than any of the gateway's ends nothing.
        let mut deep = state.join("agents");
        for _ in 0..300 {
            deep.push("d");
        }
        fs::create_dir_all(&deep).unwrap();
        give_to_container(&state).unwrap();
        // The top is no link either.
        let link = temp.path().join("state-link");
        std::os::unix::fs::symlink(temp.path(), &link).unwrap();
        give_to_container(&link).unwrap_err();
        assert_eq!(fs::metadata(temp.path()).unwrap().uid(), 0);
        fs::remove_dir_all(state.join("agents")).unwrap();
        // The engine's own folder does not count.
        std::os::unix::fs::chown(state.join(MOUNT_POINT), Some(0), Some(0)).unwrap();
        assert_eq!(first_foreign(&state), None);
    }
}
