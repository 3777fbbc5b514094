//! The memory that this process may still use.
//!
//! | system | what is read | the limit |
//! | --- | --- | --- |
//! | Linux | `MemAvailable` and every enclosing control group (crate `openclaw-memory`) | the least of them |
//! | Windows | available physical memory; what may still be committed; the memory limits of the job that contains this process, minus what it uses | the least of them |
//! | macOS | free and inactive pages of `host_statistics64` | the machine |
//!
//! On Windows only the innermost of nested jobs tells its limits. On macOS, pages that other programs use are not counted,
//! even though the kernel could compress them. On any other system memory is unreadable, which the guards take for short.

pub use openclaw_core::guards::memory::{Bound, Sample};

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(any(windows, test))]
mod least;
#[cfg(windows)]
mod windows;

/// Takes a reading. Fast enough to be called before each tool call.
///
/// # Errors
///
/// Why memory cannot be read.
pub fn read() -> Result<Sample, String> {
    #[cfg(target_os = "linux")]
    return openclaw_memory::read_system().map_err(|error| error.to_string());
    #[cfg(windows)]
    return windows::read().map_err(|error| error.to_string());
    #[cfg(target_vendor = "apple")]
    return apple::read().map_err(|error| error.to_string());
    #[cfg(not(any(target_os = "linux", windows, target_vendor = "apple")))]
    return Err("this system's memory cannot be read".to_owned());
}

/// Swap space in bytes; 0 where there is none or the system does not tell it apart.
pub fn swap() -> u64 {
    #[cfg(windows)]
    return windows::swap();
    #[cfg(not(windows))]
    return 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_memory_and_not_more_than_all_of_it() {
        let sample = read().unwrap();
        assert!(
            sample.available > 0 && sample.available <= sample.total,
            "{sample:?}"
        );
    }
}
