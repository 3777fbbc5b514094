//! Files that an agent sends: which paths and contents are allowed.

use super::attachment::IMAGES;
use openclaw_core::printable::is_disguise;
use openclaw_core::scan::find;

/// Maximum bytes of a file.
pub const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;
/// Maximum bytes of the files of a turn.
pub const MAX_TURN_BYTES: usize = 20 * 1024 * 1024;
/// Maximum bytes of a path.
const MAX_PATH: usize = 512;

/// A path that may be opened, and the file's name; none if it is absolute, leaves the workspace, is hidden, or cannot be
/// shown as it is.
pub fn path(given: &str) -> Option<(&str, &str)> {
    let path = given.strip_prefix("./").unwrap_or(given);
    let odd = |c: char| c.is_control() || is_disguise(c) || c == '\\' || c == ':';
    // Hidden ones, `.` and `..` begin with a dot; before and after the root's slash there is nothing.
    let good = |part: &str| !part.is_empty() && !part.starts_with(['.', '~']);
    if path.len() > MAX_PATH || path.contains(odd) || !path.split('/').all(good) {
        return None;
    }
    Some((path, path.rsplit('/').next().unwrap_or(path)))
}

/// Documents besides plain texts: extension, media type, start, and what an archive has in it.
const DOCUMENTS: [(&str, &str, &[u8], &[u8]); 4] = [
    ("pdf", "application/pdf", b"%PDF-", b""),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        b"PK\x03\x04",
        b"word/",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"PK\x03\x04",
        b"xl/",
    ),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        b"PK\x03\x04",
        b"ppt/",
    ),
];

/// Texts by extension.
const TEXTS: [(&str, &str); 4] = [
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("json", "application/json"),
];

/// The media type of a file that may be sent; none if its content is not what its name says, or of another kind.
pub fn media_type(name: &str, data: &[u8]) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    let is = |known: &str| extension.eq_ignore_ascii_case(known);
    for (image, begins_so) in IMAGES {
        if is(image.trim_start_matches("image/")) || image == "image/jpeg" && is("jpg") {
            return begins_so(data).then_some(image);
        }
    }
    for (known, media_type, start, part) in DOCUMENTS {
        if is(known) {
            let good = data.starts_with(start) && (part.is_empty() || find(data, part).is_some());
            return good.then_some(media_type);
        }
    }
    let (_, media_type) = TEXTS.iter().find(|(known, _)| is(known))?;
    let good = !data.is_empty() && !data.contains(&0) && core::str::from_utf8(data).is_ok();
    good.then_some(*media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_workspace_and_can_be_seen() {
        for (given, opened, name) in [
            ("a.png", "a.png", "a.png"),
            ("./out/图 1.pdf", "out/图 1.pdf", "图 1.pdf"),
            ("a..b/c.txt", "a..b/c.txt", "c.txt"),
        ] {
            assert_eq!(path(given), Some((opened, name)), "{given}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../a.png",
            "a/../../b.png",
            "a/./b.png",
            "/etc/passwd",
            "//a",
            "a//b.png",
            "a/",
            "~/a.png",
            ".env",
            "a/.ssh/b.txt",
            "C:\\a.png",
            "a\\..\\b.png",
            "file:a.png",
            "a\n.png",
            "a\0.png",
            "a\u{202e}gnp.exe",
            "\u{200b}a.png",
            &"a".repeat(513),
        ] {
            assert_eq!(path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn content_decides_and_may_not_differ_from_the_name() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";
        for (name, data, media_type_of) in [
            ("a.png", PNG, Some("image/png")),
            ("a.PNG", PNG, Some("image/png")),
            ("a.jpg", b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            ("a.jpeg", b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            ("a.b.pdf", b"%PDF-1.7", Some("application/pdf")),
            ("a.csv", "名,值".as_bytes(), Some("text/csv")),
            ("a.md", b"# hi", Some("text/markdown")),
            (
                "a.xlsx",
                b"PK\x03\x04..xl/workbook.xml",
                Some(DOCUMENTS[2].1),
            ),
            ("a.docx", b"PK\x03\x04..xl/workbook.xml", None),
            ("a.jpg", PNG, None),
            ("a.png", b"%PDF-1.7", None),
            ("a.pdf", b"MZ", None),
            ("a.txt", b"\x7fELF\0", None),
            ("a.txt", b"\xff\xfe", None),
            ("a.txt", b"", None),
            ("a.html", b"<html>", None),
            ("a.svg", b"<svg>", None),
            ("a.exe", b"MZ", None),
            ("png", PNG, None),
        ] {
            assert_eq!(media_type(name, data), media_type_of, "{name}");
        }
    }
}
