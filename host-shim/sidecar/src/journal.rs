//! The journal of an upgrade or roll-back: what a call that comes after a power loss goes by.

use std::io;

use serde::{Deserialize, Serialize};

use crate::atomic_file::AtomicFiles;
use crate::doctor::Content;
use crate::layout::Root;
use crate::read_file;
use crate::text::{Problem, text};

/// Which change is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// To another version.
    Upgrade,
    /// Back to a restore point.
    Rollback,
}

/// How far it has come. Written before the step that it names begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    match read_file::read(&root.journal()) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_or_else(|error| Content::Bad(error.to_string()), Content::Good),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Content::Missing,
            _ => Content::Unreadable(error.to_string()),
        },
    }
}

impl Journal {
    /// Writes it with this step, durably.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn write(
        &mut self,
        step: Step,
        root: &Root,
        files: AtomicFiles<'_>,
    ) -> Result<(), Problem> {
        self.step = step;
        let path = root.journal();
        let bytes = serde_json::to_vec_pretty(self).map_err(io::Error::other);
        bytes
            .and_then(|bytes| files.write(&path, &bytes, 0o600))
            .map_err(|error| {
                Problem::io(&text!("write the journal", "写入日志记录"), &path, &error)
            })
    }

    /// Ends it: the state is whole.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn end(root: &Root, files: AtomicFiles<'_>) -> Result<(), Problem> {
        let path = root.journal();
        files.remove(&path).map_err(|error| {
            Problem::io(&text!("remove the journal", "删除日志记录"), &path, &error)
        })
    }
}
