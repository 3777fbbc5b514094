//! How Rust threads reach an event loop without ever touching Python.
//!
//! A thread puts an item into a locked queue and writes a byte to a socket that the loop reads; the loop's own
//! thread drains the queue. Our threads never attach to the interpreter, so they cannot do so while it shuts
//! down, which is how the usual bridges crash at exit.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures::channel::oneshot;
use futures::future::BoxFuture;
use host_shim::{ApprovalRequest, Decider, ToolCall, Verdict};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::{self, Raised};
use crate::fork_guard::ForkGuard;
use crate::plugin;
use crate::tools::Answer;

#[cfg(unix)]
type Socket = std::os::unix::net::UnixStream;
#[cfg(windows)]
type Socket = std::net::TcpStream;

/// An item for the loop's thread.
pub(crate) enum Item {
    /// The future or turn with this key can be polled again.
    Ready(u64),
    /// Run a tool of the turn with this key.
    Tool {
        turn: u64,
        ticket: u64,
        call: ToolCall,
        answer: oneshot::Sender<Answer>,
    },
    /// Ask about tool calls of the turn with this key.
    Approval {
        turn: u64,
        ticket: u64,
        request: ApprovalRequest,
        answer: oneshot::Sender<Verdict>,
    },
    /// Nobody waits for the answer to this ticket any more.
    Dropped { turn: u64, ticket: u64 },
}

/// The half of a mailbox that Rust threads use.
pub(crate) struct Outbox {
    /// None once the loop is gone.
    queue: Mutex<Option<VecDeque<Item>>>,
    socket: Socket,
}

impl Outbox {
    /// Hands an item to the loop's thread. Never blocks or fails: if the loop is gone, the item is dropped,
    /// together with the sender of a tool's answer, so that its turn goes on.
    pub(crate) fn push(&self, item: Item) {
        let first = {
            let mut queue = self.lock();
            let Some(queue) = queue.as_mut() else {
                return;
            };
            queue.push_back(item);
            queue.len() == 1
        };
        if first {
            // If it would block, enough bytes are waiting; if it is closed, see `close`.
            let _ = (&self.socket).write(&[0]);
        }
    }

    fn take(&self) -> VecDeque<Item> {
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The loop is gone.
    fn close(&self) {
        let items = self.lock().take();
        // Outside the lock, because dropping an item may push another.
        drop(items);
    }

    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<Item>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Announces a key as ready, once per poll.
struct LoopWaker {
    outbox: Arc<Outbox>,
    key: u64,
    rung: AtomicBool,
}

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.outbox.push(Item::Ready(self.key));
        }
    }
}

/// Polls futures on the loop's thread; their wakers use its mailbox.
pub(crate) struct Poller {
    wake: Arc<LoopWaker>,
    waker: Waker,
}

impl Poller {
    pub(crate) fn new(outbox: Arc<Outbox>, key: u64) -> Self {
        let wake = Arc::new(LoopWaker {
            outbox,
            key,
            rung: AtomicBool::new(false),
        });
        Self {
            waker: Waker::from(wake.clone()),
            wake,
        }
    }

    /// Runs one poll with that waker.
    pub(crate) fn poll<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        // Before the poll, so that a wake during it counts.
        self.wake.rung.store(false, Ordering::Release);
        poll(&mut Context::from_waker(&self.waker))
    }
}

/// The items for one event loop; Python creates one per loop.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct Mailbox {
    outbox: ForkGuard<Arc<Outbox>>,
}

impl Mailbox {
    pub(crate) fn outbox(&self) -> PyResult<Arc<Outbox>> {
        Ok(self.outbox.get()?.clone())
    }
}

#[pymethods]
impl Mailbox {
    /// `descriptor`: the `fileno()` of a connected socket, whose other end the loop reads. It is duplicated;
    /// the caller keeps its own.
    #[new]
    fn new(descriptor: i64) -> PyResult<Self> {
        let socket = duplicate(descriptor)?;
        socket
            .set_nonblocking(true)
            .map_err(|e| PyOSError::new_err(e.to_string()))?;
        let outbox = Arc::new(Outbox {
            queue: Mutex::new(Some(VecDeque::new())),
            socket,
        });
        Ok(Self {
            outbox: ForkGuard::new(outbox),
        })
    }

    /// Drops all present and future items: the loop is gone.
    fn close(&self) -> PyResult<()> {
        self.outbox.get()?.close();
        Ok(())
    }

    /// The items since the last call, in order: `("ready", key)`, `("tool", key, ticket, name, arguments, answer)`,
    /// `("approval", key, ticket, request, answer)` with the request's JSON, or `("dropped", key, ticket)`.
    fn drain(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        let items = self.outbox.get()?.take().into_iter();
        items
            .map(|item| match item {
                Item::Ready(key) => ("ready", key).into_py_any(py),
                Item::Tool {
                    turn,
                    ticket,
                    call,
                    answer,
                } => {
                    let answer = ToolAnswer(Once::new(answer));
                    ("tool", turn, ticket, call.name, call.arguments, answer).into_py_any(py)
                }
                Item::Approval {
                    turn,
                    ticket,
                    request,
                    answer,
                } => {
                    let answer = ApprovalAnswer(Once::new(answer));
                    let request = errors::json(&request)?;
                    ("approval", turn, ticket, request, answer).into_py_any(py)
                }
                Item::Dropped { turn, ticket } => ("dropped", turn, ticket).into_py_any(py),
            })
            .collect()
    }
}

/// A sender of which only the first answer counts.
struct Once<T>(ForkGuard<Mutex<Option<oneshot::Sender<T>>>>);

impl<T> Once<T> {
    fn new(sender: oneshot::Sender<T>) -> Self {
        Self(ForkGuard::new(Mutex::new(Some(sender))))
    }

    fn send(&self, answer: T) -> PyResult<()> {
        let sender = self
            .0
            .get()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(sender) = sender {
            let _ = sender.send(answer); // Fails if the turn was cancelled in the meantime.
        }
        Ok(())
    }
}

/// Carries a tool's result back to its turn.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct ToolAnswer(Once<Answer>);

#[pymethods]
impl ToolAnswer {
    /// Sets the tool's output; halves of characters are replaced. Only the first answer counts.
    fn output(&self, text: &Bound<'_, PyString>) -> PyResult<()> {
        self.0.send(Ok(text.to_string_lossy().into_owned()))
    }

    /// Reports a failure, with a text for the model. Only the first answer counts.
    fn error(&self, text: &Bound<'_, PyString>) -> PyResult<()> {
        self.0.send(Err(text.to_string_lossy().into_owned()))
    }
}

/// Carries a decision back to its turn.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct ApprovalAnswer(Once<Verdict>);

#[pymethods]
impl ApprovalAnswer {
    /// Approves or rejects. Only the first answer counts.
    fn decide(&self, approve: bool, by: &Bound<'_, PyString>, role: &str) -> PyResult<()> {
        let by = decider(by, role)?;
        self.0.send(Verdict { approve, by })
    }
}

/// Who decides; halves of characters are replaced. Fails if the role is unknown.
pub(crate) fn decider(name: &Bound<'_, PyString>, role: &str) -> PyResult<Decider> {
    Ok(Decider {
        name: name.to_string_lossy().into_owned(),
        role: role.parse().map_err(plugin::value_error)?,
    })
}

/// Converts the result of a finished operation, on the loop's thread.
type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// An awaitable call, polled on the loop's thread whenever its key is ready.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct Operation(ForkGuard<Mutex<State>>);

enum State {
    Waiting(BoxFuture<'static, Finish>, Option<Poller>),
    Finished,
}

impl Operation {
    /// `to_python` converts the future's output to the call's result.
    pub(crate) fn new<T: Send + 'static, E: Into<Raised> + Send + 'static>(
        future: impl Future<Output = Result<T, E>> + Send + 'static,
        to_python: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Self {
        let future = async move {
            let outcome = future.await;
            Box::new(move |py: Python<'_>| to_python(py, outcome.map_err(Into::into)?)) as Finish
        };
        Self(ForkGuard::new(Mutex::new(State::Waiting(
            Box::pin(future),
            None,
        ))))
    }
}

#[pymethods]
impl Operation {
    /// Sets the mailbox and key for its wake-ups. Must be called before `poll`.
    fn attach(&self, mailbox: &Mailbox, key: u64) -> PyResult<()> {
        let outbox = mailbox.outbox()?;
        let mut state = self.0.get()?.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Waiting(_, poller) = &mut *state {
            *poller = Some(Poller::new(outbox, key));
        }
        Ok(())
    }

    /// The result in a list of one, or None if it is pending. Raises the call's error.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Vec<Py<PyAny>>>> {
        let finish = {
            let mut state = self.0.get()?.lock().unwrap_or_else(PoisonError::into_inner);
            let State::Waiting(future, Some(poller)) = &mut *state else {
                return Err(PyValueError::new_err("this operation is not under way"));
            };
            match poller.poll(|cx| future.as_mut().poll(cx)) {
                Poll::Pending => return Ok(None),
                Poll::Ready(finish) => {
                    *state = State::Finished;
                    finish
                }
            }
        };
        finish(py).map(|value| Some(vec![value]))
    }

    /// Drops the operation.
    fn drop(&self) -> PyResult<()> {
        *self.0.get()?.lock().unwrap_or_else(PoisonError::into_inner) = State::Finished;
        Ok(())
    }
}

fn duplicate(descriptor: i64) -> PyResult<Socket> {
    #[cfg(unix)]
    use std::os::fd::{BorrowedFd as Borrowed, RawFd as Raw};
    #[cfg(windows)]
    use std::os::windows::io::{BorrowedSocket as Borrowed, RawSocket as Raw};

    let raw = Raw::try_from(descriptor).ok().filter(|_| descriptor >= 0);
    let raw = raw.ok_or_else(|| PyValueError::new_err("not a file descriptor"))?;
    // SAFETY: it is not -1 (checked above) and is borrowed only for the call below, while the caller keeps its
    // socket open; if it were closed, duplicating it would fail with an error.
    let borrowed = unsafe { Borrowed::borrow_raw(raw) };
    borrowed
        .try_clone_to_owned()
        .map(Socket::from)
        .map_err(|e| PyOSError::new_err(format!("cannot duplicate the wake-up socket: {e}")))
}
