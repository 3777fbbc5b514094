//! A memory reading that tests and the demo can simulate.

use std::sync::{Mutex, PoisonError};

use host_shim::memory::SystemMemory;
use host_shim::{Bound, MemorySource, Sample};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What the memory guard sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PretenceFields")]
pub enum Pretence {
    /// The machine's real memory.
    #[default]
    Real,
    /// So many available bytes.
    Available(u64),
    /// Memory that cannot be read.
    Unreadable,
}

/// The fields of the session's `memory`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PretenceFields {
    /// Null is not the same as missing.
    #[serde(default, deserialize_with = "given")]
    available_mib: Option<Value>,
    unreadable: Option<bool>,
}

fn given<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(d).map(Some)
}

impl TryFrom<PretenceFields> for Pretence {
    type Error = &'static str;

    fn try_from(fields: PretenceFields) -> Result<Self, Self::Error> {
        let mib = match (&fields.available_mib, fields.unreadable) {
            (Some(Value::Null), None) | (None, Some(false)) => return Ok(Self::Real),
            (None, Some(true)) => return Ok(Self::Unreadable),
            (Some(Value::Number(mib)), None) => mib.as_f64().filter(|mib| *mib >= 0.0),
            _ => None,
        };
        // A float too large for the type becomes the greatest number, which is what is meant.
        mib.map(|mib| Self::Available((mib * f64::from(1 << 20)) as u64))
            .ok_or("memory has either `available_mib` (a number, 0 or more, or null) or `unreadable`: true")
    }
}

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
