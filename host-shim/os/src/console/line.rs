//! A line that is being typed, one key at a time.

/// The columns that a character takes: two for those of East Asia.
fn columns(character: char) -> usize {
    match character {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// What a key has done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// The line goes on; this is to be shown.
    Echo(String),
    /// The line is whole.
    Line(String),
    /// Ctrl-Z at the beginning of a line.
    End,
}

/// The beginning of a line.
#[derive(Debug, Default)]
pub(super) struct Line {
    text: String,
    /// The first half of a character.
    half: Option<u16>,
}

impl Line {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes one UTF-16 unit as a console gives it.
    pub(super) fn key(&mut self, unit: u16) -> Done {
        let character = match self.half.take() {
            Some(half) => char::decode_utf16([half, unit]).next(),
            None => char::decode_utf16([unit]).next(),
        };
        let Some(Ok(character)) = character else {
            self.half = matches!(unit, 0xd800..=0xdbff).then_some(unit);
            return Done::Echo(String::new());
        };
        match character {
            '\r' | '\n' => Done::Line(std::mem::take(&mut self.text)),
            '\x1a' if self.text.is_empty() => Done::End,
            '\x08' => {
                let removed = self.text.pop().map_or(0, columns);
                Done::Echo("\x08 \x08".repeat(removed))
            }
            // Escape: as the console's own line editor, all of it.
            '\x1b' => {
                let removed = self.text.chars().map(columns).sum();
                self.text.clear();
                Done::Echo("\x08 \x08".repeat(removed))
            }
            character if character.is_control() => Done::Echo(String::new()),
            character => {
                self.text.push(character);
                Done::Echo(character.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the keys have done: what is shown, and the lines.
    fn typed(keys: &str) -> (String, Vec<Option<String>>) {
        let (mut line, mut shown, mut lines) = (Line::default(), String::new(), Vec::new());
        for unit in keys.encode_utf16() {
            match line.key(unit) {
                Done::Echo(text) => shown.push_str(&text),
                Done::Line(text) => lines.push(Some(text)),
                Done::End => lines.push(None),
            }
        }
        (shown, lines)
    }

    #[test]
    fn keys_become_lines_and_are_shown() {
        let (shown, lines) = typed("yes\r是😀\r\x1a");
        assert_eq!(shown, "yes是😀");
        let whole = |text: &str| Some(text.to_owned());
        assert_eq!(lines, [whole("yes"), whole("是😀"), None]);
    }

    #[test]
    fn what_is_removed_is_removed_from_sight() {
        let (shown, lines) = typed("a是\x08\x08\x08b\x1bno\x01\r");
        let back = "\x08 \x08";
        assert_eq!(shown, format!("a是{back}{back}{back}b{back}no"));
        assert_eq!(lines, [Some("no".to_owned())]);
        let mut line = Line::default();
        line.key(u16::from(b'n'));
        line.clear();
        assert_eq!(line.key(u16::from(b'\r')), Done::Line(String::new()));
        // Ctrl-Z within a line is nothing.
        assert_eq!(typed("a\x1a\r").1, [Some("a".to_owned())]);
    }
}
