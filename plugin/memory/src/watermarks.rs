//! Free memory that the kernel keeps for itself.

use std::io;
use std::path::Path;

/// Watermarks in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watermarks {
    /// Below this much free memory the kernel starts to reclaim caches.
    pub low: u64,
    /// Free memory that is not available to programs.
    pub reserve: u64,
}

/// From `/proc/zoneinfo`, else from `min_free_kbytes`, else the kernel's default for a machine with `total`
/// bytes. `file_cache`: the size of the two file lists in `/proc/meminfo`.
pub(crate) fn read(
    file: &impl Fn(&Path) -> io::Result<String>,
    total: u64,
    file_cache: Option<u64>,
) -> Watermarks {
    file(Path::new("/proc/zoneinfo"))
        .ok()
        .and_then(|text| zones(&text, file_cache?))
        .unwrap_or_else(|| {
            let min = file(Path::new("/proc/sys/vm/min_free_kbytes"))
                .ok()
                .and_then(|text| text.trim().parse().ok())
                // mm/page_alloc.c, calculate_min_free_kbytes.
                .unwrap_or_else(|| (total / 1024 * 16).isqrt().clamp(128, 256 * 1024));
            // The low watermark is the minimum plus a quarter. The zones' reserves are unknown; procps'
            // `free` also uses the low watermark.
            let low = min.saturating_mul(1024).saturating_mul(5) / 4;
            Watermarks { low, reserve: low }
        })
}

/// A memory zone, in pages.
#[derive(Default)]
struct Zone {
    low: u64,
    high: u64,
    /// Temporary raise of the watermarks after fragmentation. Excluded from the kernel's reserve.
    boost: u64,
    managed: u64,
    /// Maximum reserved for allocations that cannot use another zone.
    kept: u64,
}

/// The reserves of all zones; none if `file_cache` was counted in other zones.
fn zones(text: &str, file_cache: u64) -> Option<Watermarks> {
    let mut zones: Vec<Zone> = vec![];
    // Per zone in old kernels, per node in newer ones.
    let mut cache_pages = 0_u64;
    for line in text.lines() {
        if line.starts_with("Node ") {
            zones.push(Zone::default());
        }
        let (Some(zone), Some((name, value))) = (zones.last_mut(), line.trim().split_once(' '))
        else {
            continue;
        };
        let number = || value.trim().parse().unwrap_or(0);
        match name {
            "low" => zone.low = number(),
            "high" => zone.high = number(),
            "boost" => zone.boost = number(),
            "managed" => zone.managed = number(),
            // Before Linux 3.9 only this field exists.
            "present" if zone.managed == 0 => zone.managed = number(),
            "nr_active_file" | "nr_inactive_file" => {
                cache_pages = cache_pages.saturating_add(number());
            }
            "protection:" => {
                let numbers = value.split(|c: char| !c.is_ascii_digit());
                zone.kept = numbers.filter_map(|n| n.parse().ok()).max().unwrap_or(0);
            }
            _ => {}
        }
    }
    // Zones count in pages, whose size is not in /proc. Dividing the cache in bytes by the cache in pages
    // gives it approximately, since the files are read at different times. In a container with its own
    // meminfo (LXCFS) the zones are the host's, and no page size fits.
    let page = file_cache.checked_div(cache_pages)?;
    let page = (page / 4 * 3).checked_next_power_of_two()?;
    if !(4 << 10..=64 << 10).contains(&page) {
        return None;
    }
    let bytes = |of: fn(&Zone) -> u64| {
        let pages = zones.iter().map(of).fold(0, u64::saturating_add);
        pages.saturating_mul(page)
    };
    Some(Watermarks {
        low: bytes(|zone| zone.low),
        reserve: bytes(|zone| {
            let high = zone.high.saturating_sub(zone.boost);
            zone.kept.saturating_add(high).min(zone.managed)
        }),
    })
}
