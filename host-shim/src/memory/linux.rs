//! Linux: `/proc/meminfo` and the control groups around this process.

use super::{Bound, Sample};

/// Reads this system as it is now; the rule is in [`openclaw_memory`].
pub(super) fn read() -> Result<Sample, String> {
    let sample = openclaw_memory::read_system().map_err(|error| error.to_string())?;
    Ok(Sample {
        available: sample.available,
        total: sample.total,
        bound: match sample.bounded_by {
            openclaw_memory::Bound::Machine => Bound::Machine,
            openclaw_memory::Bound::Container => Bound::Container,
        },
    })
}
