//! Recognizes strings that cannot be a token. Shared by the component, the host and the sidecar's doctor.

use crate::locale::Locale;

/// Why a string cannot be a gateway token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// It is empty.
    Missing,
    /// A placeholder from an example.
    Placeholder,
    /// A mask shown in place of a token.
    Redacted,
    /// It starts with `Bearer `.
    Prefixed,
    /// It contains a line break.
    LineBreak,
    /// It contains spaces, control characters or non-ASCII characters.
    NotPrintable,
    /// Longer than 4096 characters.
    TooLong,
}

impl Flaw {
    /// The text that follows the setting's name in a message; never quotes the token.
    pub fn message(self, locale: Locale) -> &'static str {
        let (en, zh) = match self {
            Self::Missing => (
                "is empty; set it to OPENCLAW_GATEWAY_TOKEN from the sidecar's .env",
                "为空；请设为边车 .env 里的 OPENCLAW_GATEWAY_TOKEN",
            ),
            Self::Placeholder => (
                "is a placeholder, not a token; generate a strong one (openssl rand -hex 32) and set it here and in the sidecar's .env",
                "是占位符，不是令牌；请生成一个强令牌（openssl rand -hex 32），并在此处和边车的 .env 中设置",
            ),
            Self::Redacted => (
                "is a masked value, not a token; copy OPENCLAW_GATEWAY_TOKEN from the sidecar's .env",
                "是遮盖后的值，不是令牌；请从边车的 .env 复制 OPENCLAW_GATEWAY_TOKEN",
            ),
            Self::Prefixed => (
                "starts with `Bearer `; set only the token",
                "以 `Bearer ` 开头；请只填写令牌本身",
            ),
            Self::LineBreak => (
                "contains a line break; set only the token, on one line",
                "含有换行；请只填写令牌本身，不要换行",
            ),
            Self::NotPrintable => (
                "contains a space or a character outside visible ASCII; set only the token, as in the .env",
                "含有空格或可见 ASCII 以外的字符；请只填写令牌本身，与 .env 中一致",
            ),
            Self::TooLong => (
                "is longer than 4096 characters and cannot be a token",
                "超过 4096 个字符，不可能是令牌",
            ),
        };
        match locale {
            Locale::En => en,
            Locale::Zh => zh,
        }
    }
}

/// Why a string cannot be a token; none if it can.
pub fn flaw(token: &str) -> Option<Flaw> {
    let has_prefix = token
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
    Some(if token.is_empty() {
        Flaw::Missing
    } else if is_mask(token) {
        Flaw::Redacted
    } else if is_placeholder(token) {
        Flaw::Placeholder
    } else if has_prefix {
        Flaw::Prefixed
    } else if token.contains(['\n', '\r']) {
        Flaw::LineBreak
    } else if !token.bytes().all(|b| b.is_ascii_graphic()) {
        Flaw::NotPrintable
    } else if token.len() > 4_096 {
        Flaw::TooLong
    } else {
        return None;
    })
}

/// Characters that stand for a hidden one, wherever they appear in the string.
const BULLETS: [char; 10] = ['•', '●', '∙', '·', '⬤', '▪', '█', '＊', '…', '\u{fffd}'];

/// Whether programs show this in place of a token.
fn is_mask(token: &str) -> bool {
    let token = token.trim();
    let lower = token.to_ascii_lowercase();
    let only = |hidden: &[char]| token.len() >= 3 && token.trim_matches(hidden).is_empty();
    token.contains("***")
        || token.contains(BULLETS)
        || lower.contains("xxxxxx")
        || ["redacted", "[hidden]", "<hidden>", "(hidden)", "[secret]", "[masked]"]
            .iter()
            .any(|mark| lower.contains(mark))
        || only(&['*', '.', '-', '_', '#', '?'])
        || only(&['x', 'X', '-', '_'])
        // `sk-ab...wxyz`: both ends of a token. A whole token is longer.
        || (token.len() < 24 && token.contains("..."))
}

/// Parts of placeholders, in lower case and without `_`, `-`, `.` and spaces.
const MARKS: [&str; 18] = [
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "replacewith",
    "yourtoken",
    "yourgateway",
    "yourbearer",
    "yoursecret",
    "yourapikey",
    "yourstrong",
    "placeholder",
    "inserttoken",
    "entertoken",
    "pastetoken",
    "tokenhere",
    "secrethere",
    "exampletoken",
];

/// Whole values that mean nothing, or name the setting itself.
const WORDS: [&str; 9] = [
    "token",
    "none",
    "null",
    "nil",
    "undefined",
    "todo",
    "tbd",
    "openclawgatewaytoken",
    "gatewaybearertoken",
];

/// Whether it is an example value or an unexpanded variable.
fn is_placeholder(token: &str) -> bool {
    let token = token.trim();
    let between = |start: &str, end: &str| token.starts_with(start) && token.ends_with(end);
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = |text: &str| {
        !text.is_empty()
            && text.chars().all(name)
            && !text.starts_with(|c: char| c.is_ascii_digit())
    };
    let bare = token.replace(['_', '-', '.', ' '], "").to_ascii_lowercase();
    token.contains("${")
        || token.contains("{{")
        || token.contains("$(")
        || token.strip_prefix('$').is_some_and(is_name)
        || (token.len() > 2 && between("<", ">"))
        || between("{", "}")
        || between("[", "]")
        || token
            .strip_prefix('%')
            .and_then(|rest| rest.strip_suffix('%'))
            .is_some_and(is_name)
        || WORDS.contains(&bare.as_str())
        || MARKS.iter().any(|mark| bare.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Report F32 (openclaw/openclaw#151189: `__OPENCLAW_REDACTED__` became the gateway's token;
    // razzant/ouroboros#174: `***` was stored and sent).
    #[test]
    fn masks_and_placeholders_are_no_tokens() {
        for (flaw_, tokens) in [
            (
                Flaw::Redacted,
                &[
                    "***",
                    "********",
                    "__OPENCLAW_REDACTED__",
                    "[REDACTED]",
                    "<redacted>",
                    "sk-***wxyz",
                    "••••••••",
                    "●●●●",
                    "abc…xyz",
                    "xxx",
                    "XXXXXXXX",
                    "xxxx-xxxx-xxxx",
                    "sk-xxxxxxxx",
                    "sk-ab...wxyz",
                    "...",
                    "----",
                    "####",
                    "???",
                    " *** ",
                    "＊＊＊",
                    "[hidden]",
                ][..],
            ),
            (
                Flaw::Placeholder,
                &[
                    "change_me",
                    "CHANGE-ME",
                    "changeme",
                    "change me",
                    "changethis",
                    "your-token",
                    "your_token_here",
                    "YOUR_GATEWAY_TOKEN",
                    "your-secret",
                    "<token>",
                    "<your token>",
                    "{token}",
                    "{{ token }}",
                    "[token]",
                    "${OPENCLAW_GATEWAY_TOKEN}",
                    "${VAR:-}",
                    "$OPENCLAW_GATEWAY_TOKEN",
                    "$(openssl rand -hex 32)",
                    "%OPENCLAW_GATEWAY_TOKEN%",
                    "replace_with_strong_random_token",
                    "replace-me",
                    "placeholder",
                    "insert-token-here",
                    "token",
                    "TOKEN",
                    "none",
                    "null",
                    "undefined",
                    "TODO",
                    "OPENCLAW_GATEWAY_TOKEN",
                    "example-token",
                ],
            ),
            (Flaw::Missing, &[""]),
            (Flaw::Prefixed, &["Bearer s3cret", "bearer s3cret"]),
            (Flaw::LineBreak, &["s3cret\n", "s3\rcret"]),
            (
                Flaw::NotPrintable,
                &["s3 cret", "s3cret\u{e9}", "s3cret\0", "令牌"],
            ),
        ] {
            for token in tokens {
                assert_eq!(flaw(token), Some(flaw_), "{token:?}");
            }
        }
        assert_eq!(flaw(&"x1".repeat(3_000)), Some(Flaw::TooLong));
    }

    // The opposite is reported too (bigduu/Bamboo-agent#430: real keys were taken for masks).
    #[test]
    fn real_tokens_are_tokens() {
        for token in [
            "t0ken",
            "s3cret",
            "oc-test-token",
            "the-gateways-token",
            "0123456789abcdef0123456789abcdef",
            "J8x-_xX0xkq7xx4h2Zr9xxx1bVnT5cYdW3aLmP6uQeo",
            "a.b.c/d+e=f$g%h{i}j<k>l",
            "p@ss*w**rd!",
            "$2b$12$abcdefghijklmnopqrstuv",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "nonesuch",
            "tokenring",
        ] {
            assert_eq!(flaw(token), None, "{token}");
        }
    }
}
