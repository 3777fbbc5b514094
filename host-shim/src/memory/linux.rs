//! Linux: the rule of `openclaw-memory`, with its types mapped to this crate's.

use super::{Bound, Sample};

/// Reads anew.
pub(super) fn read() -> Result<Sample, String> {
    let sample = openclaw_memory::read_system().map_err(|error| error.to_string())?;
    Ok(Sample {
        available: sample.available,
        total: sample.total,
        bound: match sample.bounded_by {
            openclaw_memory::Bound::Machine => Bound::Machine,
            openclaw_memory::Bound::Container => Bound::Container,
        },
        estimated: sample.estimated(),
    })
}
