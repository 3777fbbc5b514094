//! A program together with everything that it starts.
//!
//! On Unix it is a process group: what leaves the group on purpose is not in the family any more. On Windows it is a job
//! object, which nothing can leave; the program is started suspended and resumed in the job, so that nothing that it starts
//! escapes.

use std::io;
use std::process::{Child, Command, ExitStatus};

/// A program that was started, and what it has started. Dropping it does not end the program; on Windows, what still runs
/// is ended with this process.
#[derive(Debug)]
pub struct Family {
    child: Child,
    #[cfg(windows)]
    job: job::Job,
}

impl Family {
    /// Starts a program as the head of a family. Ctrl-C on this program's terminal does not reach the family. On Windows,
    /// it gets no console window where this process has none.
    ///
    /// # Errors
    ///
    /// It cannot be started; on Windows also if it cannot be put into a job. Nothing runs then.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            let child = command.process_group(0).spawn()?;
            Ok(Self { child })
        }
        #[cfg(windows)]
        {
            let (child, job) = job::start(command)?;
            Ok(Self { child, job })
        }
    }

    /// The program itself, for its pipes.
    pub fn head(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the program has ended; none while it runs. Members of the family that outlive it go on.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let ended = self.child.try_wait()?;
        #[cfg(windows)]
        if ended.is_some() {
            self.job.let_go();
        }
        Ok(ended)
    }

    /// Kills the program and its family. To be called before the program's end was seen by [`Family::try_wait`]: from then
    /// on, on Unix, its number may be another's.
    pub fn kill(&mut self) {
        #[cfg(unix)]
        if let Ok(group) = i32::try_from(self.child.id()) {
            // SAFETY: a system call without pointers.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        #[cfg(windows)]
        self.job.kill();
        let _ = self.child.kill(); // It has just ended.
    }
}

/// Keeps a console window from opening for this program where this process has no console, as in a graphical program. Only
/// Windows has such windows.
pub fn without_window(command: &mut Command) -> &mut Command {
    #[cfg(windows)]
    if !crate::console::has_console() {
        use std::os::windows::process::CommandExt as _;
        command.creation_flags(windows_sys::Win32::System::Threading::CREATE_NO_WINDOW);
    }
    command
}

#[cfg(windows)]
mod job {
    use std::ffi::c_void;
    use std::io;
    use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
    use std::os::windows::process::CommandExt as _;
    use std::process::{Child, Command};
    use std::ptr::null;

    use windows_sys::Win32::Foundation::{FALSE, HANDLE, INVALID_HANDLE_VALUE};
    use windows_sys::Win32::System::Diagnostics::ToolHelp::{
        CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
    };
    use windows_sys::Win32::System::JobObjects::{
        AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
        SetInformationJobObject, TerminateJobObject,
    };
    use windows_sys::Win32::System::Threading::{
        CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, CREATE_SUSPENDED, OpenThread, ResumeThread,
        THREAD_SUSPEND_RESUME,
    };

    /// A job whose processes end with its last handle, that is with this process, until they are let go.
    #[derive(Debug)]
    pub(super) struct Job(OwnedHandle);

    /// Starts a program within a job of its own.
    pub(super) fn start(command: &mut Command) -> io::Result<(Child, Job)> {
        let job = Job::new()?;
        let window = match crate::console::has_console() {
            true => 0,
            false => CREATE_NO_WINDOW,
        };
        command.creation_flags(CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP | window);
        let mut child = command.spawn()?;
        let begun = job.take(&child).and_then(|()| resume(child.id()));
        if let Err(error) = begun {
            let _ = child.kill().and_then(|()| child.wait()); // The error above says more.
            return Err(error);
        }
        Ok((child, job))
    }

    impl Job {
        fn new() -> io::Result<Self> {
            // SAFETY: neither attributes nor a name.
            let job = owned(unsafe { CreateJobObjectW(null(), null()) })?;
            let job = Self(job);
            job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
            Ok(job)
        }

        fn limit(&self, flags: u32) -> io::Result<()> {
            let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
            limits.BasicLimitInformation.LimitFlags = flags;
            let (room, size) = (
                (&raw const limits).cast::<c_void>(),
                size_of_val(&limits) as u32,
            );
            let class = JobObjectExtendedLimitInformation;
            // SAFETY: the handle is open, and the struct is of this class and size.
            succeeded(unsafe { SetInformationJobObject(self.0.as_raw_handle(), class, room, size) })
        }

        fn take(&self, child: &Child) -> io::Result<()> {
            // SAFETY: both handles are open.
            succeeded(unsafe {
                AssignProcessToJobObject(self.0.as_raw_handle(), child.as_raw_handle())
            })
        }

        pub(super) fn kill(&self) {
            // SAFETY: the handle is open. It fails if all have ended.
            unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
        }

        /// Its processes go on when the handle is closed.
        pub(super) fn let_go(&self) {
            let _ = self.limit(0); // They end then.
        }
    }

    /// Lets the threads of a suspended process run. A process that was just made has one.
    fn resume(process: u32) -> io::Result<()> {
        // SAFETY: no pointers.
        let threads = owned(unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) })?;
        let mut entry = THREADENTRY32 {
            dwSize: size_of::<THREADENTRY32>() as u32,
            ..Default::default()
        };
        let mut resumed = Err(io::ErrorKind::NotFound.into());
        // SAFETY: the handle is open, and the struct says its size.
        let mut more = unsafe { Thread32First(threads.as_raw_handle(), &mut entry) };
        while more != FALSE {
            if entry.th32OwnerProcessID == process {
                resumed = Ok(resume_thread(entry.th32ThreadID)?);
            }
            // SAFETY: as above.
            more = unsafe { Thread32Next(threads.as_raw_handle(), &mut entry) };
        }
        resumed
    }

    fn resume_thread(thread: u32) -> io::Result<()> {
        // SAFETY: no pointers.
        let thread = owned(unsafe { OpenThread(THREAD_SUSPEND_RESUME, FALSE, thread) })?;
        // SAFETY: the handle is open and has the right.
        match unsafe { ResumeThread(thread.as_raw_handle()) } {
            u32::MAX => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
        match handle {
            handle if handle.is_null() || handle == INVALID_HANDLE_VALUE => {
                Err(io::Error::last_os_error())
            }
            // SAFETY: a call that the caller has just made has given it, and nobody else has it.
            handle => Ok(unsafe { OwnedHandle::from_raw_handle(handle) }),
        }
    }

    fn succeeded(result: windows_sys::core::BOOL) -> io::Result<()> {
        match result {
            FALSE => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::process::Stdio;

    use super::*;

    /// A shell that starts another program, which holds its stdout for a long time, and then ends or waits.
    fn with_a_grandchild(waits: bool) -> Family {
        let mut command = if cfg!(windows) {
            let mut command = Command::new("cmd");
            command.args(["/c", "echo begun& ping -n 300 127.0.0.1"]);
            if !waits {
                command = Command::new("cmd");
                command.args(["/c", "echo begun& start /b ping -n 300 127.0.0.1"]);
            }
            command
        } else {
            let mut command = Command::new("sh");
            let then = if waits { "wait" } else { "exit 0" };
            command.args(["-c", &format!("echo begun; sleep 300 & {then}")]);
            command
        };
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Family::start(&mut command).unwrap()
    }

    #[test]
    fn a_family_is_killed_as_a_whole_also_without_its_head() {
        for waits in [true, false] {
            let mut family = with_a_grandchild(waits);
            let mut stdout = family.head().stdout.take().unwrap();
            let mut begun = [0; 5];
            stdout.read_exact(&mut begun).unwrap();
            assert_eq!(&begun, b"begun");
            family.kill();
            // It ends once nobody holds the other side: the grandchild least of all.
            stdout.read_to_end(&mut Vec::new()).unwrap();
            while family.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn a_program_s_end_and_output_are_told() {
        let mut command = match cfg!(windows) {
            true => Command::new("cmd"),
            false => Command::new("sh"),
        };
        let script = ["-c", "/c"][usize::from(cfg!(windows))];
        command.args([script, "echo out"]).stdout(Stdio::piped());
        let mut family = Family::start(without_window(&mut command)).unwrap();
        let mut said = String::new();
        let mut stdout = family.head().stdout.take().unwrap();
        stdout.read_to_string(&mut said).unwrap();
        assert_eq!(said.trim_end(), "out");
        let status = loop {
            if let Some(status) = family.try_wait().unwrap() {
                break status;
            }
            std::thread::yield_now();
        };
        assert!(status.success());
    }

    #[test]
    fn a_program_that_is_missing_is_an_error() {
        Family::start(&mut Command::new("/no/such/program")).unwrap_err();
    }
}
