use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::OpenError;

/// Searching a folder needs no right to list it.
#[cfg(target_os = "linux")]
const FOLDER: i32 = libc::O_PATH | libc::O_DIRECTORY;
#[cfg(not(target_os = "linux"))]
const FOLDER: i32 = libc::O_DIRECTORY;

/// Never waits: a FIFO opens at once, and is then refused.
const CONTENT: i32 = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY;

pub(super) fn open(root: &Path, path: &str) -> Result<File, OpenError> {
    let opened = File::options().read(true).custom_flags(FOLDER).open(root);
    let mut folder = OwnedFd::from(opened.map_err(|error| match why(&error) {
        OpenError::NotFound => OpenError::NoRoot,
        other => other,
    })?);
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if matches!(part, "" | "." | "..") {
            return Err(OpenError::NotFound);
        }
        let part = CString::new(part).map_err(|_| OpenError::NotFound)?;
        if parts.peek().is_some() {
            folder = open_at(&folder, &part, FOLDER)?;
            continue;
        }
        // Opening a device can have effects.
        is_regular(&stat_at(&folder, &part)?)?;
        let file = File::from(open_at(&folder, &part, CONTENT)?);
        let found = file.metadata().map_err(|error| why(&error))?;
        // It may be another one by now.
        if !found.is_file() {
            return Err(OpenError::NotRegular);
        }
        // A second name of a file that may be anywhere.
        if found.nlink() > 1 {
            return Err(OpenError::NotFound);
        }
        return Ok(file);
    }
    Err(OpenError::NotFound)
}

fn is_regular(found: &libc::stat) -> Result<(), OpenError> {
    match found.st_mode & libc::S_IFMT {
        libc::S_IFREG => Ok(()),
        libc::S_IFLNK => Err(OpenError::NotFound),
        _ => Err(OpenError::NotRegular),
    }
}

fn open_at(folder: &OwnedFd, name: &CString, flags: i32) -> Result<OwnedFd, OpenError> {
    let flags = flags | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: the descriptor is open and the name ends with a zero; both outlive the call.
    let opened = unsafe { libc::openat(folder.as_raw_fd(), name.as_ptr(), flags) };
    if opened < 0 {
        return Err(why(&io::Error::last_os_error()));
    }
    // SAFETY: it was opened just now, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(opened) })
}

fn stat_at(folder: &OwnedFd, name: &CString) -> Result<libc::stat, OpenError> {
    let mut found = std::mem::MaybeUninit::uninit();
    let (folder, flags) = (folder.as_raw_fd(), libc::AT_SYMLINK_NOFOLLOW);
    // SAFETY: as in `open_at`; there is room for the result.
    let failed = unsafe { libc::fstatat(folder, name.as_ptr(), found.as_mut_ptr(), flags) };
    if failed != 0 {
        return Err(why(&io::Error::last_os_error()));
    }
    // SAFETY: the call has filled it in.
    Ok(unsafe { found.assume_init() })
}

fn why(error: &io::Error) -> OpenError {
    match error.raw_os_error() {
        // The last for a socket or a device without a driver.
        Some(libc::ENXIO) => OpenError::NotRegular,
        Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::ENAMETOOLONG) => {
            OpenError::NotFound
        }
        _ => OpenError::Unreadable,
    }
}
