//! Decides which turns are heavy.

use crate::config::Limits;
use crate::prelude::*;

/// Why a turn is heavy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has an attachment.
    Attachment,
    /// The caller marked it.
    Marked,
    /// Its text contains this configured word.
    Word(String),
    /// Its request body has this many bytes, over the limit.
    Size(u64),
}

/// The properties the rule looks at.
pub struct Traits<'a> {
    /// The user's message.
    pub text: &'a str,
    /// Whether it has an attachment.
    pub has_attachment: bool,
    /// Whether the caller marked it.
    pub marked: bool,
    /// Bytes of the request body.
    pub body_bytes: u64,
}

/// The first reason a turn is heavy, or none.
///
/// A word also matches inside a longer word: Chinese has no spaces, and a guard errs on the safe side.
pub fn reason(turn: &Traits<'_>, limits: &Limits) -> Option<Reason> {
    if turn.has_attachment {
        return Some(Reason::Attachment);
    }
    if turn.marked {
        return Some(Reason::Marked);
    }
    let text = folded(turn.text);
    let word = limits
        .heavy_words
        .iter()
        .find(|word| text.contains(&folded(word)));
    if let Some(word) = word {
        return Some(Reason::Word(word.clone()));
    }
    (turn.body_bytes > limits.heavy_bytes).then_some(Reason::Size(turn.body_bytes))
}

/// Case-folds ASCII, full-width, Latin-1, Greek and Cyrillic letters. The standard library covers more
/// scripts, but its tables add 17 kB to the component.
fn folded(text: &str) -> String {
    let fold = |c: char| {
        let distance = match c {
            '\u{d7}' => 0,
            'A'..='Z' | 'À'..='Þ' | 'Α'..='Ω' | 'А'..='Я' | 'Ａ'..='Ｚ' => 32,
            'Ѐ'..='Џ' => 80,
            _ => 0,
        };
        char::from_u32(u32::from(c) + distance).unwrap_or(c)
    };
    text.chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, has_attachment: bool, marked: bool, body_bytes: u64) -> Option<Reason> {
        reason(
            &Traits {
                text,
                has_attachment,
                marked,
                body_bytes,
            },
            &Limits::default(),
        )
    }

    #[test]
    fn guard_heavy_by_attachment_mark_word_or_size() {
        assert_eq!(of("hi", true, false, 10), Some(Reason::Attachment));
        assert_eq!(of("hi", false, true, 10), Some(Reason::Marked));
        assert_eq!(of("hi", false, false, 262_144), None);
        assert_eq!(of("hi", false, false, 262_145), Some(Reason::Size(262_145)));
    }

    #[test]
    fn guard_heavy_words_in_any_case_and_language() {
        for word in crate::config::HEAVY_WORDS {
            let text = format!("please: {}!", word.to_uppercase());
            assert_eq!(
                of(&text, false, false, 10),
                Some(Reason::Word(word.into())),
                "{word}"
            );
        }
        assert_eq!(of("what is the weather", false, false, 10), None);
    }

    #[test]
    fn configured_words_replace_the_list() {
        let limits = Limits {
            heavy_words: vec!["ÜBER".into()],
            ..Limits::default()
        };
        let turn = |text| Traits {
            text,
            has_attachment: false,
            marked: false,
            body_bytes: 1,
        };
        assert_eq!(
            reason(&turn("über uns"), &limits),
            Some(Reason::Word("ÜBER".into()))
        );
        for (upper, lower) in [
            ("ФАЙЛ ЁЛКА", "файл ёлка"),
            ("ΑΡΧΕΙΟ", "αρχειο"),
            ("ＰＤＦ", "ｐｄｆ"),
            ("5×7", "5×7"),
        ] {
            assert_eq!(folded(upper), lower);
            assert_eq!(folded(upper), upper.to_lowercase());
        }
        assert_eq!(reason(&turn("a pdf"), &limits), None);
    }
}
