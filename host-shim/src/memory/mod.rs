//! Readings of the available memory for the memory guard.

pub use openclaw_core::guards::memory::{Bound, Sample};

/// Provides memory readings. Called on the plugin's thread when a turn is admitted and before each
/// tool call, so it must be fast.
pub trait MemorySource: Send + Sync {
    /// Takes a reading.
    ///
    /// # Errors
    ///
    /// Why memory cannot be read; the guards then act as if it were short.
    fn read(&self) -> Result<Sample, String>;
}

impl<F: Fn() -> Result<Sample, String> + Send + Sync> MemorySource for F {
    fn read(&self) -> Result<Sample, String> {
        self()
    }
}

/// The memory of this machine, or of the control groups (on Windows: the job) around this process if they allow less. See
/// `openclaw_os::memory` for what each system tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemMemory;

impl MemorySource for SystemMemory {
    fn read(&self) -> Result<Sample, String> {
        openclaw_os::memory::read()
    }
}
