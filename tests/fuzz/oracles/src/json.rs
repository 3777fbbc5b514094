//! What is read in place is what `serde_json` reads, nothing that is read panics, and what is shown has no secret.

use openclaw_core::json_escape::{replace_lone_surrogates, with_whole_characters};
use openclaw_core::redact::mask;
use openclaw_wire::json::{Json, is_object, masked, push_string};
use serde_json::Value;

use crate::bounded;
use crate::input::{Input, MOST};

const NAMES: [&str; 4] = ["type", "delta", "a", "\u{e9}"];
const SECRET: &str = "t0ken/secret";

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 4);
    // A byte that is no text takes three, in a text that doubles while it grows, 4 of them. `walk` holds one, and makes
    // another from one whose escapes are still in it: 4 + 4 + 2 + 4.
    let most = 14 * bytes.len() + 4096;
    bounded(most, || {
        one_pass_is_two(&bytes);
        walk(Json::first(&bytes), 0);
        walk(Json::broken(&bytes), 0);
    });
    let text = String::from_utf8_lossy(&bytes);
    let whole = bounded(most, || replace_lone_surrogates(&text));
    assert_eq!(replace_lone_surrogates(&whole), whole);
    assert_eq!(with_whole_characters(&text), *whole);
    let said = bounded(3 * most, || masked(&text, |string| mask(&string, [SECRET])));
    let parsed = serde_json::from_str::<Value>(&text).ok();
    // Unlike serde_json, JavaScript takes halves of characters, and so do we.
    let theirs = serde_json::from_str::<Value>(&whole).is_ok_and(|value| value.is_object());
    assert_eq!(bounded(0, || is_object(&text)), theirs, "{text}");
    if let Some(value) = &parsed {
        agrees(&text, value);
        let said = serde_json::from_str::<Value>(&said);
        assert!(said.is_ok_and(|said| hides(&said)), "{text}");
    }
}

fn one_pass_is_two(bytes: &[u8]) {
    let written = |found: [Json<'_>; 4]| found.map(|value| value.written().into_owned());
    let two = Json::object(bytes).and_then(|object| object.fields(NAMES));
    let one = Json::fields_in(bytes, NAMES);
    assert_eq!(one.map(written), two.map(written));
}

/// Looks at all of a value in every way, a few levels deep.
fn walk(value: Json<'_>, depth: usize) {
    let text = value.text();
    assert!(value.is_text() || text.is_empty());
    // Bytes that are no text are shown as U+FFFD, and equal to nothing.
    assert!(!value.is_text() || value.is(&text) || text.contains('\u{fffd}'));
    value.number();
    let mut printable = String::new();
    value.push_printable(&mut printable);
    assert!(printable.len() <= text.len() && crate::is_printable(&printable));
    drop((text, printable));
    if depth < 3 {
        for found in value.get(NAMES) {
            walk(found, depth + 1);
        }
        // Deeper levels would be read again for each level.
        for item in value.items().take(1000) {
            walk(item, depth + 2);
        }
    }
}

/// Compares with what `serde_json` has read.
fn agrees(text: &str, value: &Value) {
    if let Value::String(string) = value {
        let found = Json::text_in(text.trim_matches([' ', '\t', '\r', '\n']));
        assert_eq!(found.as_deref(), Some(string.as_str()));
        let mut written = String::new();
        push_string(&mut written, string);
        assert_eq!(written, value.to_string());
    }
    let Value::Object(fields) = value else {
        return;
    };
    let object = Json::object(text.as_bytes()).expect("an object");
    for (name, value) in fields.iter().take(20) {
        let [found] = object.fields([name.as_str()]).expect("well-formed");
        assert_eq!(found.text(), value.as_str().unwrap_or_default());
        assert_eq!(found.is_none(), value.is_null());
        assert_eq!(found.is_list(), value.is_array());
        assert_eq!(found.is_object(), value.is_object());
        let items = value.as_array().map_or(0, Vec::len);
        assert_eq!(found.items().count(), items);
        if let Value::Number(number) = value {
            // We also take 12.0 for 12.
            assert!(
                number
                    .as_u64()
                    .is_none_or(|number| found.number() == Some(number))
            );
        }
        let again = serde_json::from_str::<Value>(&found.written());
        assert_eq!(again.as_ref().ok(), Some(value));
    }
}

/// Whether no string has the secret.
fn hides(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(SECRET),
        Value::Array(items) => items.iter().all(hides),
        Value::Object(fields) => fields
            .iter()
            .all(|(name, value)| !name.contains(SECRET) && hides(value)),
        _ => true,
    }
}
