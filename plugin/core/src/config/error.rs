//! Rejected settings, for programs; [`ConfigError::message`] renders them for people.

use super::MIB;
use crate::locale::{Locale, say, seconds};
use crate::origin::OriginError;
use crate::prelude::*;
use crate::printable::shown;
use crate::token;

/// A rejected setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The key as users write it.
    pub key: &'static str,
    /// Why its value was rejected.
    pub flaw: Flaw,
}

/// Why a value was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The URL (with any user removed) is not a valid gateway address.
    Url(String, OriginError),
    /// Not a valid token.
    Token(token::Flaw),
    /// Primary and backup are the same gateway, at this URL.
    SameGateway(String),
    /// Not a valid agent id.
    Name(String),
    /// A list of level agents with this many names, instead of none or one for each level.
    LevelAgents(usize),
    /// Two levels have this agent.
    RepeatedAgent(String),
    /// A heavy word is empty, which would make every turn heavy.
    EmptyWord,
    /// The number is out of range. All values in base units: bytes or milliseconds.
    Range {
        /// The value that was set.
        value: u64,
        /// Minimum.
        least: u64,
        /// Maximum.
        most: u64,
        /// Whether this is a guard, which can only be tightened.
        guard: bool,
        /// The unit shown to people.
        unit: Unit,
    },
}

/// The unit a number is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    None,
    /// Mebibytes; the base unit is bytes.
    Mib,
    /// Seconds; the base unit is milliseconds.
    Ms,
}

impl Unit {
    /// The number as people write it, without the unit.
    pub fn number(self, value: u64) -> String {
        match self {
            Self::None => format!("{value}"),
            Self::Mib => format!("{}", value / MIB),
            Self::Ms => seconds(value),
        }
    }

    /// The unit, to follow a number.
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

    /// Message for people, without the key: the value (never a token), why it was rejected, and what is allowed.
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
            Flaw::LevelAgents(count) => say!(locale,
                en: "expected five names, for L0 to L4, or none, not {count}",
                zh: "不允许 {count} 个名称：应为 L0 到 L4 的五个名称，或留空"),
            Flaw::RepeatedAgent(name) => say!(locale,
                en: "`{}` is used for two levels; each level needs its own agent",
                zh: "`{}` 对应了两个级别；每个级别需要各自的智能体",
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

/// Rejects a number out of range. A key whose default is an end of its range is a guard.
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
