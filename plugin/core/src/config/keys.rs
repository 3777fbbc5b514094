//! The list of config keys, for programs that read, document or complete them. Not used by the component.

use super::Unit;
use crate::level::Level;
use crate::locale::{Locale, say};
use crate::prelude::*;

/// A config key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Key {
    /// As users write it.
    pub name: &'static str,
    /// The kind of value.
    pub kind: Kind,
    /// Minimum and maximum in the table's unit: milliseconds, mebibytes or a plain number.
    pub range: Option<(u64, u64)>,
    /// The environment variable that sets it, if any.
    pub env: Option<&'static str>,
    en: [&'static str; 2],
    zh: [&'static str; 2],
}

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A gateway URL.
    Url,
    /// An optional gateway URL.
    OptUrl,
    /// An agent id.
    Name,
    /// A list of agent ids.
    Names,
    /// True or false.
    Flag,
    /// A token.
    Secret,
    /// An optional token.
    OptSecret,
    /// The path of a file that holds a token.
    File,
    /// A level.
    Level,
    /// A language.
    Locale,
    /// A list of words.
    Words,
    /// Mebibytes.
    Mib,
    /// Bytes.
    Bytes,
    /// A number.
    Count,
    /// A duration, in seconds as users write it.
    Ms,
}

impl Key {
    /// Looks up a key by name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Whether the value must not be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret | Kind::OptSecret)
    }

    /// A short title.
    pub fn title(&self, locale: Locale) -> &'static str {
        self.texts(locale)[0]
    }

    /// What the setting does, in full sentences.
    pub fn hint(&self, locale: Locale) -> &'static str {
        self.texts(locale)[1]
    }

    fn texts(&self, locale: Locale) -> [&'static str; 2] {
        match locale {
            Locale::En => self.en,
            Locale::Zh => self.zh,
        }
    }

    /// Minimum and maximum as users write them.
    pub fn range_as_written(&self) -> Option<(String, String)> {
        let unit = if self.kind == Kind::Ms {
            Unit::Ms
        } else {
            Unit::None
        };
        self.range
            .map(|(least, most)| (unit.number(least), unit.number(most)))
    }

    /// The expected type of value, in words.
    pub fn expects(&self, locale: Locale) -> String {
        match self.kind {
            Kind::Url | Kind::OptUrl => say!(locale,
                en: "a string: scheme, host and optional port, such as \"http://127.0.0.1:18789\"",
                zh: "字符串：协议、主机和可选的端口，例如 \"http://127.0.0.1:18789\""),
            Kind::Name => {
                say!(locale, en: "a string, such as \"main\"", zh: "字符串，例如 \"main\"")
            }
            Kind::Secret | Kind::OptSecret => say!(locale, en: "a string", zh: "字符串"),
            Kind::File => {
                say!(locale, en: "the path of a file that holds the token", zh: "存放令牌的文件的路径")
            }
            Kind::Level => {
                let levels = Level::ALL.iter().map(|level| format!("\"{level}\""));
                let levels = levels.collect::<Vec<_>>().join(", ");
                say!(locale, en: "one of {levels}", zh: "{levels} 之一")
            }
            Kind::Locale => say!(locale, en: "\"en\" or \"zh\"", zh: "\"en\" 或 \"zh\""),
            Kind::Flag => say!(locale, en: "true or false", zh: "true 或 false"),
            Kind::Words | Kind::Names => say!(locale, en: "a list of strings", zh: "字符串列表"),
            Kind::Mib | Kind::Bytes | Kind::Count => {
                say!(locale, en: "a whole number, 0 or more", zh: "不小于 0 的整数")
            }
            Kind::Ms => say!(locale,
                en: "a number of seconds, 0 or more, fractions allowed",
                zh: "不小于 0 的秒数，可以是小数"),
        }
    }
}

macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

macro_rules! keys {
    ($($group:ident { $($field:ident $wit:tt: $kind:ident = $default:expr, {
        $key:literal $(with $with:literal)?, $(in $least:literal to $most:literal,)? $(env $env:literal,)?
        en $en:literal: $en_hint:literal, zh $zh:literal: $zh_hint:literal
    };)* })*) => {
        /// Every key, in the order of the table.
        pub const KEYS: &[Key] = &[$($(Key {
            name: $key,
            kind: Kind::$kind,
            range: optional!($(($least, $most))?),
            env: optional!($($env)?),
            en: [$en, $en_hint],
            zh: [$zh, $zh_hint],
        },)*)*];
    };
}
crate::settings!(keys);
