//! What of a group's use is given back.

use super::*;

/// A v2 group with these statistics, in MiB.
fn v2(max: u64, current: u64, stat: &[(&str, u64)]) -> Tree {
    Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .v2("/sys/fs/cgroup/a", Some(max), current, 0)
        .with("/sys/fs/cgroup/a/memory.stat", lines(stat))
}

/// A v1 group with these statistics, in MiB.
fn v1(max: u64, current: u64, stat: &[(&str, u64)]) -> Tree {
    let limit = (max * MIB).to_string();
    Tree::new()
        .in_v1(V1_MOUNT, "/a")
        .v1("/sys/fs/cgroup/memory/a", &limit, current, 0)
        .with("/sys/fs/cgroup/memory/a/memory.stat", lines(stat))
}

fn lines(stat: &[(&str, u64)]) -> String {
    stat.iter()
        .map(|(name, mib)| format!("{name} {}\n", mib * MIB))
        .collect()
}

// Report F20: cache that is read twice is "active", and given back none the less
// (google/cadvisor#2604: working sets larger than what `MemAvailable` says; lerd-env/lerd#1378: 2 GB
// reported for a program of 50 MB).
#[test]
fn v2_active_file_cache_is_given_back() {
    let stat = [
        ("anon", 300),
        ("file", 1500),
        ("active_file", 1400),
        ("inactive_file", 100),
    ];
    v2(2048, 1900, &stat).is(1648, 2048, Bound::Container);
    // At the limit, as a group that reads files comes to be.
    v2(2048, 2048, &stat).is(1500, 2048, Bound::Container);
}

// Report F20: `file` has tmpfs in it, which is in the lists of anonymous memory and cannot be dropped.
#[test]
fn v2_tmpfs_is_use() {
    let stat = [
        ("anon", 100),
        ("file", 700),
        ("shmem", 650),
        ("inactive_anon", 750),
        ("active_file", 30),
        ("inactive_file", 20),
    ];
    v2(1000, 800, &stat).is(250, 1000, Bound::Container);
}

// Report F20: what is yet to be written, or being written, cannot be dropped at once.
#[test]
fn v2_unwritten_pages_are_use() {
    let stat = |dirty, writeback| {
        [
            ("active_file", 100),
            ("inactive_file", 500),
            ("file_dirty", dirty),
            ("file_writeback", writeback),
        ]
    };
    v2(1000, 800, &stat(0, 0)).is(800, 1000, Bound::Container);
    v2(1000, 800, &stat(400, 0)).is(400, 1000, Bound::Container);
    v2(1000, 800, &stat(400, 150)).is(250, 1000, Bound::Container);
    // The counters are not all of one moment.
    v2(1000, 800, &stat(600, 150)).is(200, 1000, Bound::Container);
}

// Report F20: files locked in memory are in a list of their own.
#[test]
fn v2_unevictable_pages_are_use() {
    let stat = [("file", 600), ("inactive_file", 100), ("unevictable", 500)];
    v2(1000, 800, &stat).is(300, 1000, Bound::Container);
}

// Report F20: a container that looks at many files has its memory full of inodes
// (google/cadvisor#3081: 1.1 GB of reclaimable slab counted as used).
#[test]
fn v2_reclaimable_slab_is_given_back() {
    let stat = [
        ("inactive_file", 100),
        ("slab_reclaimable", 500),
        ("slab_unreclaimable", 50),
        ("slab", 550),
    ];
    v2(1000, 800, &stat).is(800, 1000, Bound::Container);
    // Unwritten pages are taken off the file cache only.
    let stat = [("file_dirty", 200), ("slab_reclaimable", 500)];
    v2(1000, 800, &stat).is(700, 1000, Bound::Container);
}

// Report F20: more cache than use leaves the whole limit and no more.
#[test]
fn cache_over_the_use_leaves_the_limit() {
    v2(1000, 800, &[("inactive_file", 900)]).is(1000, 1000, Bound::Container);
}

// Report F20: v1's use is the whole subtree's, so are the fields with `total_`; `cache` has tmpfs in it.
#[test]
fn v1_cache_of_both_lists_and_of_the_whole_subtree_is_given_back() {
    let stat = [
        ("cache", 10),
        ("active_file", 1),
        ("inactive_file", 2),
        ("dirty", 3),
        ("total_cache", 1550),
        ("total_shmem", 50),
        ("total_active_file", 1300),
        ("total_inactive_file", 200),
        ("total_dirty", 60),
        ("total_writeback", 40),
    ];
    v1(2048, 1900, &stat).is(1548, 2048, Bound::Container);
    // Very old kernels have no totals.
    let stat = [
        ("cache", 650),
        ("active_file", 400),
        ("inactive_file", 200),
        ("writeback", 100),
    ];
    v1(1000, 900, &stat).is(600, 1000, Bound::Container);
}

// Report F20: statistics that cannot be understood give nothing back; that is no reason to know
// nothing.
#[test]
fn odd_statistics_give_nothing_back() {
    for odd in [
        "",
        "\0\0",
        "inactive_file\n",
        "inactive_file -1\nactive_file many\n",
    ] {
        Tree::new()
            .in_v2(V2_MOUNT, "/a")
            .v2("/sys/fs/cgroup/a", Some(1000), 800, 0)
            .with("/sys/fs/cgroup/a/memory.stat", odd)
            .is(200, 1000, Bound::Container);
    }
    let huge = format!(
        "inactive_file {0}\nactive_file {0}\nslab_reclaimable {0}\n",
        u64::MAX
    );
    Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .v2("/sys/fs/cgroup/a", Some(1000), 800, 0)
        .with("/sys/fs/cgroup/a/memory.stat", huge)
        .is(1000, 1000, Bound::Container);
}
