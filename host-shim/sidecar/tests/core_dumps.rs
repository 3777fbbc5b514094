//! What is left of the program if it crashes.

mod common;
#[path = "../../../tests/src/crash.rs"]
mod crash;

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

// Issue 15: the token is in the program's memory.
#[test]
fn a_crash_leaves_no_core_dump() {
    let stage = common::Stage::running();
    let (folder, control) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // An engine that takes its time, so that the program waits.
    let asked = folder.path().join("asked");
    stage.flavour("none");
    let docker = stage.folder.path().join("bin/docker");
    std::fs::write(
        &docker,
        format!(
            "#!/bin/sh\n: >'{}'\nwhile kill -0 $PPID 2>/dev/null; do sleep 0.1; done\n",
            asked.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&docker, std::fs::Permissions::from_mode(0o755)).unwrap();
    let dumps = crash::dumps_core(&stage.command(&["doctor"]), folder.path(), |_| {
        let begin = Instant::now();
        while !asked.exists() {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "the engine is not asked"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    assert!(!dumps);
    crash::assert_others_dump_core(control.path());
}
