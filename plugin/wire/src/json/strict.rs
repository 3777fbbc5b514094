//! Checks that a text is JSON that any parser accepts, without building a value.

use super::{after_space, string_end};

/// Maximum nesting depth: other parsers of this text are often recursive.
const MAX_DEPTH: u32 = 127;
/// Maximum digits before the decimal point that other parsers can represent.
const MAX_MAGNITUDE: i64 = 308;

/// Whether the text is a JSON object.
pub fn is_object(text: &str) -> bool {
    let text = text.as_bytes();
    let start = after_space(text, 0);
    text.get(start) == Some(&b'{') && checked(text, start).is_some()
}

fn checked(text: &[u8], start: usize) -> Option<()> {
    let mut at = start;
    // One bit per level, the innermost last: set for an object.
    let mut levels = 0_u128;
    let mut depth = 0;
    loop {
        // A value starts here.
        at = match text.get(at)? {
            opens @ (b'{' | b'[') => {
                if depth == MAX_DEPTH {
                    return None;
                }
                let object = *opens == b'{';
                let inside = after_space(text, at + 1);
                if text.get(inside)? == if object { &b'}' } else { &b']' } {
                    inside + 1
                } else {
                    depth += 1;
                    levels = levels << 1 | u128::from(object);
                    at = if object { name(text, inside)? } else { inside };
                    continue;
                }
            }
            b'"' => string(text, at)?,
            b't' => literal(text, at, b"true")?,
            b'f' => literal(text, at, b"false")?,
            b'n' => literal(text, at, b"null")?,
            _ => number(text, at)?,
        };
        // The value has ended.
        loop {
            at = after_space(text, at);
            if depth == 0 {
                return (at == text.len()).then_some(());
            }
            match (text.get(at)?, levels & 1 == 1) {
                (b',', true) => {
                    at = name(text, after_space(text, at + 1))?;
                    break;
                }
                (b',', false) => {
                    at = after_space(text, at + 1);
                    break;
                }
                (b'}', true) | (b']', false) => {
                    depth -= 1;
                    levels >>= 1;
                    at += 1;
                }
                _ => return None,
            }
        }
    }
}

/// The start of the value after a field name.
fn name(text: &[u8], at: usize) -> Option<usize> {
    let at = after_space(text, string(text, at)?);
    (text.get(at)? == &b':').then(|| after_space(text, at + 1))
}

fn string(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at)? != &b'"' {
        return None;
    }
    let end = string_end(text, at).ok()?;
    let mut inner = text.get(at + 1..end - 1)?.iter();
    while let Some(byte) = inner.next() {
        let fine = match byte {
            0..32 => false,
            b'\\' => match inner.next()? {
                b'u' => (0..4).all(|_| inner.next().is_some_and(u8::is_ascii_hexdigit)),
                escaped => b"\"\\/bfnrt".contains(escaped),
            },
            _ => true,
        };
        if !fine {
            return None;
        }
    }
    Some(end)
}

fn literal(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

fn digits(text: &[u8], at: usize) -> Option<usize> {
    let count = text.get(at..)?.iter().take_while(|b| b.is_ascii_digit());
    match count.count() {
        0 => None,
        count => Some(at + count),
    }
}

fn number(text: &[u8], start: usize) -> Option<usize> {
    let start = start + usize::from(text.get(start)? == &b'-');
    let mut at = digits(text, start)?;
    if text[start] == b'0' && at > start + 1 {
        return None;
    }
    let mut magnitude = (at - start) as i64;
    if text.get(at) == Some(&b'.') {
        at = digits(text, at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = text.get(at + 1);
        let from = at + 1 + usize::from(matches!(sign, Some(b'+' | b'-')));
        at = digits(text, from)?;
        let exponent = text[from..at].iter().fold(0_i64, |number, digit| {
            (number * 10 + i64::from(digit - b'0')).min(1_000_000)
        });
        magnitude += if sign == Some(&b'-') {
            -exponent
        } else {
            exponent
        };
    }
    (magnitude <= MAX_MAGNITUDE).then_some(at)
}
