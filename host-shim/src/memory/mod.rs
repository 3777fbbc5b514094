//! The available memory, which the memory guard goes by.

#[cfg(not(target_os = "linux"))]
mod other;

pub use openclaw_core::guards::memory::{Bound, Sample};

/// Where readings come from. Read at admission of a turn and before each tool call, on the
/// plugin's thread: it must be quick.
pub trait MemorySource: Send + Sync {
    /// Reads anew. An error says why no reading can be had; the guards then act as if memory were
    /// short.
    fn read(&self) -> Result<Sample, String>;
}

impl<F: Fn() -> Result<Sample, String> + Send + Sync> MemorySource for F {
    fn read(&self) -> Result<Sample, String> {
        self()
    }
}

/// The memory of this machine, or of the control groups around this process if they allow less.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemMemory;

impl MemorySource for SystemMemory {
    fn read(&self) -> Result<Sample, String> {
        #[cfg(target_os = "linux")]
        {
            openclaw_memory::read_system().map_err(|error| error.to_string())
        }
        #[cfg(not(target_os = "linux"))]
        {
            other::read()
        }
    }
}
