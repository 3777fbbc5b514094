//! Reads files to attach to a turn.

use std::path::{Path, PathBuf};

use openclaw_core::turn::Attachment;

use crate::regular_file::{self, ReadError};

/// Maximum total size of a turn's attachments in bytes: the gateway's request limit. Larger files are
/// refused without being read.
pub const MAX_ATTACHMENT_BYTES: u64 = 20 << 20;

/// Why a file cannot be attached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentError {
    /// It cannot be read.
    #[error("the attachment {path:?} cannot be read: {source}; check the path and its permissions")]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A directory, socket or device.
    #[error("the attachment {path:?} is not a regular file; attach single files")]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// Over the gateway's request limit, alone or with the attachments before it.
    #[error(
        "the attachment {path:?} has at least {bytes} bytes; the gateway accepts {MAX_ATTACHMENT_BYTES} per request"
    )]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// Lower bound of its size in bytes; the rest was not read.
        bytes: u64,
    },
}

/// Reads a regular file of at most `room` bytes: what the attachments before it have left of
/// [`MAX_ATTACHMENT_BYTES`]. Its media type follows from its extension; one that is not known becomes
/// `application/octet-stream`, which the component refuses with a clear fault.
///
/// # Errors
/// The file is missing, unreadable, not a regular file, or too large.
pub fn read_attachment(path: impl AsRef<Path>, room: u64) -> Result<Attachment, AttachmentError> {
    let path = path.as_ref();
    let data = regular_file::read(path, room.min(MAX_ATTACHMENT_BYTES)).map_err(|error| {
        let path = path.to_owned();
        match error {
            ReadError::Io(source) => AttachmentError::Unreadable { path, source },
            ReadError::NotRegular => AttachmentError::NotAFile { path },
            ReadError::TooLong(bytes) => AttachmentError::TooLarge { path, bytes },
        }
    })?;
    let filename = path.file_name();
    Ok(Attachment {
        media_type: media_type(path).to_owned(),
        filename: filename
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        data,
    })
}

/// The types that the gateway reads, and the common ones that it does not, so that the refusal
/// names them.
fn media_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    match extension.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "txt" | "log" => "text/plain",
        "md" | "markdown" => "text/markdown",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "svg" => "image/svg+xml",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_its_type_from_its_extension_in_any_case() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cat.JPG");
        std::fs::write(&path, b"x").unwrap();
        let attachment = read_attachment(&path, MAX_ATTACHMENT_BYTES).unwrap();
        assert_eq!(attachment.media_type, "image/jpeg");
        assert_eq!(attachment.filename, "cat.JPG");
        assert_eq!(attachment.data, b"x");
    }

    #[test]
    fn a_missing_file_a_folder_and_a_huge_file_are_named_errors() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.png");
        assert!(matches!(
            read_attachment(&missing, MAX_ATTACHMENT_BYTES),
            Err(AttachmentError::Unreadable { .. })
        ));
        assert!(matches!(
            read_attachment(folder.path(), MAX_ATTACHMENT_BYTES),
            Err(AttachmentError::NotAFile { .. })
        ));
        let huge = folder.path().join("huge.pdf");
        std::fs::File::create(&huge)
            .unwrap()
            .set_len(MAX_ATTACHMENT_BYTES + 1)
            .unwrap();
        let error = read_attachment(&huge, MAX_ATTACHMENT_BYTES).unwrap_err();
        assert!(error.to_string().contains("20971521 bytes"), "{error}");
    }

    // Report A7 (attack).
    #[test]
    fn all_attachments_of_a_request_together_are_limited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.txt");
        std::fs::write(&path, b"12345").unwrap();
        assert!(read_attachment(&path, 5).is_ok());
        let error = read_attachment(&path, 4).unwrap_err();
        assert!(
            matches!(error, AttachmentError::TooLarge { bytes: 5, .. }),
            "{error}"
        );
    }
}
