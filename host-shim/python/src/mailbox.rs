//! How Rust threads reach an event loop without ever touching Python.
//!
//! A thread that has something for Python puts it into a locked queue and writes a byte into a
//! socket that the loop reads. The loop's own thread then drains the queue. No thread of ours
//! attaches to the interpreter, so there is none that could do so while it shuts down, which is
//! what makes the usual bridges crash at exit.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures::channel::oneshot;
use futures::future::BoxFuture;
use host_shim::ToolCall;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::Raised;
use crate::fork_guard::ForkGuard;
use crate::tools::Answer;

#[cfg(unix)]
type Socket = std::os::unix::net::UnixStream;
#[cfg(windows)]
type Socket = std::net::TcpStream;

/// Something for the loop's thread.
pub(crate) enum Item {
    /// What waits under this key can be polled again.
    Ready(u64),
    /// A tool of the turn with this key is to be run.
    Tool {
        turn: u64,
        ticket: u64,
        call: ToolCall,
        answer: oneshot::Sender<Answer>,
    },
    /// The tool call with this ticket is of no more use: its turn was cancelled.
    ToolDropped { turn: u64, ticket: u64 },
}

/// The half that Rust threads see.
pub(crate) struct Outbox {
    /// None once the loop reads nothing more.
    queue: Mutex<Option<VecDeque<Item>>>,
    socket: Socket,
}

impl Outbox {
    /// Hands something to the loop's thread. Never blocks, never fails: for a loop that is gone
    /// the item is dropped, and with it the sender of a tool's answer, so that its turn goes on.
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
            // Would block: there are bytes enough to wake it. Closed: see `close`.
            let _ = (&self.socket).write(&[0]);
        }
    }

    fn take(&self) -> VecDeque<Item> {
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The loop is gone.
    fn close(&self) {
        let items = self.lock().take();
        // Outside the lock: what is dropped may push.
        drop(items);
    }

    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<Item>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes what waits under a key, once until it is polled again.
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

/// Polls futures on the loop's thread; their wakers ring in its mailbox.
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

    /// Runs one poll with a context whose waker rings.
    pub(crate) fn poll<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        // Before the poll: a wake during it must ring again.
        self.wake.rung.store(false, Ordering::Release);
        poll(&mut Context::from_waker(&self.waker))
    }
}

/// What Rust threads have for one event loop. Python makes one for each loop.
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
    /// `descriptor`: the `fileno()` of a connected socket; the other end is the loop's to read.
    /// It is duplicated: the caller goes on owning its own.
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

    /// Says that the loop is gone: what is there and what comes is dropped.
    fn close(&self) -> PyResult<()> {
        self.outbox.get()?.close();
        Ok(())
    }

    /// All that has come in since the last time, in order: `("ready", key)`,
    /// `("tool", key, ticket, name, arguments, answer)` or `("dropped", key, ticket)`.
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
                    let answer = ToolAnswer::new(answer);
                    ("tool", turn, ticket, call.name, call.arguments, answer).into_py_any(py)
                }
                Item::ToolDropped { turn, ticket } => ("dropped", turn, ticket).into_py_any(py),
            })
            .collect()
    }
}

/// Takes a tool's outcome back to its turn.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct ToolAnswer(ForkGuard<Mutex<Option<oneshot::Sender<Answer>>>>);

impl ToolAnswer {
    fn new(sender: oneshot::Sender<Answer>) -> Self {
        Self(ForkGuard::new(Mutex::new(Some(sender))))
    }

    fn send(&self, answer: Answer) -> PyResult<()> {
        let sender = self
            .0
            .get()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(sender) = sender {
            let _ = sender.send(answer); // An error says that the turn was cancelled meanwhile.
        }
        Ok(())
    }
}

#[pymethods]
impl ToolAnswer {
    /// The tool's output, in which half characters are replaced. Only the first answer counts.
    fn output(&self, text: &Bound<'_, PyString>) -> PyResult<()> {
        self.send(Ok(text.to_string_lossy().into_owned()))
    }

    /// The tool failed; the text is for the model. Only the first answer counts.
    fn error(&self, text: &Bound<'_, PyString>) -> PyResult<()> {
        self.send(Err(text.to_string_lossy().into_owned()))
    }
}

/// Makes the Python value of a finished operation, on the loop's thread.
type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// One call that is awaited: polled on the loop's thread whenever its key is ready.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct Operation(ForkGuard<Mutex<State>>);

enum State {
    Waiting(BoxFuture<'static, Finish>, Option<Poller>),
    Finished,
}

impl Operation {
    /// `to_python` makes the call's result of what `future` gives.
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
    /// Says whose mailbox rings, and under which key. Must be called before `poll`.
    fn attach(&self, mailbox: &Mailbox, key: u64) -> PyResult<()> {
        let outbox = mailbox.outbox()?;
        let mut state = self.0.get()?.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Waiting(_, poller) = &mut *state {
            *poller = Some(Poller::new(outbox, key));
        }
        Ok(())
    }

    /// The result in a list of one, or none if it is not there yet. Raises what went wrong.
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

    /// Gives the operation up.
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
    // SAFETY: not -1 (checked), and only borrowed for the call below, during which the caller
    // holds its socket; if it is not open, duplicating it fails with an error and does no harm.
    let borrowed = unsafe { Borrowed::borrow_raw(raw) };
    borrowed
        .try_clone_to_owned()
        .map(Socket::from)
        .map_err(|e| PyOSError::new_err(format!("cannot duplicate the wake-up socket: {e}")))
}
