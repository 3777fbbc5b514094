//! The Windows console: colours, events and keys. On Unix the terminal needs none of this.

use std::io;

#[cfg(windows)]
mod windows;

/// To be called by programs first: makes the console understand colours (escape sequences). Text needs nothing: the
/// standard library writes to a console in UTF-16, whatever its code page.
pub fn set_up() {
    #[cfg(windows)]
    windows::understand_colours();
}

/// Whether this process has a console. Always on Unix, where nothing depends on it.
pub fn has_console() -> bool {
    #[cfg(windows)]
    return windows::has_console();
    #[cfg(not(windows))]
    return true;
}

/// Forgets what was typed on this program's stdin, if it is a terminal, and not read yet.
pub fn forget_typed() {
    #[cfg(unix)]
    // SAFETY: a system call without pointers; it fails if stdin is no terminal.
    unsafe {
        libc::tcflush(libc::STDIN_FILENO, libc::TCIFLUSH)
    };
    #[cfg(windows)]
    windows::forget_typed();
}

/// What asks a program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Break, which ends programs that ignore Ctrl-C.
    Break,
    /// The console was closed, or the user logs off: the system ends this process within seconds.
    Close,
}

impl End {
    /// The exit status of a program that ends for it: as on Unix for SIGINT, SIGTERM and SIGHUP.
    pub fn exit_status(self) -> i32 {
        match self {
            Self::Interrupt => 128 + 2,
            Self::Break => 128 + 15,
            Self::Close => 128 + 1,
        }
    }
}

/// Has `then` called, on a thread of the system's, each time that the console asks this program to end; it does not end by
/// itself any more. The first call of this function counts. Does nothing on Unix, where signals say so.
///
/// # Errors
///
/// The system refuses.
pub fn on_end(then: impl Fn(End) + Send + Sync + 'static) -> io::Result<()> {
    #[cfg(windows)]
    return windows::on_end(Box::new(then));
    #[cfg(not(windows))]
    {
        drop(then);
        Ok(())
    }
}

#[cfg(windows)]
pub use windows::TypedLine;

#[cfg(any(windows, test))]
mod line;
