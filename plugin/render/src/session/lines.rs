//! Splits the input into lines of bounded length.

use std::io::{self, BufRead};

use super::salvage::Salvage;
use crate::Id;

/// The longest line: the gateway takes 20 MiB, base64 makes a third more of it.
pub const MAX_LINE_BYTES: usize = 32 << 20;

/// One line of input.
#[derive(Debug, PartialEq)]
pub enum Input {
    /// A line without its line break.
    Line(Vec<u8>),
    /// A line over [`MAX_LINE_BYTES`]; it was skipped, but for its id.
    TooLong(Option<Id>),
    /// The input cannot be read any further.
    Broken(String),
}

/// The next line that is not blank; none at the end. What follows the last line break is a line. Of a line over
/// `limit` bytes no more than that is kept in memory.
pub fn next_line(reader: &mut impl BufRead, limit: usize) -> Option<Input> {
    loop {
        match line(reader, limit) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Some(Input::Broken(error.to_string())),
            Ok(Some(Input::Line(line))) if line.iter().all(u8::is_ascii_whitespace) => {}
            Ok(input) => return input,
        }
    }
}

/// The next line; of one over the limit no more than that is kept in memory.
fn line(reader: &mut impl BufRead, limit: usize) -> io::Result<Option<Input>> {
    let mut line = Vec::new();
    // Of a line that is too long.
    let mut salvage: Option<Salvage> = None;
    let mut begun = false;
    loop {
        let bytes = match reader.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if bytes.is_empty() {
            break;
        }
        begun = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let piece = &bytes[..end.unwrap_or(bytes.len())];
        if salvage.is_none() && line.len() + piece.len() > limit {
            salvage
                .get_or_insert_default()
                .push(&std::mem::take(&mut line));
        }
        match &mut salvage {
            Some(salvage) => salvage.push(piece),
            None => line.extend_from_slice(piece),
        }
        let used = end.map_or(bytes.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(match (begun, salvage) {
        (false, _) => None,
        (true, Some(salvage)) => Some(Input::TooLong(salvage.finish())),
        (true, None) => Some(Input::Line(line)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], limit: usize) -> Vec<Input> {
        // A buffer of three bytes, so that lines are cut anywhere.
        let mut reader = io::BufReader::with_capacity(3, bytes);
        std::iter::from_fn(|| next_line(&mut reader, limit)).collect()
    }

    fn is(text: &str) -> Input {
        Input::Line(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_come_whole_and_blank_ones_not_at_all() {
        assert_eq!(
            all(b"one\n\n \t\r\ntwo\r\nlast", 100),
            [is("one"), is("two\r"), is("last")]
        );
        assert_eq!(all(b"", 100), []);
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_and_the_next_one_read() {
        assert_eq!(
            all(b"12345\n123456\nok\n", 5),
            [is("12345"), Input::TooLong(None), is("ok")]
        );
        assert_eq!(all(b"123456", 5), [Input::TooLong(None)]);
    }

    // Report F17: also of a line that is not kept (helidon-io/helidon#10740: errors without the id leave clients waiting).
    #[test]
    fn a_line_over_the_limit_keeps_its_id() {
        let id = serde_json::Value::from(7).try_into().ok();
        for line in [r#"{"id":7,"text":"long"}"#, r#"{"text":"long","id":7}"#] {
            assert_eq!(
                all(line.as_bytes(), 10),
                [Input::TooLong(id.clone())],
                "{line}"
            );
        }
    }

    #[test]
    fn invalid_utf8_is_a_line_like_any_other() {
        assert_eq!(all(b"\xff\nok", 100), [Input::Line(vec![0xff]), is("ok")]);
    }
}
