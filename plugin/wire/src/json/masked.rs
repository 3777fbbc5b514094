//! JSON text as people are shown it: secrets masked, and nothing that JSON libraries would round.

use super::{Json, push_string, string_end};
use crate::prelude::*;

/// JSON text with each of its strings and numbers masked, however the string is escaped, and with numbers as strings
/// that a reader would round: what is shown must be what runs.
pub fn masked(text: &str, mask: impl Fn(String) -> String) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let end = string_end(rest.as_bytes(), start).unwrap_or(rest.len());
        let written = &rest[start..end];
        let plain = Json(written.as_bytes()).text().into_owned();
        let masked = mask(plain.clone());
        push_exact(&mut shown, &rest[..start], &mask);
        if masked == plain {
            shown.push_str(written);
        } else {
            push_string(&mut shown, &masked);
        }
        rest = &rest[end..];
    }
    push_exact(&mut shown, rest, &mask);
    shown
}

/// Digits of a number that every reader keeps.
const EXACT_DIGITS: usize = 15;

/// Appends JSON text without strings.
fn push_exact(shown: &mut String, text: &str, mask: &dyn Fn(String) -> String) {
    let in_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit() || c == '-') {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !in_number(c)).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let whole = number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
        shown.push_str(before);
        let masked = mask(number.to_owned());
        if (digits > EXACT_DIGITS && !whole) || masked != number {
            push_string(shown, &masked);
        } else {
            shown.push_str(number);
        }
        rest = after;
    }
    shown.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::redact::mask;

    #[test]
    fn a_secret_is_masked_however_it_is_escaped_and_the_rest_stays_as_it_is() {
        for (text, shown) in [
            (r#"{"a": "x t0k/en y"}"#, r#"{"a": "x *** y"}"#),
            (r#"{"a":"t0k\/en"}"#, r#"{"a":"***"}"#),
            (r#"{"a":["\u00740k/en\n"]}"#, r#"{"a":["***\n"]}"#),
            (r#"{"t0k/en":1}"#, r#"{"***":1}"#),
            (
                r#"{"a" : "\u00e9\"t0k" , "b":"en"}"#,
                r#"{"a" : "\u00e9\"t0k" , "b":"en"}"#,
            ),
            ("{}", "{}"),
            (
                r#"{"a":12345678901234567890123,"b":[-0.1234567890123456],"c":1e5,"d":18446744073709551615}"#,
                r#"{"a":"12345678901234567890123","b":["-0.1234567890123456"],"c":1e5,"d":18446744073709551615}"#,
            ),
            (r#"{"cut"#, r#"{"cut"#),
            // A token may be all digits.
            (
                r#"{"a":48151623,"b":[-48151623.5,1e48151623],"c":4815162}"#,
                r#"{"a":"***","b":["-***.5","1e***"],"c":4815162}"#,
            ),
        ] {
            let secrets = ["t0k/en", "48151623"];
            assert_eq!(masked(text, |string| mask(&string, secrets)), shown);
        }
    }
}
