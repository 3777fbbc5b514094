//! Language and colour of the output.

use std::borrow::Cow;

use openclaw_core::locale::Locale;

/// Column width of a name.
const NAME_COLUMNS: usize = 18;

/// Language and colour of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The language.
    pub locale: Locale,
    /// Whether the text has ANSI colours.
    pub colour: bool,
}

impl Style {
    /// With colour. The writer strips it if the output does not support it.
    pub fn coloured(locale: Locale) -> Self {
        Self {
            locale,
            colour: true,
        }
    }

    /// Without colour.
    pub fn plain(locale: Locale) -> Self {
        Self {
            locale,
            colour: false,
        }
    }

    /// Names and titles.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Secondary information.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Errors.
    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// Prominent errors.
    pub fn bold_red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Success.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Warnings.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// A name and its text, in columns.
    pub fn row(self, name: &str, text: &str) -> String {
        // Chinese characters are two columns wide.
        let width: usize = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
        let gap = NAME_COLUMNS.saturating_sub(width);
        format!("{}{:gap$}{text}\n", self.bold(name), "")
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Makes outside text safe for a terminal: control characters, which could move the cursor or change the
/// terminal, become U+FFFD; line breaks and tabs stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(hostile) {
        text.replace(hostile, "\u{fffd}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_control_characters_are_not_printed() {
        assert_eq!(printable("a\tb\nc 中"), "a\tb\nc 中");
        assert_eq!(
            printable("\u{1b}[2Jx\r\u{9b}"),
            "\u{fffd}[2Jx\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn names_are_in_a_column_of_their_own_with_and_without_colour() {
        let row = |style: Style| style.row("内存", "x");
        assert_eq!(row(Style::plain(Locale::Zh)), format!("内存{:14}x\n", ""));
        assert_eq!(
            row(Style::coloured(Locale::Zh)),
            format!("\u{1b}[1m内存\u{1b}[0m{:14}x\n", "")
        );
    }
}
