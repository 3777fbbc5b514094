//! Guard state and diagnosis. In JSON these have the fields of the session protocol's `status` and `diagnosis` events.

use core::time::Duration;

use crate::approval::PendingApproval;
use crate::fault::FaultCode;
use crate::guards::memory::Bound;
use crate::level::Level;
use crate::named::named;
use crate::prelude::*;
use crate::turn::GatewayName;

/// Guard state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Status {
    /// One per configured gateway; empty before a config is set.
    pub breakers: Breakers,
    /// Read at the time of the call.
    pub memory: MemoryState,
    /// Running turns, including one still running at the gateway: 0 or 1.
    pub in_flight: u32,
    /// Queued turns.
    pub queued: u32,
    /// Approval requests that wait for a decision, oldest first.
    pub approvals: Vec<PendingApproval>,
    /// Whether the level picks the agent and so bounds the gateway's own tools. False before a config is set.
    pub level_agents: bool,
    /// Totals so far.
    pub counters: Counters,
}

/// The gateways' breakers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Breakers {
    /// The primary's; none before a config is set.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub primary: Option<Breaker>,
    /// The backup's; none without a backup.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub backup: Option<Breaker>,
}

impl IntoIterator for Breakers {
    type Item = Breaker;
    type IntoIter = core::iter::Flatten<core::array::IntoIter<Option<Breaker>, 2>>;

    /// Primary first.
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

/// Breaker of one gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Breaker {
    /// The gateway it protects.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub gateway: GatewayName,
    /// Current state.
    pub state: BreakerState,
    /// Consecutive failures so far.
    pub failures: u32,
    /// Time until a trial is allowed; zero unless open. Seconds in JSON.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "retry_after_seconds", with = "crate::json::seconds")
    )]
    pub retry_after: Duration,
}

named! {
    /// State of a breaker.
    pub enum BreakerState, "breaker state" {
        /// Turns pass.
        Closed = "closed",
        /// Turns are refused until the open time has elapsed.
        Open = "open",
        /// The open time has elapsed; one trial turn may pass or is in progress.
        HalfOpen = "half_open",
    }
}

/// Current memory reading and what it permits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MemoryState {
    /// Available bytes; none if unreadable. In JSON whole MiB, rounded down.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "available_mib", serialize_with = "crate::json::mib")
    )]
    pub available: Option<u64>,
    /// Total bytes; none if unreadable. In JSON whole MiB, rounded down.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "total_mib", serialize_with = "crate::json::mib")
    )]
    pub total: Option<u64>,
    /// What sets the limit; none if unreadable.
    pub bound: Option<Bound>,
    /// Why the reading failed; none if it succeeded.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub unreadable: Option<String>,
    /// Why the numbers are estimates, for display; none if exact or unreadable.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub estimated: Option<String>,
    /// Highest level a turn would get now.
    pub level_cap: Level,
    /// Whether a heavy turn would be admitted now.
    pub heavy_allowed: bool,
}

/// Totals since the plugin was built, including those of the snapshot it restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Counters {
    /// Turns requested.
    pub turns: u64,
    /// Turns that ended with a reply.
    pub completed: u64,
    /// Turns that ended with a fault that counts for the breaker.
    pub failed: u64,
    /// Turns refused by the guards: `circuit_open`, `busy`, `heavy_task_refused`.
    pub refused: u64,
    /// Turns cancelled by the caller.
    pub cancelled: u64,
    /// Tool calls run.
    pub tool_calls: u64,
    /// Tool calls not run, approval refused ones included.
    pub tool_denials: u64,
}

/// Result of the diagnosis. In JSON: `checks` and `ok`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// In the order they were made.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// Whether every check passed.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(Check::ok)
    }
}

/// One diagnostic check. In JSON: `name`, `ok`, `code`, `detail`, `cause` and `remedy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable identifier, such as `memory` or `token-primary`.
    pub name: String,
    /// None if the check passed.
    pub code: Option<FaultCode>,
    /// What was observed.
    pub detail: String,
    /// Why it failed; empty if it passed.
    pub cause: String,
    /// What to do about it; empty if it passed.
    pub remedy: String,
}

impl Check {
    /// Whether the check passed.
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
