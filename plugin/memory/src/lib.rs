//! How much memory this process may still use, on Linux: the least over what the machine has
//! available and what every enclosing control group (cgroup v1 and v2) leaves.
//!
//! `MemAvailable` alone is the host's number inside a container, where the container's limit is
//! what kills. A control group's page cache that the kernel gives back (`inactive_file`) is not
//! counted as used.
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

/// What bounds the available memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The whole machine.
    Machine,
    /// A control group around this process, such as a container's.
    Container,
}

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Bytes that can be used without swapping or being killed.
    pub available: u64,
    /// Bytes in all of what bounds it.
    pub total: u64,
    /// What the two numbers are of.
    pub bounded_by: Bound,
}

/// Why no reading can be had.
#[derive(Debug, thiserror::Error)]
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
    /// A control group hierarchy is mounted, but cannot be looked into: without it, the machine's
    /// number could be far over what this process may use.
    #[error(
        "the memory control groups mounted at {mount_point} cannot be read ({error}); make that folder readable (under `wasmtime run`: --dir /sys/fs/cgroup)"
    )]
    Mount {
        /// Where the hierarchy is mounted.
        mount_point: String,
        /// What the system says.
        error: io::Error,
    },
}

/// Reads through `file`, which gives the whole text of the file at an absolute path.
///
/// # Errors
///
/// `/proc/meminfo` or the files of a control group that this process is in cannot be read. A
/// system without control groups is none: the machine is then what bounds.
pub fn read(file: impl Fn(&Path) -> io::Result<String>) -> Result<Sample, Unreadable> {
    let machine = meminfo::sample(&file)?;
    let least = cgroup::samples(&file)?
        .into_iter()
        .min_by_key(|sample| sample.available)
        .filter(|container| container.available < machine.available);
    Ok(least.unwrap_or(machine))
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
        let mut text = String::new();
        std::fs::File::open(path)?
            .take(4 << 20)
            .read_to_string(&mut text)?;
        Ok(text)
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
