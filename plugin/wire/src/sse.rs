//! Parses server-sent events from the bytes of an answer, however they are split into chunks.
//!
//! Implements the WHATWG HTML standard, sections 9.2.5 and 9.2.6; comments in quotation marks cite it. In
//! addition, lines and events have a size limit, which bounds the reader's memory.
//!
//! ```
//! use openclaw_wire::sse::{Limits, SseReader};
//!
//! let mut reader = SseReader::new(Limits { max_line: 1024, max_event: 1024 });
//! let mut seen = Vec::new();
//! for chunk in [&b"event: greeting\ndata: Hel"[..], b"lo\r", b"\n\r\n"] {
//!     for event in reader.push(chunk) {
//!         let event = event?;
//!         seen.push((event.event, event.data));
//!     }
//! }
//! assert_eq!(seen, [("greeting".to_owned(), "Hello".to_owned())]);
//! # Ok::<(), openclaw_wire::sse::SseError>(())
//! ```

use crate::prelude::*;
use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::iter::FusedIterator;
use core::mem;
use core::time::Duration;
use openclaw_core::printable::lossy;
use openclaw_core::scan::{first, first_of};

mod error;

pub use error::SseError;

/// Memory limits of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a line as received, without the CR or LF that ends it; a byte order mark counts.
    pub max_line: usize,
    /// Bytes of an event's data, as in [`SseEvent::data`].
    pub max_event: usize,
}

/// A longer line or event is not copied, and its memory is not kept.
const LONG: usize = 64 * 1024;

/// One event of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// The value of the `event` field; `message` if there was none.
    pub event: String,
    /// The values of the `data` fields, joined by LF. At most [`Limits::max_event`] bytes.
    pub data: String,
    /// The stream's last `id` so far; empty if there was none. Shared, because it rarely changes.
    pub last_event_id: Arc<str>,
}

/// Parses the chunks of one stream into events.
///
/// There is nothing to call at the end of the stream, just drop the reader: "Once the end of the file is
/// reached, any pending data must be discarded".
///
/// Between chunks it holds at most `max_line` bytes of an unfinished line, `max_event + 1` bytes of data, and
/// the last event type and id, of at most one line each (invalid UTF-8 bytes grow to three when replaced).
#[derive(Debug)]
pub struct SseReader {
    limits: Limits,
    /// The start of an unfinished line.
    line: Vec<u8>,
    /// No line has ended yet.
    at_start: bool,
    /// The last line ended with CR; an LF that follows belongs to it.
    after_cr: bool,
    /// Of the event that is being read; once it is complete, of that one until it is taken or cleared.
    data: String,
    event_type: String,
    last_event_id: Arc<str>,
    reconnection_time: Option<Duration>,
    failed: Option<SseError>,
}

impl SseReader {
    /// Creates a reader at the start of a stream.
    pub fn new(limits: Limits) -> Self {
        // "When a stream is parsed, a data buffer, an event type buffer, and a last event ID
        // buffer must be associated with it. They must be initialized to the empty string."
        Self {
            limits,
            line: Vec::new(),
            at_start: true,
            after_cr: false,
            data: String::new(),
            event_type: String::new(),
            last_event_id: Arc::from(""),
            reconnection_time: None,
            failed: None,
        }
    }

    /// Parses the next chunk lazily: take all its events before pushing another chunk. Dropping the iterator
    /// discards the rest of the chunk.
    ///
    /// The events, including those before an error, do not depend on how the stream is split. After an error
    /// the reader only repeats it.
    ///
    /// # Errors
    /// The stream exceeded one of the [`Limits`]; no item follows.
    #[must_use = "the chunk is read by taking the events"]
    pub fn push<'a>(&'a mut self, chunk: &'a [u8]) -> SseEvents<'a> {
        SseEvents {
            reader: self,
            rest: chunk,
            ended: false,
        }
    }

    /// Like [`SseReader::push`], but lends the type and data of each event, and stops when `read` returns false.
    ///
    /// # Errors
    /// The stream exceeded one of the [`Limits`].
    pub fn each(
        &mut self,
        chunk: &[u8],
        mut read: impl FnMut(&str, &str) -> bool,
    ) -> Result<(), SseError> {
        let mut rest = chunk;
        while self.next_event(&mut rest)? {
            let go_on = read(self.complete_type(), &self.data);
            self.clear();
            if !go_on {
                break;
            }
        }
        Ok(())
    }

    /// The last valid `retry` value; none if there was none.
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    /// Consumes `rest` up to the end of the next event, which is then complete, or entirely.
    fn next_event(&mut self, rest: &mut &[u8]) -> Result<bool, SseError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.read_lines(rest);
        if let Err(error) = result {
            // The rest of the stream is useless.
            *self = Self {
                failed: Some(error),
                ..Self::new(self.limits)
            };
        }
        result
    }

    /// "The stream must then be parsed by reading everything line by line, with a U+000D CARRIAGE
    /// RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A LINE FEED (LF) character not
    /// preceded by a U+000D CARRIAGE RETURN (CR) character, and a single U+000D CARRIAGE RETURN
    /// (CR) character not followed by a U+000A LINE FEED (LF) character being the ways in which a
    /// line can end."
    ///
    /// Lines are split before decoding UTF-8. The result is the same: the decoder never consumes an ASCII
    /// byte as part of a sequence, valid or not.
    fn read_lines(&mut self, rest: &mut &[u8]) -> Result<bool, SseError> {
        while let Some((&start, tail)) = rest.split_first() {
            // A CR ends its line at once, without waiting for an LF that may never come.
            if mem::take(&mut self.after_cr) && start == b'\n' {
                *rest = tail;
                continue;
            }
            // Only new bytes are searched, never those in `self.line`.
            let end = first_of(rest, b'\r', b'\n');
            let (part, tail) = rest.split_at(end.unwrap_or(rest.len()));
            if self.line.len() + part.len() > self.limits.max_line {
                return Err(SseError::LineTooLong {
                    limit: self.limits.max_line,
                });
            }
            let Some((ending, tail)) = tail.split_first() else {
                *rest = tail;
                self.keep(part);
                break;
            };
            *rest = tail;
            self.after_cr = *ending == b'\r';
            let complete = if self.line.is_empty() {
                self.interpret_line(part)?
            } else {
                self.keep(part);
                let line = mem::take(&mut self.line);
                self.interpret_long_line(line)?
            };
            if complete {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Appends to the unfinished line. The caller has checked its limit.
    fn keep(&mut self, part: &[u8]) {
        let Limits { max_line, .. } = self.limits;
        let more = growth(self.line.len(), self.line.capacity(), part.len(), max_line);
        self.line.reserve_exact(more);
        self.line.extend_from_slice(part);
    }

    /// Like [`SseReader::interpret_line`], but a long data line becomes the data itself; a copy would double
    /// the memory.
    fn interpret_long_line(&mut self, line: Vec<u8>) -> Result<bool, SseError> {
        let is_data = line.starts_with(b"data:") && self.data.is_empty() && !self.at_start;
        let value = if line.get(5) == Some(&b' ') { 6 } else { 5 };
        if line.len() < LONG || !is_data || line.len() - value > self.limits.max_event {
            return self.interpret_line(&line);
        }
        match String::from_utf8(line) {
            Ok(mut data) => {
                data.drain(..value);
                data.push('\n');
                self.data = data;
                Ok(false)
            }
            Err(error) => self.interpret_line(error.as_bytes()),
        }
    }

    /// "Lines must be processed, in the order they are received, as follows". True if an event is complete.
    fn interpret_line(&mut self, mut line: &[u8]) -> Result<bool, SseError> {
        // "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
        if mem::take(&mut self.at_start) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        // "If the line is empty (a blank line): Dispatch the event, as defined below."
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        match first(line, b':') {
            // "If the line starts with a U+003A COLON character (:): Ignore the line."
            Some(0) => {}
            // "If the line contains a U+003A COLON character (:): Collect the characters on the
            // line before the first U+003A COLON character (:), and let field be that string.
            // Collect the characters on the line after the first U+003A COLON character (:), and
            // let value be that string. If value starts with a U+0020 SPACE character, remove it
            // from value."
            Some(colon) => {
                let (field, value) = line.split_at(colon);
                let value = value.strip_prefix(b":").unwrap_or(value);
                self.process_field(field, value.strip_prefix(b" ").unwrap_or(value))?;
            }
            // "Otherwise, the string is not empty but does not contain a U+003A COLON character
            // (:): Process the field [...] using the whole line as the field name, and the empty
            // string as the field value."
            None => self.process_field(line, b"")?,
        }
        Ok(false)
    }

    /// "Field names must be compared literally, with no case folding performed."
    fn process_field(&mut self, name: &[u8], value: &[u8]) -> Result<(), SseError> {
        match name {
            // "Set the event type buffer to the field value."
            b"event" => {
                self.event_type.clear();
                self.event_type.push_str(&decode(value));
            }
            // "Append the field value to the data buffer, then append a single U+000A LINE FEED
            // (LF) character to the data buffer."
            b"data" => {
                let value = decode(value);
                let limit = self.limits.max_event;
                // Excludes the LF this field appends: the event lacks the last one.
                if self.data.len() + value.len() > limit {
                    return Err(SseError::EventTooLong { limit });
                }
                let (len, capacity) = (self.data.len(), self.data.capacity());
                let limit = limit.saturating_add(1);
                self.data
                    .reserve_exact(growth(len, capacity, value.len() + 1, limit));
                self.data.push_str(&value);
                self.data.push('\n');
            }
            // "If the field value does not contain U+0000 NULL, then set the last event ID buffer
            // to the field value. Otherwise, ignore the field."
            b"id" if !value.contains(&0) => self.last_event_id = Arc::from(decode(value)),
            // "If the field value consists of only ASCII digits, then interpret the field value as
            // an integer in base ten, and set the event stream's reconnection time to that
            // integer. Otherwise, ignore the field." An empty value is no integer: ignored.
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let milliseconds = value.iter().fold(0u64, |number, digit| {
                    let digit = u64::from(digit - b'0');
                    number.saturating_mul(10).saturating_add(digit)
                });
                self.reconnection_time = Some(Duration::from_millis(milliseconds));
            }
            // "Otherwise: The field is ignored." So are the fields rejected by the guards above.
            _ => {}
        }
        Ok(())
    }

    /// Dispatches the event. False if there is none.
    fn dispatch(&mut self) -> bool {
        // "If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove
        // the last character from the data buffer." It always is: each field appends one.
        let complete = self.data.pop().is_some();
        // "If the data buffer is an empty string, set the data buffer and the event type buffer to
        // the empty string and return."
        if !complete {
            self.clear();
        }
        complete
    }

    /// "If the event type buffer has a value other than the empty string, change the type of the newly
    /// created event to equal the value of the event type buffer."
    fn complete_type(&self) -> &str {
        if self.event_type.is_empty() {
            "message"
        } else {
            &self.event_type
        }
    }

    /// "Set the data buffer and the event type buffer to the empty string", with or without an event. Usual
    /// sizes keep their memory for the next event.
    fn clear(&mut self) {
        for text in [&mut self.data, &mut self.event_type] {
            if text.capacity() > LONG {
                *text = String::new();
            }
            text.clear();
        }
    }
}

/// The events of one chunk, in order; see [`SseReader::push`].
#[derive(Debug)]
pub struct SseEvents<'a> {
    reader: &'a mut SseReader,
    rest: &'a [u8],
    ended: bool,
}

impl Iterator for SseEvents<'_> {
    type Item = Result<SseEvent, SseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = match self.reader.next_event(&mut self.rest) {
            Ok(true) => {
                let event = SseEvent {
                    event: self.reader.complete_type().to_owned(),
                    data: mem::take(&mut self.reader.data),
                    // "The buffer does not get reset".
                    last_event_id: Arc::clone(&self.reader.last_event_id),
                };
                self.reader.clear();
                Some(Ok(event))
            }
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        };
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

impl FusedIterator for SseEvents<'_> {}

/// "Streams must be decoded using the UTF-8 decode algorithm": each maximal part of a sequence
/// that is not UTF-8 becomes one U+FFFD.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    lossy(bytes)
}

/// How much to reserve for `more` further bytes: capacity doubles, so that appending byte by byte stays
/// linear, but never exceeds `limit`.
fn growth(len: usize, capacity: usize, more: usize, limit: usize) -> usize {
    let needed = len + more;
    if needed <= capacity {
        0
    } else {
        needed.max(capacity.saturating_mul(2).min(limit)) - len
    }
}

#[cfg(test)]
mod tests;
