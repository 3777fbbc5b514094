//! Memory, disk and clock.

use std::time::Duration;

use openclaw_core::config::Limits;

use crate::doctor::facts::{Facts, Found, release_day, size};
use crate::doctor::{Check, messages};
use crate::layout::{PINNED_VERSION, shown};
use crate::probe::Probe;
use crate::sizing::{ASTRBOT, BOT_CLIENT, Fit, Need};
use crate::system_advice;

const MIB: u64 = 1 << 20;
/// Bytes of memory that a cold start takes.
const START: u64 = 1300 * MIB;
/// Bytes of free disk below which writes may fail, and below which an upgrade does not fit.
const DISK: (u64, u64) = (1024 * MIB, 5 * 1024 * MIB);
/// How far clocks and times of change may be apart.
const SLACK: Duration = Duration::from_secs(60);
const FUTURE: Duration = Duration::from_secs(300);

/// There is enough memory to start the gateway and for the guards to allow turns.
pub fn memory(facts: &Facts) -> Vec<Check> {
    let memory = match &facts.memory {
        Ok(memory) => memory,
        Err(error) => return vec![messages::memory_unreadable(error)],
    };
    // The guards' thresholds apply strictly below these values.
    let guards = Limits::default();
    let (available, total) = (size(memory.available), size(memory.total));
    let free = &messages::free_memory();
    vec![match memory.available {
        bytes if bytes < guards.read_only_floor => {
            messages::memory_below_350(available, total, free)
        }
        bytes if bytes < guards.heavy_floor => messages::memory_below_512(available, total, free),
        bytes if bytes < START && facts.listener.is_none() => {
            messages::memory_below_start(available, total, free)
        }
        _ => messages::memory_ok(available, total),
    }]
}

/// What AstrBot, the gateway and a bot client need together, next to what the machine has.
pub fn sizing(facts: &Facts) -> Vec<Check> {
    // The check of the memory says that it cannot be read.
    let Ok(memory) = &facts.memory else {
        return Vec::new();
    };
    let version = facts.version().unwrap_or(PINNED_VERSION);
    let need = Need::of(version);
    let span = |least, most| format!("{} – {}", size(least), size(most));
    let parts = messages::sizing_parts(
        size(ASTRBOT),
        version,
        span(need.gateway, need.gateway_peak),
        size(BOT_CLIENT),
        span(need.together(), need.peak()),
        size(memory.total),
        size(facts.swap),
    );
    vec![match need.fit(memory.total, facts.swap) {
        Fit::Memory => messages::sizing_ok(&parts),
        Fit::Swap => messages::sizing_needs_swap(&parts),
        Fit::No => messages::sizing_too_small(&parts),
    }]
}

/// There is enough disk for the gateway's state and for the next image.
pub fn disk(facts: &Facts) -> Vec<Check> {
    vec![match &facts.disk_free {
        Err(error) => messages::disk_unknown(error),
        Ok(free) if *free < DISK.0 => messages::disk_nearly_full(size(*free)),
        Ok(free) if *free < DISK.1 => messages::disk_small_for_upgrade(size(*free)),
        Ok(free) => messages::disk_ok(size(*free)),
    }]
}

/// The clock is plausible and agrees with the gateway's clock.
pub fn clock(facts: &Facts) -> Vec<Check> {
    let changed_later = |found: &Found| Some(found.modified? > facts.now + FUTURE);
    let mut entries = facts.entries.iter();
    let future = entries.find(|(_, found)| changed_later(found) == Some(true));
    let mut probes = [&facts.stranger, &facts.bearer].into_iter().flatten();
    let ahead = probes.find_map(|probe| match probe {
        Probe::Answered { clock_ahead, .. } => *clock_ahead,
        Probe::Failed { .. } => None,
    });
    let wrong = match (future, ahead) {
        _ if facts.now < release_day() => messages::clock_in_the_past(),
        (Some((path, _)), _) => messages::clock_went_back(shown(path)),
        (None, Some(ahead)) if ahead.unsigned_abs() > SLACK.as_secs() => {
            messages::clocks_differ(ahead)
        }
        _ => return vec![messages::clock_ok()],
    };
    vec![wrong.because(messages::a_wrong_clock(), system_advice::set_the_clock())]
}
