//! Opening a file within a folder without following links.
//!
//! What is in the folder is another's, and changes while it is read. Each part of a path is opened from the folder before
//! it, so that nothing outside can be reached, whatever is swapped meanwhile.

use std::fs::File;
use std::path::Path;

use openclaw_core::workspace::OpenError;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Opens a regular file for reading, by its path within `root`, with `/` between its parts. Never waits for another
/// process.
///
/// # Errors
///
/// - `NoRoot`: there is no such folder.
/// - `NotFound`: nothing of this name; a link on the way or at its end (on Windows, any reparse point); a second name of a
///   file that may be anywhere; a part that is empty, `.` or `..`; on Windows also one that means something else than a file
///   of this name.
/// - `NotRegular`: a folder, pipe, socket or device.
/// - `Unreadable`: the system refuses for another reason.
pub fn open(root: &Path, path: &str) -> Result<File, OpenError> {
    system::open(root, path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read as _;

    use super::*;

    fn stage() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("out/deep")).unwrap();
        fs::write(root.join("a.txt"), "inside").unwrap();
        fs::write(root.join("out/deep/报告.txt"), "deeper").unwrap();
        fs::write(folder.path().join("secret"), "SECRET").unwrap();
        folder
    }

    #[test]
    fn files_within_are_opened() {
        let folder = stage();
        let root = folder.path().join("root");
        for (path, content) in [("a.txt", "inside"), ("out/deep/报告.txt", "deeper")] {
            let mut read = String::new();
            open(&root, path)
                .unwrap()
                .read_to_string(&mut read)
                .unwrap();
            assert_eq!(read, content);
        }
    }

    #[test]
    fn nothing_else_is() {
        let folder = stage();
        let root = folder.path().join("root");
        fs::hard_link(folder.path().join("secret"), root.join("second.txt")).unwrap();
        let secret = folder.path().join("secret");
        for path in [
            "../secret",
            "out/../../secret",
            secret.to_str().unwrap(),
            "second.txt",
            "a.txt/x",
            "gone.txt",
            "gone/a.txt",
            "",
            "/",
            "a.txt/",
            "./a.txt",
            "out//a.txt",
            "a.txt\0",
            &"x".repeat(300),
        ] {
            assert_eq!(
                open(&root, path).unwrap_err(),
                OpenError::NotFound,
                "{path}"
            );
        }
        for path in ["out", "out/deep"] {
            assert_eq!(
                open(&root, path).unwrap_err(),
                OpenError::NotRegular,
                "{path}"
            );
        }
        let gone = folder.path().join("gone");
        assert_eq!(open(&gone, "a.txt").unwrap_err(), OpenError::NoRoot);
        assert_eq!(
            open(&root.join("a.txt"), "a.txt").unwrap_err(),
            OpenError::NoRoot
        );
    }

    #[cfg(windows)]
    #[test]
    fn nothing_that_windows_takes_for_something_else_is_opened() {
        let folder = stage();
        let root = folder.path().join("root");
        for path in [
            "NUL",
            "con",
            "out/aux.txt",
            "a.txt:stream",
            "a.txt::$DATA",
            "a.txt.",
            "a.txt ",
            "out\\deep\\报告.txt",
            "..\\secret",
            "C:\\windows\\win.ini",
            "a.t?t",
        ] {
            assert_eq!(
                open(&root, path).unwrap_err(),
                OpenError::NotFound,
                "{path}"
            );
        }
    }
}
