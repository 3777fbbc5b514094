//! Regular files only, and files that are open elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long to wait between attempts on a file that another program holds: 1.3 s in all.
const WAITS: [u64; 7] = [10, 20, 40, 80, 160, 320, 640];

/// Opens a file without waiting for another process: a FIFO opens at once. What was opened may be anything but a regular
/// file; see [`is_regular`].
///
/// # Errors
///
/// The system's.
pub fn open_at_once(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NONBLOCK | libc::O_NOCTTY);
    #[cfg(windows)]
    as_nobody_else(options, 0);
    options.open(path)
}

/// The same of a file that is no link: what is at its other end would be created or changed.
///
/// # Errors
///
/// As [`open_at_once`], and if it is a link.
pub fn open_no_link(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags);
        options.open(path)
    }
    #[cfg(windows)]
    {
        use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_OPEN_REPARSE_POINT;
        as_nobody_else(options, FILE_FLAG_OPEN_REPARSE_POINT);
        let file = options.open(path)?;
        match file.metadata()?.is_symlink() {
            true => Err(io::Error::other("it is a link")),
            false => Ok(file),
        }
    }
}

/// Opens a file for reading that, on Windows, nobody can change, replace or remove as long as it is open. On Unix it can be
/// replaced: read it by its descriptor.
///
/// # Errors
///
/// As [`open_at_once`]; on Windows also if another program has it open for writing.
pub fn open_unchanging(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(windows)]
    {
        use windows_sys::Win32::Storage::FileSystem::FILE_SHARE_READ;
        std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, FILE_SHARE_READ);
    }
    open_at_once(path, &mut options)
}

/// Whoever has made a named pipe must not act as this user.
#[cfg(windows)]
fn as_nobody_else(options: &mut OpenOptions, flags: u32) {
    use std::os::windows::fs::OpenOptionsExt as _;
    use windows_sys::Win32::Storage::FileSystem::SECURITY_IDENTIFICATION;
    options
        .security_qos_flags(SECURITY_IDENTIFICATION)
        .custom_flags(flags);
}

/// Whether an open file is a regular one: no folder, link, pipe, device or socket.
///
/// # Errors
///
/// The system does not tell.
pub fn is_regular(file: &File) -> io::Result<bool> {
    #[cfg(windows)]
    {
        use std::os::windows::io::AsRawHandle as _;
        use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_DISK, GetFileType};
        // Others have no metadata.
        // SAFETY: the handle is open.
        if unsafe { GetFileType(file.as_raw_handle()) } != FILE_TYPE_DISK {
            return Ok(false);
        }
    }
    Ok(file.metadata()?.is_file())
}

/// A path by which an open file can be opened once more; another file may have its own path by now. Where the system has no
/// such path it is the file's own: open it by [`open_unchanging`].
pub fn path_of_open(file: &File, path: &Path) -> std::path::PathBuf {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;
        let _ = path;
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        path.to_owned()
    }
}

/// Bytes that this user may still write to the disk that a folder is on.
///
/// # Errors
///
/// There is no such folder.
pub fn free_space(folder: &Path) -> io::Result<u64> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let path = std::ffi::CString::new(folder.as_os_str().as_bytes())?;
        let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
        // SAFETY: the path ends with a zero, and there is room for the result.
        if unsafe { libc::statvfs(path.as_ptr(), found.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has filled it in.
        let found = unsafe { found.assume_init() };
        // Their types differ between systems.
        #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
        let (blocks, size) = (found.f_bavail as u64, found.f_frsize as u64);
        Ok(blocks.saturating_mul(size))
    }
    #[cfg(windows)]
    {
        use std::ptr::null_mut;
        use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
        let path = crate::wide::path(folder)?;
        let mut free = 0;
        // SAFETY: the path ends with a zero; the result outlives the call.
        match unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &mut free, null_mut(), null_mut()) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(free),
        }
    }
}

/// A path without links and relative parts, as [`fs::canonicalize`]; on Windows in the form that other programs take
/// (`C:\folder`) where there is one.
///
/// # Errors
///
/// There is nothing at this path.
pub fn real_path(path: &Path) -> io::Result<std::path::PathBuf> {
    let real = fs::canonicalize(path)?;
    #[cfg(windows)]
    if let Some(plain) = real.to_str().and_then(without_prefix) {
        return Ok(plain.into());
    }
    Ok(real)
}

/// A path of Windows without the mark that it is to be taken as it is, if it means the same then.
#[cfg(any(windows, test))]
fn without_prefix(verbatim: &str) -> Option<String> {
    /// MAX_PATH, with the zero at the end.
    const LONG: usize = 260;

    let rest = verbatim.strip_prefix(r"\\?\")?;
    let plain = match rest.strip_prefix(r"UNC\") {
        Some(share) => format!(r"\\{share}"),
        None if rest.as_bytes().get(1..3) == Some(br":\") => rest.to_owned(),
        None => return None,
    };
    let mut parts = plain.split('\\').skip(1);
    let same = parts.all(|part| part.is_empty() || !crate::names::is_another_on_windows(part));
    (same && plain.encode_utf16().count() < LONG).then_some(plain)
}

/// Moves a file or folder, replacing a file in its new place. On Windows, one that another program holds is waited for, up
/// to 1.3 s.
///
/// # Errors
///
/// The system's; both are as they were then.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| fs::rename(from, to))
}

/// Puts a temporary file in its place, replacing what is there, as [`rename`]. The open file is returned.
///
/// # Errors
///
/// As [`rename`]; the temporary file is removed then.
pub fn persist(file: tempfile::NamedTempFile, to: &Path) -> io::Result<File> {
    // Not its own `persist`, which on Windows fails while others read the old file.
    let (file, from) = file.keep().map_err(|error| error.error)?;
    match rename(&from, to) {
        Ok(()) => Ok(file),
        Err(error) => {
            let _ = fs::remove_file(&from); // The error above says more.
            Err(error)
        }
    }
}

/// Removes a file, as patiently as [`rename`].
///
/// # Errors
///
/// The system's.
pub fn remove(path: &Path) -> io::Result<()> {
    patiently(|| fs::remove_file(path))
}

/// Removes a folder and everything in it, as patiently as [`rename`].
///
/// # Errors
///
/// The system's.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    patiently(|| fs::remove_dir_all(path))
}

/// Tries again while another program holds the file.
fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for wait in WAITS {
        match attempt() {
            Err(error) if is_held(&error) => std::thread::sleep(Duration::from_millis(wait)),
            done => return done,
        }
    }
    attempt()
}

/// Whether it may be because another program, such as a virus scanner, has the file open without sharing it.
fn is_held(error: &io::Error) -> bool {
    #[cfg(windows)]
    {
        use windows_sys::Win32::Foundation::{
            ERROR_ACCESS_DENIED, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION,
        };
        let held = [
            ERROR_ACCESS_DENIED,
            ERROR_LOCK_VIOLATION,
            ERROR_SHARING_VIOLATION,
        ];
        error
            .raw_os_error()
            .is_some_and(|code| held.contains(&(code as u32)))
    }
    #[cfg(not(windows))]
    {
        let _ = error;
        false
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn draft(folder: &Path, content: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(folder)
            .unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_file_that_is_being_read_is_replaced_and_the_reader_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "old").unwrap();
        let mut reader = File::open(&path).unwrap();
        let replaced = persist(draft(folder.path(), "new"), &path);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "old");
        drop(reader);
        // Wine and Windows before 10 do not replace it while it is open.
        if cfg!(unix) || replaced.is_ok() {
            replaced.unwrap();
        } else {
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
            persist(draft(folder.path(), "new"), &path).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_replaced_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::create_dir_all(path.join("full")).unwrap();
        persist(draft(folder.path(), "new"), &path).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(windows)]
    #[test]
    fn a_file_that_another_program_holds_is_waited_for() {
        use std::os::windows::fs::OpenOptionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "old").unwrap();
        // As a virus scanner does: nobody else may delete or replace it.
        let held = File::options()
            .read(true)
            .share_mode(1)
            .open(&path)
            .unwrap();
        remove(&path).unwrap_err();
        fs::write(folder.path().join("y"), "new").unwrap();
        let (begun, begins) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut attempts = 0;
                patiently(|| {
                    attempts += 1;
                    let done = fs::rename(folder.path().join("y"), &path);
                    if attempts == 2 {
                        begun.send(()).unwrap();
                    }
                    done
                })
                .unwrap();
            });
            begins.recv().unwrap();
            drop(held);
        });
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_plain_path_of_windows_is_given_only_where_it_means_the_same() {
        let plain = |path: &str| without_prefix(path);
        let is = |path: &str| Some(path.to_owned());
        assert_eq!(
            plain(r"\\?\C:\Users\我\openclaw"),
            is(r"C:\Users\我\openclaw")
        );
        assert_eq!(plain(r"\\?\C:\"), is(r"C:\"));
        assert_eq!(plain(r"\\?\UNC\server\share\x"), is(r"\\server\share\x"));
        let long = format!(r"\\?\C:\{}", "x".repeat(260));
        for other in [
            r"\\?\Volume{1}\x",
            r"\\?\C:\nul",
            r"\\?\C:\a.\b",
            r"C:\x",
            &long,
        ] {
            assert_eq!(plain(other), None, "{other}");
        }
    }

    #[test]
    fn a_disk_has_room_and_a_missing_folder_has_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_space(folder.path()).unwrap() > 0);
        free_space(&folder.path().join("gone")).unwrap_err();
    }

    #[test]
    fn only_regular_files_are_regular() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "x").unwrap();
        let open = |path: &Path| open_at_once(path, File::options().read(true));
        assert!(is_regular(&open(&path).unwrap()).unwrap());
        let device = if cfg!(windows) { "NUL" } else { "/dev/null" };
        assert!(!is_regular(&open(Path::new(device)).unwrap()).unwrap());
        assert!(is_regular(&open_unchanging(&path).unwrap()).unwrap());
        assert!(open_no_link(&path, File::options().read(true)).is_ok());
    }

    #[cfg(windows)]
    #[test]
    fn nobody_changes_a_file_that_must_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "x").unwrap();
        let open = open_unchanging(&path).unwrap();
        File::options().write(true).open(&path).unwrap_err();
        fs::remove_file(&path).unwrap_err();
        assert_eq!(path_of_open(&open, &path), path);
        drop(open);
        fs::remove_file(&path).unwrap();
    }
}
