//! How this program's heap behaves.

/// Everything of this many bytes has pages of its own, which are given back when it is freed. glibc raises
/// this to 32 MiB by and by, and then keeps the holes that large requests and answers leave.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES: i32 = 256 << 10;

/// To be called first: the allocator takes it for what comes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn set_up() {
    // SAFETY: has no preconditions; it fails for values out of range only, which changes nothing.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES) };
}

/// Other allocators need nothing.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn set_up() {}
