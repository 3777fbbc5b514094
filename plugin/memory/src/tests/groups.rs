//! Locations of groups, and the memory left in them.

use super::*;

#[test]
fn a_kernel_without_control_groups_is_bounded_by_the_machine() {
    Tree::new().is(3072, 4096, Bound::Machine);
}

#[test]
fn v2_the_root_group_has_no_limit() {
    Tree::new()
        .in_v2(V2_MOUNT, "/")
        .is(3072, 4096, Bound::Machine);
}

#[test]
fn v2_a_limit_leaves_what_is_not_used() {
    let folder = "/sys/fs/cgroup/system.slice/docker-1.scope";
    let tree = Tree::new().in_v2(V2_MOUNT, "/system.slice/docker-1.scope");
    tree.v2(folder, Some(1024), 600, 0)
        .is(424, 1024, Bound::Container);
}

#[test]
fn v2_cache_that_is_given_back_is_not_counted_as_used() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .v2("/sys/fs/cgroup/a", Some(1024), 1000, 700);
    tree.is(724, 1024, Bound::Container);
}

#[test]
fn v2_the_tightest_ancestor_bounds() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/a/b/c")
        .v2("/sys/fs/cgroup/a", Some(500), 100, 0)
        .v2("/sys/fs/cgroup/a/b", Some(2000), 100, 0)
        .v2("/sys/fs/cgroup/a/b/c", None, 100, 0);
    tree.is(400, 500, Bound::Container);
}

#[test]
fn v2_a_limit_over_what_the_machine_has_does_not_bound() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .v2("/sys/fs/cgroup/a", Some(8000), 10, 0);
    tree.is(3072, 4096, Bound::Machine);
}

#[test]
fn v2_a_container_with_a_namespace_sees_its_own_group_as_the_root() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/")
        .v2("/sys/fs/cgroup", Some(512), 112, 0);
    tree.is(400, 512, Bound::Container);
}

#[test]
fn a_mount_that_shows_a_part_of_the_hierarchy_is_that_part() {
    let mount = "29 23 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
    let tree = Tree::new()
        .in_v2(mount, "/docker/1/inner")
        .v2("/sys/fs/cgroup", Some(512), 100, 0)
        .v2("/sys/fs/cgroup/inner", Some(256), 100, 0);
    tree.is(156, 256, Bound::Container);
}

#[test]
fn a_group_outside_of_what_is_mounted_falls_back_to_the_mount_point() {
    let mount = "35 31 0:32 /docker/1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory";
    let tree = Tree::new().in_v1(mount, "/other").v1(
        "/sys/fs/cgroup/memory",
        &(512 * MIB).to_string(),
        12,
        0,
    );
    tree.is_about(
        500,
        512,
        Bound::Container,
        "/other is not shown at /sys/fs/cgroup/memory",
    );
}

#[test]
fn a_group_that_climbs_out_of_its_namespace_never_leaves_the_mount() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/../other")
        .v2("/sys/fs/cgroup", Some(512), 12, 0)
        .v2("/sys/fs/cgroup/../other", Some(100), 0, 0);
    tree.is_about(500, 512, Bound::Container, "/../other");
}

#[test]
fn a_group_whose_folder_is_not_shown_is_bounded_by_the_ancestors_that_are() {
    let tree = Tree::new().in_v1(V1_MOUNT, "/docker/1").v1(
        "/sys/fs/cgroup/memory",
        &(512 * MIB).to_string(),
        12,
        0,
    );
    tree.is_about(500, 512, Bound::Container, "/docker/1");
}

#[test]
fn v1_a_limit_leaves_what_is_not_used_and_the_whole_subtrees_cache_is_given_back() {
    let tree = Tree::new()
        .in_v1(V1_MOUNT, "/docker/1")
        .v1("/sys/fs/cgroup/memory", V1_NO_LIMIT, 3000, 0)
        .v1("/sys/fs/cgroup/memory/docker", V1_NO_LIMIT, 2000, 0)
        .v1(
            "/sys/fs/cgroup/memory/docker/1",
            &(1024 * MIB).to_string(),
            900,
            300,
        );
    tree.is(424, 1024, Bound::Container);
}

#[test]
fn v1_a_huge_number_is_no_limit_whatever_the_page_size() {
    for number in [V1_NO_LIMIT, "9223372036854710272", "18446744073709551615"] {
        let tree = Tree::new()
            .in_v1(V1_MOUNT, "/")
            .v1("/sys/fs/cgroup/memory", number, 1, 0);
        tree.is(3072, 4096, Bound::Machine);
    }
}

#[test]
fn hybrid_v1_memory_beside_an_empty_v2_hierarchy() {
    let mounts = format!(
        "{V1_MOUNT}\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
         33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    );
    let tree = Tree::new()
        .with("/proc/self/cgroup", "4:memory:/a\n3:cpu:/b\n0::/c\n")
        .with("/proc/self/mountinfo", mounts)
        .with("/sys/fs/cgroup/unified/cgroup.controllers", "")
        .v1("/sys/fs/cgroup/memory", V1_NO_LIMIT, 1, 0)
        .v1("/sys/fs/cgroup/memory/a", &(300 * MIB).to_string(), 100, 50);
    tree.is(250, 300, Bound::Container);
}

#[test]
fn use_over_the_limit_leaves_nothing() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .v2("/sys/fs/cgroup/a", Some(100), 120, 0);
    tree.is(0, 100, Bound::Container);
}

#[test]
fn without_statistics_all_cache_counts_as_used() {
    let mut tree = Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .v2("/sys/fs/cgroup/a", Some(100), 40, 30);
    tree.0.remove("/sys/fs/cgroup/a/memory.stat");
    tree.is_about(60, 100, Bound::Container, "/sys/fs/cgroup/a/memory.stat");
}

#[test]
fn odd_lines_of_other_mounts_do_not_matter() {
    let mount = format!("this is no mount\n\n{V2_MOUNT}");
    let tree = Tree::new()
        .in_v2(&mount, "/a")
        .v2("/sys/fs/cgroup/a", Some(100), 40, 0);
    tree.is(60, 100, Bound::Container);
}

#[test]
fn a_limit_that_may_not_be_read_is_no_reading() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .with("/sys/fs/cgroup/a/memory.max", DENIED);
    tree.is_unreadable("/sys/fs/cgroup/a/memory.max");
}

#[test]
fn a_limit_without_its_usage_is_no_reading() {
    let tree = Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .with("/sys/fs/cgroup/a/memory.max", 1000);
    tree.is_unreadable("/sys/fs/cgroup/a/memory.current");
}

#[test]
fn nonsense_is_no_reading() {
    Tree::new()
        .in_v2(V2_MOUNT, "/a")
        .with("/sys/fs/cgroup/a/memory.max", "-5")
        .is_unreadable("no usable limit");
    Tree::new()
        .with("/proc/self/cgroup", "nonsense")
        .is_unreadable("list of groups");
    for meminfo in [
        "MemTotal: 1 kB\n",
        "MemTotal: 1 kB\nMemAvailable: many kB\n",
    ] {
        Tree::new()
            .with("/proc/meminfo", meminfo)
            .is_unreadable("MemAvailable");
    }
    Tree::new()
        .with("/proc/meminfo", "")
        .is_unreadable("MemTotal");
    let huge = format!("MemTotal: 1 kB\nMemAvailable: {} kB\n", u64::MAX);
    Tree::new()
        .with("/proc/meminfo", huge)
        .is_unreadable("MemAvailable");
}

#[test]
fn no_proc_at_all_is_no_reading() {
    Tree(HashMap::new()).is_unreadable("/proc/meminfo");
}
