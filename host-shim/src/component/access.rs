//! Which files can be trusted with code that runs outside the sandbox.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Opens a file that nobody but this user and root can have written. An error names the file and
/// says what to do.
pub(super) fn open_private(path: &Path) -> Result<File, String> {
    let at = |what: String| format!("{}: {what}", path.display());
    let file = File::open(path).map_err(|e| at(e.to_string()))?;
    let metadata = file.metadata().map_err(|e| at(e.to_string()))?;
    if !metadata.is_file() {
        return Err(at("it is not a regular file".to_owned()));
    }
    check_private(&metadata).map_err(at)?;
    Ok(file)
}

/// A folder for artifacts: made with mode 700 if it is not there, refused if others may write it.
pub(super) fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)?;
    let metadata = fs::metadata(dir)?;
    check_private(&metadata).map_err(io::Error::other)
}

#[cfg(unix)]
fn check_private(metadata: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;

    // SAFETY: has no preconditions and cannot fail.
    let user = unsafe { libc::geteuid() };
    if metadata.uid() != user && metadata.uid() != 0 {
        return Err(format!(
            "it belongs to user {}, and only files of this user ({user}) or root are trusted",
            metadata.uid()
        ));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(format!(
            "others may write it (mode {:03o}); take that away with chmod go-w",
            metadata.mode() & 0o777
        ));
    }
    Ok(())
}

/// Other systems have no such modes; their users' folders are private by default.
#[cfg(not(unix))]
fn check_private(_: &fs::Metadata) -> Result<(), String> {
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
}
