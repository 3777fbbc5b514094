//! Lines by which an agent names the files that it sends, on gateways that offer it no client tools.

use super::media::begun;
use crate::prelude::*;

/// The start of such a line; the file's path follows.
pub const MARK: &str = "ASTR_FILE:";

/// Most paths taken from an answer.
const MAX_PATHS: usize = 32;

/// Removes such lines from a text, but for those in fenced code. Returns their paths, each once, in order.
pub fn take(text: &mut String) -> Vec<String> {
    let mut paths: Vec<String> = vec![];
    if !text.contains(MARK) {
        return paths;
    }
    let mut kept = String::with_capacity(text.len());
    let mut fenced = false;
    for line in text.split_inclusive('\n') {
        let start = begun(line);
        fenced ^= start.starts_with("```") || start.starts_with("~~~");
        let Some(path) = start.strip_prefix(MARK).filter(|_| !fenced) else {
            kept.push_str(line);
            continue;
        };
        let path = path.trim().trim_matches(['`', '"', '\'']);
        if !path.is_empty() && paths.len() < MAX_PATHS && paths.iter().all(|other| other != path) {
            paths.push(path.to_owned());
        }
    }
    if kept.len() < text.len() {
        kept.truncate(kept.trim_end().len());
        *text = kept;
    }
    paths
}

/// Removes the beginning of such a line from the end of a text that broke off.
pub(super) fn drop_piece(text: &mut String) {
    let line = text.rfind('\n').map_or(0, |end| end + 1);
    let piece = begun(&text[line..]);
    if piece.len() > 1 && MARK.starts_with(piece) {
        let end = text[..text.len() - piece.len()].trim_end().len();
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_name_files_are_taken_out_of_the_text() {
        for (text, rest, paths) in [
            ("plain", "plain", &[][..]),
            ("Here.\n\nASTR_FILE: a.png", "Here.", &["a.png"]),
            (
                "ASTR_FILE:out/a b.pdf\r\nDone.\n  ASTR_FILE: `c.csv`\n",
                "Done.",
                &["out/a b.pdf", "c.csv"],
            ),
            ("ASTR_FILE:\nx\nASTR_FILE: a\nASTR_FILE: a", "x", &["a"]),
            (
                "```\nASTR_FILE: a\n```\nASTR_FILE: b",
                "```\nASTR_FILE: a\n```",
                &["b"],
            ),
            ("see ASTR_FILE: a.png \n", "see ASTR_FILE: a.png \n", &[]),
        ] {
            let mut left = text.to_owned();
            assert_eq!(take(&mut left), paths, "{text}");
            assert_eq!(left, rest, "{text}");
        }
        let mut many = (0..100).map(|at| format!("ASTR_FILE: {at}\n")).collect();
        assert_eq!((take(&mut many).len(), many.as_str()), (MAX_PATHS, ""));
    }
}
