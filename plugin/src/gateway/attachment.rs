//! Validates attachments by the gateway's rules before anything is sent.

use crate::fault::Fault;
use crate::prelude::*;
use openclaw_core::locale::say;
use openclaw_core::printable::excerpt;
use openclaw_core::turn::Attachment;
use openclaw_core::{fault::FaultCode, locale::Locale};

/// Maximum bytes of an image.
pub const MAX_IMAGE_BYTES: usize = 10 * 1024 * 1024;
/// Maximum bytes of a file.
pub const MAX_FILE_BYTES: usize = 5 * 1024 * 1024;

/// Characters of a text file that gateway 2026.2.9 forwards to the model by default.
pub const OLD_MAX_CHARACTERS: usize = 200_000;
/// Like [`OLD_MAX_CHARACTERS`], for 2026.9.6.
pub const NEW_MAX_CHARACTERS: usize = 60_000;

/// Length of a text file as the gateway counts it, in UTF-16 code units; 0 for other attachments and for
/// texts too short to matter.
pub fn characters(attachment: &Attachment) -> usize {
    let media_type = attachment.media_type.as_str();
    let is_text = FILES.contains(&media_type) && media_type != "application/pdf";
    if !is_text || attachment.data.len() <= NEW_MAX_CHARACTERS {
        return 0;
    }
    let units = |byte: &u8| match byte {
        0x80..0xc0 => 0,
        0xf0.. => 2,
        _ => 1,
    };
    attachment.data.iter().map(units).sum()
}

/// The request item for an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `input_image`.
    Image,
    /// `input_file`.
    File,
}

/// Tests whether content starts like its media type.
pub(super) type BeginsSo = fn(&[u8]) -> bool;

/// Media types of images, and their signatures.
pub(super) const IMAGES: [(&str, BeginsSo); 4] = [
    ("image/png", |d| d.starts_with(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", |d| d.starts_with(b"\xff\xd8\xff")),
    ("image/gif", |d| {
        d.starts_with(b"GIF87a") || d.starts_with(b"GIF89a")
    }),
    ("image/webp", |d| {
        d.len() >= 12 && d.starts_with(b"RIFF") && &d[8..12] == b"WEBP"
    }),
];

/// Media types of files the gateway reads.
const FILES: [&str; 6] = [
    "text/plain",
    "text/markdown",
    "text/html",
    "text/csv",
    "application/json",
    "application/pdf",
];

/// The kind of an attachment. Rejects a wrong type with `request_rejected`, excessive size with `request_too_large`.
pub fn check(attachment: &Attachment, locale: Locale) -> Result<Kind, Fault> {
    let media_type = attachment.media_type.as_str();
    let name = if attachment.filename.is_empty() {
        media_type
    } else {
        &attachment.filename
    };
    let name = excerpt(name.as_bytes());
    let rejected = |why: String| Err(Fault::new(FaultCode::RequestRejected, why));
    if attachment.data.is_empty() {
        return rejected(say!(locale,
            en: "the attachment \"{name}\" is empty",
            zh: "附件“{name}”是空的"));
    }
    let (kind, limit) = if let Some((_, begins_so)) =
        IMAGES.iter().find(|(known, _)| *known == media_type)
    {
        if !begins_so(&attachment.data) {
            return rejected(say!(locale,
                    en: "the attachment \"{name}\" is declared as {media_type}, but is not",
                    zh: "附件“{name}”标为 {media_type}，但内容不是"));
        }
        (Kind::Image, MAX_IMAGE_BYTES)
    } else if FILES.contains(&media_type) {
        (Kind::File, MAX_FILE_BYTES)
    } else {
        let known: Vec<_> = IMAGES
            .iter()
            .map(|(known, _)| *known)
            .chain(FILES)
            .collect();
        let media_type = excerpt(media_type.as_bytes());
        return rejected(say!(locale,
                en: "the attachment \"{name}\" has the media type \"{media_type}\"; the gateway takes {}",
                zh: "附件“{name}”的类型是“{media_type}”；网关只接受 {}",
                known.join(", ")));
    };
    let bytes = attachment.data.len();
    if bytes > limit {
        return Err(Fault::new(
            FaultCode::RequestTooLarge,
            say!(locale,
                en: "the attachment \"{name}\" has {bytes} bytes; the gateway takes at most {limit}",
                zh: "附件“{name}”有 {bytes} 字节；网关最多接受 {limit} 字节"),
        ));
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(media_type: &str, data: Vec<u8>) -> Attachment {
        Attachment {
            media_type: media_type.into(),
            filename: "a".into(),
            data,
        }
    }

    fn sized(media_type: &str, begin: &[u8], len: usize) -> Attachment {
        let mut data = begin.to_vec();
        data.resize(len, 0);
        attachment(media_type, data)
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    #[test]
    fn images_and_files_that_the_gateway_takes() {
        for (media_type, begin) in [
            ("image/png", PNG),
            ("image/jpeg", b"\xff\xd8\xff\xe0"),
            ("image/gif", b"GIF89a"),
            ("image/webp", b"RIFF\0\0\0\0WEBP"),
        ] {
            assert_eq!(
                check(&attachment(media_type, begin.to_vec()), Locale::En),
                Ok(Kind::Image),
                "{media_type}"
            );
        }
        for media_type in FILES {
            assert_eq!(
                check(&attachment(media_type, b"x".to_vec()), Locale::En),
                Ok(Kind::File),
                "{media_type}"
            );
        }
    }

    #[test]
    fn sizes_exactly_at_the_limit() {
        assert_eq!(
            check(&sized("image/png", PNG, MAX_IMAGE_BYTES), Locale::En),
            Ok(Kind::Image)
        );
        assert_eq!(
            check(&sized("text/plain", b"", MAX_FILE_BYTES), Locale::En),
            Ok(Kind::File)
        );
        for too_large in [
            sized("image/png", PNG, MAX_IMAGE_BYTES + 1),
            sized("text/plain", b"", MAX_FILE_BYTES + 1),
        ] {
            assert_eq!(
                check(&too_large, Locale::En).map_err(|f| f.code),
                Err(FaultCode::RequestTooLarge)
            );
        }
    }

    #[test]
    fn others_are_rejected() {
        for bad in [
            attachment("image/bmp", b"BM".to_vec()),
            attachment("application/zip", b"PK".to_vec()),
            attachment("image/png", b"GIF89a".to_vec()),
            attachment("text/plain", vec![]),
            attachment("", b"x".to_vec()),
        ] {
            assert_eq!(
                check(&bad, Locale::En).map_err(|f| f.code),
                Err(FaultCode::RequestRejected),
                "{}",
                bad.media_type
            );
        }
    }
}
