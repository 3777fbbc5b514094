//! The process's own heap, after something large.
//!
//! glibc keeps what is freed for what may come (report A23; denoland/deno#32662): after a turn of 20 MiB
//! it held 50 to 130 MB for good.

/// A request or answer of this many bytes is large: smaller ones leave nothing worth a look.
pub(super) const LARGE: u64 = 256 << 10;

/// Gives the system back what is free.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn give_back() {
    // SAFETY: has no preconditions; it takes the allocator's own locks, and only gives back pages that
    // hold nothing.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give it back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back() {}
