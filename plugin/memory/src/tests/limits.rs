//! Which limits apply.

use super::*;

const OWN: &str = "/sys/fs/cgroup/memory";

/// A v1 container: its own group is the mount point, its ancestors are hidden.
fn in_v1_container() -> Tree {
    let mount = "35 31 0:32 /docker/1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory";
    Tree::new().in_v1(mount, "/docker/1")
}

/// `memory.stat` of v1, in MiB.
fn stat(hierarchical: &str, total_inactive_file: u64) -> String {
    let cache = total_inactive_file * MIB;
    format!("hierarchical_memory_limit {hierarchical}\ntotal_inactive_file {cache}\n")
}

fn mib(n: u64) -> String {
    (n * MIB).to_string()
}

// Report F18: the limit is set on an ancestor of the container's visible group
// (VictoriaMetrics/VictoriaMetrics#699: the host's memory was used; cloudfoundry/gosigar#57: its own limit
// says "unlimited").
#[test]
fn v1_an_ancestor_out_of_sight_binds() {
    in_v1_container()
        .v1(OWN, V1_NO_LIMIT, 380, 0)
        .with("/sys/fs/cgroup/memory/memory.stat", stat(&mib(400), 0))
        .is(20, 400, Bound::Container);
    // Its cache is reclaimable here too.
    in_v1_container()
        .v1(OWN, V1_NO_LIMIT, 380, 0)
        .with("/sys/fs/cgroup/memory/memory.stat", stat(&mib(400), 100))
        .is(120, 400, Bound::Container);
    // The lower of the two applies.
    for (own, ancestor) in [(500, 400), (400, 500)] {
        in_v1_container()
            .v1(OWN, &mib(own), 380, 0)
            .with("/sys/fs/cgroup/memory/memory.stat", stat(&mib(ancestor), 0))
            .is(20, 400, Bound::Container);
    }
    in_v1_container()
        .v1(OWN, V1_NO_LIMIT, 380, 0)
        .with("/sys/fs/cgroup/memory/memory.stat", stat(V1_NO_LIMIT, 0))
        .is(3072, 4096, Bound::Machine);
}

// Report F18: among visible groups, the outermost's usage is closest to that of a hidden ancestor.
#[test]
fn v1_an_ancestor_out_of_sight_binds_by_the_use_of_the_outermost_group() {
    in_v1_container()
        .in_v1(
            "35 31 0:32 /docker/1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory",
            "/docker/1/inner",
        )
        .v1(OWN, V1_NO_LIMIT, 380, 0)
        .with("/sys/fs/cgroup/memory/memory.stat", stat(&mib(400), 0))
        .v1("/sys/fs/cgroup/memory/inner", V1_NO_LIMIT, 10, 0)
        .with(
            "/sys/fs/cgroup/memory/inner/memory.stat",
            stat(&mib(400), 0),
        )
        .is(20, 400, Bound::Container);
}

// Report F18: the limit's file may be missing while the statistics exist.
#[test]
fn v1_the_limit_of_the_statistics_stands_alone() {
    let mount = "35 31 0:32 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory";
    Tree::new()
        .in_v1(mount, "/a")
        .v1(OWN, V1_NO_LIMIT, 2000, 0)
        .with("/sys/fs/cgroup/memory/a/memory.usage_in_bytes", mib(380))
        .with("/sys/fs/cgroup/memory/a/memory.stat", stat(&mib(400), 0))
        .is(20, 400, Bound::Container);
}

// Report F18, the opposite: old kernels apply limits to descendants only if `memory.use_hierarchy` is 1
// (containers/crun#713); otherwise an ancestor's limit is not ours.
#[test]
fn v1_an_ancestor_that_does_not_pass_its_limit_on_does_not_bind() {
    let tree = || {
        Tree::new()
            .in_v1(V1_MOUNT, "/a/b")
            .v1("/sys/fs/cgroup/memory", V1_NO_LIMIT, 2000, 0)
            .v1("/sys/fs/cgroup/memory/a", &mib(100), 90, 0)
            .v1("/sys/fs/cgroup/memory/a/b", V1_NO_LIMIT, 380, 0)
    };
    let file = "/sys/fs/cgroup/memory/a/memory.use_hierarchy";
    tree().with(file, "0\n").is(3072, 4096, Bound::Machine);
    tree().with(file, "1\n").is(10, 100, Bound::Container);
    // A group's own limit always applies.
    tree()
        .v1("/sys/fs/cgroup/memory/a/b", &mib(400), 380, 0)
        .with("/sys/fs/cgroup/memory/a/b/memory.use_hierarchy", "0\n")
        .with(file, "0\n")
        .is(20, 400, Bound::Container);
}

// Report F18: memory and swap share a limit, part of which is used by swapped-out pages.
#[test]
fn v1_the_limit_of_memory_and_swap_binds() {
    let tree = |memsw: &str, with_ancestors: &str| {
        in_v1_container()
            .v1(OWN, &mib(1000), 300, 100)
            .with("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", memsw)
            .with(
                "/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes",
                mib(900),
            )
            .with(
                "/sys/fs/cgroup/memory/memory.stat",
                format!(
                    "hierarchical_memory_limit {}\nhierarchical_memsw_limit {with_ancestors}\n",
                    mib(1000)
                ),
            )
    };
    tree(&mib(1000), &mib(1000)).is(100, 1000, Bound::Container);
    tree(V1_NO_LIMIT, &mib(950)).is(50, 950, Bound::Container);
    tree(V1_NO_LIMIT, V1_NO_LIMIT).is(700, 1000, Bound::Container);
    // Swap is not accounted: the field alone means nothing.
    let mut tree = tree("", &mib(950));
    tree.0.retain(|path, _| !path.contains("memsw"));
    tree.is(700, 1000, Bound::Container);
}

// Report F19: only `memory.max` was read (cockroachdb/cockroach#114774 asks for `memory.high`,
// canonical/lxd#13147 reports how slow a group over it becomes).
#[test]
fn v2_memory_high_is_a_limit() {
    let tree = |max: Option<u64>, high: &str| {
        Tree::new()
            .in_v2(V2_MOUNT, "/a/b")
            .v2("/sys/fs/cgroup/a", None, 690, 0)
            .v2("/sys/fs/cgroup/a/b", max, 690, 0)
            .with("/sys/fs/cgroup/a/b/memory.high", high)
    };
    tree(None, &mib(700)).is(10, 700, Bound::Container);
    tree(Some(1000), &mib(700)).is(10, 700, Bound::Container);
    tree(Some(695), &mib(700)).is(5, 695, Bound::Container);
    tree(Some(1000), "max\n").is(310, 1000, Bound::Container);
    tree(None, "max\n").is(3072, 4096, Bound::Machine);
    // Over the limit nothing is left, rather than a huge number.
    tree(None, &mib(600)).is(0, 600, Bound::Container);
    tree(None, "0\n").is(0, 0, Bound::Container);
    tree(None, DENIED).is_unreadable("/sys/fs/cgroup/a/b/memory.high");
    tree(None, "much\n").is_unreadable("/sys/fs/cgroup/a/b/memory.high has no usable limit");
}

// Report F19: systemd sets it on slices (`MemoryHigh=`), above the service that reads it. Cache is
// reclaimable under this limit too.
#[test]
fn v2_memory_high_of_an_ancestor_binds() {
    Tree::new()
        .in_v2(V2_MOUNT, "/user.slice/app.scope")
        .v2("/sys/fs/cgroup/user.slice", None, 690, 200)
        .with("/sys/fs/cgroup/user.slice/memory.high", mib(700))
        .v2("/sys/fs/cgroup/user.slice/app.scope", Some(600), 50, 0)
        .with("/sys/fs/cgroup/user.slice/app.scope/memory.high", "max")
        .is(210, 700, Bound::Container);
}

// What is above is read for nothing: a kernel computes each group's statistics anew.
#[test]
fn v1_nothing_is_read_above_a_group_whose_ancestors_have_no_limit() {
    let unlimited = stat(V1_NO_LIMIT, 0);
    let tree = Tree::new()
        .in_v1(V1_MOUNT, "/a/b")
        .v1("/sys/fs/cgroup/memory/a/b", V1_NO_LIMIT, 100, 0)
        .with("/sys/fs/cgroup/memory/a/b/memory.stat", &unlimited)
        .v1("/sys/fs/cgroup/memory/a", V1_NO_LIMIT, 200, 0)
        .v1("/sys/fs/cgroup/memory", V1_NO_LIMIT, 300, 0);
    let seen = std::cell::RefCell::new(vec![]);
    let sample = crate::read(|path: &Path| {
        seen.borrow_mut().push(path.to_owned());
        let text = tree.0.get(path.to_str().unwrap());
        text.cloned().ok_or(io::ErrorKind::NotFound.into())
    });
    assert_eq!(sample.unwrap().bound, Bound::Machine);
    let mut seen = seen.into_inner();
    assert!(
        !seen
            .iter()
            .any(|path| path.ends_with("memory/a/memory.stat")),
        "{seen:?}"
    );
    let files = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), files, "read twice");
}
