//! Cache folders on disks that are full, read-only or no folders: the program works without them. Issue 15.

use std::path::Path;
use std::process::Command;

use crate::support::{Ran, file, program, run};

/// `host-shim inspect` with this cache, after `before` in a mount namespace of its own.
fn inspect(cache: &Path, before: &str) -> Ran {
    let inner = program(["inspect"]);
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-ec"])
        .arg(format!("{before}\nshift\nexec \"$@\""))
        .args(["sh", cache.to_str().unwrap()])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env("HOME", cache)
        .env("XDG_CACHE_HOME", cache)
        .env("RUST_BACKTRACE", "0");
    run(command)
}

#[test]
fn a_cache_on_a_full_or_read_only_disk_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    let probe = Command::new("unshare")
        .args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "none"])
        .arg(&cache)
        .output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        println!("skipped: nothing can be mounted here");
        return;
    }
    for (disk, before) in [
        ("with room", "mount -t tmpfs none \"$1\""),
        ("full", "mount -t tmpfs -o size=64k none \"$1\""),
        ("full of files", "mount -t tmpfs -o nr_inodes=2 none \"$1\""),
        ("read-only", "mount -t tmpfs -o ro none \"$1\""),
        (
            "full in the middle",
            "mount -t tmpfs -o size=400k none \"$1\"",
        ),
    ] {
        let ran = inspect(&cache, before);
        assert_eq!(ran.code, 0, "{disk}: {ran:?}");
        assert!(ran.out.contains("astr:openclaw"), "{disk}: {ran:?}");
        assert!(ran.err.lines().count() <= 1, "{disk}: {ran:?}");
    }
}

#[test]
fn a_file_in_the_place_of_the_cache_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let cache = file(folder.path(), "cache", b"");
    let mut command = program(["inspect"]);
    command.env("XDG_CACHE_HOME", cache);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{ran:?}");
}
