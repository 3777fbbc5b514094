//! Detects the format of an answer from its first bytes, whatever its Content-Type says.

use crate::gateway::classify::{Head, is_compressed};

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Server-sent events.
    Stream,
    /// One JSON object.
    Json,
}

/// Maximum bytes of leading white space.
const MAX_SPACE: usize = 4096;
/// Zstandard's first bytes.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Detects the format; none if it is neither, or compressed. An error if `start` is too short to tell, which
/// never happens with `at_end`.
pub fn sniff(head: &Head, start: &[u8], at_end: bool) -> Result<Option<Format>, MoreNeeded> {
    if is_compressed(start) {
        return Ok(None);
    }
    const BOM: &[u8] = "\u{feff}".as_bytes();
    let text = start.strip_prefix(BOM).unwrap_or(start).trim_ascii_start();
    let may_become = |whole: &[u8]| {
        !at_end && !text.is_empty() && text.len() < whole.len() && whole.starts_with(text)
    };
    match text.first() {
        Some(b'{' | b'[') => return Ok(Some(Format::Json)),
        Some(b':') => return Ok(Some(Format::Stream)),
        Some(b'<') => return Ok(None),
        None if !at_end && start.len() < MAX_SPACE => return Err(MoreNeeded),
        // The start of a compressed body.
        Some(0x1f | b'x') if start.len() == 1 && !at_end => return Err(MoreNeeded),
        _ => {}
    }
    for field in [&b"data"[..], b"event", b"id", b"retry", BOM, ZSTD] {
        if may_become(field) || (text == field && !at_end) {
            return Err(MoreNeeded);
        }
        if let Some(after) = text.strip_prefix(field)
            && let b':' | b'\r' | b'\n' = after.first().unwrap_or(&b'\n')
        {
            return Ok(Some(Format::Stream));
        }
    }
    Ok(match head.media_type().as_str() {
        "text/event-stream" => Some(Format::Stream),
        "application/json" => Some(Format::Json),
        _ => None,
    })
}

/// More bytes are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoreNeeded;

#[cfg(test)]
mod tests {
    use super::*;

    // Report F9: streams without a Content-Type, or with a proxy's.
    #[test]
    fn an_answer_is_what_it_is_whatever_its_content_type_says() {
        let cases: [(&str, Option<Format>); 14] = [
            ("event: x\ndata: {}\n\n", Some(Format::Stream)),
            ("data:{}\n\n", Some(Format::Stream)),
            ("data\n\n", Some(Format::Stream)),
            (": keep-alive\n\n", Some(Format::Stream)),
            ("\r\n\n  id: 1\n", Some(Format::Stream)),
            ("\u{feff}retry: 5\n", Some(Format::Stream)),
            (" \n{\"id\":1}", Some(Format::Json)),
            ("\u{feff}{}", Some(Format::Json)),
            ("[]", Some(Format::Json)),
            ("<!doctype html>", None),
            ("\n<html>", None),
            ("OK", None),
            ("database error", None),
            ("identity", None),
        ];
        for declared in ["", "text/plain", "application/octet-stream"] {
            let head = Head {
                content_type: declared.into(),
                ..Head::default()
            };
            for (body, format) in cases {
                let body = body.as_bytes();
                let told = (0..=body.len()).find_map(|end| {
                    let at_end = end == body.len();
                    sniff(&head, &body[..end], at_end).ok()
                });
                assert_eq!(told, Some(format), "{declared}: {body:?}");
            }
        }
        // Found by fuzzing: an answer of white space was awaited without end, and kept.
        let space = [b' '; MAX_SPACE];
        assert_eq!(sniff(&Head::default(), &space, false), Ok(None));
        assert_eq!(sniff(&Head::default(), &space[1..], false), Err(MoreNeeded));
        let stream = Head {
            content_type: "Text/Event-Stream; charset=utf-8".into(),
            ..Head::default()
        };
        assert_eq!(sniff(&stream, b"", true), Ok(Some(Format::Stream)));
        assert_eq!(sniff(&stream, &[0xff; 9], false), Ok(Some(Format::Stream)));
        assert_eq!(sniff(&stream, b"{", false), Ok(Some(Format::Json)));
        // Found by fuzzing: compressed, and its first byte arrives alone.
        for body in [&b"\x1f\x8b\x08"[..], b"\x28\xb5\x2f\xfd", b"x\x9c"] {
            for end in 1..body.len() {
                assert_ne!(
                    sniff(&stream, &body[..end], false),
                    Ok(Some(Format::Stream))
                );
            }
            assert_eq!(sniff(&stream, body, false), Ok(None));
        }
        assert_eq!(sniff(&stream, b"(x", false), Ok(Some(Format::Stream)));
    }
}
