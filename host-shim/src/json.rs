//! Repairs JSON from JavaScript and Python.

pub use openclaw_core::json_escape::replace_lone_surrogates;

#[cfg(test)]
mod tests {
    use super::*;

    // Report F1: half of an emoji in a request (serde-rs/json#827: such JSON is refused as a whole).
    #[test]
    fn every_half_becomes_a_character_and_nothing_else_changes() {
        for (json, text) in [
            (r#""a""#, "a"),
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\uDE00 x""#, "\u{fffd} x"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\uD83D\uDE00\uD83D""#, "😀\u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
            (r#""\u00e4\u4e2d\ufffe\ud7ff""#, "ä中\u{fffe}\u{d7ff}"),
            (r#""中\ud83d中""#, "中\u{fffd}中"),
        ] {
            let read: String = serde_json::from_str(&replace_lone_surrogates(json)).unwrap();
            assert_eq!(read, text, "{json}");
        }
    }

    #[test]
    fn what_is_no_json_stays_no_json() {
        for text in ["\\ud", "\\ud83", "\\\\ud83d\\", "\\ud8中"] {
            assert!(serde_json::from_str::<String>(&replace_lone_surrogates(text)).is_err());
        }
    }
}
