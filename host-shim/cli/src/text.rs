//! The language of what people read.

use std::ffi::OsString;

use openclaw_core::locale::Locale;

/// One of two format strings, by locale, formatted. Both see the same variables.
macro_rules! say {
    ($locale:expr, $en:literal, $zh:literal $(, $($arg:tt)*)?) => {
        match $locale {
            openclaw_core::locale::Locale::En => format!($en $(, $($arg)*)?),
            openclaw_core::locale::Locale::Zh => format!($zh $(, $($arg)*)?),
        }
    };
}
pub(crate) use say;

/// One of two fixed texts, by locale.
pub fn pick(locale: Locale, en: &'static str, zh: &'static str) -> &'static str {
    match locale {
        Locale::En => en,
        Locale::Zh => zh,
    }
}

/// The locale that the user's environment asks for; see [`Locale::of_environment`].
pub fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> Locale {
    Locale::of_environment(|name| Some(variable(name)?.to_string_lossy().into_owned()))
}

/// What `--locale` says in the arguments, if anything it may say. Looked at before the arguments
/// are parsed, so that help and complaints about the arguments are in the right language already.
pub fn of_arguments(arguments: impl IntoIterator<Item = OsString>) -> Option<Locale> {
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy().into_owned();
        if argument == "--" {
            return None;
        }
        let value = match argument.strip_prefix("--locale") {
            Some("") => arguments
                .next()
                .map(|value| value.to_string_lossy().into_owned()),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        match value.as_deref() {
            Some("en") => return Some(Locale::En),
            Some("zh") => return Some(Locale::Zh),
            _ => {}
        }
    }
    None
}

/// Text from outside as it may be shown on a terminal: control characters, which could move the
/// cursor or change the terminal, are replaced; line breaks and tabs stay.
pub fn printable(text: &str) -> std::borrow::Cow<'_, str> {
    let hostile = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(hostile) {
        text.chars()
            .map(|c| if hostile(c) { '\u{fffd}' } else { c })
            .collect::<String>()
            .into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locale_is_found_in_the_arguments() {
        let of = |words: &[&str]| of_arguments(words.iter().map(OsString::from));
        assert_eq!(of(&["status", "--locale", "zh"]), Some(Locale::Zh));
        assert_eq!(of(&["--locale=en", "ask"]), Some(Locale::En));
        assert_eq!(of(&["ask", "--", "--locale", "zh"]), None);
        assert_eq!(of(&["ask", "--locale"]), None);
        assert_eq!(of(&["ask", "--locale", "fr"]), None);
    }

    #[test]
    fn hostile_control_characters_are_not_printed() {
        assert_eq!(printable("a\tb\nc 中"), "a\tb\nc 中");
        assert_eq!(
            printable("\u{1b}[2Jx\r\u{9b}"),
            "\u{fffd}[2Jx\u{fffd}\u{fffd}"
        );
    }
}
