//! The text of a `.env`: read as each generation of Compose reads it, and edited. Pure.

use std::collections::BTreeMap;

use crate::interpolate::Dialect;

mod edit;
mod go;
mod python;

pub use self::edit::set;

/// The most bytes that all values of a file may have together. Values can be put into others, and so double with
/// every line.
const MOST: usize = 16 << 20;

/// What a reader makes of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) values: BTreeMap<String, Option<String>>,
    pub(crate) statements: Vec<Statement>,
    /// Lines that are left out.
    pub(crate) skipped: Vec<usize>,
    /// Names without a value, and without one in the shell.
    pub(crate) valueless: Vec<String>,
    /// Bytes of all values so far, those that were replaced too.
    bytes: usize,
}

/// An assignment and the lines that it takes, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) key: String,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Read {
    /// Adds a value; none if all of them are too long.
    fn insert(&mut self, key: String, value: Option<String>) -> Option<()> {
        self.bytes += value.as_ref().map_or(0, String::len);
        if self.bytes > MOST {
            return None;
        }
        self.values.insert(key, value);
        Some(())
    }
}

/// Reads a text. For a text that Compose refuses also the line, from 1.
pub(crate) fn read_as(
    text: &str,
    dialect: Dialect,
    shell: &dyn Fn(&str) -> Option<String>,
) -> (Read, Option<usize>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match dialect {
        Dialect::Go => go::read(text, shell),
        Dialect::Python => (python::read(text, shell), None),
    }
}

/// The character of an escape such as `\n`.
fn control(escape: char) -> Option<char> {
    Some(match escape {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        _ => return None,
    })
}
