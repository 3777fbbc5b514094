//! Texts and handles as Windows takes them.

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt as _;

/// UTF-16 with a zero at the end.
///
/// # Errors
///
/// There is a zero within.
pub(crate) fn zero_ended(text: impl AsRef<OsStr>) -> io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = text.as_ref().encode_wide().collect();
    if wide.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}

/// A path for the system's functions, also one that is longer than these take as it is.
///
/// # Errors
///
/// There is a zero within, or it cannot be made absolute.
pub(crate) fn path(path: &std::path::Path) -> io::Result<Vec<u16>> {
    /// MAX_PATH, less room for a name within a folder.
    const LONG: usize = 240;

    let absolute = std::path::absolute(path)?;
    let text = absolute.as_os_str();
    if text.len() < LONG {
        return zero_ended(text);
    }
    let shown = text.to_string_lossy();
    let mut verbatim = std::ffi::OsString::new();
    match shown.strip_prefix(r"\\") {
        Some(rest) if rest.starts_with(['?', '.']) => verbatim.push(text),
        Some(rest) => verbatim.extend([r"\\?\UNC\", rest].map(OsStr::new)),
        None => verbatim.extend([OsStr::new(r"\\?\"), text]),
    }
    zero_ended(verbatim)
}
