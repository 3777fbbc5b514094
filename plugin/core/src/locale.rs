//! The language of user-facing text.

use crate::named::named;
use crate::prelude::*;

named! {
    /// The language of user-facing text.
    #[derive(Default)]
    pub enum Locale, "locale" {
        /// English.
        #[default]
        En = "en",
        /// Simplified Chinese.
        Zh = "zh",
    }
}

impl Locale {
    /// The language the environment asks for, by gettext's rules: the first non-empty of `LC_ALL`,
    /// `LC_MESSAGES` and `LANG` is the locale. `C` and `POSIX` mean English; otherwise the first supported
    /// language of `LANGUAGE` takes precedence.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &&str| variable(name).filter(|value| !value.trim().is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set);
        let locale = locale.unwrap_or_default();
        if matches!(locale.trim(), "C" | "POSIX") {
            return Self::En;
        }
        let languages = set(&"LANGUAGE").unwrap_or_default();
        let mut spoken = languages.split(':').filter_map(Self::of_language);
        spoken
            .next()
            .or_else(|| Self::of_language(&locale))
            .unwrap_or_default()
    }

    /// Parses a locale or language in any form: `zh_CN.UTF-8`, `ZH_CN.utf8`, `zh-Hant`, `zh@x`, `en_GB`.
    fn of_language(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        match name.split(['_', '-', '.', '@']).next()? {
            "zh" | "chinese" => Some(Self::Zh),
            "en" | "english" => Some(Self::En),
            _ => None,
        }
    }
}

/// A text in the reader's language, written in both languages with the same arguments.
#[macro_export]
macro_rules! say {
    ($locale:expr, en: $en:literal, zh: $zh:literal $(, $($arg:tt)*)?) => {{
        // One call for both: there are many texts.
        let said = match $locale {
            $crate::locale::Locale::En => format_args!($en $(, $($arg)*)?),
            $crate::locale::Locale::Zh => format_args!($zh $(, $($arg)*)?),
        };
        $crate::locale::formatted(said)
    }};
}
pub use crate::say;

/// Formats a text.
#[doc(hidden)]
#[inline(never)]
pub fn formatted(text: core::fmt::Arguments<'_>) -> String {
    alloc::fmt::format(text)
}

/// Milliseconds as the seconds users write. Floating point would add 17 kB to the component.
pub fn seconds(ms: u64) -> String {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::Locale::{self, En, Zh};
    use crate::prelude::*;

    // Report F34 (future-architect/vuls#215: LANGUAGE precedes LANG; sindresorhus/os-locale#14): for
    // `LANG=ZH_CN.utf8` one program printed Chinese and another English.
    #[test]
    fn the_language_is_what_gettext_would_choose() {
        let cases: [(&[(&str, &str)], Locale); 27] = [
            (&[], En),
            (&[("LANG", "zh_CN.UTF-8")], Zh),
            (&[("LANG", "ZH_CN.utf8")], Zh),
            (&[("LANG", "zh-Hant")], Zh),
            (&[("LANG", "zh")], Zh),
            (&[("LANG", " zh_TW ")], Zh),
            (&[("LANG", "zh_CN.GB18030@pinyin")], Zh),
            (&[("LANG", "Chinese_China.936")], Zh),
            (&[("LANG", "zha_CN")], En),
            (&[("LANG", "en_US.UTF-8")], En),
            (&[("LANG", "C.UTF-8")], En),
            (&[("LANG", "C")], En),
            (&[("LANG", "fr_FR.UTF-8")], En),
            (&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")], En),
            (&[("LC_ALL", ""), ("LANG", "zh_TW")], Zh),
            (&[("LC_ALL", "zh_CN.UTF-8"), ("LANG", "en_US")], Zh),
            (&[("LC_MESSAGES", "zh"), ("LANG", "en_US")], Zh),
            (&[("LC_MESSAGES", "en_US"), ("LANG", "zh_CN")], En),
            (&[("LC_CTYPE", "zh_CN")], En),
            (&[("LANGUAGE", "zh:en"), ("LANG", "en_US.UTF-8")], Zh),
            (&[("LANGUAGE", "zh_CN")], Zh),
            (&[("LANGUAGE", "en:zh"), ("LANG", "zh_CN.UTF-8")], En),
            (&[("LANGUAGE", "fr:zh"), ("LANG", "en_US.UTF-8")], Zh),
            (&[("LANGUAGE", "fr"), ("LANG", "zh_CN.UTF-8")], Zh),
            (&[("LANGUAGE", ""), ("LANG", "zh_CN.UTF-8")], Zh),
            (&[("LANGUAGE", "zh:en"), ("LC_ALL", "C")], En),
            (&[("LANGUAGE", "zh:en"), ("LANG", "POSIX")], En),
        ];
        for (variables, locale) in cases {
            let variable = |name: &str| {
                let mut set = variables.iter();
                let found = set.find(|(other, _)| *other == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Locale::of_environment(variable), locale, "{variables:?}");
        }
    }
}
