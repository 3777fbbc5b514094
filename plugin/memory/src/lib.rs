//! How much memory this process may still use, on Linux: the least over what the machine has
//! available and what every enclosing control group (cgroup v1 and v2) leaves.
//!
//! `MemAvailable` alone is the host's number inside a container, where the container's limit is
//! what kills. File cache that the kernel gives back on demand does not count as used, as in
//! `MemAvailable`; tmpfs and pages that are yet to be written do.
//!
//! A part that cannot be read is left out or estimated, and the [`Sample`] says so
//! ([`Sample::estimated`]).
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

pub use openclaw_core::guards::memory::{Bound, Sample};

/// Why a reading is an estimate.
#[derive(Debug, thiserror::Error)]
enum Doubt {
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
/// use cannot be read. Groups that are out of sight make it an estimate, and a system without control
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
    let doubts = [least.estimated, groups.doubt.map(|doubt| doubt.to_string())];
    let doubts: Vec<String> = doubts.into_iter().flatten().collect();
    least.estimated = (!doubts.is_empty()).then(|| doubts.join("; "));
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
