//! What is left of a program that crashes.

use std::io::{BufRead as _, BufReader};

use openclaw_tests::crash::{assert_others_dump_core, dumps_core};

use crate::support::Gateway;

// Issue 15: the token is in the program's memory.
#[test]
fn a_crash_leaves_no_core_dump() {
    let (folder, control) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let gateway = Gateway::start();
    let dumps = dumps_core(&gateway.program(["session"]), folder.path(), |child| {
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(line.contains("ready"), "{line}");
    });
    assert!(!dumps);
    assert_others_dump_core(control.path());
}
