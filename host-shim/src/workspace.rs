//! The folder of files that an agent makes, which this machine shares with the gateway.
//!
//! What is in it is the agent's, and changes while it is read: files are opened by `openclaw_os::within`.

use std::path::PathBuf;
use std::sync::Arc;

use openclaw_core::workspace::OpenError;
use openclaw_os::within;

use crate::regular_file::{self, ReadError};

/// Bytes beyond which no file is read, whatever the component asks for.
const MOST: u64 = 32 << 20;

/// The folder, if there is one. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace(Option<Arc<PathBuf>>);

impl Workspace {
    pub(crate) fn new(root: Option<PathBuf>) -> Self {
        if let Some(root) = root.as_ref().filter(|root| !root.is_dir()) {
            tracing::warn!(root = %root.display(), "the workspace is not a folder");
        }
        Self(root.map(Arc::new))
    }

    /// The content of a file, if it has at most so many bytes. Does not wait for other processes, but reads from a
    /// disk.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub(crate) fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, OpenError> {
        let root = self.0.as_ref().ok_or(OpenError::NoRoot)?;
        let file = within::open(root, path)?;
        let read = regular_file::content(file, max_bytes.min(MOST));
        read.map_err(|error| match error {
            ReadError::TooLong(_) => OpenError::TooLarge,
            ReadError::NotRegular => OpenError::NotRegular,
            ReadError::Io(_) => OpenError::Unreadable,
        })
    }
}

#[cfg(all(test, unix))]
#[path = "workspace_tests.rs"]
mod tests;
