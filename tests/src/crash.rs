//! Whether a program that crashes leaves a core dump.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, getegid, geteuid, kill_process};

/// A group that is not root's, to tell root's processes apart from those that Linux gives to root.
const GROUP: u32 = 65534;

/// Crashes a program once it is `ready`, in this folder and where the system would let it dump its core. Whether it may
/// leave one, even where the system is set to keep none.
pub fn dumps_core(command: &Command, folder: &Path, ready: impl FnOnce(&mut Child)) -> bool {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .current_dir(folder);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let root = geteuid().is_root();
    if root {
        shell.gid(GROUP);
    }
    let group = if root { GROUP } else { getegid().as_raw() };
    let mut child = shell.spawn().expect("a shell");
    ready(&mut child);
    let may = is_dumpable(&child, group);
    // Not SEGV: the first one is taken by Rust's own look for stack overflows.
    kill_process(Pid::from_child(&child), Signal::ABORT).expect("it runs");
    let status = child.wait().expect("a child");
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()), "{status}");
    may || status.core_dumped() || std::fs::read_dir(folder).is_ok_and(|mut left| left.any(is_core))
}

fn is_core(entry: std::io::Result<std::fs::DirEntry>) -> bool {
    entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("core"))
}

/// Whether the process may leave a core dump. Linux has no file that says so, but gives the files in /proc of one that may
/// not to root and its group.
fn is_dumpable(child: &Child, group: u32) -> bool {
    let environment = std::fs::metadata(format!("/proc/{}/environ", child.id()));
    environment.is_ok_and(|file| (file.uid(), file.gid()) == (geteuid().as_raw(), group))
}

/// Shows that a program like any other would have been found to leave one.
pub fn assert_others_dump_core(folder: &Path) {
    let mut sleep = Command::new("sleep");
    sleep.arg("60");
    let dumps = dumps_core(&sleep, folder, |child| {
        // A shell before it has become `sleep` would be as good.
        assert!(child.try_wait().expect("a child").is_none());
    });
    // Without /proc, by the system's settings only.
    if cfg!(target_os = "linux") {
        assert!(dumps, "the test would find nothing");
    } else if !dumps {
        println!("skipped: no program leaves a core dump on this system");
    }
}
