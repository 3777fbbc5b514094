//! Texts for people, in both languages at once.

use std::fmt::Display;

use openclaw_core::locale::Locale;

/// A text for people in English and Chinese.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Text {
    /// From both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }

    /// The text in one language.
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::En => &self.en,
            Locale::Zh => &self.zh,
        }
    }

    /// Both languages, each passed through the same function.
    pub fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self::new(change(&self.en), change(&self.zh))
    }

    /// From a table that has a text for each language.
    pub fn of<'a>(table: impl Fn(Locale) -> &'a str) -> Self {
        Self::new(table(Locale::En), table(Locale::Zh))
    }
}

/// An argument of a text: the same in both languages, or a [`Text`].
pub(crate) trait Argument {
    fn en(&self) -> impl Display;
    fn zh(&self) -> impl Display;
}

impl<T: Display> Argument for T {
    fn en(&self) -> impl Display {
        self
    }
    fn zh(&self) -> impl Display {
        self
    }
}

impl Argument for &Text {
    fn en(&self) -> impl Display {
        &self.en
    }
    fn zh(&self) -> impl Display {
        &self.zh
    }
}

/// A [`Text`] from two format strings with inline captures.
macro_rules! text {
    (en: $en:literal, zh: $zh:literal $(, $($arg:tt)*)?) => {
        $crate::text::Text::new(format!($en $(, $($arg)*)?), format!($zh $(, $($arg)*)?))
    };
}
pub(crate) use text;

/// Cause and remedy as indented lines; empty ones are left out.
pub(crate) fn advice(cause: &Text, remedy: &Text, locale: Locale, indent: &str) -> String {
    let labels = [
        text!(en: "cause: ", zh: "原因："),
        text!(en: "remedy: ", zh: "处理："),
    ];
    let lines = labels.iter().zip([cause, remedy]);
    lines
        .map(|(label, text)| (label.get(locale), text.get(locale)))
        .filter(|(_, text)| !text.is_empty())
        .map(|(label, text)| format!("{indent}{label}{text}\n"))
        .collect()
}

/// With a space before it, unless it is empty.
pub(crate) fn spaced(text: &str) -> String {
    let space = if text.is_empty() { "" } else { " " };
    format!("{space}{text}")
}
