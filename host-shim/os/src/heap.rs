//! Giving memory back to the system.

/// Everything of this many bytes has pages of its own, which are given back when it is freed. glibc raises
/// this to 32 MiB by and by, and then keeps the holes that large requests and answers leave.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES: i32 = 256 << 10;

/// Makes large blocks come and go with pages of their own. For programs only, to be called first: the allocator takes it
/// for what comes. Does nothing where the allocator is not glibc's.
pub fn set_up() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: has no preconditions; it fails for values out of range only, which changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES)
    };
}

/// Gives back what the allocator keeps of freed memory. Does nothing where the allocator is not glibc's.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: has no preconditions; the allocator locks its own arenas.
    unsafe {
        libc::malloc_trim(0)
    };
}
