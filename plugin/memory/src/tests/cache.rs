//! Which part of a group's usage is reclaimable.

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

// Report F20: cache that is read twice becomes "active" and is still reclaimable (google/cadvisor#2604:
// working sets above `MemAvailable`; lerd-env/lerd#1378: 2 GB reported for a program of 50 MB).
#[test]
fn v2_active_file_cache_is_given_back() {
    let stat = [
        ("anon", 300),
        ("file", 1500),
        ("active_file", 1400),
        ("inactive_file", 100),
    ];
    v2(2048, 1900, &stat).is(1648, 2048, Bound::Container);
    // At the limit, where groups that read files usually are.
    v2(2048, 2048, &stat).is(1500, 2048, Bound::Container);
}

// Report F20: `file` includes tmpfs, which is in the anonymous lists and cannot be dropped.
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

// Report F20: dirty pages and pages under writeback cannot be dropped at once.
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
    // The counters are not taken at the same moment.
    v2(1000, 800, &stat(600, 150)).is(200, 1000, Bound::Container);
}

// Report F20: locked file pages are in a separate list.
#[test]
fn v2_unevictable_pages_are_use() {
    let stat = [("file", 600), ("inactive_file", 100), ("unevictable", 500)];
    v2(1000, 800, &stat).is(300, 1000, Bound::Container);
}

// Report F20: a container that touches many files fills its memory with inodes (google/cadvisor#3081: 1.1 GB
// of reclaimable slab counted as used).
#[test]
fn v2_reclaimable_slab_is_given_back() {
    let stat = [
        ("inactive_file", 100),
        ("slab_reclaimable", 500),
        ("slab_unreclaimable", 50),
        ("slab", 550),
    ];
    v2(1000, 800, &stat).is(800, 1000, Bound::Container);
    // Dirty pages are subtracted from the file cache only.
    let stat = [("file_dirty", 200), ("slab_reclaimable", 500)];
    v2(1000, 800, &stat).is(700, 1000, Bound::Container);
}

// Report F20: with more cache than usage, the whole limit is available and no more.
#[test]
fn cache_over_the_use_leaves_the_limit() {
    v2(1000, 800, &[("inactive_file", 900)]).is(1000, 1000, Bound::Container);
}

// Report F20: v1 usage covers the subtree, as do the `total_` fields; `cache` includes tmpfs.
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

// Report F20: unreadable statistics reclaim nothing, but the reading still succeeds.
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
