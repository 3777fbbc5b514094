//! Memory this process may still use, on Linux: the minimum over the machine's available memory and what
//! every enclosing control group (cgroup v1 and v2) leaves.
//!
//! Inside a container, `MemAvailable` is the host's value, while the container's limit is what kills. As in
//! `MemAvailable`, reclaimable file cache does not count as used; tmpfs and dirty pages do.
//!
//! Parts that cannot be read are left out or estimated, and [`Sample::estimated`] says so.
//!
//! The reader is generic over a function that reads files: it runs natively ([`read_system`]), in a component
//! on preopened folders, and in tests on synthetic trees.
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

use std::cell::RefCell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

mod cgroup;
mod meminfo;
mod mounts;
mod watermarks;

pub use openclaw_core::guards::memory::{Bound, Sample};

/// Why a reading is an estimate.
#[derive(Debug, thiserror::Error)]
enum Doubt {
    /// The kernel reports no usable value: before Linux 3.14, WSL1, some containers.
    #[error(
        "/proc/meminfo has no usable MemAvailable, so it is estimated from free memory and caches"
    )]
    NoMemAvailable,
    /// The hierarchy that can limit this process's memory is not visible.
    #[error("memory control groups cannot be read ({why}), so a limit of theirs is not seen")]
    GroupsHidden {
        /// What was tried, and the system's error.
        why: String,
    },
    /// The mount does not show this process's own group.
    #[error(
        "the control group {group} is not shown at {mount_point}, so a limit of its own is not seen"
    )]
    GroupElsewhere {
        /// This process's group.
        group: String,
        /// Where groups are mounted.
        mount_point: String,
    },
    /// A limited group without `memory.stat`.
    #[error("{path} cannot be read, so all file cache counts as used")]
    NoStatistics {
        /// Its path.
        path: String,
    },
}

/// Why a reading failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// A required file cannot be read.
    #[error("cannot read {path}: {error}")]
    File {
        /// Its path.
        path: String,
        /// The system's error.
        error: io::Error,
    },
    /// A file lacks a required value.
    #[error("{path} has no usable {what}")]
    Content {
        /// Its path.
        path: String,
        /// The missing value.
        what: &'static str,
    },
}

/// Takes a reading. `file` returns the text of the file at an absolute path; none is read twice.
///
/// # Errors
///
/// `/proc/meminfo` is unreadable, or the value or usage of a visible limit is. Hidden groups only make the
/// reading an estimate; without control groups the machine is the limit.
pub fn read(file: impl Fn(&Path) -> io::Result<String>) -> Result<Sample, Unreadable> {
    let file = once(file);
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

/// Keeps what has been read: several rules look at the same files, and reading one makes the kernel write it.
fn once(file: impl Fn(&Path) -> io::Result<String>) -> impl Fn(&Path) -> io::Result<String> {
    // Some ten files: looking through them costs less than hashing their paths.
    let texts = RefCell::<Vec<(PathBuf, String)>>::default();
    move |path| {
        let known = |(known, _): &&(PathBuf, String)| known.as_os_str() == path.as_os_str();
        if let Some((_, text)) = texts.borrow().iter().find(known) {
            return Ok(text.clone());
        }
        let text = file(path)?;
        texts.borrow_mut().push((path.to_owned(), text.clone()));
        Ok(text)
    }
}

/// Room for a file of the kernel, so that most are read at once: without any, the standard library begins with 32
/// bytes.
const ROOM: usize = 8 << 10;

/// Longest file read, in bytes. Protects against a misplaced mount; mountinfo of a busy container host is about 100 kB.
const MAX_BYTES: u64 = 4 << 20;

/// Reads this system's `/proc` and control groups.
///
/// # Errors
///
/// See [`read`].
pub fn read_system() -> Result<Sample, Unreadable> {
    read(|path| {
        // Not `read_to_string`: its size hint is wrong for /proc.
        let mut bytes = Vec::with_capacity(ROOM);
        std::fs::File::open(path)?
            .take(MAX_BYTES)
            .read_to_end(&mut bytes)?;
        // Another process's mount point may contain any bytes.
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| lossy(error.as_bytes())))
    })
}

/// Reads a required file.
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
