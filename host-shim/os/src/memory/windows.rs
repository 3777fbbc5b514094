//! Windows: physical memory, commit limit, and the limits of the job that this process is in.

use std::ffi::c_void;
use std::io;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_MORE_DATA, FALSE, HANDLE};
use windows_sys::Win32::System::JobObjects::{
    IsProcessInJob, JOB_OBJECT_LIMIT_JOB_MEMORY, JOB_OBJECT_LIMIT_PROCESS_MEMORY,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS, JobObjectBasicProcessIdList,
    JobObjectExtendedLimitInformation, QueryInformationJobObject,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION,
};

use super::least::{Limit, least};
use super::{Bound, Sample};

/// Processes of a job beyond which the rest is not asked.
const MOST_PROCESSES: usize = 4096;

pub(super) fn read() -> io::Result<Sample> {
    let status = status()?;
    let machine = |available: u64, total: u64| Limit {
        total,
        used: total.saturating_sub(available),
        bound: Bound::Machine,
    };
    let mut limits = vec![
        machine(status.ullAvailPhys, status.ullTotalPhys),
        machine(status.ullAvailPageFile, status.ullTotalPageFile),
    ];
    let mut estimated = None;
    if let Some(job) = job()? {
        let container = |total: usize, used: u64| Limit {
            total: total as u64,
            used,
            bound: Bound::Container,
        };
        let flags = job.BasicLimitInformation.LimitFlags;
        if flags & JOB_OBJECT_LIMIT_JOB_MEMORY != 0 {
            let (used, whole) = used_in_job()?;
            limits.push(container(job.JobMemoryLimit, used));
            estimated = (!whole).then(|| {
                "not every process of this program's job tells how much memory it uses".to_owned()
            });
        }
        if flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY != 0 {
            // SAFETY: no preconditions; the handle needs no closing.
            let used = committed(unsafe { GetCurrentProcess() })?;
            limits.push(container(job.ProcessMemoryLimit, used));
        }
    }
    least(&limits, estimated).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// What the page files add to the physical memory.
pub(super) fn swap() -> u64 {
    status().map_or(0, |status| {
        status.ullTotalPageFile.saturating_sub(status.ullTotalPhys)
    })
}

fn status() -> io::Result<MEMORYSTATUSEX> {
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..Default::default()
    };
    // SAFETY: the struct says its size and outlives the call, which fills it.
    match unsafe { GlobalMemoryStatusEx(&mut status) } {
        FALSE => Err(io::Error::last_os_error()),
        _ if status.ullTotalPhys == 0 => {
            Err(io::Error::other("the system does not tell its memory"))
        }
        _ => Ok(status),
    }
}

/// The limits of the innermost job that this process is in; none if it is in none.
fn job() -> io::Result<Option<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>> {
    let mut inside = FALSE;
    // SAFETY: the handle is this process's; without a job's handle any job is meant; the result outlives the call.
    if unsafe { IsProcessInJob(GetCurrentProcess(), null_mut(), &mut inside) } == FALSE {
        return Err(io::Error::last_os_error());
    }
    if inside == FALSE {
        return Ok(None);
    }
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    let (room, size) = ((&raw mut limits).cast(), size_of_val(&limits));
    // SAFETY: `room` is a struct of this class and size.
    unsafe { query(JobObjectExtendedLimitInformation, room, size)? };
    Ok(Some(limits))
}

/// The memory that all processes of the job have committed, and whether each of them was asked.
fn used_in_job() -> io::Result<(u64, bool)> {
    let (processes, mut whole) = processes_of_job()?;
    let mut used = 0_u64;
    for process in processes {
        let committed = u32::try_from(process).ok().and_then(|process| {
            // SAFETY: no pointers.
            let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process) };
            if handle.is_null() {
                return None;
            }
            let committed = committed(handle);
            // SAFETY: it was opened above, and nobody else has it.
            unsafe { CloseHandle(handle) };
            committed.ok()
        });
        used = used.saturating_add(committed.unwrap_or(0));
        whole &= committed.is_some();
    }
    Ok((used, whole))
}

/// The processes of the job, and whether these are all.
fn processes_of_job() -> io::Result<(Vec<usize>, bool)> {
    // Two numbers of 32 bits, which are one entry here, then the ids.
    const { assert!(size_of::<usize>() == 8) };
    let mut list = vec![0_usize; 1 + MOST_PROCESSES];
    let (room, size) = (list.as_mut_ptr().cast(), size_of_val(list.as_slice()));
    // SAFETY: there is room of this size, aligned as the struct is.
    let all = match unsafe { query(JobObjectBasicProcessIdList, room, size) } {
        Ok(()) => true,
        Err(error) if error.raw_os_error() == Some(ERROR_MORE_DATA as i32) => false,
        Err(error) => return Err(error),
    };
    let listed = list[0] >> 32;
    list.remove(0);
    list.truncate(listed);
    Ok((list, all))
}

/// # Safety
///
/// `room` is valid for writes of `size` bytes and fits the class.
unsafe fn query(class: JOBOBJECTINFOCLASS, room: *mut c_void, size: usize) -> io::Result<()> {
    let size = u32::try_from(size).map_err(io::Error::other)?;
    // SAFETY: the caller's promise; without a handle this process's own job is meant.
    match unsafe { QueryInformationJobObject(null_mut(), class, room, size, null_mut()) } {
        FALSE => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The memory that a process has committed.
fn committed(process: HANDLE) -> io::Result<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of_val(&counters) as u32;
    // SAFETY: the handle is open; the struct outlives the call, and its size is passed.
    match unsafe { K32GetProcessMemoryInfo(process, &mut counters, size) } {
        FALSE => Err(io::Error::last_os_error()),
        _ => Ok(counters.PagefileUsage as u64),
    }
}
