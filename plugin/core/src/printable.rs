//! Sanitizes text from gateways, models, tools and callers before it is shown.
//!
//! The result is valid UTF-8 (invalid bytes become U+FFFD), bounded, printable and free of the gateways' tokens.

use crate::prelude::*;
use crate::scan::may_be_special;
use alloc::borrow::Cow;

/// Maximum characters shown of a gateway's text.
pub const MAX_EXCERPT: usize = 500;

/// Rejects control characters, which a terminal would obey, and bidirectional overrides, which disguise text. Line
/// breaks and tabs pass.
pub fn is_printable(c: char) -> bool {
    match c {
        '\n' | '\r' | '\t' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    }
}

/// Whether a character is invisible and changes what others look like, their direction or where they seem to end.
/// Answers may have some of them; what a person decides by, or a model takes for a mark, may not.
pub fn is_disguise(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
        // Invisible copies of ASCII.
        | '\u{e0000}'..='\u{e007f}')
}

/// Appends the printable characters of a text, keeping line breaks.
pub fn push_printable(to: &mut String, text: &str) {
    // Nearly all text is clean, and bytes are faster to scan than characters.
    if may_be_special(text.as_bytes()) {
        to.extend(text.chars().filter(|c| is_printable(*c)));
    } else {
        to.push_str(text);
    }
}

/// Text from outside: each maximal part of a sequence that is not UTF-8 becomes U+FFFD.
pub fn lossy(text: &[u8]) -> Cow<'_, str> {
    // The standard library's replacement looks at each byte even of valid text.
    match core::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(text),
    }
}

/// The start of an outside text, on one line and printable: at most [`MAX_EXCERPT`] characters.
pub fn excerpt(text: &[u8]) -> String {
    excerpt_of(text, MAX_EXCERPT, &core::convert::identity)
}

/// A value for a message: like [`excerpt`], limited to 100 characters.
pub fn shown(value: &str) -> String {
    excerpt(value.chars().take(100).collect::<String>().as_bytes())
}

/// Like [`excerpt`] with at most `most` characters; `mask` removes secrets before the line is cut.
pub fn excerpt_of(text: &[u8], most: usize, mask: &dyn Fn(String) -> String) -> String {
    let looked_at = text.len().min(4 * most);
    let cut_off = looked_at < text.len();
    let text = lossy(&text[..looked_at]);
    // Filter before masking: a removed character may have split a token.
    let text: String = text.chars().filter(|c| is_printable(*c)).collect();
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if cut_off {
        cut_between_words(&mut line);
    }
    let mut line = mask(line);
    let end = line.char_indices().nth(most).map(|(end, _)| end);
    if let Some(end) = end {
        line.truncate(end);
        cut_between_words(&mut line);
    }
    if cut_off || end.is_some() {
        line.push('…');
    }
    line
}

/// Half a token would not be recognized, and so not masked.
fn cut_between_words(line: &mut String) {
    let in_word = |c: char| c.is_ascii_graphic();
    line.truncate(line.trim_end_matches(in_word).trim_end().len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_are_cut_between_words_and_never_in_one() {
        for before in [490, 495, 500, 1_985, 1_999] {
            let text = format!("{} the-gateways-token and more", "一 ".repeat(before));
            for text in [text.clone(), text.replace(' ', "\u{1}\t")] {
                let cut = excerpt(text.as_bytes());
                assert!(
                    !cut.contains("the-g") || cut.contains("the-gateways-token"),
                    "{before}: {cut}"
                );
            }
        }
        assert_eq!(excerpt("x".repeat(501).as_bytes()), "…");
        assert_eq!(excerpt(&[b'x'; 500]), "x".repeat(500));
        assert_eq!(excerpt("字".repeat(501).as_bytes()).chars().count(), 501);
    }

    // Report A12, P16 (attack).
    #[test]
    fn what_is_shown_has_no_controls_and_no_overrides() {
        let cases = [
            ("plain\nlines\r\n\tkept", "plain\nlines\r\n\tkept"),
            ("\u{1b}[31mred\u{7}\0", "[31mred"),
            ("c1 \u{9b}31m\u{7f}", "c1 31m"),
            ("a\u{202e}b\u{2066}c\u{2069}", "abc"),
            ("é “quoted” £ 🦞 \u{200f}", "é “quoted” £ 🦞 \u{200f}"),
        ];
        for (text, shown) in cases {
            let mut seen = String::new();
            push_printable(&mut seen, text);
            assert_eq!(seen, shown);
        }
        assert_eq!(excerpt("a\0\u{202e}\n b".as_bytes()), "a b");
        assert_eq!(excerpt(b"half \xf0\x9f"), "half \u{fffd}");
    }

    fn quoted(text: &str, most: usize) -> String {
        let mask = |line: String| crate::redact::mask(&line, ["t0ken"]);
        excerpt_of(text.as_bytes(), most, &mask)
    }

    #[test]
    fn what_is_quoted_has_no_token_however_it_is_hidden_or_cut() {
        for text in [
            "t0ken",
            "a t0ken!",
            "t\u{0}0ken t0\u{202e}ken",
            "x t0\u{7}ken",
        ] {
            assert!(!quoted(text, 64).contains("t0ken"), "{text}");
        }
        let long = format!("{}t0ken", "ab ".repeat(20));
        for most in 1..80 {
            let quoted = quoted(&long, most);
            assert!(!quoted.contains("t0"), "{most}: {quoted}");
        }
        assert_eq!(quoted(&"n".repeat(100), 64), "…");
    }
}
