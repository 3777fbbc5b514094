//! A line is understood or answered, under its id, whatever is in it and however it arrives.

use std::io::{self, BufRead, Read};

use openclaw_render::session::{BadLine, Input as Line, next_line, parse};
use serde_json::Value;

use crate::bounded;
use crate::input::{Input, MOST};

/// Bytes held for each byte of a line. JSON as a value takes 32 bytes for an element of two, and serde holds a line
/// of an unknown op as another such value.
const FOR_EACH: usize = 160;

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 4);
    let limit = match input.choice(1, 3) {
        0 => usize::from(input.byte(2)),
        _ => MOST,
    };
    let whole = lines(&mut &bytes[..], limit);
    let mut cut = Pieces(input.pieces(&bytes));
    assert_eq!(lines(&mut cut, limit), whole, "cut elsewhere");
    for line in whole {
        let Line::Line(line) = line else {
            continue;
        };
        assert!(line.len() <= limit && !line.contains(&b'\n'));
        let most = FOR_EACH * line.len() + (16 << 10);
        match bounded(most, || parse(&line)) {
            Ok((id, op)) => {
                let said = format!("{id} {op:?}");
                assert!(!said.is_empty());
                let value: Value = value(&line).expect("it was read");
                if let Some(given) = value.get("id").filter(|id| !id.is_null()) {
                    assert_eq!(id.to_string(), given.to_string());
                }
            }
            Err(BadLine { id, message }) => {
                assert!(!message.is_empty());
                if let Some(given) = value(&line).as_ref().and_then(|value| value.get("id"))
                    && (given.is_string() || given.is_number())
                {
                    let id = id.map(|id| id.to_string());
                    assert_eq!(id, Some(given.to_string()), "an answer without its id");
                }
            }
        }
    }
}

/// The line's object, if another reader finds one.
fn value(line: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(line).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    let whole = openclaw_core::json_escape::replace_lone_surrogates(text);
    let value: Value = serde_json::from_str(&whole).ok()?;
    value.is_object().then_some(value)
}

fn lines(reader: &mut impl BufRead, limit: usize) -> Vec<Line> {
    std::iter::from_fn(|| next_line(reader, limit)).collect()
}

/// Hands out one piece at a time.
struct Pieces<'a>(Vec<&'a [u8]>);

impl Read for Pieces<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        // An empty piece would be the end.
        while self.0.first().is_some_and(|piece| piece.is_empty()) {
            self.0.remove(0);
        }
        Ok(self.0.first().copied().unwrap_or_default())
    }

    fn consume(&mut self, used: usize) {
        if let Some(piece) = self.0.first_mut() {
            *piece = &piece[used..];
        }
    }
}
