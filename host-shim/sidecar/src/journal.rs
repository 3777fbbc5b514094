//! The journal of an upgrade or rollback, from which the next command recovers after a power loss.

use std::io;

use serde::{Deserialize, Serialize};

use crate::atomic_file::AtomicFiles;
use crate::error::{At, REMOVE_JOURNAL, Result, WRITE_JOURNAL};
use crate::layout::Root;
use crate::read_file::Content;

/// Which operation is in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Operation {
    /// To another version.
    Upgrade,
    /// Back to a restore point.
    Rollback,
}

/// How far it got. Written before the step it names begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// The restore point is being created and the image pulled; nothing has changed yet.
    Prepared,
    /// Files and container are being changed.
    Switching,
    /// The restore point's files are back; its container is being recreated.
    Restored,
    /// The new state is healthy and final; only cleanup is left.
    Verified,
}

/// One operation in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The operation.
    pub operation: Operation,
    /// The version before.
    pub from: String,
    /// The version after.
    pub to: String,
    /// The restore point to return to.
    pub restore_point: String,
    /// The restore point that a successful rollback uses up.
    pub used: Option<String>,
    /// Whether the gateway ran before.
    pub was_running: bool,
    /// How far it got.
    pub step: Step,
}

/// The journal of a root.
pub fn read(root: &Root) -> Content<Journal> {
    let parse = |bytes: Vec<u8>| serde_json::from_slice(&bytes);
    Content::read(&root.journal(), |_| false, parse)
}

impl Journal {
    /// Writes it with this step, atomically.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn write(&mut self, step: Step, root: &Root, files: AtomicFiles<'_>) -> Result<()> {
        self.step = step;
        let path = root.journal();
        let bytes = serde_json::to_vec_pretty(self).map_err(io::Error::other);
        bytes
            .and_then(|bytes| files.write(&path, &bytes, 0o600))
            .at(WRITE_JOURNAL, &path)
    }

    /// Removes it: the operation is complete.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn end(root: &Root, files: AtomicFiles<'_>) -> Result<()> {
        let path = root.journal();
        files.remove(&path).at(REMOVE_JOURNAL, &path)
    }
}
