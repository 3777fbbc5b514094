//! A memory reading that a test or a demonstration can pretend.

use std::sync::{Mutex, PoisonError};

use host_shim::memory::SystemMemory;
use host_shim::{Bound, MemorySource, Sample};

/// What the memory guard sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pretence {
    /// The machine's real memory.
    #[default]
    Real,
    /// So many available bytes.
    Available(u64),
    /// Memory that cannot be read.
    Unreadable,
}

/// The machine's memory, until told to pretend.
#[derive(Debug, Default)]
pub struct PretendedMemory(Mutex<Pretence>);

impl PretendedMemory {
    /// What readings say from now on.
    pub fn pretend(&self, pretence: Pretence) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = pretence;
    }
}

impl MemorySource for PretendedMemory {
    fn read(&self) -> Result<Sample, String> {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Pretence::Real => SystemMemory.read(),
            Pretence::Available(available) => {
                let real = SystemMemory.read().map_or(0, |sample| sample.total);
                Ok(Sample {
                    available,
                    total: real.max(available),
                    bound: Bound::Machine,
                    estimated: None,
                })
            }
            Pretence::Unreadable => {
                Err("unreadable, as the session was told to pretend".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretends_until_told_otherwise() {
        let memory = PretendedMemory::default();
        memory.pretend(Pretence::Available(u64::MAX));
        let sample = memory.read().unwrap();
        assert_eq!((sample.available, sample.total), (u64::MAX, u64::MAX));
        memory.pretend(Pretence::Available(5));
        assert_eq!(memory.read().unwrap().available, 5);
        memory.pretend(Pretence::Unreadable);
        assert!(memory.read().is_err());
        memory.pretend(Pretence::Real);
        assert_eq!(memory.read().is_ok(), SystemMemory.read().is_ok());
    }
}
