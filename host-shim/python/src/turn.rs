//! A turn as Python sees it.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use host_shim::{Canceller, Event, Fault, Reply};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;
use crate::fork_guard::ForkGuard;
use crate::mailbox::{Outbox, Poller};

/// A running turn. Dropping it cancels it.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct Turn(ForkGuard<Inner>);

struct Inner {
    id: String,
    canceller: Canceller,
    poller: Poller,
    state: Mutex<State>,
}

enum State {
    Running(host_shim::Turn),
    Ending(BoxFuture<'static, Result<Reply, Fault>>),
    Ended,
}

impl Turn {
    pub(crate) fn new(turn: host_shim::Turn, outbox: Arc<Outbox>, key: u64) -> Self {
        Self(ForkGuard::new(Inner {
            id: turn.id().to_owned(),
            canceller: turn.canceller(),
            poller: Poller::new(outbox, key),
            state: Mutex::new(State::Running(turn)),
        }))
    }
}

#[pymethods]
impl Turn {
    #[getter]
    fn id(&self) -> PyResult<String> {
        Ok(self.0.get()?.id.clone())
    }

    /// Ends the turn with `cancelled`.
    fn cancel(&self) -> PyResult<()> {
        self.0.get()?.canceller.cancel();
        Ok(())
    }

    /// Up to `limit` events since the last call and, once the turn has ended, whether it succeeded and the JSON
    /// of its reply or fault. A delta is a string, a file its name, media type and content; any other event is the
    /// bytes of its JSON.
    #[allow(clippy::type_complexity)] // Two tuples are clearer than a type.
    fn poll(
        &self,
        py: Python<'_>,
        limit: usize,
    ) -> PyResult<(Vec<Py<PyAny>>, Option<(bool, String)>)> {
        let inner = self.0.get()?;
        let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = Vec::new();
        while let State::Running(turn) = &mut *state {
            if events.len() >= limit {
                return Ok((events, None));
            }
            match inner.poller.poll(|cx| turn.poll_next_unpin(cx)) {
                Poll::Pending => return Ok((events, None)),
                Poll::Ready(Some(event)) => events.push(event_to_python(py, event)?),
                Poll::Ready(None) => {
                    // `Ended` is only a placeholder until the next line.
                    if let State::Running(turn) = std::mem::replace(&mut *state, State::Ended) {
                        *state = State::Ending(turn.reply().boxed());
                    }
                }
            }
        }
        let end = match &mut *state {
            State::Ending(reply) => match inner.poller.poll(|cx| reply.as_mut().poll(cx)) {
                Poll::Pending => None,
                Poll::Ready(end) => {
                    *state = State::Ended;
                    Some(match end {
                        Ok(reply) => (true, errors::json(&reply)?),
                        Err(fault) => (false, errors::json(&fault)?),
                    })
                }
            },
            _ => None,
        };
        Ok((events, end))
    }
}

/// A delta as a string, the fast path; a file as a tuple, any other event as JSON.
fn event_to_python(py: Python<'_>, event: Event) -> PyResult<Py<PyAny>> {
    match event {
        Event::Delta { text } => text.into_py_any(py),
        Event::File(file) => {
            let data = PyBytes::new(py, &file.data);
            (file.filename, file.media_type, data).into_py_any(py)
        }
        event => PyBytes::new(py, errors::json(&event)?.as_bytes()).into_py_any(py),
    }
}
