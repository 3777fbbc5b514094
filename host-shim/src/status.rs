//! What the guards know, and what the diagnosis found. As JSON these have the fields of the
//! session protocol's `status` and `diagnosis` events.

use std::time::Duration;

use openclaw_core::fault::FaultCode;
use openclaw_core::level::Level;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::config::seconds;
use crate::memory::Bound;

/// All that the guards know.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Breakers {
    /// The primary gateway's; none before a config is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<Breaker>,
    /// The backup gateway's; none if there is no backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<Breaker>,
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Turns go through.
    Closed,
    /// Turns are refused until the time is over.
    Open,
    /// The time is over: one trial turn is let through, or is under way.
    HalfOpen,
}

/// One gateway's breaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breaker {
    /// Where it stands now.
    pub state: BreakerState,
    /// Failures in a row so far.
    pub failures: u32,
    /// Until a trial is let through; zero unless open. In JSON `retry_after_seconds`.
    #[serde(rename = "retry_after_seconds", with = "seconds")]
    pub retry_after: Duration,
}

/// What the memory guard sees, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryState {
    /// Bytes; none if it could not be read. In JSON whole MiB, rounded down.
    pub available: Option<u64>,
    /// Bytes; none if it could not be read. In JSON whole MiB, rounded down.
    pub total: Option<u64>,
    /// What bounds it; none if it could not be read.
    pub bound: Option<Bound>,
    /// Why it could not be read; none if it could.
    pub unreadable: Option<String>,
    /// Why it is an estimate, for people; none if it is exact or could not be read.
    pub estimated: Option<String>,
    /// The highest level that a turn would get now.
    pub level_cap: Level,
    /// Whether a heavy turn would be let through now.
    pub heavy_allowed: bool,
}

impl Serialize for MemoryState {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mib = |bytes: Option<u64>| bytes.map(|bytes| bytes >> 20);
        let mut out = s.serialize_struct("MemoryState", 6)?;
        out.serialize_field("available_mib", &mib(self.available))?;
        out.serialize_field("total_mib", &mib(self.total))?;
        out.serialize_field("bound", &self.bound)?;
        if let Some(reason) = &self.unreadable {
            out.serialize_field("unreadable", reason)?;
        }
        if let Some(reason) = &self.estimated {
            out.serialize_field("estimated", reason)?;
        }
        out.serialize_field("level_cap", &self.level_cap)?;
        out.serialize_field("heavy_allowed", &self.heavy_allowed)?;
        out.end()
    }
}

/// Counted since the plugin was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Turns asked for.
    pub turns: u64,
    /// Turns that ended with a reply.
    pub completed: u64,
    /// Turns that ended with a fault that counts for the breaker.
    pub failed: u64,
    /// Turns that the guards refused.
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

impl Serialize for Diagnosis {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut out = s.serialize_struct("Diagnosis", 2)?;
        out.serialize_field("checks", &self.checks)?;
        out.serialize_field("ok", &self.ok())?;
        out.end()
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
