//! Keeping memory out of core dumps.

/// Has the system write no core dump of this process; on Windows, no report of its crash. On Linux, other programs of the
/// same user can then not read its memory either, and what it starts is not affected; elsewhere it is.
///
/// Where the system refuses, its own settings hold: that is no reason not to run.
pub fn disable() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: a system call without pointers; the unused arguments are zeros.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0)
    };
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    {
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the limits outlive the call.
        unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) };
    }
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::Diagnostics::Debug::{
            SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
        };
        // SAFETY: no preconditions.
        unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
    }
}
