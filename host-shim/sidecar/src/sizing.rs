//! What AstrBot, the gateway and a bot client need together, next to what the machine has. This refuses
//! nothing: it says what to expect.

use crate::versions;

const MIB: u64 = 1 << 20;
/// AstrBot, in bytes: 368 MB were measured after the start of 4.14.6, 258 MB of 4.29.1; plugins need more.
pub const ASTRBOT: u64 = 400 * MIB;
/// A bot client such as NapCat with QQ, in bytes. Not measured: an allowance.
pub const BOT_CLIENT: u64 = 400 * MIB;

/// What is needed, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The gateway after 50 turns.
    pub gateway: u64,
    /// The gateway at its peak: at a cold start, or after many turns.
    pub gateway_peak: u64,
}

/// How what is needed fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fit {
    /// Into memory, also at the peak.
    Memory,
    /// Only together with swap.
    Swap,
    /// Not even then.
    No,
}

impl Need {
    /// Of a version.
    pub fn of(version: &str) -> Self {
        let range = versions::of(version);
        Self {
            gateway: range.memory_used * MIB,
            gateway_peak: range.memory_needed * MIB,
        }
    }

    /// All three at rest.
    pub fn together(&self) -> u64 {
        ASTRBOT + self.gateway + BOT_CLIENT
    }

    /// All three while the gateway is at its peak.
    pub fn peak(&self) -> u64 {
        ASTRBOT + self.gateway_peak + BOT_CLIENT
    }

    /// How it fits into this much memory and swap.
    pub fn fit(&self, memory: u64, swap: u64) -> Fit {
        match self.peak() {
            peak if peak <= memory => Fit::Memory,
            peak if peak <= memory.saturating_add(swap) => Fit::Swap,
            _ => Fit::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_servers() {
        for (version, memory, swap, fit) in [
            ("2026.2.9", 960, 0, Fit::No),
            ("2026.2.9", 1960, 0, Fit::No),
            ("2026.2.9", 1960, 1024, Fit::Swap),
            ("2026.2.9", 3900, 0, Fit::Memory),
            ("2026.9.6", 1960, 2048, Fit::Swap),
            ("2026.9.6", 3900, 0, Fit::Memory),
            ("2026.9.6", 960, u64::MAX / MIB, Fit::Swap),
        ] {
            let found = Need::of(version).fit(memory * MIB, swap * MIB);
            assert_eq!(found, fit, "{version} {memory}+{swap}");
        }
    }
}
