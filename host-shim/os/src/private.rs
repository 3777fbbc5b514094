//! Files and folders that only this user may read, and files that nobody else can have written.
//!
//! On Unix the modes and owners say so. On Windows the access list does: this user, Administrators and SYSTEM are trusted,
//! as root is on Unix; everybody else is another user. There, a mode stands for an access list: one without rights for
//! group and others is a list of its own with those three, any other is what the folder above hands down.

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Creates a folder for this user only, and those above it that are missing. One that exists stays as it is.
///
/// # Errors
///
/// It cannot be made, or is no folder.
pub fn create_folder(path: &Path) -> io::Result<()> {
    system::create_folder(path)
}

/// Creates a file that is for this user only from its first moment, for reading and writing.
///
/// # Errors
///
/// It cannot be made, or something has its name.
pub fn create_file(path: &Path) -> io::Result<File> {
    system::create_file(path)
}

/// Sets the mode of a file or folder; see the module's page for what that is on Windows.
///
/// # Errors
///
/// It is gone, or belongs to another user.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    system::set_mode(path, mode)
}

/// As [`set_mode`], of an open file. On Windows by its path.
///
/// # Errors
///
/// As [`set_mode`].
pub fn set_mode_of(file: &File, path: &Path, mode: u32) -> io::Result<()> {
    system::set_mode_of(file, path, mode)
}

/// The permission bits of a file or folder. On Windows only those of others tell something: `044` if another user may read
/// it, `022` if another user may change, replace or remove it or its rights.
///
/// # Errors
///
/// The system does not tell.
pub fn mode(path: &Path) -> io::Result<u32> {
    system::mode(path)
}

/// This user's number; none on Windows.
pub fn user() -> Option<u32> {
    system::user()
}

/// The number of the user who owns a file or folder; none on Windows.
pub fn owner(metadata: &std::fs::Metadata) -> Option<u32> {
    system::owner(metadata)
}

/// Gives an open file to the owner of another one, as far as this user may. Does nothing on Windows.
pub fn give_to_owner_of(file: &File, other: &std::fs::Metadata) {
    system::give_to_owner_of(file, other);
}

/// Checks that nobody but this user and root can have written an open file, which is at this path without links. On Windows
/// Administrators and SYSTEM count as root, and a file beside the code that asks is as trusted as that code.
///
/// # Errors
///
/// Who could have, and what to do.
pub fn check_file(file: &File, path: &Path) -> Result<(), String> {
    system::check_file(file, path)
}

/// As [`check_file`], of a folder, in which others may neither put files.
///
/// # Errors
///
/// As [`check_file`].
pub fn check_folder(path: &Path) -> Result<(), String> {
    system::check_folder(path)
}

/// Checks that nobody but this user and root can replace what is in this folder and those above it. The path is without
/// links.
///
/// # Errors
///
/// Which folder, who could, and what to do.
pub fn check_folders_above(lowest: Option<&Path>) -> Result<(), String> {
    system::check_folders_above(lowest)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read as _, Seek as _, Write as _};

    use super::*;

    #[test]
    fn what_is_made_private_is_nobody_elses() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("a/b");
        create_folder(&folder).unwrap();
        create_folder(&folder).unwrap();
        let path = folder.join("token");
        let mut file = create_file(&path).unwrap();
        file.write_all(b"secret").unwrap();
        file.rewind().unwrap();
        let mut read = String::new();
        file.read_to_string(&mut read).unwrap();
        assert_eq!(read, "secret");
        let again = create_file(&path).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        for path in [folder.parent().unwrap(), &folder, &path] {
            assert_eq!(mode(path).unwrap() & 0o077, 0, "{path:?}");
        }
        check_file(&file, &path).unwrap();
        check_folder(&folder).unwrap();
        // What is in it stays readable for this user.
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret");
        create_folder(&path).unwrap_err();
    }

    #[test]
    fn modes_are_set_and_told() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("x");
        fs::write(&path, "x").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        set_mode(&path, 0o600).unwrap();
        assert_eq!(mode(&path).unwrap() & 0o077, 0);
        set_mode_of(&file, &path, 0o644).unwrap();
        if cfg!(unix) {
            assert_eq!(mode(&path).unwrap() & 0o777, 0o644);
        }
        set_mode_of(&file, &path, 0o600).unwrap();
        assert_eq!(mode(&path).unwrap() & 0o077, 0);
        assert_eq!(fs::read_to_string(&path).unwrap(), "x");
        assert!(mode(&temp.path().join("none")).is_err());
        assert_eq!(user(), owner(&fs::metadata(&path).unwrap()));
    }
}
