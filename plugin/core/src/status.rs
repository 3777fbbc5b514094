//! What the guards know, and what the diagnosis found. As JSON these have the fields of the
//! session protocol's `status` and `diagnosis` events.

use core::time::Duration;

use crate::fault::FaultCode;
use crate::guards::memory::Bound;
use crate::level::Level;
use crate::named::named;
use crate::prelude::*;
use crate::turn::GatewayName;

/// All that the guards know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Status {
    /// One for each configured gateway; none before a config is set.
    pub breakers: Breakers,
    /// Read anew for this call.
    pub memory: MemoryState,
    /// Turns that run, here or still at the gateway: 0 or 1.
    pub in_flight: u32,
    /// Turns that wait.
    pub queued: u32,
    /// What has happened since the plugin was built.
    pub counters: Counters,
}

/// The gateways' breakers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Breakers {
    /// The primary gateway's; none before a config is set.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub primary: Option<Breaker>,
    /// The backup gateway's; none if there is no backup.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub backup: Option<Breaker>,
}

impl IntoIterator for Breakers {
    type Item = Breaker;
    type IntoIter = core::iter::Flatten<core::array::IntoIter<Option<Breaker>, 2>>;

    /// The primary's first.
    fn into_iter(self) -> Self::IntoIter {
        [self.primary, self.backup].into_iter().flatten()
    }
}

impl FromIterator<Breaker> for Breakers {
    fn from_iter<I: IntoIterator<Item = Breaker>>(breakers: I) -> Self {
        let mut all = Self::default();
        for breaker in breakers {
            let place = match breaker.gateway {
                GatewayName::Primary => &mut all.primary,
                GatewayName::Backup => &mut all.backup,
            };
            *place = Some(breaker);
        }
        all
    }
}

/// One gateway's breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Breaker {
    /// Whose it is.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub gateway: GatewayName,
    /// Where it stands now.
    pub state: BreakerState,
    /// Failures in a row so far.
    pub failures: u32,
    /// Until a trial is let through; zero unless open. In JSON a number of seconds.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "retry_after_seconds", with = "crate::json::seconds")
    )]
    pub retry_after: Duration,
}

named! {
    /// Where a breaker stands.
    pub enum BreakerState, "breaker state" {
        /// Turns go through.
        Closed = "closed",
        /// Turns are refused until the time is over.
        Open = "open",
        /// The time is over: one trial turn is let through, or is under way.
        HalfOpen = "half_open",
    }
}

/// What the memory guard sees, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MemoryState {
    /// Bytes; none if it could not be read. In JSON whole MiB, rounded down.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "available_mib", serialize_with = "crate::json::mib")
    )]
    pub available: Option<u64>,
    /// Bytes; none if it could not be read. In JSON whole MiB, rounded down.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "total_mib", serialize_with = "crate::json::mib")
    )]
    pub total: Option<u64>,
    /// What bounds it; none if it could not be read.
    pub bound: Option<Bound>,
    /// Why it could not be read; none if it could.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub unreadable: Option<String>,
    /// Why it is an estimate, for people; none if it is exact or could not be read.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub estimated: Option<String>,
    /// The highest level that a turn would get now.
    pub level_cap: Level,
    /// Whether a heavy turn would be let through now.
    pub heavy_allowed: bool,
}

/// Counted since the plugin was built, or the one whose snapshot it took over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Counters {
    /// Turns asked for.
    pub turns: u64,
    /// Turns that ended with a reply.
    pub completed: u64,
    /// Turns that ended with a fault that counts for the breaker.
    pub failed: u64,
    /// Turns that the guards refused: `circuit_open`, `busy`, `heavy_task_refused`.
    pub refused: u64,
    /// Turns that the caller cancelled.
    pub cancelled: u64,
    /// Tool calls that were run.
    pub tool_calls: u64,
    /// Tool calls that were denied.
    pub tool_denials: u64,
}

/// What the diagnosis found. In JSON: `checks` and `ok`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// Whether every check is well.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(Check::ok)
    }
}

/// One thing that the diagnosis looked at. In JSON: `name`, `ok`, `code`, `detail`, `cause` and
/// `remedy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable, for programs, such as `memory` or `token-primary`.
    pub name: String,
    /// None: it is well.
    pub code: Option<FaultCode>,
    /// What was seen.
    pub detail: String,
    /// Why this happens; empty if it is well.
    pub cause: String,
    /// What to do about it; empty if it is well.
    pub remedy: String,
}

impl Check {
    /// Whether it is well.
    pub fn ok(&self) -> bool {
        self.code.is_none()
    }
}

#[cfg(feature = "serde")]
mod serialize {
    use serde::ser::{Serialize, SerializeStruct, Serializer};

    use super::{Check, Diagnosis};

    impl Serialize for Diagnosis {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            let mut out = s.serialize_struct("Diagnosis", 2)?;
            out.serialize_field("checks", &self.checks)?;
            out.serialize_field("ok", &self.ok())?;
            out.end()
        }
    }

    impl Serialize for Check {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            let mut out = s.serialize_struct("Check", 6)?;
            out.serialize_field("name", &self.name)?;
            out.serialize_field("ok", &self.ok())?;
            out.serialize_field("code", &self.code)?;
            out.serialize_field("detail", &self.detail)?;
            out.serialize_field("cause", &self.cause)?;
            out.serialize_field("remedy", &self.remedy)?;
            out.end()
        }
    }
}
