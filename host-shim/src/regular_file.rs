//! Reads files named by users: regular files only, without blocking, up to a limit.
//!
//! The size reported by the system is not enough: files in `/proc` report none, and others grow while
//! they are read. Opening a FIFO blocks until somebody writes; a device may never end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

use openclaw_os::files;

/// Bytes per read.
const PIECE: usize = 64 << 10;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot be read: {0}")]
    Io(#[source] io::Error),
    /// A directory, FIFO, socket or device, or a kernel file without data yet.
    #[error(
        "is not a regular file but a pipe, device or folder; copy its content into a regular file"
    )]
    NotRegular,
    /// Over the limit; at least this many bytes.
    #[error("is too long: at least {0} bytes")]
    TooLong(u64),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Opened non-blocking, so such a file is a kernel queue.
            io::ErrorKind::WouldBlock => Self::NotRegular,
            _ => Self::Io(error),
        }
    }
}

/// Opens a regular file for reading, without waiting for another process.
pub(crate) fn open(path: &Path) -> Result<File, ReadError> {
    regular(path, |path| {
        files::open_at_once(path, OpenOptions::new().read(true))
    })
}

/// As [`open`], of a file that must stay what it is: see [`files::open_unchanging`].
pub(crate) fn open_unchanging(path: &Path) -> Result<File, ReadError> {
    regular(path, files::open_unchanging)
}

fn regular(path: &Path, open: impl Fn(&Path) -> io::Result<File>) -> Result<File, ReadError> {
    // Before opening it: opening a device can have effects.
    if !std::fs::metadata(path)?.is_file() {
        return Err(ReadError::NotRegular);
    }
    let file = open(path)?;
    // The path may have come to name something else meanwhile.
    match files::is_regular(&file)? {
        true => Ok(file),
        false => Err(ReadError::NotRegular),
    }
}

/// The content of a regular file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    content(open(path)?, limit)
}

/// The rest of an open file, of at most `limit` bytes.
pub(crate) fn content(mut file: File, limit: u64) -> Result<Vec<u8>, ReadError> {
    let size = file.metadata()?.len();
    if size > limit {
        return Err(ReadError::TooLong(size));
    }
    let mut bytes = Vec::new();
    bytes.reserve_exact(usize::try_from(size).unwrap_or(0));
    // Constant buffer size: some files in /proc only return whole records.
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        if bytes.len() as u64 > limit {
            return Err(ReadError::TooLong(bytes.len() as u64));
        }
    }
}

/// The text of a regular file of at most `limit` bytes, without a byte order mark. The error for
/// invalid UTF-8 says where it is.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    let bytes = read(path, limit)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::other(format!("it is not UTF-8 text at byte {at}"))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A FIFO that nobody writes to: whoever opens it blockingly hangs.
    #[cfg(unix)]
    pub(crate) fn fifo(folder: &Path, name: &str) -> std::path::PathBuf {
        let path = folder.join(name);
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        path
    }

    // Report A7 (attack): the files of /proc say that they are regular and empty, and do not end.
    #[test]
    fn a_file_without_an_end_is_read_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, [b'x'; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap().len(), 100);
        assert!(matches!(read(&path, 99), Err(ReadError::TooLong(100))));
        for endless in ["/proc/self/pagemap", "/proc/self/maps"] {
            // Elsewhere than on Linux they are missing, which is an error too.
            let error = read(Path::new(endless), 1000).unwrap_err();
            if cfg!(target_os = "linux") {
                assert!(
                    matches!(error, ReadError::TooLong(1001..)),
                    "{endless}: {error}"
                );
            }
        }
    }

    // Report A7, A19 (attack): a FIFO blocks its opener, /dev/zero does not end.
    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fifo(folder.path(), "fifo");
        std::os::unix::fs::symlink(at("fifo"), at("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let named = ["fifo", "link", "socket", ""].map(at);
        for path in named.iter().map(|path| path.as_path()).chain([
            Path::new("/dev/zero"),
            Path::new("/dev/null"),
            Path::new("/dev/tty"),
        ]) {
            match read(path, 10) {
                Err(ReadError::NotRegular) => {}
                other => panic!("{path:?}: {other:?}"),
            }
        }
        assert!(matches!(read(&at("none"), 10), Err(ReadError::Io(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_queue_of_the_kernel_s_that_is_empty_is_not_waited_for() {
        // Reads of it block until there is a message; a user that may not open it gets an error.
        let read = read(Path::new("/proc/kmsg"), 64 << 20);
        assert!(read.is_err() || read.is_ok_and(|bytes| !bytes.is_empty()));
    }

    #[test]
    fn a_text_has_no_byte_order_mark_and_is_utf8() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "\u{feff}令牌").unwrap();
        assert_eq!(read_text(&path, 100).unwrap(), "令牌");
        std::fs::write(&path, b"ab\xff").unwrap();
        let error = read_text(&path, 100).unwrap_err().to_string();
        assert!(error.contains("byte 2"), "{error}");
    }
}
