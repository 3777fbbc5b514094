//! Access lists.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _};
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, ERROR_PATH_NOT_FOUND, FALSE, GENERIC_ALL, GENERIC_READ, GENERIC_WRITE,
    INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, DELETE, FILE_APPEND_DATA, FILE_ATTRIBUTE_NORMAL,
    FILE_DELETE_CHILD, FILE_READ_DATA, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_WRITE_DATA, WRITE_DAC, WRITE_OWNER,
};

use self::acl::{Access, Descriptor};
use crate::wide;

mod acl;

/// Rights to see what is in a file or folder.
const READING: u32 = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;

/// Rights to put something else in the place of what is in a folder, or of a file.
const REPLACING: u32 = DELETE | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;

/// Rights to change a file, or to put files into a folder.
const WRITING: u32 = REPLACING | FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE;

pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let descriptor = Descriptor::of_owner_only(true)?;
    let attributes = attributes(&descriptor);
    let name = wide::path(path)?;
    // SAFETY: the name ends with a zero; name, attributes and descriptor outlive the call.
    let made = || match unsafe { CreateDirectoryW(name.as_ptr(), &attributes) } {
        FALSE => Err(io::Error::last_os_error()),
        _ => Ok(()),
    };
    let is = |error: &io::Error, code: u32| error.raw_os_error() == Some(code as i32);
    let result = match (made(), path.parent()) {
        (Err(error), Some(parent)) if is(&error, ERROR_PATH_NOT_FOUND) => {
            create_folder(parent)?;
            made()
        }
        (result, _) => result,
    };
    match result {
        Err(error) if is(&error, ERROR_ALREADY_EXISTS) && path.is_dir() => Ok(()),
        result => result,
    }
}

pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let descriptor = Descriptor::of_owner_only(false)?;
    let attributes = attributes(&descriptor);
    let name = wide::path(path)?;
    // SAFETY: the name ends with a zero; name, attributes and descriptor outlive the call.
    let handle = unsafe {
        CreateFileW(
            name.as_ptr(),
            GENERIC_READ | GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            &attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            null_mut(),
        )
    };
    match handle {
        INVALID_HANDLE_VALUE => Err(io::Error::last_os_error()),
        // SAFETY: it was opened just now, and nobody else has it.
        handle => Ok(unsafe { File::from_raw_handle(handle) }),
    }
}

fn attributes(descriptor: &Descriptor) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.as_ptr(),
        bInheritHandle: FALSE,
    }
}

pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let folder = fs::metadata(path)?.is_dir();
    match mode & 0o077 {
        0 => Descriptor::of_owner_only(folder)?.give_to(path, true),
        _ => Descriptor::of_nothing_of_its_own()?.give_to(path, false),
    }
}

pub(super) fn set_mode_of(_: &File, path: &Path, mode: u32) -> io::Result<()> {
    set_mode(path, mode)
}

pub(super) fn mode(path: &Path) -> io::Result<u32> {
    let access = Access::of_path(path)?;
    let bits = |rights: u32, bits: u32| match access.others(rights)? {
        Some(_) => Ok::<u32, io::Error>(bits),
        None => Ok(0),
    };
    Ok(0o600 | bits(READING, 0o044)? | bits(WRITING, 0o022)?)
}

pub(super) fn user() -> Option<u32> {
    None
}

pub(super) fn owner(_: &Metadata) -> Option<u32> {
    None
}

pub(super) fn give_to_owner_of(_: &File, _: &Metadata) {}

pub(super) fn check_file(file: &File, path: &Path) -> Result<(), String> {
    if is_beside_this_code(path) {
        return Ok(());
    }
    check(Access::of_handle(file.as_raw_handle()), WRITING)
}

pub(super) fn check_folder(path: &Path) -> Result<(), String> {
    check(Access::of_path(path), WRITING)
}

pub(super) fn check_folders_above(lowest: Option<&Path>) -> Result<(), String> {
    if lowest.is_some_and(is_beside_this_code) {
        return Ok(());
    }
    for folder in lowest.iter().flat_map(|lowest| lowest.ancestors()) {
        // Whoever puts another file there owns it, which the file's own check sees.
        check(Access::of_path(folder), REPLACING)
            .map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    Ok(())
}

fn check(access: io::Result<Access>, rights: u32) -> Result<(), String> {
    let others = access.and_then(|access| match access.foreign_owner()? {
        Some(owner) => Ok(Some((owner, "owns"))),
        None => Ok(access.others(rights)?.map(|other| (other, "may write"))),
    });
    match others.map_err(|error| error.to_string())? {
        None => Ok(()),
        Some((who, does)) => Err(format!(
            "{who} {does} it; only files that this user, Administrators and SYSTEM alone may write are trusted: change \
             that in its properties (Security)"
        )),
    }
}

/// Whether a file or folder without links is in or below the folder of the program or library that this code is in. Whoever
/// can write there can replace this code as well.
fn is_beside_this_code(path: &Path) -> bool {
    let folder = this_code().and_then(|code| fs::canonicalize(code.parent()?).ok());
    folder.is_some_and(|folder| path.starts_with(folder))
}

/// The file of the program or library that this code is in.
fn this_code() -> Option<PathBuf> {
    use std::os::windows::ffi::OsStringExt as _;
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
        GetModuleFileNameW, GetModuleHandleExW,
    };

    let flags =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    let mut module = null_mut();
    let address = this_code as *const () as *const u16;
    // SAFETY: with this flag the name is any address within the module.
    if unsafe { GetModuleHandleExW(flags, address, &mut module) } == FALSE {
        return None;
    }
    // The longest path there is.
    let mut name = vec![0_u16; 32_768];
    // SAFETY: there is room for as many characters as told.
    let length = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), name.len() as u32) };
    let name = name
        .get(..length as usize)
        .filter(|name| !name.is_empty())?;
    Some(std::ffi::OsString::from_wide(name).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_code_is_a_file_and_what_is_beside_it_is_as_trusted() {
        let code = fs::canonicalize(this_code().unwrap()).unwrap();
        assert!(code.is_file() && is_beside_this_code(&code));
        check_folders_above(code.parent()).unwrap();
        let elsewhere = fs::canonicalize(tempfile::tempdir().unwrap().path()).unwrap();
        assert!(!is_beside_this_code(&elsewhere));
    }

    #[test]
    fn what_others_may_do_is_seen() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("x");
        fs::write(&path, "x").unwrap();
        for (list, mode, trusted) in [
            ("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)", 0o600, true),
            // Everyone may read: that does not affect trust.
            ("D:P(A;;FA;;;SY)(A;;FR;;;WD)", 0o644, true),
            ("D:P(A;;FA;;;SY)(A;;FRFW;;;WD)", 0o666, false),
            ("D:P(A;;FA;;;SY)(A;;SDFR;;;BU)", 0o666, false),
            // What is only handed down.
            ("D:P(A;;FA;;;SY)(A;OIIO;FA;;;WD)", 0o600, true),
            // No list at all.
            ("O:BA", 0o666, false),
        ] {
            let descriptor = Descriptor::parse(list).unwrap();
            let access = Access::of_descriptor(&descriptor).unwrap();
            let can = |rights| access.others(rights).unwrap().is_some();
            let told =
                0o600 | (0o044 * u32::from(can(READING))) | (0o022 * u32::from(can(WRITING)));
            assert_eq!(told, mode, "{list}");
            assert_eq!(can(WRITING), !trusted, "{list}");
        }
    }

    #[test]
    fn an_owner_that_is_another_user_is_seen() {
        for (owner, foreign) in [("BA", false), ("SY", false), ("WD", true), ("BG", true)] {
            let descriptor = Descriptor::parse(&format!("O:{owner}D:P(A;;FA;;;SY)")).unwrap();
            let access = Access::of_descriptor(&descriptor).unwrap();
            assert_eq!(
                access.foreign_owner().unwrap().is_some(),
                foreign,
                "{owner}"
            );
        }
        // Without an owner nobody can be trusted.
        let descriptor = Descriptor::parse("D:P(A;;FA;;;SY)").unwrap();
        let access = Access::of_descriptor(&descriptor).unwrap();
        assert!(access.foreign_owner().unwrap().is_some());
    }
}
