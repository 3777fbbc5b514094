//! Only one command at a time changes a root.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;

use crate::atomic_file;
use crate::error::{self, At, LOCK, Result};
use crate::layout::{KEPT, Root};
use crate::read_file;
use crate::restore;

/// Keeps two commands from changing a root at the same time; released when dropped or killed.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the root's lock.
///
/// # Errors
///
/// Another command holds it, or the root cannot be written.
pub fn lock(root: &Root) -> Result<Lock> {
    let folder = root.join(KEPT);
    match fs::metadata(root.path()) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Err(error).at(LOCK, &folder);
        }
        Ok(found) if found.is_dir() => {}
        _ => return Err(error::root_missing(root.path().display())),
    }
    restore::make_private(&folder).at(LOCK, &folder)?;
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    let file = read_file::open_own(&folder.join("lock"), &mut options).at(LOCK, &folder)?;
    match file.try_lock() {
        Ok(()) => {
            // Drafts of a killed command; they may contain the token.
            for folder in [root.path(), &folder, &root.restore_points()] {
                sweep(folder);
            }
            Ok(Lock { _file: file })
        }
        Err(TryLockError::WouldBlock) => Err(error::locked()),
        Err(TryLockError::Error(error)) => Err(error).at(LOCK, &folder),
    }
}

/// Whether another command is changing this root right now.
pub fn is_held(root: &Root) -> bool {
    // Not created if missing: looking at a root changes nothing.
    read_file::open_own(&root.join(KEPT).join("lock"), File::options().read(true))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn sweep(folder: &std::path::Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(atomic_file::DRAFT)
        {
            // Tried again by the next command.
            let _ = match entry.file_type() {
                Ok(kind) if kind.is_dir() => fs::remove_dir_all(entry.path()),
                _ => fs::remove_file(entry.path()),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_call_has_left_is_swept_away() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        let point = root.restore_points().join(".new-left");
        fs::create_dir_all(&point).unwrap();
        fs::write(point.join(".env"), "secret").unwrap();
        fs::write(root.join(".new-env"), "secret").unwrap();
        lock(&root).unwrap();
        assert!(!point.exists() && !root.join(".new-env").exists());
    }

    // Issue 15: the root may be in a folder that others can write.
    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_lock_or_its_folder_is_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        let victim = temp.path().join("victim");
        fs::create_dir(&victim).unwrap();
        atomic_file::set_mode(&victim, 0o755).unwrap();
        symlink(&victim, root.join(KEPT)).unwrap();
        lock(&root).unwrap_err();
        let mode = fs::metadata(&victim).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(fs::read_dir(&victim).unwrap().count(), 0);

        fs::remove_file(root.join(KEPT)).unwrap();
        fs::create_dir(root.join(KEPT)).unwrap();
        symlink(victim.join("made"), root.join(KEPT).join("lock")).unwrap();
        lock(&root).unwrap_err();
        assert!(!victim.join("made").exists() && !is_held(&root));
    }

    #[test]
    fn one_root_has_one_lock() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        let held = lock(&root).unwrap();
        assert!(
            lock(&root)
                .unwrap_err()
                .to_string()
                .contains("Another command")
        );
        assert!(is_held(&root));
        drop(held);
        assert!(!is_held(&root));
        lock(&root).unwrap();
        let nowhere = Root::new(&temp.path().join("no")).unwrap();
        assert!(
            lock(&nowhere)
                .unwrap_err()
                .to_string()
                .contains("does not exist")
        );
    }
}
