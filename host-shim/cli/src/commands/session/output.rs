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

/// Unwritten bytes beyond which no turn begins.
const TOO_MUCH: usize = 64 << 20;

/// Unwritten bytes beyond which no request is taken: whoever reads none of the answers could fill the memory with them.
const FAR_TOO_MUCH: usize = 2 * TOO_MUCH;

/// What is written at once. Whoever reads a long line slowly is seen to read.
const PIECE: usize = 64 << 10;

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

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.len(),
            Self::End(_, end) => match end.as_ref() {
                Ok(reply) => reply.text.len(),
                Err(fault) => fault.partial_text.len(),
            },
        }
    }
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Item>,
    /// Bytes that wait, or are being written.
    bytes: usize,
    /// The thread is writing.
    writing: bool,
    /// How often an item was taken or a piece written.
    writes: u64,
    /// Why nothing can be written any more.
    failed: Option<io::ErrorKind>,
}

impl State {
    /// Everything is written.
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.writing
    }
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
        let item = Item::End(id, Box::new(end));
        state.bytes += item.bytes();
        state.waiting.push_back(item);
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

    /// Resolves once there is room for more of a turn.
    pub(super) async fn room(&self) {
        self.until(|state| state.bytes < ENOUGH).await;
    }

    /// Resolves once there is room for more answers.
    pub(super) async fn room_for_answers(&self) {
        self.until(|state| state.bytes < FAR_TOO_MUCH).await;
    }

    /// Whether there is no room for a turn.
    pub(super) fn is_full(&self) -> bool {
        self.0.lock().bytes >= TOO_MUCH
    }

    /// Resolves once nothing can be written any more, with the reason.
    pub(super) async fn failed(&self) -> io::Error {
        loop {
            self.until(|_| false).await;
            if let Some(kind) = self.0.lock().failed {
                return kind.into();
            }
        }
    }

    /// Resolves once everything is written.
    ///
    /// # Errors
    /// It could not be.
    pub(super) async fn flushed(&self) -> io::Result<()> {
        self.until(State::is_empty).await;
        match self.0.lock().failed {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }

    /// Resolves once there has been nothing to write for so long.
    pub(super) async fn idle(&self, time: Duration) {
        loop {
            self.until(State::is_empty).await;
            let before = self.0.lock().writes;
            tokio::time::sleep(time).await;
            let state = self.0.lock();
            if state.is_empty() && state.writes == before {
                return;
            }
        }
    }

    /// Resolves once nobody seems to read: for so long something was to be written, and none of it could be.
    pub(super) async fn stuck(&self, time: Duration) {
        loop {
            let before = self.0.lock().writes;
            tokio::time::sleep(time).await;
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
        state.writes += 1;
        let bytes = item.bytes();
        drop(state);
        let mut stdout = Counting(shared);
        let written = match &item {
            Item::Lines(lines) => stdout.write_all(lines).and_then(|()| stdout.flush()),
            Item::End(id, end) => write_line(&mut stdout, &Line::end(id, end)),
        };
        drop(item);
        let mut state = shared.lock();
        state.bytes -= bytes;
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

/// Stdout, piece by piece.
struct Counting<'a>(&'a Shared);

impl io::Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
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

#[cfg(test)]
mod tests {
    use host_shim::{FaultCode, Locale};

    use super::*;

    #[test]
    fn what_turns_ended_with_counts_until_it_is_written() {
        // Nobody writes it.
        let out = Output(Arc::default());
        let end = || {
            let text = "x".repeat(TOO_MUCH / 2);
            let mut fault = Fault::new(FaultCode::Cancelled, Locale::En, "");
            fault.partial_text = text;
            out.write_end(Id::one(), Err(fault)).unwrap();
        };
        end();
        assert!(!out.is_full());
        end();
        assert!(out.is_full());
    }
}
