//! Breaks text for a terminal at words, and Chinese text between characters.

use alloc::string::String;

/// How many columns a terminal gives a character.
pub fn width_of(c: char) -> usize {
    let wide = matches!(c,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}');
    if wide {
        2
    } else {
        usize::from(!c.is_control())
    }
}

/// How many columns a text takes; escape sequences for colours take none.
pub fn width(text: &str) -> usize {
    let mut escape = false;
    let mut columns = 0;
    for c in text.chars() {
        match (escape, c) {
            (true, 'A'..='Z' | 'a'..='z') => escape = false,
            (true, _) => {}
            (false, '\u{1b}') => escape = true,
            (false, c) => columns += width_of(c),
        }
    }
    columns
}

/// `text` in lines of at most `columns`, those after the first one behind `indent`; line breaks of its own
/// stay, and get the indent as well. A word that is wider than a line, such as a URL, is not broken.
pub fn wrap(text: &str, columns: usize, indent: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let start = width(indent);
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            out.push('\n');
            out.push_str(indent);
        }
        let mut at = if n > 0 { start } else { 0 };
        // Leading blanks belong to the line's own form.
        let body = line.trim_start_matches(' ');
        out.push_str(&line[..line.len() - body.len()]);
        at += line.len() - body.len();
        for (blanks, piece) in pieces(body) {
            let needed = blanks + width(piece);
            if at + needed > columns && at > start {
                out.push('\n');
                out.push_str(indent);
                at = start + width(piece);
            } else {
                out.extend(core::iter::repeat_n(' ', blanks));
                at += needed;
            }
            out.push_str(piece);
        }
    }
    out
}

/// What must not begin a line, and so stays with what is before it.
fn closes(c: char) -> bool {
    "，。：；！？、）」』”’》…".contains(c)
}

/// What must not end a line.
fn opens(c: char) -> bool {
    "（「『“‘《".contains(c)
}

/// The pieces between which a line may break, and how many blanks are before each.
fn pieces(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = line;
    core::iter::from_fn(move || {
        let text = rest.trim_start_matches(' ');
        let blanks = rest.len() - text.len();
        let mut before = text.chars().next()?;
        let mut end = text.len();
        for (at, c) in text.char_indices().skip(1) {
            let cjk = width_of(before) == 2 || width_of(c) == 2;
            if c == ' ' || (cjk && !closes(c) && !opens(before)) {
                end = at;
                break;
            }
            before = c;
        }
        rest = &text[end..];
        Some((blanks, &text[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words_and_hang() {
        assert_eq!(
            wrap("Run a model provider with attachments now.", 20, "  "),
            "Run a model provider\n  with attachments\n  now."
        );
        assert_eq!(
            wrap("see https://example.com/a/long/address ok", 12, ""),
            "see\nhttps://example.com/a/long/address\nok"
        );
        assert_eq!(wrap("one\n  two three", 10, "> "), "one\n>   two\n> three");
        assert_eq!(wrap("", 10, "  "), "");
        assert_eq!(wrap("  a   b", 10, "  "), "  a   b");
    }

    #[test]
    fn chinese_breaks_between_characters_but_not_before_a_full_stop() {
        assert_eq!(
            wrap("请运行命令，然后重试。", 12, ""),
            "请运行命令，\n然后重试。"
        );
        assert_eq!(wrap("请运行命令了，好。", 12, ""), "请运行命令\n了，好。");
        assert_eq!(
            wrap("运行 host-shim up 即可", 12, "  "),
            "运行\n  host-shim\n  up 即可"
        );
        assert_eq!(width("\u{1b}[31m红\u{1b}[0m a"), 4);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "网关使用 model 模型（default），地址为 http://x，请 check 日志。and some English words here";
        for columns in 24..60 {
            for line in wrap(text, columns, "   ").lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
        }
    }
}
