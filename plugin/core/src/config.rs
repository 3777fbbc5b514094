//! The settings. `table.rs` defines each key once; everything else about a key is generated from its row.

#[cfg(feature = "serde")]
mod as_text;
mod error;
mod keys;
mod table;
#[cfg(test)]
mod tests;
mod wit;

use alloc::borrow::Cow;
use core::time::Duration;

pub use error::{ConfigError, Flaw, Unit};
pub use keys::{KEYS, Key, Kind};
pub use secrecy::{ExposeSecret, SecretString};

use crate::bindings::Times;
use crate::guards::breaker;
use crate::level::Level;
use crate::locale::Locale;
use crate::origin::{Origin, without_user};
use crate::prelude::*;
use crate::token;
use crate::turn::Patience;

/// One mebibyte, in bytes.
pub const MIB: u64 = 1024 * 1024;

/// Default words that make a turn heavy.
pub const HEAVY_WORDS: [&str; 9] = [
    "image", "图片", "video", "视频", "file", "文件", "pdf", "截图", "绘图",
];

/// The Rust type for each kind of value.
#[allow(missing_docs, reason = "Kind says it")]
mod types {
    pub type Level = super::Level;
    pub type Locale = super::Locale;
    pub type Url = super::String;
    pub type OptUrl = Option<super::String>;
    pub type Name = super::String;
    pub type Secret = super::SecretString;
    pub type OptSecret = Option<super::SecretString>;
    pub type Words = super::Vec<super::String>;
    pub type Names = super::Vec<super::String>;
    pub type Flag = bool;
    pub type Mib = u64;
    pub type Bytes = u64;
    pub type Count = u32;
    pub type Ms = super::Duration;
}

/// Converts a default from the table's notation.
macro_rules! default {
    (Mib $value:expr) => {
        $value * MIB
    };
    (Ms $value:expr) => {
        Duration::from_millis($value)
    };
    ($kind:ident $value:expr) => {
        $value
    };
}

/// What is shown of a value by `Debug`: an address that nobody has checked yet may have a password in it.
macro_rules! debug {
    (Url $value:expr) => {
        without_user(&$value)
    };
    (OptUrl $value:expr) => {
        $value.as_deref().map(without_user)
    };
    ($kind:ident $value:expr) => {
        &$value
    };
}

/// The unit of a number, for the documentation.
macro_rules! unit {
    (Mib) => {
        " In bytes."
    };
    (Bytes) => {
        " In bytes."
    };
    ($kind:ident) => {
        ""
    };
}

/// Checks that a number is within its range.
macro_rules! within {
    (Mib $value:expr, $($key:literal, $default:expr, $least:literal, $most:literal)?) => {
        $(error::within($key, $value, $default * MIB, $least * MIB, $most * MIB, Unit::Mib)?;)?
    };
    (Ms $value:expr, $($key:literal, $default:expr, $least:literal, $most:literal)?) => {
        $(error::within($key, Times::millis($value), $default, $least, $most, Unit::Ms)?;)?
    };
    ($kind:ident $value:expr, $($key:literal, $default:expr, $least:literal, $most:literal)?) => {
        $(error::within($key, u64::from($value), $default, $least, $most, Unit::None)?;)?
    };
}

macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($field:ident $wit:tt: $kind:ident = $default:expr, {
        $key:literal $(with $with:literal)?, $(in $least:literal to $most:literal,)? $(env $env:literal,)?
        en $title:literal: $hint:literal, $($texts:tt)*
    };)* } $($nested:ident: $type:ident)*) => {
        $(#[$doc])*
        #[derive(Clone)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
        pub struct $name {
            $(
                #[doc = concat!($hint, unit!($kind), "\n\nKey: `", $key, "`.")]
                #[cfg_attr(feature = "serde", serde(rename = $key $(, with = $with)?))]
                pub $field: types::$kind,
            )*
            $(
                #[doc = concat!("See [`", stringify!($type), "`].")]
                #[cfg_attr(feature = "serde", serde(flatten))]
                pub $nested: $type,
            )*
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &debug!($kind self.$field)))*
                    $(.field(stringify!($nested), &self.$nested))*
                    .finish()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: default!($kind $default),)* $($nested: Default::default(),)* }
            }
        }

        impl $name {
            fn check_ranges(&self) -> Result<(), ConfigError> {
                $(within!($kind self.$field, $($key, $default, $least, $most)?);)*
                $(self.$nested.check_ranges()?;)*
                Ok(())
            }
        }
    };
}

macro_rules! records {
    (Config $config:tt Limits $limits:tt Timeouts $timeouts:tt Files $files:tt) => {
        record! {
            /// Client and guard settings. `Debug` and `Serialize` never show tokens. `Deserialize` ignores
            /// unknown keys: a loader that reads what users write checks them against [`KEYS`].
            Config $config limits: Limits timeouts: Timeouts
        }
        record! {
            /// Guard thresholds. The defaults are the runbook's.
            Limits $limits
        }
        record! {
            /// Time limits.
            Timeouts $timeouts
        }
    };
}
crate::settings!(records);

impl Limits {
    /// How many turns of this kind may wait.
    pub fn queue_places(&self, patience: Patience) -> u32 {
        match patience {
            Patience::Interactive => self.queue_length,
            Patience::Background => self.background_length,
        }
    }

    /// How long a turn of this kind may wait.
    pub fn queue_time(&self, patience: Patience) -> Duration {
        match patience {
            Patience::Interactive => self.queue_wait,
            Patience::Background => self.background_wait,
        }
    }

    /// The rule that opens a breaker.
    pub fn breaker(&self) -> breaker::Rule {
        breaker::Rule {
            failures: self.breaker_failures,
            open_ms: self.breaker_open.millis(),
        }
    }
}

impl Config {
    /// Validates all settings. Returns the gateways' origins and tokens, primary first.
    ///
    /// # Errors
    ///
    /// The first invalid setting, in table order.
    pub fn check(&self) -> Result<Vec<(Origin, &str)>, ConfigError> {
        let token = &self.gateway_bearer_token;
        let keys = ("gateway_primary_url", "gateway_bearer_token");
        let mut gateways = vec![gateway(&self.gateway_primary_url, token, keys)?];
        if let Some(url) = &self.gateway_backup_url {
            let keys = ("gateway_backup_url", "gateway_backup_bearer_token");
            let token = self.gateway_backup_bearer_token.as_ref().unwrap_or(token);
            let backup = gateway(url, token, keys)?;
            if backup.0 == gateways[0].0 {
                return Err(ConfigError::new(keys.0, Flaw::SameGateway(backup.0.url())));
            }
            gateways.push(backup);
        }
        self.check_agents()?;
        if self
            .limits
            .heavy_words
            .iter()
            .any(|word| word.trim().is_empty())
        {
            return Err(ConfigError::new("heavy_words", Flaw::EmptyWord));
        }
        self.check_ranges()?;
        Ok(gateways)
    }

    fn check_agents(&self) -> Result<(), ConfigError> {
        const NAMES: &str = "gateway_level_agent_names";
        let name = |key, name: &String| ConfigError::new(key, Flaw::Name(name.clone()));
        if !is_agent_id(&self.gateway_agent_id) {
            return Err(name("gateway_agent_id", &self.gateway_agent_id));
        }
        let names = &self.level_agent_names;
        if let Some(bad) = names.iter().find(|name| !is_agent_id(name)) {
            return Err(name(NAMES, bad));
        }
        let count = names.len();
        let repeated = (1..count).find(|at| names[..*at].contains(&names[*at]));
        if let Some(at) = repeated {
            return Err(ConfigError::new(
                NAMES,
                Flaw::RepeatedAgent(names[at].clone()),
            ));
        }
        if count != 0 && count != Level::ALL.len() {
            return Err(ConfigError::new(NAMES, Flaw::LevelAgents(count)));
        }
        let derived = self.agent(Level::Root);
        if self.level_agents && !is_agent_id(&derived) {
            return Err(name("gateway_agent_id", &derived.into_owned()));
        }
        Ok(())
    }

    /// The agent that answers at this effective level.
    pub fn agent(&self, level: Level) -> Cow<'_, str> {
        if !self.level_agents {
            return self.gateway_agent_id.as_str().into();
        }
        match self.level_agent_names.get(level as usize) {
            Some(name) => name.as_str().into(),
            None => format!("{}-l{}", self.gateway_agent_id, level as usize).into(),
        }
    }
}

/// Whether this can be an agent's id.
fn is_agent_id(name: &str) -> bool {
    let allowed = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

/// A gateway's origin and token; `keys` are the keys of its URL and token.
fn gateway<'a>(
    url: &str,
    token: &'a SecretString,
    keys: (&'static str, &'static str),
) -> Result<(Origin, &'a str), ConfigError> {
    let origin = Origin::parse(url)
        .map_err(|why| ConfigError::new(keys.0, Flaw::Url(without_user(url), why)))?;
    let token = token.expose_secret();
    match token::flaw(token) {
        Some(flaw) => Err(ConfigError::new(keys.1, Flaw::Token(flaw))),
        None => Ok((origin, token)),
    }
}
