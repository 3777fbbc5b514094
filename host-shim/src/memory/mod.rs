//! The available memory, which the memory guard goes by.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

use serde::{Deserialize, Serialize};

/// What bounds the available memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// The whole machine.
    Machine,
    /// A control group around this process, such as a container's.
    Container,
}

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Bytes that can be used without swapping or being killed.
    pub available: u64,
    /// Bytes in all of what bounds it.
    pub total: u64,
    /// What the two numbers are of.
    pub bound: Bound,
    /// Why the numbers are an estimate, for people; none if they are exact.
    pub estimated: Option<String>,
}

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
            linux::read()
        }
        #[cfg(not(target_os = "linux"))]
        {
            other::read()
        }
    }
}
