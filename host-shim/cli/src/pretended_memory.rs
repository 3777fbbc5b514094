//! A memory reading that tests and the demo can simulate.

use std::sync::{Mutex, PoisonError};

use host_shim::memory::SystemMemory;
use host_shim::{Bound, MemorySource, Sample};
use openclaw_render::session::Pretence;

/// The machine's memory, or a simulated one.
#[derive(Debug, Default)]
pub struct PretendedMemory(Mutex<Pretence>);

impl PretendedMemory {
    /// What readings return from now on.
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
            Pretence::Unreadable => Err("pretended to be unreadable".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretends_until_real_again() {
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
