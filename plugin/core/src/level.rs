//! How much a turn may do.

use crate::prelude::*;

/// How much a turn may do. Ordered: each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Level {
    /// L0: talk only; no tools.
    #[cfg_attr(feature = "serde", serde(rename = "L0"))]
    Talk,
    /// L1: tools that only read.
    #[cfg_attr(feature = "serde", serde(rename = "L1"))]
    ReadOnly,
    /// L2: Astr commands and tools.
    #[cfg_attr(feature = "serde", serde(rename = "L2"))]
    Act,
    /// L3: the host, without root.
    #[cfg_attr(feature = "serde", serde(rename = "L3"))]
    Host,
    /// L4: the host, as root.
    #[cfg_attr(feature = "serde", serde(rename = "L4"))]
    Root,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Level; 5] = [
        Self::Talk,
        Self::ReadOnly,
        Self::Act,
        Self::Host,
        Self::Root,
    ];

    /// The runbook's name, `L0` to `L4`.
    pub fn as_str(self) -> &'static str {
        ["L0", "L1", "L2", "L3", "L4"][self as usize]
    }
}

impl core::fmt::Display for Level {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::str::FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == name)
            .ok_or_else(|| format!("unknown level `{name}`; allowed are L0, L1, L2, L3 and L4"))
    }
}
