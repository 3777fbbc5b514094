//! Tests on synthetic file trees that mimic each kind of system.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::*;

mod cache;
mod groups;
mod hidden;
mod limits;
mod machine;

const MIB: u64 = 1 << 20;
const V2_MOUNT: &str = "29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";
const V1_MOUNT: &str = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory";
const V1_NO_LIMIT: &str = "9223372036854771712";

/// A file system: missing files are not found, `DENIED` ones cannot be read.
struct Tree(HashMap<String, String>);

const DENIED: &str = "\0denied";

impl Tree {
    /// A machine with 4 GiB, of which 3 GiB are available.
    fn new() -> Self {
        let meminfo = "MemTotal:        4194304 kB\nMemFree:   102400 kB\nMemAvailable:    3145728 kB\n\
                       HugePages_Total:       0\n";
        Tree(HashMap::new()).with("/proc/meminfo", meminfo)
    }

    fn with(mut self, path: &str, text: impl ToString) -> Self {
        self.0.insert(path.to_owned(), text.to_string());
        self
    }

    /// A v2 group, with numbers in MiB.
    fn v2(self, folder: &str, max: Option<u64>, current: u64, inactive_file: u64) -> Self {
        self.with(
            &format!("{folder}/memory.max"),
            max.map_or("max\n".to_owned(), |max| format!("{}\n", max * MIB)),
        )
        .with(
            &format!("{folder}/memory.current"),
            format!("{}\n", current * MIB),
        )
        .with(
            &format!("{folder}/memory.stat"),
            format!(
                "anon 1\nfile 2\nactive_file 3\ninactive_file {}\n",
                inactive_file * MIB
            ),
        )
    }

    /// A v2 hierarchy mounted at `mount`, with this process in `group`.
    fn in_v2(self, mount: &str, group: &str) -> Self {
        self.with("/proc/self/cgroup", format!("0::{group}\n"))
            .with(
                "/proc/self/mountinfo",
                format!("23 1 8:1 / / rw - ext4 /dev/vda rw\n{mount}\n"),
            )
            .with("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n")
    }

    fn v1(self, folder: &str, limit: &str, usage: u64, total_inactive_file: u64) -> Self {
        self.with(
            &format!("{folder}/memory.limit_in_bytes"),
            format!("{limit}\n"),
        )
        .with(
            &format!("{folder}/memory.usage_in_bytes"),
            format!("{}\n", usage * MIB),
        )
        .with(
            &format!("{folder}/memory.stat"),
            format!(
                "inactive_file 0\ntotal_inactive_file {}\n",
                total_inactive_file * MIB
            ),
        )
    }

    fn in_v1(self, mount: &str, group: &str) -> Self {
        let groups = format!("9:name=systemd:/\n4:memory:{group}\n2:cpu,cpuacct:/elsewhere\n");
        self.with("/proc/self/cgroup", groups)
            .with("/proc/self/mountinfo", format!("{mount}\n"))
    }

    fn read(&self) -> Result<Sample, Unreadable> {
        super::read(|path: &Path| match self.0.get(path.to_str().unwrap()) {
            Some(text) if text == DENIED => Err(io::ErrorKind::PermissionDenied.into()),
            Some(text) => Ok(text.clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        })
    }

    #[track_caller]
    fn is(&self, available_mib: u64, total_mib: u64, bounded_by: Bound) {
        self.is_for_sure(false, available_mib, total_mib, bounded_by);
    }

    /// Like [`is`](Self::is), but an estimate whose reason contains `why`.
    #[track_caller]
    fn is_about(&self, available_mib: u64, total_mib: u64, bounded_by: Bound, why: &str) {
        let estimated = self.is_for_sure(true, available_mib, total_mib, bounded_by);
        assert!(estimated.contains(why), "{estimated}");
    }

    #[track_caller]
    fn is_for_sure(&self, estimated: bool, available: u64, total: u64, bound: Bound) -> String {
        let sample = self.read().unwrap();
        let numbers = (sample.available / MIB, sample.total / MIB, sample.bound);
        assert_eq!(numbers, (available, total, bound), "{sample:?}");
        assert_eq!(sample.estimated.is_some(), estimated, "{sample:?}");
        sample.estimated.unwrap_or_default()
    }

    #[track_caller]
    fn is_unreadable(&self, says: &str) {
        let error = self.read().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// The real system, if it is Linux.
#[cfg(target_os = "linux")]
#[test]
fn this_system_can_be_read() {
    let sample = read_system().unwrap();
    assert!(
        sample.available > 0 && sample.available <= sample.total,
        "{sample:?}"
    );
}
