//! What is wrong with a config, for programs; [`ConfigError::message`] renders it for people.

use super::MIB;
use crate::locale::{Locale, say, seconds};
use crate::origin::OriginError;
use crate::prelude::*;
use crate::printable::shown;
use crate::token;

/// What is wrong with a config.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The key as users write it.
    pub key: &'static str,
    /// What is wrong with its value.
    pub flaw: Flaw,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The address, without a user in it, is not one of a gateway.
    Url(String, OriginError),
    /// It cannot be a token.
    Token(token::Flaw),
    /// The backup is the primary, whose address this is.
    SameGateway(String),
    /// It cannot be an agent's name.
    Name(String),
    /// A word is empty, so that every turn would be heavy.
    EmptyWord,
    /// The number is outside its range. All in the unit's base: bytes or milliseconds.
    Range {
        /// What was set.
        value: u64,
        /// The least that is allowed.
        least: u64,
        /// The most that is allowed.
        most: u64,
        /// Whether it is a guard that can only be tightened.
        guard: bool,
        /// What people write it in.
        unit: Unit,
    },
}

/// What people write a number in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The number itself.
    None,
    /// Mebibytes, of bytes.
    Mib,
    /// Seconds, of milliseconds.
    Ms,
}

impl Unit {
    /// A number as people write it, without the unit.
    pub fn number(self, value: u64) -> String {
        match self {
            Self::None => format!("{value}"),
            Self::Mib => format!("{}", value / MIB),
            Self::Ms => seconds(value),
        }
    }

    /// The unit after a number.
    pub fn name(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::None, _) => "",
            (Self::Mib, _) => " MiB",
            (Self::Ms, Locale::En) => " seconds",
            (Self::Ms, Locale::Zh) => " 秒",
        }
    }
}

impl ConfigError {
    pub(super) fn new(key: &'static str, flaw: Flaw) -> Self {
        Self { key, flaw }
    }

    /// For people: the value (never that of a token), why it is refused, and what is allowed. Without the key.
    pub fn message(&self, locale: Locale) -> String {
        match &self.flaw {
            Flaw::Url(url, why) => why.message(url, locale),
            Flaw::Token(flaw) => flaw.message(locale).to_owned(),
            Flaw::SameGateway(url) => say!(locale,
                en: "`{url}` is the primary gateway; use another one or leave this empty",
                zh: "`{url}` 就是主网关；请填写另一个网关，或留空"),
            Flaw::Name(name) => say!(locale,
                en: "`{}` is not allowed: 1 to 64 of a-z, 0-9, _ and -, such as `main`",
                zh: "不允许 `{}`：应为 1 到 64 个字符，只能是 a-z、0-9、_ 和 -，例如 `main`",
                shown(name)),
            Flaw::EmptyWord => say!(locale,
                en: "an empty word is not allowed: every turn would be heavy",
                zh: "不允许空词：否则每个任务都是重任务"),
            Flaw::Range {
                value,
                least,
                most,
                guard,
                unit,
            } => {
                let [value, least, most] =
                    [*value, *least, *most].map(|number| unit.number(number));
                let unit = unit.name(locale);
                let only = match (guard, locale) {
                    (false, _) => "",
                    (true, Locale::En) => "; this guard can only be tightened",
                    (true, Locale::Zh) => "，该阈值只能收紧",
                };
                say!(locale,
                    en: "{value}{unit} is not allowed: {least} to {most}{unit}{only}",
                    zh: "不允许 {value}{unit}：应为 {least} 到 {most}{unit}{only}")
            }
        }
    }
}

impl core::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.key, self.message(Locale::En))
    }
}

impl core::error::Error for ConfigError {}

/// Refuses a number outside its range. A default at an end of the range is a guard's.
pub(super) fn within(
    key: &'static str,
    value: u64,
    default: u64,
    least: u64,
    most: u64,
    unit: Unit,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let guard = default == least || default == most;
    Err(ConfigError::new(
        key,
        Flaw::Range {
            value,
            least,
            most,
            guard,
            unit,
        },
    ))
}
