//! `MEDIA:` lines, by which an agent sends files. The gateway removes them from its answers, but 2026.2.9
//! notices too late: the start of such a line remains, in the final text too, directly followed by the next
//! text ("MEDIA: https:/after").

use crate::prelude::*;

/// The start of such a line.
pub(super) const MARK: &str = "MEDIA:";

/// A line without its indentation.
pub(super) fn begun(line: &str) -> &str {
    line.trim_start_matches([' ', '\t'])
}

/// The text without such lines and their remains.
pub(super) fn without(text: String) -> String {
    let has_mark = text.contains(MARK);
    let last = text.rsplit('\n').next().unwrap_or_default();
    // An answer may consist of the abbreviation ME; the last line of a longer one does not.
    let left_over = last.len() < text.len() && is_piece(begun(last));
    if !(has_mark || left_over) {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut fenced = false;
    let mut changed = false;
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let start = begun(line);
        fenced ^= start.starts_with("```") || start.starts_with("~~~");
        let rest = match start.strip_prefix(MARK) {
            Some(source) if !fenced => Some(after_source(source)),
            None if lines.peek().is_none() && left_over && !fenced => Some(""),
            _ => None,
        };
        changed |= rest.is_some();
        if rest != Some("") {
            kept.push_str(rest.unwrap_or(line));
            if lines.peek().is_some() {
                kept.push('\n');
            }
        }
    }
    if !changed {
        return text;
    }
    kept.truncate(kept.trim_end().len());
    kept
}

/// Whether this is a prefix of the mark, of at least two letters.
pub(super) fn is_piece(line: &str) -> bool {
    line.len() > 1 && line.len() < MARK.len() && MARK.starts_with(line)
}

/// The text after a line's source, or after the remains of one.
fn after_source(source: &str) -> &str {
    let source = source.trim().trim_start_matches(['`', '"', '\'']);
    if source.starts_with("http://") || source.starts_with("https://") {
        let end = source.find(char::is_whitespace).unwrap_or(source.len());
        return source[end..].trim_start();
    }
    // File names may contain spaces.
    if ["./", "../", "/", "~", "file:", "data:"]
        .iter()
        .any(|begin| source.starts_with(begin))
    {
        return "";
    }
    ["https:/", "https:", "https", "http:/", "http:", "http", "."]
        .iter()
        .find_map(|piece| source.strip_prefix(piece))
        .unwrap_or(source)
}
