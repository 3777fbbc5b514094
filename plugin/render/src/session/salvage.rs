//! The id of a line that cannot be read as a whole: its caller waits for an answer to it.

use openclaw_core::json_escape::replace_lone_surrogates;
use serde_json::{Number, Value};

use crate::Id;

/// The longest id that is looked for, in bytes as it is written.
const MAX_ID_BYTES: usize = 4096;

/// Looks for the id in the bytes of a line, whatever is wrong with the rest: no UTF-8, cut off, not
/// JSON, nested too deep, too long. The line need not be kept for it.
///
/// It finds, directly in the line's object, the name `id` (in double, single or no quotes), a colon, and
/// a string or number. As in JavaScript and Python the last one counts.
#[derive(Debug, Default)]
pub struct Salvage {
    /// Objects and arrays that are open.
    depth: usize,
    /// The line's object has ended: what follows is not in it.
    closed: bool,
    within: Within,
    /// The string or word that is being read, or was read last; empty if it is too long.
    token: Vec<u8>,
    /// What was read last is a string or word, and may be a name.
    fresh: bool,
    /// The value of an `id` is next.
    wanted: bool,
    found: Option<Id>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Within {
    #[default]
    Nothing,
    /// A string in these quotes; after a backslash or not.
    Quotes(u8, bool),
    /// A number, or a word without quotes.
    Word,
}

/// The id in a whole line.
pub fn id_in(line: &[u8]) -> Option<Id> {
    let mut salvage = Salvage::default();
    salvage.push(line);
    salvage.finish()
}

impl Salvage {
    /// More of the line.
    pub fn push(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(*byte));
    }

    /// The line has ended: its id, if it has one.
    pub fn finish(mut self) -> Option<Id> {
        if self.within == Within::Word {
            self.end_token();
        }
        self.found
    }

    fn byte(&mut self, byte: u8) {
        match (self.within, byte) {
            (Within::Quotes(quote, true), _) => {
                self.within = Within::Quotes(quote, false);
                self.keep(byte);
            }
            (Within::Quotes(quote, false), b'\\') => {
                self.within = Within::Quotes(quote, true);
                self.keep(byte);
            }
            (Within::Quotes(quote, false), _) => {
                self.keep(byte);
                if byte == quote {
                    self.end_token();
                }
            }
            (Within::Word, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'"' | b'\'')
            | (Within::Word, b'{' | b'}' | b'[' | b']') => {
                self.end_token();
                self.between(byte);
            }
            (Within::Word, _) => self.keep(byte),
            (Within::Nothing, _) => self.between(byte),
        }
    }

    fn between(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return,
            b'"' | b'\'' => self.within = Within::Quotes(byte, false),
            b':' => {
                self.wanted = self.depth == 1 && !self.closed && self.fresh && self.token_is_id();
                self.fresh = false;
                return;
            }
            b',' => {}
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.closed |= self.depth == 0;
            }
            _ => self.within = Within::Word,
        }
        self.fresh = false;
        if self.within == Within::Nothing {
            self.wanted = false;
        } else {
            self.token.clear();
            self.keep(byte);
        }
    }

    fn keep(&mut self, byte: u8) {
        // Only what stands directly in the object matters. One byte more says that it is too long.
        if self.depth == 1 && self.token.len() <= MAX_ID_BYTES {
            self.token.push(byte);
        }
    }

    fn end_token(&mut self) {
        self.within = Within::Nothing;
        self.fresh = true;
        if std::mem::take(&mut self.wanted) {
            self.found = self.value().and_then(|value| value.try_into().ok());
        }
    }

    fn token_is_id(&self) -> bool {
        self.token == b"id" || self.value() == Some("id".into())
    }

    /// What was read last, if it is a string or a number.
    fn value(&self) -> Option<Value> {
        if self.token.len() > MAX_ID_BYTES {
            return None;
        }
        let text = String::from_utf8_lossy(&self.token);
        match text.strip_prefix('\'') {
            None if text.starts_with('"') => {
                let string: String = serde_json::from_str(&replace_lone_surrogates(&text)).ok()?;
                Some(string.into())
            }
            None => Some(serde_json::from_str::<Number>(&text).ok()?.into()),
            Some(rest) => {
                let string = rest.strip_suffix('\'')?;
                (!string.contains('\\')).then(|| string.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Report F17: the id of a line that is not understood (helidon-io/helidon#10740: errors without the id leave clients waiting).
    #[test]
    fn an_id_is_found_wherever_the_line_breaks() {
        let deep = format!(r#"{{"op":"ask","x":{}1,"id":3"#, "[".repeat(100_000));
        let closed = format!(r#"{{"x":{}{},"id":3}}"#, "[".repeat(9999), "]".repeat(9999));
        for (line, id) in [
            (r#"{"op":"ask","id":1,"text":"hi"#, Some(1.into())),
            (
                r#"{"op":"ask","text":"hi" oops,"id":"x"}"#,
                Some("x".into()),
            ),
            (r#"{"op":ask,"id":1.5}"#, Some(1.5.into())),
            (r#"{"op":"ask" "id":1}"#, Some(1.into())),
            (r#"{"id": -7 ,"text":NaN}"#, Some((-7).into())),
            (r#"{"id":7"#, Some(7.into())),
            (r#"{'op':'ask','id':'it is'}"#, Some("it is".into())),
            (r#"{op:"ask",id:1}"#, Some(1.into())),
            (r#"{"op":"ask","id":1,}"#, Some(1.into())),
            (r#"{"id":1,"id":2,"op":}"#, Some(2.into())),
            (r#"{"i\u0064":1,,}"#, Some(1.into())),
            (r#"{"id":1} {"id":2}"#, Some(1.into())),
            (r#"{"op":"quit"} {"id":2}"#, None),
            (r#"{"id":"a\"b\\","x}"#, Some("a\"b\\".into())),
            (r#"{"id":"\ud83d","x}"#, Some("\u{fffd}".into())),
            ("\u{feff}{\"id\":1,,}", Some(1.into())),
            (closed.as_str(), Some(3.into())),
            // Not in the line's object, not a name, no string or number.
            (deep.as_str(), None),
            (r#"{"tools":[{"id":1}],"text":"#, None),
            (r#"[{"id":1}"#, None),
            (r#"{"text":"\"id\":1","op":"#, None),
            (r#"{"text":"id","x":1"#, None),
            (r#"{"id":true"#, None),
            (r#"{"id":{"id":1},"#, None),
            (r#"{"id":[1],"#, None),
            (r#"{"id":1e999"#, None),
            (r#"{"id":"#, None),
            (r#"{"id":"cut o"#, None),
            ("id: 5", None),
            ("nonsense", None),
            ("", None),
        ] {
            let id = id.map(|id: Value| Id::try_from(id).unwrap());
            assert_eq!(id_in(line.as_bytes()), id, "{line:.80}");
        }
        let bytes = b"{\"text\":\"\xff\xc3\",\"id\":\"a\xff\"}";
        let id = Value::from("a\u{fffd}").try_into().unwrap();
        assert_eq!(id_in(bytes), Some(id));
    }

    #[test]
    fn a_name_or_value_without_end_is_not_kept() {
        let mut salvage = Salvage::default();
        salvage.push(b"{\"id\":\"");
        for _ in 0..100 {
            salvage.push(&[b'x'; 1000]);
        }
        assert!(salvage.token.capacity() <= 4 * MAX_ID_BYTES);
        salvage.push(b"\",\"id\":5,");
        assert_eq!(salvage.finish(), Value::from(5).try_into().ok());
    }
}
