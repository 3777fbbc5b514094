//! Reads JSON from outside in place: looks up what is needed and skips the rest.
//!
//! Builds nothing, so a value costs no memory however deep or wide it is; skipped parts need not be valid. A
//! field of the wrong type counts as missing.

use crate::prelude::*;
use alloc::borrow::Cow;
use openclaw_core::json_escape::escape;
use openclaw_core::printable::{lossy, push_printable};
use openclaw_core::scan::{first, first_of};

mod masked;
mod strict;

pub use masked::masked;
pub use strict::is_object;

/// An unparsed value. The default is "missing".
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<'a>(&'a [u8]);

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is cut off.
    CutOff,
    /// It is malformed.
    Garbled,
}

type Read<T> = Result<T, Unreadable>;

/// How an object's numbers and other literals are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Literals {
    /// None of them is odd.
    Plain,
    /// Where the object ends depends on who reads it; see [`Json::is_odd_literal`].
    Odd,
}

impl<'a> Json<'a> {
    /// The object at the start of a text; anything after it is ignored.
    ///
    /// # Errors
    /// There is no object, or not its end.
    pub fn object(text: &'a [u8]) -> Read<Self> {
        let text = without_mark(text);
        let start = after_space(text, 0);
        match text.get(start) {
            Some(b'{') => Ok(Self(&text[start..value_end(text, start)?])),
            Some(_) => Err(Unreadable::Garbled),
            None => Err(Unreadable::CutOff),
        }
    }

    /// A text that starts like an object but is malformed.
    pub fn broken(text: &'a [u8]) -> Self {
        Self(&text[after_space(text, 0)..])
    }

    /// The first object of an error text, malformed or not: the text itself, or the first element of a list.
    pub fn first(text: &'a [u8]) -> Self {
        let value = Self::broken(without_mark(text));
        if value.is_list() {
            return value.items().next().unwrap_or_default();
        }
        value
    }

    /// The named fields of the object at the start of a text: [`Json::object`] and [`Json::fields`], in one
    /// pass if nothing is odd.
    ///
    /// # Errors
    /// Those of the two.
    pub fn fields_in<const N: usize>(text: &'a [u8], names: [&str; N]) -> Read<[Self; N]> {
        let start = Self::broken(without_mark(text));
        let mut found = [Self::default(); N];
        if start.is_object() && start.find(&names, &mut found) == Ok(Literals::Plain) {
            return Ok(found);
        }
        Self::object(text)?.fields(names)
    }

    /// The named fields of an object whose own braces, names and commas must be well-formed. If a name
    /// repeats, the last field counts.
    ///
    /// # Errors
    /// They are not well-formed.
    pub fn fields<const N: usize>(self, names: [&str; N]) -> Read<[Self; N]> {
        let mut found = [Self::default(); N];
        self.find(&names, &mut found)?;
        Ok(found)
    }

    /// The named fields of a value; missing if it is not an object or is malformed.
    pub fn get<const N: usize>(self, names: [&str; N]) -> [Self; N] {
        let mut found = [Self::default(); N];
        let _ = self.find(&names, &mut found);
        found
    }

    /// Sets the named fields of this value, if it is an object; what follows its end is not read.
    fn find(self, names: &[&str], found: &mut [Self]) -> Read<Literals> {
        let text = self.0;
        let mut literals = Literals::Plain;
        if text.first() != Some(&b'{') {
            return Ok(literals);
        }
        let mut at = after_space(text, 1);
        if text.get(at) == Some(&b'}') {
            return Ok(literals);
        }
        loop {
            if text.get(at) != Some(&b'"') {
                return Err(Unreadable::Garbled);
            }
            let name = Self(&text[at..string_end(text, at)?]);
            at = after_space(text, at + name.0.len());
            if text.get(at) != Some(&b':') {
                return Err(Unreadable::Garbled);
            }
            at = after_space(text, at + 1);
            let value = Self(&text[at..value_end(text, at)?]);
            let plain = name.plain();
            let is_name = |wanted: &&str| match plain {
                Some(plain) => plain == wanted.as_bytes(),
                None => name.text() == **wanted,
            };
            if let Some(place) = names.iter().position(is_name) {
                found[place] = value;
            }
            if value.is_odd_literal() {
                literals = Literals::Odd;
            }
            at = after_space(text, at + value.0.len());
            match text.get(at) {
                Some(b',') => at = after_space(text, at + 1),
                Some(b'}') => return Ok(literals),
                _ => return Err(Unreadable::Garbled),
            }
        }
    }

    /// The elements of a list; none for other values.
    pub fn items(self) -> impl Iterator<Item = Json<'a>> {
        let text = if self.0.first() == Some(&b'[') {
            self.0
        } else {
            &[]
        };
        let mut at = 1;
        core::iter::from_fn(move || {
            at = after_space(text, at);
            if text.get(at) == Some(&b',') {
                at = after_space(text, at + 1);
            }
            let end = value_end(text, at).ok()?;
            let item = Self(&text[at..end]);
            at = end;
            Some(item)
        })
    }

    /// Whether it is missing or null.
    pub fn is_none(self) -> bool {
        self.0.is_empty() || self.0 == b"null"
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.0.first() == Some(&b'{')
    }

    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        self.0.first() == Some(&b'[')
    }

    /// Whether it is a string.
    pub fn is_text(self) -> bool {
        self.0.first() == Some(&b'"')
    }

    /// Whether it is this string.
    pub fn is(self, text: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == text.as_bytes(),
            None => self.is_text() && self.text() == text,
        }
    }

    /// The raw JSON text.
    pub fn written(self) -> Cow<'a, str> {
        lossy(self.0)
    }

    /// The value of a string; empty for anything else.
    pub fn text(self) -> Cow<'a, str> {
        if let Some(plain) = self.plain() {
            return lossy(plain);
        }
        let mut text = String::new();
        self.pieces(&mut |piece| text.push_str(piece));
        Cow::Owned(text)
    }

    /// The value of a text that is exactly one JSON string.
    pub fn text_in(written: &'a str) -> Option<Cow<'a, str>> {
        let text = Self(written.as_bytes());
        (text.is_text() && string_end(text.0, 0) == Ok(text.0.len())).then(|| text.text())
    }

    /// Appends the printable characters of a string.
    pub fn push_printable(self, to: &mut String) {
        self.pieces(&mut |piece| push_printable(to, piece));
    }

    /// A number, if it is an integer that fits.
    pub fn number(self) -> Option<u64> {
        let text = core::str::from_utf8(self.0).ok()?;
        // Some languages write 12 as 12.0.
        text.strip_suffix(".0").unwrap_or(text).parse().ok()
    }

    /// Whether it is a literal in which, read as a part of a list or object, a string or value would start.
    fn is_odd_literal(self) -> bool {
        let starts = |b: &u8| matches!(b, b'"' | b'[' | b'{');
        !self.0.first().is_some_and(starts) && self.0.iter().any(starts)
    }

    /// The content of a string without escapes.
    fn plain(self) -> Option<&'a [u8]> {
        let inner = self.inner()?;
        first(inner, b'\\').is_none().then_some(inner)
    }

    fn inner(self) -> Option<&'a [u8]> {
        self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")
    }

    /// The value of a string, piece by piece. Lone surrogates, invalid escapes and invalid UTF-8 become U+FFFD.
    fn pieces(self, each: &mut dyn FnMut(&str)) {
        let mut rest = self.inner().unwrap_or_default();
        while !rest.is_empty() {
            let run = first(rest, b'\\').unwrap_or(rest.len());
            let (run, escaped) = rest.split_at(run);
            // All at once if it is valid, which is faster; else in parts, for a copy may be three times as large.
            match core::str::from_utf8(run) {
                Ok(run) => each(run),
                Err(_) => run.utf8_chunks().for_each(|part| {
                    each(part.valid());
                    if !part.invalid().is_empty() {
                        each("\u{fffd}");
                    }
                }),
            }
            rest = escaped;
            if !rest.is_empty() {
                let (c, used) = escape(rest);
                each(c.encode_utf8(&mut [0; 4]));
                rest = &rest[used..];
            }
        }
    }
}

/// Appends a text as a JSON string.
pub fn push_string(to: &mut String, text: &str) {
    to.push('"');
    let mut begun = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'\n' => 'n',
            b'\r' => 'r',
            b'\t' => 't',
            8 => 'b',
            12 => 'f',
            0..32 => 'u',
            _ => continue,
        };
        to.push_str(&text[begun..at]);
        begun = at + 1;
        to.push('\\');
        to.push(short);
        if short == 'u' {
            to.push_str(if byte < 16 { "000" } else { "001" });
            to.push(char::from_digit(u32::from(byte % 16), 16).unwrap_or('0'));
        }
    }
    to.push_str(&text[begun..]);
    to.push('"');
}

/// The text without its byte order mark.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

fn after_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The end of the string that starts here.
fn string_end(text: &[u8], start: usize) -> Read<usize> {
    let mut at = start + 1;
    while let Some(rest) = text.get(at..)
        && let Some(found) = first_of(rest, b'"', b'\\')
    {
        at += found + 1;
        if rest[found] == b'"' {
            return Ok(at);
        }
        at += 1;
    }
    Err(Unreadable::CutOff)
}

/// The end of the value that starts here. Nested values only count as depth.
fn value_end(text: &[u8], start: usize) -> Read<usize> {
    let mut at = start;
    let mut depth = 0_usize;
    loop {
        match text.get(at) {
            Some(b'"') => at = string_end(text, at)?,
            Some(b'{' | b'[') => {
                depth += 1;
                at += 1;
            }
            Some(b'}' | b']') if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            Some(_) if depth > 0 => {
                at += 1;
                continue;
            }
            Some(_) => {
                let rest = &text[at..];
                let ends =
                    |b: &u8| matches!(b, b',' | b'}' | b']' | b':') || b.is_ascii_whitespace();
                match rest.iter().position(ends) {
                    Some(0) => return Err(Unreadable::Garbled),
                    length => at += length.unwrap_or(rest.len()),
                }
            }
            None => return Err(Unreadable::CutOff),
        }
        if depth == 0 {
            return Ok(at);
        }
    }
}

#[cfg(test)]
mod tests;
