//! Escapes in JSON text.

use alloc::borrow::Cow;

use crate::prelude::*;

/// Decodes the escape at the start of the text: the character, and the bytes consumed.
pub fn escape(text: &[u8]) -> (char, usize) {
    let c = match text.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unicode_escape(text),
        Some(b) if b.is_ascii() => char::from(*b),
        _ => return (char::REPLACEMENT_CHARACTER, 1),
    };
    (c, 2)
}

fn unicode_escape(text: &[u8]) -> (char, usize) {
    const LOST: char = char::REPLACEMENT_CHARACTER;
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |number, digit| {
            Some(number * 16 + char::from(*digit).to_digit(16)?)
        })
    };
    match unit(0) {
        None => (LOST, 2),
        Some(high @ 0xd800..0xdc00) => match unit(6) {
            Some(low @ 0xdc00..0xe000) => {
                let both = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                (char::from_u32(both).unwrap_or(LOST), 12)
            }
            _ => (LOST, 6),
        },
        Some(unit) => (char::from_u32(unit).unwrap_or(LOST), 6),
    }
}

/// JSON text with lone surrogates replaced by U+FFFD, so that every parser accepts it.
pub fn with_whole_characters(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escaped) = rest.split_at(at);
        whole.push_str(before);
        let (c, used) = escape(escaped.as_bytes());
        let lost = used == 6 && c == char::REPLACEMENT_CHARACTER;
        // A backslash before a non-ASCII character stands alone.
        let (taken, after) = escaped.split_at(used);
        whole.push_str(if lost { "\\ufffd" } else { taken });
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// Replaces every lone surrogate escape with U+FFFD; borrows if there is none.
///
/// JavaScript and Python strings may contain half of an emoji, written in JSON as `\ud83d`. serde_json
/// rejects the whole text for it.
pub fn replace_lone_surrogates(json: &str) -> Cow<'_, str> {
    // A cheap test: most texts have no surrogates, and some are large.
    if json.contains("\\ud") || json.contains("\\uD") {
        Cow::Owned(with_whole_characters(json))
    } else {
        Cow::Borrowed(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_text_is_given_on_with_whole_characters() {
        for (given, taken) in [
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"\\ud83d"}"#, r#"{"a":"\\ud83d"}"#),
            (
                r#"{"a":"\ud83d\ude00\ude00"}"#,
                r#"{"a":"\ud83d\ude00\ufffd"}"#,
            ),
            (r#"{"a":"\ud83d\\"}"#, r#"{"a":"\ufffd\\"}"#),
            (r#"{"a":"\é"#, r#"{"a":"\é"#),
            ("\\", "\\"),
        ] {
            assert_eq!(with_whole_characters(given), taken);
        }
    }
}
