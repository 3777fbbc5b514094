//! Values that must not be used or dropped after a fork.

use std::mem::ManuallyDrop;

use pyo3::prelude::*;

pyo3::create_exception!(
    astr_openclaw,
    ForkError,
    pyo3::exceptions::PyRuntimeError,
    "The object was made before a fork, in the parent process; make a new one in this process."
);

/// A value whose threads exist only in the process that created it. A child process must neither use its
/// copy (nothing would answer) nor drop it (that could wait for locks held by the parent's threads).
pub(crate) struct ForkGuard<T> {
    process: u32,
    value: ManuallyDrop<T>,
}

impl<T> ForkGuard<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            process: std::process::id(),
            value: ManuallyDrop::new(value),
        }
    }

    pub(crate) fn get(&self) -> PyResult<&T> {
        if self.process == std::process::id() {
            return Ok(&self.value);
        }
        Err(ForkError::new_err(
            "this object belongs to the parent process, from before a fork; \
             load a new Plugin in this process",
        ))
    }
}

impl<T> Drop for ForkGuard<T> {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            // SAFETY: dropped only here, and not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}
