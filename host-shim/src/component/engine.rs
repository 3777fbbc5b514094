//! The one place where wasmtime is configured, for compiling and for loading alike: an artifact
//! fits only the settings that it was made with.

use wasmtime::{Config, Engine};

/// The triple that this library was built for. Named explicitly, so that code is generated for the
/// baseline of the architecture: an artifact then runs on every CPU of it, not only on one like
/// the one that made it.
pub(super) const TARGET: &str = env!("OPENCLAW_TARGET");

/// The version of wasmtime; artifacts of another do not fit.
pub(super) const WASMTIME: &str = env!("OPENCLAW_WASMTIME");

/// To be raised with every change of [`engine`] that artifacts depend on.
pub(super) const SETTINGS: u32 = 2;

/// The most memory that a component may have, in bytes. So much address space is reserved for it, of
/// which only what it uses is memory: growth does not move it, so that there is never an old and a new
/// one at a time. The default, 4 GiB, fails under a limit of the address space (`ulimit -v`).
pub(crate) const MEMORY_RESERVATION: usize = 128 << 20;

/// Unmapped space after the memory: saves most of the bounds checks within a structure.
const MEMORY_GUARD: u64 = 64 << 10;

/// An engine for the component.
pub(super) fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.target(TARGET)?;
    // The watchdog's means to stop a component that computes without end.
    config.epoch_interruption(true);
    config.memory_reservation(MEMORY_RESERVATION as u64);
    config.memory_may_move(false);
    config.memory_guard_size(MEMORY_GUARD);
    // Traps by signals on macOS: Mach ports would make a thread that a fork does not survive.
    #[cfg(target_vendor = "apple")]
    config.macos_use_mach_ports(false);
    Engine::new(&config)
}
