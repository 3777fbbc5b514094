//! What this process holds, and tests that need a process of their own to see that.

use std::process::Command;

/// What this process holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
    /// Bytes that the allocator has given out.
    pub heap: usize,
    /// Bytes of memory in use, of whatever kind.
    pub resident: usize,
}

impl Resources {
    /// As of now.
    pub fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).expect("Linux's /proc").count();
        Self {
            // One is that of the folder itself.
            descriptors: count("/proc/self/fd") - 1,
            threads: count("/proc/self/task"),
            heap: heap(),
            resident: resident().unwrap_or(0),
        }
    }

    /// Panics, naming `what`, unless everything is back to where it was before, but for these bytes: what ends by
    /// itself is waited for, some seconds.
    pub fn back_to(before: Self, slack: usize, what: &str) {
        let begun = std::time::Instant::now();
        loop {
            let now = Self::now();
            let back = now.descriptors <= before.descriptors
                && now.threads <= before.threads
                && now.heap <= before.heap + slack;
            if back {
                return;
            }
            assert!(
                begun.elapsed() < std::time::Duration::from_secs(15),
                "{what}: {before:?} became {now:?}"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn heap() -> usize {
    // SAFETY: no preconditions; it only adds up what the allocator knows, under the allocator's own locks.
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn heap() -> usize {
    0
}

/// Set to the name of the test in a process that runs nothing else.
const ALONE: &str = "OPENCLAW_TESTS_ALONE";

/// Runs the test `name` (its whole path) in a process of its own, where no other test changes what the process holds.
/// Panics with what it said if it fails.
pub fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var(ALONE).as_deref() == Ok(name) {
        return test();
    }
    let ran = Command::new(std::env::current_exe().expect("a test binary"))
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(ALONE, name)
        .output()
        .expect("the test binary runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    let complained = String::from_utf8_lossy(&ran.stderr);
    assert!(
        ran.status.success() && said.contains("1 passed"),
        "{said}\n{complained}"
    );
    print!("{said}");
}

/// Adds a line to what the step prints at its end, where it asks for that; prints it otherwise.
pub fn count(line: &str) {
    use std::io::Write as _;
    println!("{line}");
    if let Some(path) = std::env::var_os("OPENCLAW_TESTS_COUNTS") {
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path);
        // In one write, since other tests add theirs at the same time.
        let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.expect("a file for the counts");
    }
}
