use std::fs::File;
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::ptr::{null, null_mut};

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE, FILE_OPEN, FILE_OPEN_REPARSE_POINT,
    FILE_SYNCHRONOUS_IO_NONALERT, NtCreateFile,
};
use windows_sys::Win32::Foundation::{
    FALSE, NTSTATUS, OBJ_CASE_INSENSITIVE, STATUS_FILE_IS_A_DIRECTORY, STATUS_NAME_TOO_LONG,
    STATUS_NOT_A_DIRECTORY, STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_INVALID, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD,
    UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_GENERIC_READ, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_TRAVERSE, GetFileInformationByHandle, SYNCHRONIZE,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

use super::OpenError;
use crate::{files, names};

/// What a name may not lead to: something else than what has this name.
const NO_LINK: u32 = FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT;

pub(super) fn open(root: &Path, path: &str) -> Result<File, OpenError> {
    let opened = File::options()
        .access_mode(FILE_TRAVERSE | FILE_READ_ATTRIBUTES | SYNCHRONIZE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(root);
    let mut folder = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => OpenError::NoRoot,
        _ => OpenError::Unreadable,
    })?;
    if !folder.metadata().is_ok_and(|found| found.is_dir()) {
        return Err(OpenError::NoRoot);
    }
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let dots = matches!(part, "" | "." | "..");
        if dots || names::is_taken_otherwise(part) {
            return Err(OpenError::NotFound);
        }
        let last = parts.peek().is_none();
        let file = open_at(&folder, part, last)?;
        let found = file.metadata().map_err(|_| OpenError::Unreadable)?;
        if found.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
            return Err(OpenError::NotFound);
        }
        if !last {
            folder = file;
            continue;
        }
        if !files::is_regular(&file).is_ok_and(|regular| regular) {
            return Err(OpenError::NotRegular);
        }
        // A second name of a file that may be anywhere.
        if names_of(&file)? > 1 {
            return Err(OpenError::NotFound);
        }
        return Ok(file);
    }
    Err(OpenError::NotFound)
}

/// Opens a folder, or, at the end of a path, a file. The name is the file system's own: no device has it.
fn open_at(folder: &File, name: &str, last: bool) -> Result<File, OpenError> {
    let mut wide: Vec<u16> = name.encode_utf16().collect();
    let bytes = u16::try_from(size_of_val(wide.as_slice())).map_err(|_| OpenError::NotFound)?;
    let name = UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: wide.as_mut_ptr(),
    };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: folder.as_raw_handle(),
        ObjectName: &name,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: null(),
        SecurityQualityOfService: null(),
    };
    let (access, kind) = match last {
        true => (FILE_GENERIC_READ, FILE_NON_DIRECTORY_FILE),
        false => (
            FILE_TRAVERSE | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
            FILE_DIRECTORY_FILE,
        ),
    };
    let (mut opened, mut status) = (null_mut(), IO_STATUS_BLOCK::default());
    // SAFETY: the folder is open; attributes, name and its characters outlive the call, which fills the handle and the
    // status.
    let result = unsafe {
        NtCreateFile(
            &mut opened,
            access,
            &attributes,
            &mut status,
            null(),
            0,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            FILE_OPEN,
            kind | NO_LINK,
            null(),
            0,
        )
    };
    match result {
        // SAFETY: it was opened just now, and nobody else has it.
        0 => Ok(File::from(unsafe { OwnedHandle::from_raw_handle(opened) })),
        status => Err(why(status)),
    }
}

fn why(status: NTSTATUS) -> OpenError {
    match status {
        STATUS_FILE_IS_A_DIRECTORY => OpenError::NotRegular,
        STATUS_NAME_TOO_LONG
        | STATUS_NOT_A_DIRECTORY
        | STATUS_OBJECT_NAME_INVALID
        | STATUS_OBJECT_NAME_NOT_FOUND
        | STATUS_OBJECT_PATH_INVALID
        | STATUS_OBJECT_PATH_NOT_FOUND
        | STATUS_OBJECT_PATH_SYNTAX_BAD => OpenError::NotFound,
        _ => OpenError::Unreadable,
    }
}

/// How many names the file has.
fn names_of(file: &File) -> Result<u32, OpenError> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open; the result outlives the call.
    match unsafe { GetFileInformationByHandle(file.as_raw_handle(), &mut found) } {
        FALSE => Err(OpenError::Unreadable),
        _ => Ok(found.nNumberOfLinks),
    }
}
