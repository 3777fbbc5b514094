//! Atomic writes: a power loss leaves the old content or the new, never a mix.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use openclaw_os::{files, private};

/// Called with the name of each durable step before it is made and after it; tests end the process
/// there. Production code passes `&|_| {}`.
pub type Checkpoint<'a> = &'a (dyn Fn(&str) + Sync);

/// Prefix of draft names; a killed process leaves drafts behind.
pub const DRAFT: &str = ".new-";

/// Atomic, durable file operations.
#[derive(Clone, Copy)]
pub struct AtomicFiles<'a> {
    checkpoint: Checkpoint<'a>,
}

impl std::fmt::Debug for AtomicFiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AtomicFiles")
    }
}

impl<'a> AtomicFiles<'a> {
    /// Operations that report each step to `checkpoint`.
    pub fn new(checkpoint: Checkpoint<'a>) -> Self {
        Self { checkpoint }
    }

    /// Reports a step outside this module to the checkpoint.
    pub fn step(&self, name: &str) {
        (self.checkpoint)(name);
    }

    /// Replaces or creates a file with this content and mode. A replaced file keeps its owner if this
    /// process may set it. A link or a pipe in its place is replaced, and what a link leads to is not touched.
    ///
    /// # Errors
    ///
    /// The folder cannot be written; the old file is then untouched.
    pub fn write(&self, path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = draft(folder, content, mode)?;
        if let Ok(old) = fs::symlink_metadata(path)
            && old.is_file()
        {
            // By descriptor: in a folder of another user the path may lead elsewhere by now.
            private::give_to_owner_of(file.as_file(), &old);
        }
        file.as_file().sync_all()?;
        (self.checkpoint)("before-write");
        files::persist(file, path)?;
        sync_folder(folder)?;
        (self.checkpoint)("after-write");
        Ok(())
    }

    /// Creates a file with this content and mode. Returns `false` and does nothing if one exists, even
    /// if it was created at the same moment.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn create(&self, path: &Path, content: &[u8], mode: u32) -> io::Result<bool> {
        if fs::symlink_metadata(path).is_ok() {
            return Ok(false);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = draft(folder, content, mode)?;
        file.as_file().sync_all()?;
        (self.checkpoint)("before-write");
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(error.error),
        }
        sync_folder(folder)?;
        (self.checkpoint)("after-write");
        Ok(true)
    }

    /// Moves a finished folder or file into place.
    ///
    /// # Errors
    ///
    /// `to` exists as a folder that is not empty, or cannot be written.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        (self.checkpoint)("before-rename");
        files::rename(from, to)?;
        sync_folder(to.parent().unwrap_or(Path::new(".")))?;
        (self.checkpoint)("after-rename");
        Ok(())
    }

    /// Removes a file; it may already be gone.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        (self.checkpoint)("before-remove");
        match files::remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        sync_folder(path.parent().unwrap_or(Path::new(".")))?;
        (self.checkpoint)("after-remove");
        Ok(())
    }
}

fn draft(folder: &Path, content: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    // This user's alone before there is anything in it.
    let mut file = tempfile::Builder::new()
        .prefix(DRAFT)
        .make_in(folder, private::create_file)?;
    file.write_all(content)?;
    private::set_mode_of(file.as_file(), file.path(), mode)?;
    Ok(file)
}

/// Sets a file's mode; on Windows its access list.
///
/// # Errors
///
/// The file is gone or belongs to another user.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    private::set_mode(path, mode)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // A folder cannot be opened everywhere; where it can, its entry must reach the disk too.
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        Err(_) if cfg!(not(unix)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    // Issue 15: what another user may have put in a file's place, in a folder that both can write.
    #[test]
    fn what_is_written_never_goes_through_what_stands_in_its_place() {
        let files = AtomicFiles::new(&|_| {});
        type Put<'a> = &'a dyn Fn(&Path, &Path) -> io::Result<()>;
        let put: [(&str, Put<'_>); 7] = [
            ("nothing", &|_, _| Ok(())),
            ("a file", &|path, _| fs::write(path, "old")),
            ("an open file", &|path, _| {
                fs::write(path, "old")?;
                set_mode(path, 0o666)
            }),
            ("a link", &|path, victim| symlink(victim, path)),
            ("a dangling link", &|path, victim| {
                symlink(victim.with_file_name("nowhere"), path)
            }),
            ("a hard link", &|path, victim| fs::hard_link(victim, path)),
            ("a pipe", &|path, _| {
                use rustix::fs::{CWD, FileType, Mode, mknodat};
                let mode = Mode::from_raw_mode(0o666);
                Ok(mknodat(CWD, path, FileType::Fifo, mode, 0)?)
            }),
        ];
        for (what, put) in put {
            for mode in [0o600, 0o644] {
                let temp = tempfile::tempdir().unwrap();
                let (path, victim) = (temp.path().join("file"), temp.path().join("victim"));
                fs::write(&victim, "theirs").unwrap();
                set_mode(&victim, 0o640).unwrap();
                put(&path, &victim).unwrap();
                let there = fs::symlink_metadata(&path).is_ok();
                assert_eq!(files.create(&path, b"new", mode).unwrap(), !there, "{what}");
                files.write(&path, b"new", mode).unwrap();
                let written = fs::symlink_metadata(&path).unwrap();
                assert!(written.is_file() && written.nlink() == 1, "{what}");
                assert_eq!(written.permissions().mode() & 0o7777, mode, "{what}");
                assert_eq!(fs::read(&path).unwrap(), b"new", "{what}");
                assert_eq!(fs::read(&victim).unwrap(), b"theirs", "{what}");
                let theirs = fs::metadata(&victim).unwrap().permissions();
                assert_eq!(theirs.mode() & 0o7777, 0o640, "{what}");
                assert!(!temp.path().join("nowhere").exists(), "{what}");
                let left = fs::read_dir(temp.path()).unwrap().count();
                assert_eq!(left, 2, "{what}: nothing else is left");
            }
        }
    }
}
