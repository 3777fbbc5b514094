//! Sets a variable in a `.env` and keeps everything else.

use super::{Statement, read_as};
use crate::interpolate::Dialect;

/// `text` with `key` set to `value`: its last assignment is replaced, or a line is added at the end.
/// The value must need no quoting: visible ASCII without quotes, `#`, `$` and backslash. Line ends
/// and a byte order mark stay as they are.
pub fn set(text: &str, key: &str, value: &str) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = format!("{key}={value}{end}");
    let (read, _) = read_as(text, Dialect::Go, &|_| None);
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
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            end
        };
        return format!("{text}{gap}{line}");
    };
    let before = lines[..first - 1].concat();
    let after = lines[last.min(lines.len())..].concat();
    format!("{before}{}{line}{after}", mark(first))
}

#[cfg(test)]
mod tests {
    use super::super::{Env, VERSION};
    use super::*;

    #[test]
    fn setting_keeps_comments_and_order() {
        let text = "# head\nOPENCLAW_VERSION=2026.2.9\n\nOPENCLAW_VERSION_X=1\n";
        assert_eq!(
            set(text, VERSION, "2026.9.6"),
            "# head\nOPENCLAW_VERSION=2026.9.6\n\nOPENCLAW_VERSION_X=1\n"
        );
        assert_eq!(
            set("A=1", VERSION, "2026.9.6"),
            "A=1\nOPENCLAW_VERSION=2026.9.6\n"
        );
        assert_eq!(
            set("export  OPENCLAW_VERSION = x", VERSION, "2026.9.6"),
            "OPENCLAW_VERSION=2026.9.6\n"
        );
    }

    // Report F22: what is written has to be what Compose then reads.
    #[test]
    fn setting_is_read_back_whatever_was_there() {
        for text in [
            "",
            "\u{feff}OPENCLAW_VERSION=1",
            "A=1\r\nOPENCLAW_VERSION=1\r\nB=2\r\n",
            "A='\nOPENCLAW_VERSION=inside\n'\nB=2\n",
            "OPENCLAW_VERSION=\"a\nb\" # c\nB=2\n",
            "OPENCLAW_VERSION=1\nB=2\nOPENCLAW_VERSION = '2'",
            "OPENCLAW_VERSION\nB=2\n",
        ] {
            let changed = set(text, VERSION, "2026.9.6");
            for dialect in [Dialect::Go, Dialect::Python] {
                let before = Env::parse_as(text, dialect, &|_| None).unwrap();
                let env = Env::parse_as(&changed, dialect, &|_| None).unwrap();
                assert_eq!(env.get(VERSION), Some("2026.9.6"), "{text:?}: {changed:?}");
                for key in ["A", "B"] {
                    assert_eq!(env.get(key), before.get(key), "{text:?}: {changed:?}");
                }
            }
            assert_eq!(changed.contains('\r'), text.contains('\r'));
            assert_eq!(
                changed.starts_with('\u{feff}'),
                text.starts_with('\u{feff}')
            );
        }
    }
}
