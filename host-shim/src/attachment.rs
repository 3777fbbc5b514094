//! A file that travels with a turn.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::regular_file::{self, ReadError};

/// The gateway takes requests up to this size, so all attachments of one together have no more bytes.
/// Larger files need not be read to know that they are refused.
pub const MAX_ATTACHMENT_BYTES: u64 = 20 << 20;

/// An image or file that travels with a turn. Any attachment makes the turn heavy.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// IANA media type without parameters, such as `image/png`.
    pub media_type: String,
    /// Shown to the model; empty for none.
    #[serde(default)]
    pub filename: String,
    /// The content; base64 in JSON.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub data: Vec<u8>,
}

/// Why a file cannot be attached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentError {
    /// It cannot be read at all.
    #[error("the attachment {path:?} cannot be read: {source}; check the path and its permissions")]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A directory, socket or device.
    #[error("the attachment {path:?} is not a regular file; attach files one by one")]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// Larger than any request that the gateway takes, alone or with the attachments before it.
    #[error(
        "the attachment {path:?} has {bytes} bytes or more; the gateway takes at most {MAX_ATTACHMENT_BYTES} in one request"
    )]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// Its size in bytes at the least; more were not read.
        bytes: u64,
    },
}

impl Attachment {
    /// Reads a regular file of at most [`MAX_ATTACHMENT_BYTES`]. Its media type follows from its
    /// extension; one that is not known becomes `application/octet-stream`, which the component
    /// refuses with a clear fault.
    ///
    /// # Errors
    /// The file is missing, unreadable, not a regular file, or too large.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, AttachmentError> {
        Self::from_path_within(path, MAX_ATTACHMENT_BYTES)
    }

    /// As [`Attachment::from_path`], with at most this many bytes: what the attachments before it
    /// have left of [`MAX_ATTACHMENT_BYTES`].
    ///
    /// # Errors
    /// As [`Attachment::from_path`].
    pub fn from_path_within(path: impl AsRef<Path>, room: u64) -> Result<Self, AttachmentError> {
        let path = path.as_ref();
        let data = regular_file::read(path, room.min(MAX_ATTACHMENT_BYTES)).map_err(|error| {
            let path = path.to_owned();
            match error {
                ReadError::Io(source) => AttachmentError::Unreadable { path, source },
                ReadError::NotRegular => AttachmentError::NotAFile { path },
                ReadError::TooLong(bytes) => AttachmentError::TooLarge { path, bytes },
            }
        })?;
        Ok(Self {
            media_type: media_type(path).to_owned(),
            filename: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            data,
        })
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("media_type", &self.media_type)
            .field("filename", &self.filename)
            .field("bytes", &self.data.len())
            .finish()
    }
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

fn to_base64<S: Serializer>(data: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&STANDARD.encode(data))
}

fn from_base64<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(d)?;
    STANDARD
        .decode(text)
        .map_err(|error| serde::de::Error::custom(format!("`data` is not base64: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_its_type_from_its_extension_in_any_case() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cat.JPG");
        std::fs::write(&path, b"x").unwrap();
        let attachment = Attachment::from_path(&path).unwrap();
        assert_eq!(attachment.media_type, "image/jpeg");
        assert_eq!(attachment.filename, "cat.JPG");
        assert_eq!(attachment.data, b"x");
    }

    #[test]
    fn a_missing_file_a_folder_and_a_huge_file_are_named_errors() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.png");
        assert!(matches!(
            Attachment::from_path(&missing),
            Err(AttachmentError::Unreadable { .. })
        ));
        assert!(matches!(
            Attachment::from_path(folder.path()),
            Err(AttachmentError::NotAFile { .. })
        ));
        let huge = folder.path().join("huge.pdf");
        std::fs::File::create(&huge)
            .unwrap()
            .set_len(MAX_ATTACHMENT_BYTES + 1)
            .unwrap();
        let error = Attachment::from_path(&huge).unwrap_err();
        assert!(error.to_string().contains("20971521 bytes"), "{error}");
    }

    // Report A7 (attack).
    #[test]
    fn all_attachments_of_a_request_together_are_limited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.txt");
        std::fs::write(&path, b"12345").unwrap();
        assert!(Attachment::from_path_within(&path, 5).is_ok());
        let error = Attachment::from_path_within(&path, 4).unwrap_err();
        assert!(
            matches!(error, AttachmentError::TooLarge { bytes: 5, .. }),
            "{error}"
        );
    }

    #[test]
    fn json_carries_base64_and_refuses_what_is_not() {
        let attachment: Attachment =
            serde_json::from_str(r#"{"media_type":"text/plain","data":"aGk="}"#).unwrap();
        assert_eq!(attachment.data, b"hi");
        let text = serde_json::to_string(&attachment).unwrap();
        assert_eq!(
            text,
            r#"{"media_type":"text/plain","filename":"","data":"aGk="}"#
        );
        let error = serde_json::from_str::<Attachment>(r#"{"media_type":"a/b","data":"%"}"#);
        assert!(error.unwrap_err().to_string().contains("not base64"));
    }
}
