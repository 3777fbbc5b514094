//! A `.env` as Compose v1 and podman-compose read it: with python-dotenv.

use std::collections::BTreeMap;

use super::{Read, Statement, control};
use crate::interpolate::MAX_BYTES;

/// Reads a `.env`. Lines that are none are left out, as python-dotenv leaves them out with a warning.
pub(super) fn read(text: &str, shell: &dyn Fn(&str) -> Option<String>) -> Read {
    // Python reads text files with one kind of line end.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader {
        text: &text,
        line: 1,
    };
    let mut read = Read::default();
    while !reader.text.is_empty() {
        reader.skip(is_space);
        let first = reader.line;
        if reader.text.is_empty() {
            break;
        }
        match reader.statement() {
            Some((Some(key), value)) => {
                let value = value.map(|value| resolve(&value, &read.values, shell));
                let whole = !matches!(value, Some(None));
                let inserted = whole && read.insert(key.clone(), value.flatten()).is_some();
                if !inserted {
                    read.skipped.push(first);
                    continue;
                }
                read.statements.push(Statement {
                    key,
                    first,
                    last: reader.line.saturating_sub(1).max(first),
                });
            }
            Some((None, _)) => {}
            None => {
                read.skipped.push(first);
                reader.skip(|c| c != '\n');
                reader.newline();
            }
        }
    }
    read
}

struct Reader<'a> {
    text: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.text.split_at(length);
        self.line += taken.matches('\n').count();
        self.text = rest;
        taken
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.text.find(|c| !wanted(c)).unwrap_or(self.text.len());
        self.take(end)
    }

    /// Takes the end of a line, or the end of all; whether there was one.
    fn newline(&mut self) -> bool {
        if self.text.starts_with('\n') {
            self.take(1);
            return true;
        }
        self.text.is_empty()
    }

    /// One assignment, comment or empty line; `None` where python-dotenv finds none of them.
    fn statement(&mut self) -> Option<(Option<String>, Option<String>)> {
        if let Some(rest) = self.text.strip_prefix("export")
            && rest.starts_with(is_blank)
        {
            self.take("export".len());
            self.skip(is_blank);
        }
        let key = match self.text.chars().next() {
            Some('#') => None,
            Some('\'') => {
                let end = self.text[1..].find('\'').filter(|end| *end > 0)?;
                Some(self.take(end + 2)[1..=end].to_owned())
            }
            _ => {
                let key = self.skip(|c| c != '=' && c != '#' && !is_space(c));
                Some(key.to_owned()).filter(|key| !key.is_empty())?.into()
            }
        };
        self.skip(is_blank);
        let mut value = None;
        if self.text.starts_with('=') {
            self.take(1);
            self.skip(is_blank);
            value = Some(self.value()?);
        }
        self.skip_comment();
        self.skip(is_blank);
        self.newline().then_some((key, value))
    }

    fn value(&mut self) -> Option<String> {
        match self.text.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let end = closing(&self.text[1..], quote)?;
                let inside = &self.take(end + 2)[1..=end];
                Some(unescape(inside, quote))
            }
            _ => {
                let line = self.skip(|c| c != '\n');
                let value = comment(line).map_or(line, |at| &line[..at]);
                Some(value.trim_end_matches(is_space).to_owned())
            }
        }
    }

    fn skip_comment(&mut self) {
        let blank = self.text.len() - self.text.trim_start_matches(is_blank).len();
        if self.text[blank..].starts_with('#') {
            self.skip(|c| c != '\n');
        }
    }
}

/// Python's `\s`.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn is_blank(c: char) -> bool {
    is_space(c) && c != '\n' && c != '\r'
}

/// Where the blanks before a comment begin.
fn comment(line: &str) -> Option<usize> {
    let mut start = None;
    for (at, c) in line.char_indices() {
        match (c, start) {
            ('#', Some(start)) => return Some(start),
            _ if is_space(c) => start = start.or(Some(at)),
            _ => start = None,
        }
    }
    None
}

/// Where the quotes end that were opened before `text`: at the first quote without a backslash
/// before it, or else at the last one that has.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut last = None;
    for (at, _) in text.match_indices(quote) {
        if !text[..at].ends_with('\\') {
            return Some(at);
        }
        last = Some(at);
    }
    last
}

fn unescape(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let next = rest.chars().next();
        let meant = match (next, quote) {
            (Some(c @ ('\\' | '\'')), _) | (Some(c @ '"'), '"') => Some(c),
            (Some(c), '"') => control(c),
            _ => None,
        };
        match meant {
            Some(c) => {
                out.push(c);
                rest = &rest[1..];
            }
            None => out.push('\\'),
        }
    }
    out.push_str(rest);
    out
}

/// Puts `${NAME}` and `${NAME:-default}` in, the two forms that python-dotenv knows: earlier lines
/// win over the shell, and a default holds only where there is no such variable at all. None if it gets too long.
fn resolve(
    value: &str,
    before: &BTreeMap<String, Option<String>>,
    shell: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    // Where the next brace closes, from the end of the value: found once, however many are open before it.
    let mut closes = usize::MAX;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        if closes > inside.len() {
            let Some(end) = inside.find('}') else {
                rest = &rest[at..];
                break;
            };
            closes = inside.len() - end;
        }
        let end = inside.len() - closes;
        let (name, default) = match inside[..end].split_once(':') {
            None => (&inside[..end], Some("")),
            Some((name, default)) => (name, default.strip_prefix('-')),
        };
        let Some(default) = default else {
            out.push_str("${");
            rest = inside;
            continue;
        };
        match before.get(name).cloned().or_else(|| shell(name).map(Some)) {
            Some(value) => out.push_str(&value.unwrap_or_default()),
            None => out.push_str(default),
        }
        if out.len() > MAX_BYTES {
            return None;
        }
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}
