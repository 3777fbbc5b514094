//! Measures the memory and the processor time that a piece of work takes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts what each thread holds.
struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

thread_local! {
    /// Bytes this thread has allocated, less those it has freed.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// The most it has held since this was last set.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn grow(by: isize) {
    // While a thread ends, its memory is no longer counted.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + by);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: hands each call on to the system's allocator unchanged. Counting neither allocates (the cells are constant
// and have no destructor) nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size() as isize);
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        grow(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Counted as if old and new existed together, which is the worst that an allocator may do.
        grow(size as isize);
        // SAFETY: as above.
        let new = unsafe { System.realloc(at, layout, size) };
        grow(-(layout.size() as isize));
        new
    }
}

/// Processor time that no input of at most [`crate::MOST`] bytes may take, in milliseconds. Linear work takes a
/// hundredth of it, even instrumented and unoptimized; quadratic work several times as much.
const MOST_MS: u64 = 3_000;

/// Does the work on this thread.
///
/// # Panics
///
/// If it holds more than `bytes` at once beyond what its caller holds, or computes for too long.
pub fn bounded<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let (held, begun) = (HELD.get(), now_ms());
    PEAK.set(held);
    let done = work();
    let peak = PEAK.get() - held;
    let took = now_ms() - begun;
    assert!(peak <= bytes as isize, "held {peak} bytes, over {bytes}");
    assert!(took <= MOST_MS, "computed for {took} ms, over {MOST_MS}");
    done
}

/// The processor time of this thread, in milliseconds.
#[cfg(unix)]
fn now_ms() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is valid for the call, which writes a `timespec` there.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

/// Elsewhere only memory is measured.
#[cfg(not(unix))]
fn now_ms() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_counts_and_not_what_was_held_before_or_is_freed() {
        let before = vec![0_u8; 1 << 20];
        bounded(3000, || {
            for _ in 0..10 {
                drop(vec![0_u8; 2000]);
            }
        });
        drop(before);
        let over = std::panic::catch_unwind(|| bounded(3000, || vec![0_u8; 4000].len()));
        assert!(over.is_err());
        let grown = std::panic::catch_unwind(|| {
            bounded(5000, || {
                let mut grows = Vec::<u8>::with_capacity(2000);
                grows.reserve_exact(4000);
            });
        });
        assert!(grown.is_err(), "old and new exist together");
    }

    #[test]
    #[cfg(unix)]
    fn computing_is_bounded() {
        let endless = std::panic::catch_unwind(|| {
            bounded(0, || {
                let begun = now_ms();
                while now_ms() <= begun + MOST_MS + 100 {}
            });
        });
        assert!(endless.is_err());
    }
}
