//! The journal of an upgrade or roll-back: what a call that comes after a power loss goes by.

use std::io;

use serde::{Deserialize, Serialize};

use crate::atomic_file::AtomicFiles;
use crate::error::{At, REMOVE_JOURNAL, Result, WRITE_JOURNAL};
use crate::layout::Root;
use crate::read_file::Content;

/// Which change is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Operation {
    /// To another version.
    Upgrade,
    /// Back to a restore point.
    Rollback,
}

/// How far it has come. Written before the step that it names begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// The restore point is being made and the image pulled; nothing is changed yet.
    Prepared,
    /// Files and container are being changed.
    Switching,
    /// The files are those of the restore point again; its container is being made anew.
    Restored,
    /// The new state is healthy and stays; only cleaning up is left.
    Verified,
}

/// One change under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// What is done.
    pub operation: Operation,
    /// The version before.
    pub from: String,
    /// The version after.
    pub to: String,
    /// The restore point to go back to.
    pub restore_point: String,
    /// A restore point that a successful roll-back has used up.
    pub used: Option<String>,
    /// Whether the gateway ran before.
    pub was_running: bool,
    /// How far it has come.
    pub step: Step,
}

/// The journal of a root.
pub fn read(root: &Root) -> Content<Journal> {
    let parse = |bytes: Vec<u8>| serde_json::from_slice(&bytes);
    Content::read(&root.journal(), |_| false, parse)
}

impl Journal {
    /// Writes it with this step, durably.
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

    /// Ends it: the state is whole.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn end(root: &Root, files: AtomicFiles<'_>) -> Result<()> {
        let path = root.journal();
        files.remove(&path).at(REMOVE_JOURNAL, &path)
    }
}
