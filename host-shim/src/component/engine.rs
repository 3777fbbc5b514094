//! The wasmtime configuration, shared by compiling and loading: an artifact fits only the settings it
//! was compiled with.

use wasmtime::{Config, Engine};

/// The target triple of this build. Passed explicitly so that wasmtime compiles for the architecture's
/// baseline and the artifact runs on every CPU, not only on ones like the compiling machine's.
pub(super) const TARGET: &str = env!("OPENCLAW_TARGET");

/// The wasmtime version; artifacts of other versions do not fit.
pub(super) const WASMTIME: &str = env!("OPENCLAW_WASMTIME");

/// Raise this with every change to [`engine`] that affects artifacts.
pub(super) const SETTINGS: u32 = 4;

/// Upper bound of a component's linear memory, in bytes. This much address space is reserved, so memory
/// grows in place and never exists twice during a move. wasmtime's default of 4 GiB fails under an
/// address space limit (`ulimit -v`).
pub(crate) const MEMORY_RESERVATION: usize = 128 << 20;

/// Unmapped bytes after the memory; they save most bounds checks.
const MEMORY_GUARD: u64 = 64 << 10;

/// An engine for the component.
pub(super) fn engine() -> wasmtime::Result<Engine> {
    engine_for(TARGET)
}

/// An engine that compiles for `target`; it runs nothing unless that is [`TARGET`].
pub(super) fn engine_for(target: &str) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.target(target)?;
    // Lets the watchdog stop a component that computes forever.
    config.epoch_interruption(true);
    config.memory_reservation(MEMORY_RESERVATION as u64);
    config.memory_may_move(false);
    config.memory_guard_size(MEMORY_GUARD);
    // These serve only backtraces and debuggers, which nothing here shows or knows: a sixth of the artifact.
    config.generate_address_map(false);
    config.debug_symbols(false);
    // Windows has no stacks without it.
    if !target.contains("-windows-") {
        config.native_unwind_info(false);
    }
    // Signals on macOS: Mach ports would need a thread, which does not survive a fork.
    #[cfg(target_vendor = "apple")]
    config.macos_use_mach_ports(false);
    Engine::new(&config)
}
