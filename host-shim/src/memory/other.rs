//! Systems other than Linux: what the system itself offers.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::{Bound, Sample};

/// Reads anew.
pub(super) fn read() -> Result<Sample, String> {
    let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(what);
    match (system.available_memory(), system.total_memory()) {
        (_, 0) => Err("the system does not tell its memory".to_owned()),
        (available, total) => Ok(Sample {
            available,
            total,
            bound: Bound::Machine,
            estimated: None,
        }),
    }
}
