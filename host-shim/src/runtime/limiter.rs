//! Limits the component's memory.

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

/// Limit of table entries; our component has one table with a few hundred.
const TABLE_ELEMENTS: usize = 100_000;
/// Limit of core instances, tables and memories.
const INSTANCES: usize = 64;

/// Stops a component that exceeds its limits and tracks its memory.
pub(super) struct Limiter {
    limits: StoreLimits,
    memory_cap: usize,
    memory_bytes: usize,
}

impl Limiter {
    /// `memory_cap`: limit of all linear memories together, in bytes.
    pub(super) fn new(memory_cap: usize) -> Self {
        let limits = StoreLimitsBuilder::new()
            .table_elements(TABLE_ELEMENTS)
            .instances(INSTANCES)
            .tables(INSTANCES)
            .memories(INSTANCES)
            .trap_on_grow_failure(true)
            .build();
        Self {
            limits,
            memory_cap,
            memory_bytes: 0,
        }
    }

    /// Current size of the component's memories in bytes; they never shrink.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self
            .memory_bytes
            .saturating_add(desired.saturating_sub(current));
        if total > self.memory_cap {
            let cap = self.memory_cap;
            wasmtime::bail!("the component requested {total} bytes of memory; its limit is {cap}");
        }
        let allowed = self.limits.memory_growing(current, desired, maximum)?;
        if allowed {
            self.memory_bytes = total;
        }
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_together_are_limited() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert_eq!(limiter.memory_bytes(), 100);
        let error = limiter.memory_growing(40, 41, None).unwrap_err();
        assert!(error.to_string().contains("requested 101 bytes"), "{error}");
    }
}
