//! Groups that are partly or fully hidden: the reading uses what is visible and says so.

use super::*;

/// A tree shown by `system`.
fn shows(groups: &str, mounts: &[&str]) -> Tree {
    Tree::new()
        .with("/proc/self/cgroup", groups)
        .with("/proc/self/mountinfo", mounts.join("\n"))
}

fn limited(tree: Tree, folder: &str, max: u64, current: u64) -> Tree {
    tree.v2(folder, Some(max), current, 0)
        .with(&format!("{folder}/cgroup.controllers"), "memory\n")
}

// Report A22 (attack): the hierarchy is mounted where this process has no access.
#[test]
fn a_mount_that_cannot_be_read_leaves_the_machine() {
    for (file, says) in [
        (None, "entity not found"),
        (Some(DENIED), "permission denied"),
    ] {
        let mut tree = Tree::new().in_v2(V2_MOUNT, "/a");
        tree.0.remove("/sys/fs/cgroup/cgroup.controllers");
        if let Some(file) = file {
            tree = tree.with("/sys/fs/cgroup/cgroup.controllers", file);
        }
        let why = format!("/sys/fs/cgroup: {says}");
        tree.is_about(3072, 4096, Bound::Machine, &why);
    }
    let mut tree = Tree::new().in_v1(V1_MOUNT, "/a");
    tree.is_about(3072, 4096, Bound::Machine, "/sys/fs/cgroup/memory");
    tree = tree.with("/sys/fs/cgroup/memory/memory.limit_in_bytes", DENIED);
    tree.is_about(3072, 4096, Bound::Machine, "/sys/fs/cgroup/memory");
}

// Report A22 (attack): a second, unreadable mount of the same hierarchy does not matter, before or after the
// readable one.
#[test]
fn one_mount_that_can_be_read_is_enough() {
    let hidden = "40 23 0:26 / /var/lib/secret rw - cgroup2 cgroup2 rw";
    for mounts in [[hidden, V2_MOUNT], [V2_MOUNT, hidden]] {
        let tree = shows("0::/a\n", &mounts).with("/sys/fs/cgroup/cgroup.controllers", "memory\n");
        limited(tree, "/sys/fs/cgroup/a", 100, 40).is(60, 100, Bound::Container);
    }
}

// Report A22 (attack): another container's group is mounted beside our own, as monitoring tools do.
#[test]
fn a_foreign_group_beside_our_own_does_not_bind() {
    let foreign = "40 23 0:26 /docker/2 /mnt/other rw - cgroup2 cgroup2 rw";
    let own = "29 23 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
    for mounts in [[foreign, own], [own, foreign]] {
        let tree = shows("0::/docker/1\n", &mounts);
        let tree = limited(tree, "/sys/fs/cgroup", 1000, 400);
        limited(tree, "/mnt/other", 100, 99).is(600, 1000, Bound::Container);
    }
}

// Report A22 (attack): something mounted over a hierarchy is another hierarchy, or none.
#[test]
fn a_mount_under_another_is_not_looked_into() {
    let own = "29 23 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
    let over = "50 29 0:99 / /sys/fs/cgroup rw - tmpfs tmpfs rw";
    let tree = limited(
        shows("0::/docker/1\n", &[own, over]),
        "/sys/fs/cgroup",
        100,
        99,
    );
    tree.is_about(
        3072,
        4096,
        Bound::Machine,
        "something else is mounted over it",
    );
    // The same hierarchy again, as in a container within a container.
    let again = "50 29 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
    let tree = limited(
        shows("0::/docker/1\n", &[own, again]),
        "/sys/fs/cgroup",
        100,
        40,
    );
    tree.is(60, 100, Bound::Container);
}

// Report A22 (attack): no hierarchy is mounted, as in a chroot (arangodb/arangodb#11682 lists the ways one
// may be missing). The root group has no limit to miss.
#[test]
fn groups_that_are_not_mounted_leave_the_machine() {
    let root = "23 1 8:1 / / rw - ext4 /dev/vda rw";
    for (groups, why) in [
        (
            "0::/system.slice/a.service\n",
            "/system.slice/a.service is not mounted",
        ),
        ("4:memory:/docker/1\n0::/\n", "/docker/1 is not mounted"),
    ] {
        shows(groups, &[root]).is_about(3072, 4096, Bound::Machine, why);
    }
    for groups in ["0::/\n", "4:memory:/\n0::/a\n", "2:cpu:/a\n", ""] {
        shows(groups, &[root]).is(3072, 4096, Bound::Machine);
    }
}

// Report A22 (attack): if v1 has the memory controller, what v2 hides does not matter, and vice versa.
#[test]
fn in_a_hybrid_only_the_hierarchy_with_the_memory_controller_matters() {
    let unified = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
    shows("4:memory:/a\n0::/b\n", &[V1_MOUNT, unified])
        .v1("/sys/fs/cgroup/memory", V1_NO_LIMIT, 1, 0)
        .v1("/sys/fs/cgroup/memory/a", &(300 * MIB).to_string(), 100, 50)
        .is(250, 300, Bound::Container);
    // A v1 hierarchy of another controller beside v2.
    let cpu = "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu";
    let tree = shows("3:cpu:/a\n0::/b\n", &[cpu, unified])
        .with("/sys/fs/cgroup/unified/cgroup.controllers", "memory\n");
    limited(tree, "/sys/fs/cgroup/unified/b", 300, 100).is(200, 300, Bound::Container);
    // A hierarchy that memory shares with another controller.
    let both = "33 31 0:30 / /cg rw - cgroup cgroup rw,cpuset,memory";
    shows("3:cpuset,memory:/a\n", &[both])
        .v1("/cg", V1_NO_LIMIT, 1, 0)
        .v1("/cg/a", &(300 * MIB).to_string(), 100, 0)
        .is(200, 300, Bound::Container);
}

// Report A22 (attack): a process moved into or out of a container sees roots and groups outside its namespace.
#[test]
fn groups_and_mounts_may_climb_out_of_the_namespace() {
    let mount = |root: &str| format!("29 23 0:26 {root} /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
    let tree = |root: &str, group: &str| {
        let tree = shows(&format!("0::{group}\n"), &[&mount(root)]);
        let tree = limited(tree, "/sys/fs/cgroup", 500, 100);
        limited(tree, "/sys/fs/cgroup/other/x", 300, 100)
    };
    // The mount shows all of it.
    tree("/..", "/../other/x").is(200, 300, Bound::Container);
    // It shows an ancestor but not the groups in between: the ancestor's limit applies.
    tree("/..", "/").is_about(400, 500, Bound::Container, "group / is not shown at");
    tree("/../..", "/../other/x").is_about(400, 500, Bound::Container, "/../other/x");
    tree("/../..", "/inner").is_about(400, 500, Bound::Container, "/inner");
    // It shows another group: better too careful.
    tree("/../sibling", "/").is_about(400, 500, Bound::Container, "is not shown");
    tree("/", "/../../other/x").is_about(400, 500, Bound::Container, "/../../other/x");
}

// Report A22 (attack): a mount that shows an ancestor is preferred to one that shows an unrelated group.
#[test]
fn an_ancestor_is_nearer_than_a_stranger() {
    let stranger = "40 23 0:26 /../../else /mnt/other rw - cgroup2 cgroup2 rw";
    let ancestor = "29 23 0:26 /.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
    for mounts in [[stranger, ancestor], [ancestor, stranger]] {
        let tree = limited(shows("0::/\n", &mounts), "/sys/fs/cgroup", 500, 100);
        limited(tree, "/mnt/other", 100, 99).is_about(400, 500, Bound::Container, "/sys/fs/cgroup");
    }
}

// Report A22 (attack): the path in /proc/self/cgroup is the host's, and its folder does not exist here
// (sgl-project/sglang#35707: joining the two names nothing).
#[test]
fn a_group_that_is_not_below_its_mount_is_bounded_by_what_is_shown() {
    let tree = shows("0::/docker/1\n", &[V2_MOUNT]);
    limited(tree, "/sys/fs/cgroup", 500, 100).is_about(
        400,
        500,
        Bound::Container,
        "/docker/1 is not shown at /sys/fs/cgroup",
    );
}

// Report A22 (attack): a group without the memory controller is visible and has no limit.
#[test]
fn a_group_without_the_memory_controller_is_shown() {
    shows("0::/a/b\n", &[V2_MOUNT])
        .with("/sys/fs/cgroup/cgroup.controllers", "cpu\n")
        .with("/sys/fs/cgroup/a/b/cgroup.controllers", "\n")
        .is(3072, 4096, Bound::Machine);
}

// Report A22 (attack): spaces in a mount point, a colon in a group, a deleted root.
#[test]
fn odd_names_are_read() {
    let mount = "29 23 0:26 / /mnt/my\\040groups\\134x rw - cgroup2 cgroup2 rw";
    let tree = shows("0::/a:b c\n", &[mount]);
    let tree = limited(tree, "/mnt/my groups\\x", 500, 100);
    limited(tree, "/mnt/my groups\\x/a:b c", 300, 100).is(200, 300, Bound::Container);
    let mount =
        "29 23 0:26 /docker/1//deleted /sys/fs/cgroup rw shared:1 master:2 - cgroup2 none rw";
    let tree = shows("0::/docker/1\n", &[mount]);
    limited(tree, "/sys/fs/cgroup", 500, 100).is(400, 500, Bound::Container);
    let odd = [
        "1 2 3",
        " - ",
        "x y z / /a rw - cgroup2 c rw",
        "1 2 0:3 / \\9 rw - ext4",
        V2_MOUNT,
    ];
    let tree = shows("0::/\nnonsense\n", &odd);
    limited(tree, "/sys/fs/cgroup", 500, 100).is(400, 500, Bound::Container);
}

// Report A22 (attack): /proc itself is restricted. The default locations are tried.
#[test]
fn without_the_lists_the_usual_places_are_looked_at() {
    for denied in ["/proc/self/cgroup", "/proc/self/mountinfo"] {
        let tree = shows("0::/\n", &[V2_MOUNT]).with(denied, DENIED);
        limited(tree, "/sys/fs/cgroup", 500, 100).is_about(400, 500, Bound::Container, denied);
        let mut tree = shows("4:memory:/\n", &[V1_MOUNT]).with(denied, DENIED).v1(
            "/sys/fs/cgroup/memory",
            &(500 * MIB).to_string(),
            100,
            0,
        );
        tree.is_about(400, 500, Bound::Container, denied);
        tree.0.retain(|path, _| !path.starts_with("/sys"));
        tree.is_about(3072, 4096, Bound::Machine, denied);
    }
}

// Found by fuzzing: each ancestor's whole path was held at once, two gigabytes for 256 KiB.
#[test]
fn a_path_that_no_kernel_shows_is_hidden() {
    let path = "/a".repeat(100_000);
    let long = Tree::new().in_v2(V2_MOUNT, &path);
    long.is_about(
        3072,
        4096,
        Bound::Machine,
        "/proc/self/cgroup: a path of 200000 bytes",
    );
    let mount = format!("40 23 0:26 / {path} rw - cgroup2 cgroup2 rw");
    let tree = shows("0::/a\n", &[&mount]);
    tree.is_about(3072, 4096, Bound::Machine, "/a is not mounted");
}

#[test]
fn groups_as_deep_as_they_can_be_are_all_seen() {
    let path = "/a".repeat(2000);
    let tree = Tree::new().in_v2(V2_MOUNT, &path);
    limited(tree, &format!("/sys/fs/cgroup{path}"), 200, 40)
        .v2("/sys/fs/cgroup/a", Some(100), 40, 0)
        .is(60, 100, Bound::Container);
}
