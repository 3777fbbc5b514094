//! What the available memory permits.

use crate::config::Limits;
use crate::level::Level;
use crate::named::named;
use crate::prelude::*;

named! {
    /// What limits the available memory.
    pub enum Bound, "bound" {
        /// The whole machine.
        Machine = "machine",
        /// A control group that contains this process, such as a container's.
        Container = "container",
    }
}

/// One memory reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Bytes usable without swapping or being killed.
    pub available: u64,
    /// Total bytes of whatever sets the limit.
    pub total: u64,
    /// What sets the limit.
    pub bound: Bound,
    /// Why the numbers are estimates, for display; none if exact.
    pub estimated: Option<String>,
}

/// What a reading permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Highest level of any turn.
    pub level_cap: Level,
    /// Whether heavy turns are admitted.
    pub heavy_allowed: bool,
}

/// Memory is low when strictly below a floor. A failed reading (`None`) counts as below both floors.
pub fn judge(available: Option<u64>, limits: &Limits) -> Verdict {
    let Some(available) = available else {
        return Verdict {
            level_cap: Level::ReadOnly,
            heavy_allowed: false,
        };
    };
    let read_only = available < limits.read_only_floor;
    Verdict {
        level_cap: if read_only {
            Level::ReadOnly
        } else {
            Level::Root
        },
        heavy_allowed: !read_only && available >= limits.heavy_floor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MIB;

    fn at(available: u64) -> (Level, bool) {
        let verdict = judge(Some(available), &Limits::default());
        (verdict.level_cap, verdict.heavy_allowed)
    }

    #[test]
    fn guard_memory_512_mib_refuses_heavy_strictly_below() {
        assert_eq!(at(512 * MIB), (Level::Root, true));
        assert_eq!(at(512 * MIB - 1), (Level::Root, false));
    }

    #[test]
    fn guard_memory_350_mib_forces_read_only_strictly_below() {
        assert_eq!(at(350 * MIB), (Level::Root, false));
        assert_eq!(at(350 * MIB - 1), (Level::ReadOnly, false));
        assert_eq!(at(0), (Level::ReadOnly, false));
    }

    #[test]
    fn guard_memory_unreadable_is_treated_as_short() {
        let verdict = judge(None, &Limits::default());
        assert_eq!(
            (verdict.level_cap, verdict.heavy_allowed),
            (Level::ReadOnly, false)
        );
    }

    #[test]
    fn a_read_only_floor_above_the_heavy_floor_refuses_heavy_too() {
        let limits = Limits {
            read_only_floor: 900 * MIB,
            ..Limits::default()
        };
        let verdict = judge(Some(700 * MIB), &limits);
        assert_eq!(
            (verdict.level_cap, verdict.heavy_allowed),
            (Level::ReadOnly, false)
        );
    }
}
