//! Returns freed heap memory to the system.
//!
//! glibc keeps freed memory (report A23; denoland/deno#32662): after a turn of 20 MiB it held 50 to
//! 130 MB for good.

/// Requests and answers from this many bytes on are followed by [`give_back`].
pub(super) const LARGE: u64 = 256 << 10;

/// Returns free memory to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn give_back() {
    // SAFETY: no preconditions; takes the allocator's own locks and releases only unused pages.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back() {}
