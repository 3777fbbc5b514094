//! What std would do for a program: memory, and the end of one that cannot go on.

use alloc::alloc::{Layout, alloc, realloc};
use core::panic::PanicInfo;
use dlmalloc::GlobalDlmalloc;

/// Memory that is freed is used again, so that attachments may come and go.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// The host sees a trap, ends what runs with `plugin_trapped` and makes a new instance. The
/// message is dropped: a component of this world has nowhere to write it.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The canonical ABI's: the host allocates with it what it hands in.
///
/// # Safety
///
/// As for [`GlobalAlloc::realloc`], with no old memory where `old_len` is 0.
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
        // What the ABI calls no memory: aligned, not null, never read.
        return core::ptr::without_provenance_mut(align);
    }
    let layout = |len| match Layout::from_size_align(len, align) {
        Ok(layout) => layout,
        Err(_) => core::arch::wasm32::unreachable(),
    };
    // SAFETY: new_len is not 0, and `old` is memory of this function's with its size.
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

/// A value for a component's only thread.
pub(super) struct OneThread<T>(pub(super) T);

// SAFETY: a component has one thread, on which all of its exports and tasks run; the component
// model gives no way to begin another.
unsafe impl<T> Sync for OneThread<T> {}

// The compiler's own calls, such as `memcmp`; nothing else of the C library is linked.
#[link(name = "c")]
unsafe extern "C" {}
