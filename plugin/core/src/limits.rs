//! The thresholds, and the rule that a config may tighten but never loosen them.

use crate::guards::breaker;
use crate::level::Level;
use crate::locale::Locale;
use crate::locale::{say, seconds};
use crate::prelude::*;

/// What is wrong with a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key as users write it.
    pub key: String,
    /// The value (never that of a token), why it is refused, and what is allowed.
    pub message: String,
}

impl ConfigError {
    /// About one key.
    pub fn new(key: &str, message: String) -> Self {
        Self {
            key: key.into(),
            message,
        }
    }
}

/// One mebibyte, in bytes.
pub const MIB: u64 = 1024 * 1024;

/// The words that make a turn heavy, unless the config has others.
pub const HEAVY_WORDS: [&str; 9] = [
    "image", "图片", "video", "视频", "file", "文件", "pdf", "截图", "绘图",
];

/// The guards' thresholds. [`Limits::default`] is the runbook's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// No turn gets more than this level.
    pub max_level: Level,
    /// Below this many available bytes heavy turns are refused.
    pub heavy_floor: u64,
    /// Below this many available bytes heavy turns are refused and the level is at most L1.
    pub read_only_floor: u64,
    /// Failures in a row that open a breaker, and for how long.
    pub breaker: breaker::Rule,
    /// Turns that may wait while one runs.
    pub queue_length: u32,
    /// Milliseconds that a turn may wait.
    pub queue_wait_ms: u64,
    /// A request body over this many bytes is heavy.
    pub heavy_bytes: u64,
    /// A turn whose text has one of these, in any case, is heavy.
    pub heavy_words: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_level: Level::Root,
            heavy_floor: 512 * MIB,
            read_only_floor: 350 * MIB,
            breaker: breaker::Rule {
                failures: 2,
                open_ms: 60_000,
            },
            queue_length: 8,
            queue_wait_ms: 120_000,
            heavy_bytes: 262_144,
            heavy_words: HEAVY_WORDS.map(str::to_owned).to_vec(),
        }
    }
}

/// Largest memory floor that makes sense; a typing error above it would refuse everything for ever.
const MAX_FLOOR: u64 = 1 << 44;

impl Limits {
    /// Refuses what would loosen a guard, or makes no sense.
    pub fn check(&self, locale: Locale) -> Result<(), ConfigError> {
        let default = Self::default();
        let floor = |key: &str, bytes: u64, least: u64| {
            if (least..=MAX_FLOOR).contains(&bytes) {
                return Ok(());
            }
            let words = say!(locale,
                en: "{} MiB is not allowed: it may only be tightened, to {} MiB or more",
                zh: "不允许 {} MiB：只能收紧，即 {} MiB 或更多",
                bytes / MIB, least / MIB);
            Err(ConfigError::new(key, words))
        };
        floor("heavy_floor_mib", self.heavy_floor, default.heavy_floor)?;
        floor(
            "read_only_floor_mib",
            self.read_only_floor,
            default.read_only_floor,
        )?;
        if !(1..=default.breaker.failures).contains(&self.breaker.failures) {
            let words = say!(locale,
                en: "{} is not allowed: it may only be tightened, so 1 or 2",
                zh: "不允许 {}：只能收紧，即 1 或 2",
                self.breaker.failures);
            return Err(ConfigError::new("breaker_failures", words));
        }
        let (open_ms, least_ms) = (self.breaker.open_ms, default.breaker.open_ms);
        seconds_within(
            "breaker_open_seconds",
            open_ms,
            least_ms,
            86_400_000,
            locale,
        )?;
        number_within("queue_length", self.queue_length.into(), 0, 64, locale)?;
        seconds_within(
            "queue_wait_seconds",
            self.queue_wait_ms,
            0,
            3_600_000,
            locale,
        )?;
        if self.heavy_bytes > default.heavy_bytes {
            let words = say!(locale,
                en: "{} is not allowed: it may only be tightened, to {} or less",
                zh: "不允许 {}：只能收紧，即 {} 或更少",
                self.heavy_bytes, default.heavy_bytes);
            return Err(ConfigError::new("heavy_bytes", words));
        }
        if self.heavy_words.iter().any(|word| word.trim().is_empty()) {
            let words = say!(locale,
                en: "an empty word is not allowed: it would make every turn heavy",
                zh: "不允许空的词：它会使每个任务都成为重任务");
            return Err(ConfigError::new("heavy_words", words));
        }
        Ok(())
    }
}

/// Refuses a number outside `least..=most`.
pub fn number_within(
    key: &str,
    number: u64,
    least: u64,
    most: u64,
    locale: Locale,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    let words = say!(locale,
        en: "{number} is not allowed: {least} to {most}",
        zh: "不允许 {number}：应为 {least} 到 {most}");
    Err(ConfigError::new(key, words))
}

/// Refuses a time in milliseconds outside `least..=most`, in the seconds that users write.
pub fn seconds_within(
    key: &str,
    ms: u64,
    least: u64,
    most: u64,
    locale: Locale,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&ms) {
        return Ok(());
    }
    let words = say!(locale,
        en: "{} is not allowed: {} to {} seconds",
        zh: "不允许 {}：应为 {} 到 {} 秒",
        seconds(ms), seconds(least), seconds(most));
    Err(ConfigError::new(key, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Limits)) -> String {
        let mut limits = Limits::default();
        change(&mut limits);
        limits.check(Locale::En).expect_err("must be refused").key
    }

    #[test]
    fn the_defaults_are_the_runbooks_and_allowed() {
        let limits = Limits::default();
        assert_eq!(limits.check(Locale::En), Ok(()));
        assert_eq!(
            (limits.heavy_floor, limits.read_only_floor),
            (536_870_912, 367_001_600)
        );
        assert_eq!(
            (limits.breaker.failures, limits.breaker.open_ms),
            (2, 60_000)
        );
    }

    #[test]
    fn loosening_is_refused_at_the_boundary() {
        assert_eq!(refused(|l| l.heavy_floor -= 1), "heavy_floor_mib");
        assert_eq!(refused(|l| l.read_only_floor -= 1), "read_only_floor_mib");
        assert_eq!(refused(|l| l.breaker.failures = 3), "breaker_failures");
        assert_eq!(refused(|l| l.breaker.failures = 0), "breaker_failures");
        assert_eq!(refused(|l| l.breaker.open_ms -= 1), "breaker_open_seconds");
        assert_eq!(refused(|l| l.queue_length = 65), "queue_length");
        assert_eq!(
            refused(|l| l.queue_wait_ms = 3_600_001),
            "queue_wait_seconds"
        );
        assert_eq!(refused(|l| l.heavy_bytes += 1), "heavy_bytes");
        assert_eq!(refused(|l| l.heavy_words.push(" ".into())), "heavy_words");
    }

    #[test]
    fn tightening_is_allowed() {
        let limits = Limits {
            max_level: Level::Talk,
            heavy_floor: 1024 * MIB,
            read_only_floor: 900 * MIB,
            breaker: breaker::Rule {
                failures: 1,
                open_ms: 600_000,
            },
            queue_length: 0,
            queue_wait_ms: 0,
            heavy_bytes: 0,
            heavy_words: vec![],
        };
        assert_eq!(limits.check(Locale::En), Ok(()));
    }
}
