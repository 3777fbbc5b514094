//! Opens files whose content runs outside the sandbox.
//!
//! Whoever can write or replace an artifact and its description can run code in this process. The
//! file and every folder above it must therefore belong to this user or root and be writable by nobody
//! else, as ssh requires of its key files.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::regular_file;

/// Opens a file that only this user and root can have written or replaced. The error names the file
/// or folder and says what to do. Never blocks: anything but a regular file is refused.
pub(super) fn open_private(path: &Path) -> Result<File, String> {
    // Without links: the real folders count. A file replaced between here and the opening must be in
    // a folder that others may write, which the check below catches.
    let path = fs::canonicalize(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let file = regular_file::open(&path).map_err(|e| format!("{}: it {e}", path.display()))?;
    let metadata = file
        .metadata()
        .map_err(|e| format!("{}: {e}", path.display()))?;
    check_private(&metadata).map_err(|why| format!("{}: {why}", path.display()))?;
    check_folders(path.parent())?;
    Ok(file)
}

/// Creates a folder for artifacts with mode 700 if it is missing; fails if others may write it or a
/// folder above it.
pub(super) fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)?;
    check_private(&fs::metadata(dir)?).map_err(io::Error::other)?;
    check_folders(fs::canonicalize(dir)?.parent()).map_err(io::Error::other)
}

#[cfg(unix)]
fn check_private(metadata: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;

    check_owner(metadata)?;
    if metadata.mode() & 0o022 != 0 {
        return Err(others_may_write(metadata));
    }
    Ok(())
}

/// Checks a folder and all its ancestors.
#[cfg(unix)]
fn check_folders(lowest: Option<&Path>) -> Result<(), String> {
    for folder in lowest.iter().flat_map(|lowest| lowest.ancestors()) {
        fs::metadata(folder)
            .map_err(|error| error.to_string())
            .and_then(|metadata| check_folder(&metadata))
            .map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    Ok(())
}

#[cfg(unix)]
fn check_folder(metadata: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;

    check_owner(metadata)?;
    // In a sticky folder such as /tmp others cannot rename or delete our files. Distributions that give
    // every user a private group of the same number let that group write (umask 002).
    let sticky = metadata.mode() & 0o1000 != 0;
    let group_is_this_user = metadata.gid() == user() && metadata.gid() == group();
    let writers = if group_is_this_user { 0o002 } else { 0o022 };
    if metadata.mode() & writers != 0 && !sticky {
        return Err(others_may_write(metadata));
    }
    Ok(())
}

#[cfg(unix)]
fn check_owner(metadata: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;

    let (owner, user) = (metadata.uid(), user());
    if owner != user && owner != 0 {
        return Err(format!(
            "it belongs to user {owner}; only files of this user ({user}) and root are trusted"
        ));
    }
    Ok(())
}

#[cfg(unix)]
fn others_may_write(metadata: &fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;

    let mode = metadata.mode() & 0o7777;
    format!("others may write it (mode {mode:03o}); run chmod go-w on it")
}

#[cfg(unix)]
fn user() -> u32 {
    // SAFETY: no preconditions; cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(unix)]
fn group() -> u32 {
    // SAFETY: no preconditions; cannot fail.
    unsafe { libc::getegid() }
}

/// Other systems have no such modes; their user folders are private by default.
#[cfg(not(unix))]
fn check_private(_: &fs::Metadata) -> Result<(), String> {
    Ok(())
}

/// See [`check_private`].
#[cfg(not(unix))]
fn check_folders(_: Option<&Path>) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

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
