//! Returns freed heap memory to the system.
//!
//! glibc keeps freed memory (report A23; denoland/deno#32662): after a turn of 20 MiB it held 50 to
//! 130 MB for good.

/// Requests and answers from this many bytes on are followed by [`give_back`].
pub(super) const LARGE: u64 = 256 << 10;

pub(super) use openclaw_os::heap::give_back;
