//! Reads files written by others: regular files only, up to a size limit.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use openclaw_os::files;

/// The largest file that is read, in bytes; the sidecar's own are a few kilobytes.
pub const LIMIT: u64 = 4 << 20;

/// The bytes of a regular file; links are followed.
///
/// # Errors
///
/// It cannot be read, is not a regular file (a named pipe would block, a device has no end), or is larger
/// than [`LIMIT`] bytes.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path, OpenOptions::new().read(true))?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {} MiB", LIMIT >> 20),
        ));
    }
    Ok(bytes)
}

/// The text of a regular file.
///
/// # Errors
///
/// As [`read`], or it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n');
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("line {} is not UTF-8", line.count() + 1),
        )
    })
}

/// A file's content, read and understood.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content<T> {
    /// There is no such file.
    Missing,
    /// It cannot be read, and why.
    Unreadable(String),
    /// It was read but not understood, and why.
    Bad(String),
    /// Its content.
    Good(T),
}

impl<T> Content<T> {
    /// Reads a file; an error for which `is_missing` holds counts as a missing file.
    pub fn read<E: ToString>(
        path: &Path,
        is_missing: impl Fn(&io::Error) -> bool,
        parse: impl FnOnce(Vec<u8>) -> Result<T, E>,
    ) -> Self {
        match read(path) {
            Ok(bytes) => parse(bytes).map_or_else(|error| Self::Bad(error.to_string()), Self::Good),
            Err(error) if is_missing(&error) || is_not_there(&error) => Self::Missing,
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    /// The content, if it is good.
    pub fn good(&self) -> Option<&T> {
        match self {
            Self::Good(content) => Some(content),
            _ => None,
        }
    }
}

fn is_not_there(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::NotFound || kind == io::ErrorKind::NotADirectory
}

/// Whether an error of [`read`] says that it is not a regular file.
pub fn is_not_regular(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<NotRegular>())
}

#[derive(Debug, thiserror::Error)]
#[error("not a regular file")]
struct NotRegular;

/// Opens a regular file without ever blocking on a pipe.
///
/// # Errors
///
/// It cannot be opened, or is not a regular file.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    regular(files::open_at_once(path, options)?)
}

/// The same of a file of our own, which is no link: what is at its other end would be created or changed.
///
/// # Errors
///
/// As [`open`], and if it is a link.
pub fn open_own(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    regular(files::open_no_link(path, options)?)
}

fn regular(file: File) -> io::Result<File> {
    match files::is_regular(&file)? {
        true => Ok(file),
        false if file.metadata().is_ok_and(|found| found.is_dir()) => {
            Err(io::ErrorKind::IsADirectory.into())
        }
        false => Err(io::Error::other(NotRegular)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    // Report A19 (attack): a named pipe, a device or a huge file in the place of a small one.
    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let temp = tempfile::tempdir().unwrap();
        let pipe = temp.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        let socket = temp.path().join("socket");
        let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = temp.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [&pipe, &link, Path::new("/dev/zero"), Path::new("/dev/null")] {
            assert!(is_not_regular(&read(path).unwrap_err()), "{path:?}");
        }
        assert!(read(&socket).is_err());
        assert_eq!(
            read(temp.path()).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
        let huge = temp.path().join("huge");
        File::create(&huge).unwrap().set_len(1 << 40).unwrap();
        assert!(read(&huge).unwrap_err().to_string().contains("4 MiB"));
        let small = temp.path().join("small");
        std::fs::write(&small, b"a\n\xff").unwrap();
        assert_eq!(read(&small).unwrap(), b"a\n\xff");
        let error = read_text(&small).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
