//! Clocks that the standard library does not have.

use std::time::Duration;

/// A monotonic clock that goes on while the machine is suspended (Linux, Android, macOS and Windows). The standard
/// library's on Linux and macOS does not.
pub fn with_suspensions() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return read(libc::CLOCK_BOOTTIME);
    #[cfg(target_vendor = "apple")]
    return read(libc::CLOCK_MONOTONIC);
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    return since_first_asked();
}

/// The processor time that this thread has used. On Windows it moves in steps of 15.6 ms.
pub fn of_thread() -> Duration {
    #[cfg(unix)]
    return read(libc::CLOCK_THREAD_CPUTIME_ID);
    #[cfg(windows)]
    return thread_times();
}

/// Reads a system clock.
#[cfg(unix)]
fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` outlives the call, which only fills it. It fails on no system that this library
    // runs on; a failure would leave a clock that stands still.
    unsafe { libc::clock_gettime(clock, &mut time) };
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or(0));
    seconds + Duration::from_nanos(time.tv_nsec.try_into().unwrap_or(0))
}

/// The standard library's clock; that of Windows counts suspensions.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn since_first_asked() -> Duration {
    static BASE: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    BASE.elapsed()
}

#[cfg(windows)]
fn thread_times() -> Duration {
    use windows_sys::Win32::Foundation::FILETIME;
    use windows_sys::Win32::System::Threading::{GetCurrentThread, GetThreadTimes};

    let mut times = [FILETIME::default(); 4];
    let [created, ended, kernel, user] = &mut times;
    // SAFETY: the handle is this thread's, and the four times outlive the call, which only fills them. It does not fail
    // for one's own thread; a failure would leave a clock that stands still.
    unsafe { GetThreadTimes(GetCurrentThread(), created, ended, kernel, user) };
    let hundreds =
        |time: &FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    let used = hundreds(kernel).saturating_add(hundreds(user));
    Duration::from_nanos(used.saturating_mul(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_goes_back() {
        let (whole, thread) = (with_suspensions(), of_thread());
        assert!(with_suspensions() >= whole && of_thread() >= thread);
    }

    #[test]
    fn a_thread_that_computes_uses_processor_time() {
        let begun = of_thread();
        while of_thread() < begun + Duration::from_millis(40) {}
    }
}
