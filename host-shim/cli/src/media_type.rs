//! Reads files to attach and detects their media type from the content.

use std::path::Path;

use host_shim::{Attachment, AttachmentError, FaultCode, Locale, read_attachment};
use openclaw_core::locale::say;
use openclaw_render::Failure;

/// What the library says where the extension is unknown.
const UNKNOWN: &str = "application/octet-stream";

/// Reads a file; its type follows from its content and its extension. An unknown type, or
/// content that contradicts the extension, is refused before anything is sent. `room`: the bytes left
/// in the request.
pub fn read(path: &Path, room: &mut u64, locale: Locale) -> Result<Attachment, Failure> {
    let mut attachment =
        read_attachment(path, *room).map_err(|error| unreadable(&error, locale))?;
    *room = room.saturating_sub(attachment.data.len() as u64);
    attachment.media_type = media_type(&attachment.media_type, &attachment.data)
        .map_err(|doubt| doubt.failure(path, locale))?
        .to_owned();
    Ok(attachment)
}

/// Why a file cannot be attached, for people.
fn unreadable(error: &AttachmentError, locale: Locale) -> Failure {
    match error {
        AttachmentError::Unreadable { path, source } => Failure::usage(
            say!(locale,
                en: "cannot read attachment {}: {source}",
                zh: "无法读取附件 {}：{source}",
                path.display()),
            say!(locale,
                en: "Check the path and its permissions; nothing was sent.",
                zh: "请检查路径与权限；尚未发送任何请求。"),
        ),
        AttachmentError::NotAFile { path } => Failure::usage(
            say!(locale,
                en: "attachment {} is not a regular file but a directory, pipe or device",
                zh: "附件 {} 不是普通文件，而是目录、管道或设备",
                path.display()),
            say!(locale,
                en: "Attach regular files only; nothing was sent.",
                zh: "只能附加普通文件；尚未发送任何请求。"),
        ),
        AttachmentError::TooLarge { path, bytes } => Failure::of_code(
            FaultCode::RequestTooLarge,
            say!(locale,
                en: "attachment {} has {bytes} bytes",
                zh: "附件 {} 有 {bytes} 字节",
                path.display()),
            locale,
        ),
        error => Failure::usage(error.to_string(), ""),
    }
}

/// Why the type is not known.
#[derive(Debug, PartialEq, Eq)]
enum Doubt {
    /// Neither the extension nor the content gives it.
    Unknown,
    /// The extension says one thing, the content is not that.
    Contradiction { extension: String },
}

/// The type, from what the extension says and from the content.
fn media_type<'a>(by_extension: &'a str, data: &[u8]) -> Result<&'a str, Doubt> {
    // Text has no signature; what looks like one in it is only how it begins.
    let signature = infer::get(data)
        .map(|kind| kind.mime_type())
        .filter(|kind| !kind.starts_with("text/"));
    let is_text = !data.contains(&0) && std::str::from_utf8(data).is_ok();
    match (signature, by_extension) {
        (Some(signature), _) => Ok(signature),
        (None, UNKNOWN) if is_text => Ok("text/plain"),
        (None, UNKNOWN) => Err(Doubt::Unknown),
        (None, textual) if is_text && is_textual(textual) => Ok(textual),
        (None, extension) => Err(Doubt::Contradiction {
            extension: extension.to_owned(),
        }),
    }
}

/// Whether files of this type are text.
fn is_textual(media_type: &str) -> bool {
    media_type.starts_with("text/") || matches!(media_type, "application/json" | "image/svg+xml")
}

impl Doubt {
    fn failure(&self, path: &Path, locale: Locale) -> Failure {
        let path = path.display();
        let what = match self {
            Self::Unknown => say!(locale,
                en: "unknown type of attachment {path}",
                zh: "附件 {path} 的类型未知"),
            Self::Contradiction { extension } => say!(locale,
                en: "attachment {path} has a name for {extension}, but other content",
                zh: "附件 {path} 的扩展名对应 {extension}，但内容不符"),
        };
        let remedy = say!(locale,
            en: "Supported images: png, jpeg, gif, webp. Supported files: text, Markdown, HTML, CSV and JSON in UTF-8, and PDF. Convert or rename the file; nothing was sent.",
            zh: "支持的图片：png、jpeg、gif、webp；支持的文件：UTF-8 的文本、Markdown、HTML、CSV、JSON，以及 PDF。请转换格式或改名；尚未发送任何请求。");
        Failure {
            cause: String::new(),
            remedy,
            ..Failure::of_code(FaultCode::RequestRejected, what, locale)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn a_signature_wins_over_the_extension() {
        assert_eq!(media_type("image/jpeg", PNG), Ok("image/png"));
        assert_eq!(media_type(UNKNOWN, PNG), Ok("image/png"));
        assert_eq!(
            media_type("text/plain", b"%PDF-1.7\n"),
            Ok("application/pdf")
        );
    }

    #[test]
    fn text_has_the_type_of_its_extension_or_is_plain() {
        assert_eq!(
            media_type("text/markdown", "# 标题".as_bytes()),
            Ok("text/markdown")
        );
        assert_eq!(
            media_type("application/json", b"{}"),
            Ok("application/json")
        );
        assert_eq!(
            media_type("text/plain", b"<!DOCTYPE html><p>"),
            Ok("text/plain")
        );
        assert_eq!(media_type(UNKNOWN, b"fn main() {}"), Ok("text/plain"));
    }

    #[test]
    fn what_is_not_what_it_says_is_doubted() {
        assert_eq!(media_type(UNKNOWN, b"\0\x01\x02"), Err(Doubt::Unknown));
        assert_eq!(media_type(UNKNOWN, b"\xff\xfe\xfd"), Err(Doubt::Unknown));
        let doubt = Doubt::Contradiction {
            extension: "image/png".to_owned(),
        };
        assert_eq!(media_type("image/png", b"not an image"), Err(doubt));
        let doubt = Doubt::Contradiction {
            extension: "text/plain".to_owned(),
        };
        assert_eq!(media_type("text/plain", b"\xff\0"), Err(doubt));
    }

    #[test]
    fn a_doubt_names_the_file_and_what_is_supported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.bin");
        std::fs::write(&path, [0, 1, 2]).unwrap();
        let failure = read(&path, &mut 100, Locale::En).unwrap_err();
        assert!(failure.what.contains("x.bin"), "{}", failure.what);
        assert!(failure.remedy.contains("webp"), "{}", failure.remedy);
        assert_eq!(failure.exit, 20);
    }

    #[test]
    fn a_directory_and_a_missing_file_are_failures_in_both_languages() {
        let folder = tempfile::tempdir().unwrap();
        let failure = read(folder.path(), &mut 100, Locale::En).unwrap_err();
        assert!(
            failure.what.contains("not a regular file"),
            "{}",
            failure.what
        );
        let failure = read(&folder.path().join("none.png"), &mut 100, Locale::Zh).unwrap_err();
        assert!(failure.what.starts_with("无法读取附件"), "{}", failure.what);
        assert_eq!(failure.exit, 2);
    }
}
