//! The machine: `/proc/meminfo`.

use std::io;
use std::path::Path;

use crate::{Bound, Sample, Unreadable, must_read};

const PATH: &str = "/proc/meminfo";

/// What the whole machine has.
pub(crate) fn sample(file: &impl Fn(&Path) -> io::Result<String>) -> Result<Sample, Unreadable> {
    let text = must_read(file, Path::new(PATH))?;
    Ok(Sample {
        available: bytes(&text, "MemAvailable")?,
        total: bytes(&text, "MemTotal")?,
        bounded_by: Bound::Machine,
    })
}

// procfs-core's own reader of this file asks for a dozen lines that nobody here needs and that
// sandboxes (gVisor, LXCFS) leave out; it would call their memory unreadable.
fn bytes(text: &str, field: &'static str) -> Result<u64, Unreadable> {
    text.lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|value| {
            value
                .trim()
                .strip_suffix("kB")?
                .trim_end()
                .parse::<u64>()
                .ok()
        })
        .and_then(|kibibytes| kibibytes.checked_mul(1024))
        .ok_or(Unreadable::Content {
            path: PATH.to_owned(),
            what: field,
        })
}
