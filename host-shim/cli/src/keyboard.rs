//! Lines that a person types while a turn runs.

use std::io::{self, BufRead as _, IsTerminal as _};

use tokio::sync::mpsc;

/// Where a person's lines come from.
#[derive(Debug)]
pub enum Keyboard {
    /// Stdin is a terminal. Between these lines a line editor may read it.
    Terminal(Terminal),
    /// Anything else: a thread reads it, line by line.
    Lines(mpsc::Receiver<io::Result<String>>),
}

impl Keyboard {
    /// Stdin. Nobody else may read it then, unless it is a terminal.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn stdin() -> io::Result<Self> {
        if io::stdin().is_terminal() {
            return Ok(Self::Terminal(Terminal::default()));
        }
        let (lines, receiver) = mpsc::channel(1);
        std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || {
                loop {
                    let mut line = String::new();
                    let read = io::stdin().lock().read_line(&mut line);
                    let over = !matches!(read, Ok(1..));
                    let line = match read {
                        Ok(0) => return,
                        Ok(_) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
                        Err(error) => Err(error),
                    };
                    if lines.blocking_send(line).is_err() || over {
                        return;
                    }
                }
            })?;
        Ok(Self::Lines(receiver))
    }

    /// Forgets what was typed before the question was there.
    pub fn forget_typed(&mut self) {
        if let Self::Terminal(terminal) = self {
            terminal.forget_typed();
        }
    }

    /// The next line without its line break; none at the end of the input. Dropping the future loses nothing.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn line(&mut self) -> io::Result<Option<String>> {
        match self {
            Self::Terminal(terminal) => terminal.line().await,
            Self::Lines(lines) => lines.recv().await.transpose(),
        }
    }
}

/// A terminal in its line mode.
#[cfg(unix)]
#[derive(Debug, Default)]
pub struct Terminal {
    /// The beginning of a line.
    typed: Vec<u8>,
}

#[cfg(unix)]
impl Terminal {
    fn forget_typed(&mut self) {
        self.typed.clear();
        openclaw_os::console::forget_typed();
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        use std::io::Read as _;
        use std::os::fd::AsFd as _;
        use tokio::io::Interest;
        use tokio::io::unix::AsyncFd;

        // Registered for this line only: then it is the line editor's again. The descriptor, and no buffer: what
        // follows the line is not ours.
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        let stdin = std::fs::File::from(stdin);
        // SAFETY: the duplicate is open, and nobody else has it: it is closed with its owner, which is the registration.
        let watched = unsafe { AsyncFd::register_with_interest(stdin, Interest::READABLE)? };
        loop {
            let mut ready = watched.readable().await?;
            // In line mode a terminal gives a line at most.
            let mut piece = [0; 1024];
            let read = watched.get_ref().read(&mut piece)?;
            ready.clear_ready();
            if read == 0 {
                self.typed.clear();
                return Ok(None);
            }
            self.typed.extend_from_slice(&piece[..read]);
            if self.typed.ends_with(b"\n") {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.typed)).into_owned();
                return Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()));
            }
        }
    }
}

/// How often the keys of a console are looked at.
#[cfg(windows)]
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(30);

/// A console, which cannot be watched as a terminal can, and whose lines a thread that waits for one would keep from the
/// line editor.
#[cfg(windows)]
#[derive(Debug, Default)]
pub struct Terminal(Option<openclaw_os::console::TypedLine>);

#[cfg(windows)]
impl Terminal {
    fn forget_typed(&mut self) {
        if let Some(line) = &mut self.0 {
            line.forget();
        }
        openclaw_os::console::forget_typed();
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let line = match &mut self.0 {
            Some(line) => line,
            none => none.insert(openclaw_os::console::TypedLine::new()?),
        };
        loop {
            if let Some(taken) = line.take()? {
                return Ok(taken);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
