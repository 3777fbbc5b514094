//! Memory of the whole machine, from `/proc/meminfo`.

use std::io;
use std::path::Path;

use crate::watermarks::{self, Watermarks};
use crate::{Bound, Doubt, Sample, Unreadable, must_read};

const PATH: &str = "/proc/meminfo";

/// Reads the machine's memory.
pub(crate) fn sample(file: &impl Fn(&Path) -> io::Result<String>) -> Result<Sample, Unreadable> {
    let text = must_read(file, Path::new(PATH))?;
    let missing = |what| Unreadable::Content {
        path: PATH.to_owned(),
        what,
    };
    let total = bytes(&text, "MemTotal").ok_or(missing("MemTotal"))?;
    // Some kernels always report 0, and some containers report the host's value beside their own total. If 0
    // is correct, the estimate is 0 too.
    let reported = bytes(&text, "MemAvailable");
    let sound = reported.filter(|available| (1..=total).contains(available));
    let estimate = || estimate(&text, |cache| watermarks::read(file, total, cache));
    let available = match sound {
        Some(available) => available,
        None => estimate().or(reported).ok_or(missing("MemAvailable"))?,
    };
    Ok(Sample {
        available: available.min(total),
        total,
        bound: Bound::Machine,
        estimated: sound.is_none().then(|| Doubt::NoMemAvailable.to_string()),
    })
}

/// `MemAvailable` computed as in the kernel (`si_mem_available` in mm/show_mem.c); none without `MemFree`.
/// `watermarks` receives the size of the two file lists.
pub(crate) fn estimate(
    text: &str,
    watermarks: impl FnOnce(Option<u64>) -> Watermarks,
) -> Option<u64> {
    let field = |name| bytes(text, name);
    let free = field("MemFree")?;
    let lists = field("Active(file)").zip(field("Inactive(file)"));
    let lists = lists.map(|(active, inactive)| active.saturating_add(inactive));
    let cache = match lists {
        Some(cache) => cache,
        // Before Linux 2.6.28, and in some sandboxes. `Cached` includes tmpfs: without `Shmem` to subtract
        // it, nothing is counted.
        None => field("Shmem").map_or(0, |tmpfs| {
            let cached = field("Cached").unwrap_or(0);
            let buffers = field("Buffers").unwrap_or(0);
            cached.saturating_add(buffers).saturating_sub(tmpfs)
        }),
    };
    let slab = field("KReclaimable")
        .or_else(|| field("SReclaimable"))
        .unwrap_or(0);
    let Watermarks { low, reserve } = watermarks(lists);
    // Reclaiming a whole cache would thrash: half of it stays, or the low watermark if that is less.
    let given_back = |cache: u64| cache - (cache / 2).min(low);
    Some(
        free.saturating_add(given_back(cache))
            .saturating_add(given_back(slab))
            .saturating_sub(reserve),
    )
}

// Parsing the whole file would require lines that nothing here needs and that sandboxes (gVisor, LXCFS) omit.
fn bytes(text: &str, field: &str) -> Option<u64> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kibibytes = value.trim().strip_suffix("kB")?.trim_end();
    kibibytes.parse::<u64>().ok()?.checked_mul(1024)
}
