//! Machines that do not report available memory.

use super::*;
use crate::meminfo;
use crate::watermarks::{self, Watermarks};

const NO_WATERMARKS: Watermarks = Watermarks { low: 0, reserve: 0 };

/// The estimate for these lines.
fn estimated(text: &str, watermarks: Watermarks) -> Option<u64> {
    meminfo::estimate(text, |_| watermarks)
}

/// A machine with these lines, in MiB.
fn machine(lines: &[(&str, u64)]) -> Tree {
    let text: String = lines
        .iter()
        .map(|(name, mib)| format!("{name}: {:>8} kB\n", mib * 1024))
        .collect();
    Tree(HashMap::new()).with("/proc/meminfo", text)
}

/// As shown by WSL1.
const WSL1: &[(&str, u64)] = &[
    ("MemTotal", 8192),
    ("MemFree", 5000),
    ("Buffers", 34),
    ("Cached", 188),
    ("Active", 200),
    ("Inactive", 150),
    ("Active(anon)", 100),
    ("Inactive(anon)", 17),
    ("Active(file)", 64),
    ("Inactive(file)", 136),
    ("Dirty", 0),
    ("Shmem", 17),
    ("SReclaimable", 6),
];

const WHY: &str = "/proc/meminfo has no usable MemAvailable";

// Report F21: WSL1 and kernels before 3.14 lack the line (rust-psutil/rust-psutil#82, dotnet/orleans#6005).
#[test]
fn without_mem_available_it_is_estimated() {
    // 5000 free, minus half of 200 and of 6 (less than the low watermark), minus the reserve.
    machine(WSL1)
        .with("/proc/sys/vm/min_free_kbytes", 80 * 1024)
        .is_about(5003, 8192, Bound::Machine, WHY);
    // The kernel's default for this much memory: √(16 · 8 GiB in kB) = 11585 kB.
    machine(WSL1).is_about(5174, 8192, Bound::Machine, WHY);
    machine(WSL1)
        .with("/proc/sys/vm/min_free_kbytes", DENIED)
        .with("/proc/zoneinfo", DENIED)
        .is_about(5174, 8192, Bound::Machine, WHY);
    machine(WSL1)
        .with("/proc/zoneinfo", "nonsense\n")
        .with("/proc/sys/vm/min_free_kbytes", "many\n")
        .is_about(5174, 8192, Bound::Machine, WHY);
}

// Report F21: watermarks of a real machine: two zones and an empty one, 4 KiB pages.
#[test]
fn the_watermarks_are_those_of_the_zones() {
    // After fragmentation a boost raises the watermarks; the kernel's reserve excludes it.
    let zone = |name: &str, boost: u64, low: u64, high: u64, managed: u64, protection: &str| {
        format!(
            "Node 0, zone {name:>8}\n  per-node stats\n      nr_inactive_anon 505300\n      \
             nr_inactive_file 30000\n      nr_active_file 20000\n  pages free     3840\n        boost    {boost}\n        min      1\n        low      {low}\n        \
             high     {high}\n        promo    9\n        spanned  {managed}\n        present  {managed}\n        \
             managed  {managed}\n        protection: {protection}\n      nr_free_pages 3840\n  pagesets\n    \
             cpu: 0\n              count:    373\n              high:     999999\n              low:      999999\n  \
             start_pfn:           1\n"
        )
    };
    let zoneinfo = [
        zone("DMA", 0, 30, 40, 3840, "(0, 2906, 23983, 23983)"),
        zone("Normal", 500, 5090, 6500, 258_304, "(0, 0, 0, 0)"),
        "Node 0, zone  Movable\n  pages free     0\n        min      32\n        low      32\n        \
         high     32\n        managed  0\n        protection: (0, 0, 0, 0)\n"
            .to_owned(),
    ]
    .concat();
    let file = |path: &Path| match path.to_str() {
        Some("/proc/zoneinfo") => Ok(zoneinfo.clone()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let wanted = Watermarks {
        low: (30 + 5090 + 32) * 4096,
        // No zone reserves more than it has.
        reserve: (3840 + 6000) * 4096,
    };
    // Two zones with 50,000 pages each, counted slightly before and after.
    for cache in [100_000, 97_000, 104_000] {
        assert_eq!(
            watermarks::read(&file, 1024 * MIB, Some(cache * 4096)),
            wanted
        );
    }
    // The same pages, at the page size of some arm64 machines.
    let large = Watermarks {
        low: wanted.low * 16,
        reserve: wanted.reserve * 16,
    };
    assert_eq!(
        watermarks::read(&file, 16 * 1024 * MIB, Some(100_000 * 65536)),
        large
    );
    // The host's zones in a container with its own meminfo (LXCFS) are not ours.
    for cache in [None, Some(0), Some(100_000 * 1024), Some(u64::MAX)] {
        let own = watermarks::read(&file, 256 * MIB, cache);
        assert_eq!(
            (own.low, own.reserve),
            (2048 * 1024 * 5 / 4, 2048 * 1024 * 5 / 4)
        );
    }
}

// Report F21: a kernel or sandbox without the file lists: `Cached` includes tmpfs.
#[test]
fn without_lists_the_cache_is_what_is_cached_without_tmpfs() {
    let kib = |text: &str| estimated(text, NO_WATERMARKS).map(|bytes| bytes / 1024);
    let text = "MemFree: 1000 kB\nBuffers: 50 kB\nCached: 400 kB\nShmem: 150 kB\n";
    assert_eq!(kib(text), Some(1300));
    let text = "MemFree: 1000 kB\nCached: 400 kB\n";
    assert_eq!(kib(text), Some(1000), "it may all be tmpfs");
    let text = "MemFree: 1000 kB\nCached: 100 kB\nShmem: 400 kB\n";
    assert_eq!(kib(text), Some(1000));
    let text = "MemFree: 1000 kB\nSReclaimable: 10 kB\nKReclaimable: 30 kB\n";
    assert_eq!(kib(text), Some(1030), "the second includes the first");
    assert_eq!(kib("MemTotal: 1000 kB\n"), None);
}

// Report F21: less is free than the kernel reserves.
#[test]
fn an_estimate_is_never_below_nothing() {
    let low = Watermarks {
        low: 64 * MIB,
        reserve: 64 * MIB,
    };
    assert_eq!(estimated("MemFree: 10 kB\n", low), Some(0));
    // Half of a small cache stays, or the low watermark of a large one.
    let text = "MemFree: 65536 kB\nActive(file): 2048 kB\nInactive(file): 0 kB\n";
    assert_eq!(estimated(text, low), Some(MIB));
    let text = "MemFree: 65536 kB\nActive(file): 1048576 kB\nInactive(file): 0 kB\n";
    assert_eq!(estimated(text, low), Some((1024 - 64) * MIB));
    let huge = format!(
        "MemFree: {0} kB\nActive(file): {0} kB\nInactive(file): {0} kB\n",
        u64::MAX >> 10
    );
    assert!(estimated(&huge, low).is_some());
}

// Report F21: a wrong value: 0 on some kernels whatever is free, the host's number beside the container's own
// total (both in giampaolo/psutil#2052 and the code around it), or not a number.
#[test]
fn a_wrong_mem_available_is_estimated_too() {
    for wrong in [
        "0 kB",
        "67108864 kB",
        "many kB",
        "-1 kB",
        "18446744073709551615 kB",
        "12",
    ] {
        let mut tree = machine(WSL1);
        let text = tree.0.remove("/proc/meminfo").unwrap();
        tree.with("/proc/meminfo", format!("MemAvailable: {wrong}\n{text}"))
            .is_about(5174, 8192, Bound::Machine, WHY);
    }
    // Without anything better the reported value is used, capped at the total.
    machine(&[("MemTotal", 1024), ("MemAvailable", 0)]).is_about(0, 1024, Bound::Machine, WHY);
    machine(&[("MemTotal", 1024), ("MemAvailable", 4096)]).is_about(
        1024,
        1024,
        Bound::Machine,
        WHY,
    );
}

// Report F21: doubts about the machine do not matter if a container is the limit.
#[test]
fn a_container_bounds_an_estimated_machine_for_sure() {
    machine(WSL1)
        .in_v2(V2_MOUNT, "/a")
        .v2("/sys/fs/cgroup/a", Some(1000), 800, 0)
        .is(200, 1000, Bound::Container);
}

/// Report F21: on a kernel that reports the value, the estimate matches it.
#[cfg(target_os = "linux")]
#[test]
fn the_estimate_is_what_this_kernel_says() {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    };
    let Some(said) = field("MemAvailable:") else {
        return;
    };
    let file = |path: &Path| std::fs::read_to_string(path);
    let total = field("MemTotal:").unwrap();
    let estimate = meminfo::estimate(&text, |cache| watermarks::read(&file, total, cache)).unwrap();
    // The kernel keeps counters per CPU and sums them up now and then.
    assert!(said.abs_diff(estimate) < 32 * MIB, "{said} {estimate}");
}
