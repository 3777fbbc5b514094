//! Masks secrets inside JSON text.

use super::{Json, push_string, string_end};
use crate::prelude::*;

/// JSON text with each of its strings masked, however the string is escaped.
pub(crate) fn masked(text: &str, mask: impl Fn(String) -> String) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let end = string_end(rest.as_bytes(), start).unwrap_or(rest.len());
        let written = &rest[start..end];
        let plain = Json(written.as_bytes()).text().into_owned();
        let masked = mask(plain.clone());
        shown.push_str(&rest[..start]);
        if masked == plain {
            shown.push_str(written);
        } else {
            push_string(&mut shown, &masked);
        }
        rest = &rest[end..];
    }
    shown.push_str(rest);
    shown
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
            (r#"{"cut"#, r#"{"cut"#),
        ] {
            assert_eq!(masked(text, |string| mask(&string, ["t0k/en"])), shown);
        }
    }
}
