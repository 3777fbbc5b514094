//! Opens files whose content runs outside the sandbox.
//!
//! Whoever can write or replace an artifact and its description can run code in this process. The
//! file and every folder above it must therefore belong to this user or root and be writable by nobody
//! else, as ssh requires of its key files.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use openclaw_os::private;

use crate::regular_file;

/// Opens a file that only this user and root can have written or replaced. The error names the file
/// or folder and says what to do. Never blocks: anything but a regular file is refused.
pub(super) fn open_private(path: &Path) -> Result<File, String> {
    // Without links: the real folders count. A file replaced between here and the opening must be in
    // a folder that others may write, which the check below catches.
    let path = fs::canonicalize(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let file =
        regular_file::open_unchanging(&path).map_err(|e| format!("{}: it {e}", path.display()))?;
    private::check_file(&file, &path).map_err(|why| format!("{}: {why}", path.display()))?;
    private::check_folders_above(path.parent())?;
    Ok(file)
}

/// Creates a folder for artifacts that is this user's alone if it is missing; fails if others may write it or a folder
/// above it.
pub(super) fn private_dir(dir: &Path) -> io::Result<()> {
    private::create_folder(dir)?;
    private::check_folder(dir).map_err(io::Error::other)?;
    private::check_folders_above(fs::canonicalize(dir)?.parent()).map_err(io::Error::other)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn user() -> u32 {
        private::user().unwrap()
    }

    fn group() -> u32 {
        // SAFETY: no preconditions; cannot fail.
        unsafe { libc::getegid() }
    }

    #[test]
    fn a_file_that_others_may_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cwasm");
        fs::write(&path, b"x").unwrap();
        for (mode, trusted) in [(0o600, true), (0o644, true), (0o664, false), (0o646, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let opened = open_private(&path);
            assert_eq!(opened.is_ok(), trusted, "{mode:o}: {opened:?}");
            if let Err(error) = opened {
                assert!(error.contains("chmod go-w"), "{error}");
            }
        }
    }

    #[test]
    fn a_missing_file_and_a_folder_are_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            open_private(&folder.path().join("none"))
                .unwrap_err()
                .contains("none")
        );
        assert!(
            open_private(folder.path())
                .unwrap_err()
                .contains("not a regular file")
        );
    }

    #[test]
    fn a_folder_is_made_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a/b");
        private_dir(&dir).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
        private_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(
            private_dir(&dir)
                .unwrap_err()
                .to_string()
                .contains("others may write")
        );
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cwasm");
        fs::write(&path, b"x").unwrap();
        // Only root may give files away; elsewhere there is nobody to give it to.
        if std::os::unix::fs::chown(&path, Some(12345), None).is_ok() {
            let error = open_private(&path).unwrap_err();
            assert!(error.contains("belongs to user 12345"), "{error}");
        }
    }
    // Report A25 (attack): who can write the folder puts a file of their own there.
    #[test]
    fn a_file_in_or_below_a_folder_that_others_may_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (above, below) = (
            folder.path().join("above"),
            folder.path().join("above/below"),
        );
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("x.cwasm"), b"x").unwrap();
        let link = folder.path().join("link.cwasm");
        std::os::unix::fs::symlink(below.join("x.cwasm"), &link).unwrap();
        for (mode, trusted) in [
            (0o755, true),
            (0o1777, true),
            (0o757, false),
            (0o777, false),
        ] {
            for open in [&above, &below] {
                fs::set_permissions(open, fs::Permissions::from_mode(mode)).unwrap();
                for path in [&below.join("x.cwasm"), &link] {
                    let opened = open_private(path);
                    assert_eq!(opened.is_ok(), trusted, "{open:?} {mode:o}: {opened:?}");
                    if let Err(error) = opened {
                        let name = format!("{}: others may write", open.display());
                        assert!(
                            error.contains(&name) && error.contains("chmod go-w"),
                            "{error}"
                        );
                    }
                }
                assert_eq!(
                    private_dir(&below.join("cache")).is_ok(),
                    trusted,
                    "{mode:o}"
                );
                fs::set_permissions(open, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
    }

    // Report A25 (attack): the group of that name is the user alone on most distributions.
    #[test]
    fn a_folder_that_only_this_user_s_own_group_may_write_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        fs::set_permissions(&below, fs::Permissions::from_mode(0o775)).unwrap();
        fs::write(below.join("x"), b"x").unwrap();
        let gid = fs::metadata(&below).unwrap().gid();
        let own = gid == user() && gid == group();
        assert_eq!(open_private(&below.join("x")).is_ok(), own);
        // Only root may give folders to other groups.
        if std::os::unix::fs::chown(&below, None, Some(12345)).is_ok() {
            assert!(open_private(&below.join("x")).is_err());
        }
    }

    // Report A25 (attack).
    #[test]
    fn a_folder_of_another_user_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        fs::write(below.join("x"), b"x").unwrap();
        if std::os::unix::fs::chown(&below, Some(12345), None).is_ok() {
            let error = open_private(&below.join("x")).unwrap_err();
            assert!(error.contains("belongs to user 12345"), "{error}");
        }
    }

    // Report A19 (attack): an artifact or its description that is a FIFO blocked the start.
    #[test]
    fn a_fifo_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = crate::regular_file::tests::fifo(folder.path(), "x.cwasm");
        let error = open_private(&path).unwrap_err();
        assert!(error.contains("not a regular file"), "{error}");
    }
}
