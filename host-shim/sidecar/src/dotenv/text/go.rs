//! A `.env` as Compose v2 reads it: with compose-go.

use super::{Read, Statement, control};
use crate::interpolate::{Dialect, interpolate};

/// Reads a `.env`.
///
/// # Errors
///
/// The line at which Compose refuses the file; what was read before it is in the result.
pub(super) fn read(text: &str, shell: &dyn Fn(&str) -> Option<String>) -> (Read, Option<usize>) {
    let mut read = Read::default();
    let mut rest = text;
    let mut line = 1;
    loop {
        let begun = rest;
        rest = start(rest);
        line += lines(begun, rest);
        if rest.is_empty() {
            return (read, None);
        }
        let first = line;
        let Some(found) = statement(rest, &read, shell) else {
            return (read, Some(first));
        };
        let taken = &rest[..rest.len() - found.rest.len()];
        line += taken.matches('\n').count();
        rest = found.rest;
        let Some(key) = found.key else {
            continue;
        };
        read.statements.push(Statement {
            key: key.clone(),
            first,
            last: first + taken.trim_end_matches(['\n', '\r']).matches('\n').count(),
        });
        match found.value {
            Some(value) => {
                if read.insert(key, Some(value)).is_none() {
                    return (read, Some(first));
                }
            }
            None => read.valueless.push(key),
        }
    }
}

struct Found<'a> {
    key: Option<String>,
    value: Option<String>,
    rest: &'a str,
}

/// The line ends between the beginning of one text and of its rest.
fn lines(text: &str, rest: &str) -> usize {
    text[..text.len() - rest.len()].matches('\n').count()
}

/// The next statement: blanks, empty lines and comments are left out.
fn start(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if !text.starts_with('#') {
            return text;
        }
        text = text.find('\n').map_or("", |end| &text[end..]);
    }
}

fn statement<'a>(
    text: &'a str,
    read: &Read,
    shell: &dyn Fn(&str) -> Option<String>,
) -> Option<Found<'a>> {
    let mut text = text;
    if let Some(rest) = text.strip_prefix("export")
        && rest.starts_with(|c: char| c.is_ascii_whitespace())
    {
        text = rest.trim_start_matches(is_space);
    }
    let mut end = None;
    for (at, c) in text.char_indices() {
        match c {
            '=' | ':' | '\n' => {
                end = Some((at, c));
                break;
            }
            '_' | '.' | '-' | '[' | ']' => {}
            _ if is_space(c) || c.is_alphanumeric() => {}
            _ => return None,
        }
    }
    let Some((at, c)) = end else {
        // Without a line end the last word of a file is no name; Compose throws it away.
        return Some(Found {
            key: None,
            value: None,
            rest: "",
        });
    };
    let key = text[..at].trim_end();
    if key.contains(' ') {
        return None;
    }
    let rest = text[at + 1..].trim_start_matches(is_space);
    if c == '\n' {
        return Some(Found {
            key: Some(key.to_owned()),
            value: shell(key),
            rest,
        });
    }
    let (value, rest) = value(rest, read, shell)?;
    Some(Found {
        key: Some(key.to_owned()),
        value: Some(value),
        rest,
    })
}

fn value<'a>(
    text: &'a str,
    read: &Read,
    shell: &dyn Fn(&str) -> Option<String>,
) -> Option<(String, &'a str)> {
    let expand = |value: &str| {
        let lookup = |name: &str| {
            let known = || read.values.get(name).cloned();
            shell(name).map(Some).or_else(known)
        };
        interpolate(value, Dialect::Go, &lookup).ok()
    };
    let Some(quote @ ('\'' | '"')) = text.chars().next() else {
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        let value = line.split_once(" #").map_or(line, |(value, _)| value);
        return Some((expand(value.trim_end())?, rest));
    };
    let mut inside = String::new();
    let mut escape = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escape {
            let value = if quote == '"' {
                expand(&unescape(&inside))?
            } else {
                inside
            };
            return Some((value, &text[at + 1..]));
        }
        if c == '\\' && !escape {
            escape = true;
            continue;
        }
        if escape && c != quote {
            inside.push('\\');
        }
        escape = false;
        inside.push(c);
    }
    None
}

/// The escapes of a value in double quotes; `\$` is kept from being a variable.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let meant = match c {
            '"' | '\\' => Some(c),
            _ => control(c),
        };
        if let Some(meant) = meant {
            out.push(meant);
            rest = &rest[1..];
        } else if c == '$' {
            out.push_str("$$");
            rest = &rest[1..];
        } else if c == '0' {
            // `\0` and three octal digits; with fewer only the zero is lost.
            let digits = rest[1..].bytes().take(3);
            let length = digits.take_while(u8::is_ascii_digit).count();
            let digits = &rest[1..=length];
            match u32::from_str_radix(digits, 8) {
                Ok(code) if length == 3 && code < 256 => {
                    out.extend(char::from_u32(code));
                }
                _ => {
                    out.push('\\');
                    out.push_str(digits);
                }
            }
            rest = &rest[1 + length..];
        } else {
            out.push('\\');
        }
    }
    out.push_str(rest);
    out
}

/// Go's blanks within a line.
fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}'
    )
}
