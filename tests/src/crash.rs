//! Whether a program that crashes leaves a core dump.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process};

/// Crashes a program once it is `ready`, in this folder and where the system would let it dump its core.
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
    let mut child = shell.spawn().expect("a shell");
    ready(&mut child);
    // Not SEGV: the first one is taken by Rust's own look for stack overflows.
    kill_process(Pid::from_child(&child), Signal::ABORT).expect("it runs");
    let status = child.wait().expect("a child");
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()), "{status}");
    status.core_dumped() || std::fs::read_dir(folder).is_ok_and(|mut left| left.any(is_core))
}

fn is_core(entry: std::io::Result<std::fs::DirEntry>) -> bool {
    entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("core"))
}

/// Whether any program leaves one here; otherwise nothing is shown.
pub fn system_dumps_core(folder: &Path) -> bool {
    let mut sleep = Command::new("sleep");
    sleep.arg("60");
    let dumps = dumps_core(&sleep, folder, |child| {
        // A shell before it has become `sleep` would be as good.
        assert!(child.try_wait().expect("a child").is_none());
    });
    if !dumps {
        println!("skipped: no program leaves a core dump on this system");
    }
    dumps
}
