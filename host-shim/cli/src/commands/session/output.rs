//! What the session says, on its way to stdout. A thread of its own writes it: whoever reads slowly, or not at all,
//! holds up neither the requests nor the end.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use host_shim::{Fault, Reply};
use openclaw_render::{Id, Line, write_line};
use tokio::sync::Notify;

/// Unwritten bytes beyond which the turns wait with their events. Answers to requests do not.
const ENOUGH: usize = 1 << 20;

/// How long nothing may be written before nobody is taken to read.
const PATIENCE: Duration = Duration::from_millis(500);

/// Lines on their way. Clones share them.
#[derive(Clone)]
pub(super) struct Output(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write, or there will be nothing more.
    more: std::sync::Condvar,
    /// Something was written, or writing failed.
    written: Notify,
}

/// Something to write.
enum Item {
    /// Whole lines.
    Lines(Vec<u8>),
    /// How a turn ended, which is not copied: it may be most of what this process holds.
    End(Id, Box<Result<Reply, Fault>>),
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Item>,
    /// Bytes of lines that wait.
    bytes: usize,
    /// The thread is writing.
    writing: bool,
    /// How often a piece was written.
    writes: u64,
    /// Why nothing can be written any more.
    failed: Option<io::ErrorKind>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Output {
    /// Starts the thread. It ends with the process, which does not wait for it.
    pub(super) fn start() -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let writer = shared.clone();
        std::thread::Builder::new()
            .name("stdout".to_owned())
            .spawn(move || write_all(&writer))?;
        Ok(Self(shared))
    }

    /// Adds a line. Never waits.
    ///
    /// # Errors
    /// An earlier one could not be written.
    pub(super) fn write(&self, line: &Line) -> io::Result<()> {
        let mut state = self.ready()?;
        if !matches!(state.waiting.back(), Some(Item::Lines(_))) {
            state.waiting.push_back(Item::Lines(Vec::new()));
        }
        if let Some(Item::Lines(lines)) = state.waiting.back_mut() {
            let before = lines.len();
            write_line(lines, line)?;
            state.bytes += lines.len() - before;
        }
        self.0.more.notify_one();
        Ok(())
    }

    /// Adds the end of a turn. Never waits.
    ///
    /// # Errors
    /// An earlier line could not be written.
    pub(super) fn write_end(&self, id: Id, end: Result<Reply, Fault>) -> io::Result<()> {
        let mut state = self.ready()?;
        state.waiting.push_back(Item::End(id, Box::new(end)));
        self.0.more.notify_one();
        Ok(())
    }

    fn ready(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.0.lock();
        match state.failed {
            Some(kind) => Err(kind.into()),
            None => Ok(state),
        }
    }

    /// Resolves once there is room for more.
    pub(super) async fn room(&self) {
        self.until(|state| state.bytes < ENOUGH).await;
    }

    /// Resolves once everything is written.
    ///
    /// # Errors
    /// It could not be.
    pub(super) async fn flushed(&self) -> io::Result<()> {
        self.until(|state| state.waiting.is_empty() && !state.writing)
            .await;
        match self.0.lock().failed {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }

    /// Resolves once nobody seems to read: something is to be written, and nothing has been for a while.
    pub(super) async fn stuck(&self) {
        loop {
            let before = self.0.lock().writes;
            tokio::time::sleep(PATIENCE).await;
            let state = self.0.lock();
            if state.writing && state.writes == before {
                return;
            }
        }
    }

    /// Resolves once this holds, or nothing can be written any more.
    async fn until(&self, holds: impl Fn(&State) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.0.written.notified());
            // Before the look, so that what changes after it is noticed.
            changed.as_mut().enable();
            {
                let state = self.0.lock();
                if state.failed.is_some() || holds(&state) {
                    return;
                }
            }
            changed.await;
        }
    }
}

/// Writes what comes.
fn write_all(shared: &Shared) {
    loop {
        let mut state = shared.lock();
        let item = loop {
            if let Some(item) = state.waiting.pop_front() {
                break item;
            }
            let woken = shared.more.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        };
        state.writing = true;
        drop(state);
        let mut stdout = Counting(shared);
        let written = match &item {
            Item::Lines(lines) => stdout.write_all(lines).and_then(|()| stdout.flush()),
            Item::End(id, end) => write_line(&mut stdout, &Line::end(id, end)),
        };
        let mut state = shared.lock();
        if let Item::Lines(lines) = item {
            state.bytes -= lines.len();
        }
        state.writing = false;
        let failed = written.is_err();
        state.failed = written.err().map(|error| error.kind());
        drop(state);
        shared.written.notify_waiters();
        if failed {
            return;
        }
    }
}

/// Stdout. Whoever reads a long line slowly is seen to read.
struct Counting<'a>(&'a Shared);

impl io::Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(64 << 10)];
        let mut stdout = io::stdout().lock();
        // Past the line buffer, which would keep what it could not write.
        stdout.flush()?;
        let written = stdout.write(piece)?;
        self.0.lock().writes += 1;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().lock().flush()
    }
}
