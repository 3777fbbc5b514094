//! What std would provide: an allocator and a panic handler.

use alloc::alloc::{Layout, alloc, realloc};
use core::panic::PanicInfo;
use dlmalloc::GlobalDlmalloc;

/// Reuses freed memory, so attachments do not grow the component without bound.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// Traps. The host ends what runs with `plugin_trapped` and creates a new instance. The message is dropped:
/// this world has no output to write it to.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The canonical ABI's allocator, which the host calls for arguments.
///
/// # Safety
///
/// As for [`GlobalAlloc::realloc`]; `old_len` 0 means that there is no old memory.
///
/// [`GlobalAlloc::realloc`]: core::alloc::GlobalAlloc::realloc
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_len: usize,
    align: usize,
    new_len: usize,
) -> *mut u8 {
    if new_len == 0 {
        // The ABI's empty allocation: aligned, non-null, never read.
        return core::ptr::without_provenance_mut(align);
    }
    let layout = |len| match Layout::from_size_align(len, align) {
        Ok(layout) => layout,
        Err(_) => core::arch::wasm32::unreachable(),
    };
    // SAFETY: new_len is not 0, and `old` was allocated here with its size.
    let memory = unsafe {
        if old_len == 0 {
            alloc(layout(new_len))
        } else {
            realloc(old, layout(old_len), new_len)
        }
    };
    if memory.is_null() {
        core::arch::wasm32::unreachable()
    }
    memory
}

/// A value for the component's only thread.
pub(super) struct OneThread<T>(pub(super) T);

// SAFETY: a component has one thread, which runs all its exports and tasks; the component model offers no way
// to start another.
unsafe impl<T> Sync for OneThread<T> {}

// Compiler intrinsics such as `memcmp`; nothing else of the C library is linked.
#[link(name = "c")]
unsafe extern "C" {}
