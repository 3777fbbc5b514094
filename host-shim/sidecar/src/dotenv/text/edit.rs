//! Sets a variable in a `.env` and keeps everything else.

use super::{Statement, read_as};
use crate::interpolate::Dialect;
use crate::line_end;

/// `text` with `key` set to `value`: its last assignment is replaced, or a line is added at the end, before a last word
/// that Compose throws away.
/// The value must need no quoting: visible ASCII without quotes, `#`, `$` and backslash. Line ends
/// and a byte order mark stay as they are.
pub fn set(text: &str, key: &str, value: &str) -> String {
    let line = format!("{key}={value}{}", line_end::of(text));
    let (read, refused) = read_as(text, Dialect::Go, &|_| None);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mark = |first: usize| match (first, text.starts_with('\u{feff}')) {
        (1, true) => "\u{feff}",
        _ => "",
    };
    // Also in a line that no reader accepts: that is where the user will look for it.
    let commonly = |line: &&str| {
        let line = line.trim_start_matches(['\u{feff}', ' ', '\t']);
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let place = read
        .statements
        .iter()
        .rfind(|statement| statement.key == key)
        .map(|statement| (statement.first, statement.last))
        .or_else(|| {
            let at = lines.iter().rposition(commonly)? + 1;
            let inside = |statement: &Statement| (statement.first..=statement.last).contains(&at);
            (!read.statements.iter().any(inside)).then_some((at, at))
        });
    let Some((first, last)) = place else {
        // Compose throws a last word without a line end away; before another line it would refuse it, or take it for a
        // name.
        let last = text.rfind('\n').map_or(mark(1).len(), |at| at + 1);
        let thrown_away = refused.is_none()
            && read.statements.iter().all(|it| it.last < lines.len())
            && !matches!(text[last..].trim_start().chars().next(), None | Some('#'));
        if thrown_away {
            return format!("{}{line}{}", &text[..last], &text[last..]);
        }
        let gap = line_end::missing(text);
        return format!("{text}{gap}{line}");
    };
    let before = lines[..first - 1].concat();
    let after = lines[last.min(lines.len())..].concat();
    format!("{before}{}{line}{after}", mark(first))
}
