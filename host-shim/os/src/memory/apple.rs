//! macOS: what the kernel says of its pages.

use std::io;

use super::{Bound, Sample};

/// Free pages, and those that have not been used for a while and can be taken at once or after writing them.
pub(super) fn read() -> io::Result<Sample> {
    let page = number(c"hw.pagesize")?;
    let total = number(c"hw.memsize")?;
    let mut pages = std::mem::MaybeUninit::<libc::vm_statistics64>::zeroed();
    let mut count = libc::HOST_VM_INFO64_COUNT;
    let host = host();
    let room = pages.as_mut_ptr().cast();
    // SAFETY: `count` says how many numbers there is room for.
    let failed = unsafe { libc::host_statistics64(host, libc::HOST_VM_INFO64, room, &mut count) };
    if failed != libc::KERN_SUCCESS {
        return Err(io::Error::other(format!(
            "host_statistics64 failed: {failed}"
        )));
    }
    // SAFETY: numbers only, all of them initialized.
    let pages = unsafe { pages.assume_init() };
    // Copied: the struct is packed. Free ones include those read ahead.
    let (free, inactive) = (pages.free_count, pages.inactive_count);
    let available = (u64::from(free) + u64::from(inactive)).saturating_mul(page);
    Ok(Sample {
        available: available.min(total),
        total,
        bound: Bound::Machine,
        estimated: None,
    })
}

/// The port of this machine. Each call of the system's function would take another reference.
fn host() -> libc::mach_port_t {
    static HOST: std::sync::LazyLock<libc::mach_port_t> = std::sync::LazyLock::new(|| {
        #[allow(deprecated)] // Another crate for only one function.
        // SAFETY: no preconditions.
        unsafe {
            libc::mach_host_self()
        }
    });
    *HOST
}

/// A number of 64 bits that the kernel has under this name.
fn number(name: &std::ffi::CStr) -> io::Result<u64> {
    let mut value = 0_u64;
    let mut size = size_of_val(&value);
    let (new, new_size) = (std::ptr::null_mut(), 0);
    let room = (&raw mut value).cast();
    // SAFETY: the name ends with a zero, and there is room for as many bytes as `size` says.
    let failed = unsafe { libc::sysctlbyname(name.as_ptr(), room, &mut size, new, new_size) };
    match failed {
        0 if value > 0 => Ok(value),
        0 => Err(io::ErrorKind::InvalidData.into()),
        _ => Err(io::Error::last_os_error()),
    }
}
