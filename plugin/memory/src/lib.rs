//! How much memory this process may still use, on Linux: the least over what the machine has
//! available and what every enclosing control group (cgroup v1 and v2) leaves.
//!
//! `MemAvailable` alone is the host's number inside a container, where the container's limit is
//! what kills. File cache that the kernel gives back on demand does not count as used, as in
//! `MemAvailable`; tmpfs and pages that are yet to be written do.
//!
//! A part that cannot be read is left out or estimated, and the [`Sample`] says so in its
//! [`doubts`](Sample::doubts).
//!
//! The rule is written over a function that reads files, so the same code runs in the native host
//! ([`read_system`]) and in a component over preopened folders, and is tested over made-up trees.
//!
//! ```
//! use std::{io, path::Path};
//!
//! let files = |path: &Path| match path.to_str() {
//!     Some("/proc/meminfo") => Ok("MemTotal: 2048 kB\nMemAvailable: 1024 kB\n".to_owned()),
//!     _ => Err(io::Error::from(io::ErrorKind::NotFound)),
//! };
//! assert_eq!(openclaw_memory::read(files)?.available, 1024 * 1024);
//! # Ok::<(), openclaw_memory::Unreadable>(())
//! ```
#![deny(missing_docs)]

use std::io::{self, Read};
use std::path::Path;

mod cgroup;
mod meminfo;
mod mounts;
mod watermarks;

/// What bounds the available memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The whole machine.
    Machine,
    /// A control group around this process, such as a container's.
    Container,
}

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Bytes that can be used without swapping or being killed.
    pub available: u64,
    /// Bytes in all of what bounds it.
    pub total: u64,
    /// What the two numbers are of.
    pub bounded_by: Bound,
    /// Why the numbers are an estimate; empty if they are exact.
    pub doubts: Vec<Doubt>,
}

impl Sample {
    /// The doubts in a sentence for people; none if there are none.
    pub fn estimated(&self) -> Option<String> {
        let doubts: Vec<String> = self.doubts.iter().map(Doubt::to_string).collect();
        (!doubts.is_empty()).then(|| doubts.join("; "))
    }
}

/// Why a reading is an estimate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// The kernel says nothing usable about available memory: before Linux 3.14, WSL1, some
    /// containers.
    #[error(
        "/proc/meminfo has no usable MemAvailable, so it is estimated from free memory and caches"
    )]
    NoMemAvailable,
    /// The hierarchy that can limit this process's memory is out of sight.
    #[error("memory control groups cannot be read ({why}), so a limit of theirs is not seen")]
    GroupsHidden {
        /// What was tried, and what the system says.
        why: String,
    },
    /// The mount shows other groups than this process's own.
    #[error(
        "the control group {group} is not shown at {mount_point}, so a limit of its own is not seen"
    )]
    GroupElsewhere {
        /// The group that this process is in.
        group: String,
        /// Where groups are shown.
        mount_point: String,
    },
    /// A limited group without `memory.stat`.
    #[error("{path} cannot be read, so all file cache counts as used")]
    NoStatistics {
        /// The file.
        path: String,
    },
}

/// Why no reading can be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// A file that must be there cannot be read.
    #[error("cannot read {path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} has no usable {what}")]
    Content {
        /// The file.
        path: String,
        /// What was looked for in it.
        what: &'static str,
    },
}

/// Reads through `file`, which gives the whole text of the file at an absolute path.
///
/// # Errors
///
/// `/proc/meminfo` cannot be read, or a group that this process is in has a limit whose value or
/// use cannot be read. Groups that are out of sight are a [`Doubt`], and a system without control
/// groups is neither: the machine is then what bounds.
pub fn read(file: impl Fn(&Path) -> io::Result<String>) -> Result<Sample, Unreadable> {
    let machine = meminfo::sample(&file)?;
    let groups = cgroup::read(&file)?;
    let mut least = groups
        .samples
        .into_iter()
        .min_by_key(|sample| sample.available)
        .filter(|container| container.available < machine.available)
        .unwrap_or(machine);
    least.doubts.extend(groups.doubt);
    Ok(least)
}

/// Reads this system's `/proc` and control groups as they are now.
///
/// # Errors
///
/// As [`read`].
pub fn read_system() -> Result<Sample, Unreadable> {
    read(|path| {
        // Not `read_to_string`: its size hint is wrong for /proc, and a wrongly mounted file must
        // not fill the memory. mountinfo of a busy container host is some 100 kB.
        let mut bytes = Vec::new();
        std::fs::File::open(path)?
            .take(4 << 20)
            .read_to_end(&mut bytes)?;
        // Somebody else's mount point may be any bytes.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}

/// Reads one file that must be there.
fn must_read(
    file: &impl Fn(&Path) -> io::Result<String>,
    path: &Path,
) -> Result<String, Unreadable> {
    file(path).map_err(|error| Unreadable::File {
        path: path.display().to_string(),
        error,
    })
}

#[cfg(test)]
mod tests;
