//! A response body with a limit on the time between two chunks. Chunks that have arrived are handed over together:
//! each hand-over is a crossing into the component and back. None waits for a later one.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::Error;

use super::connection_task::ConnectionTask;
use super::{error, late};

/// Bytes handed over at once at most, unless a single chunk is larger.
const BATCH_BYTES: usize = 16 << 10;

/// What a chunk counts for at least, in bytes: decoding it takes time too.
const LEAST: usize = 64;

/// After so many bytes the runtime gets a turn: a gateway that sends faster than the component reads must hold up
/// neither timers nor cancelled turns.
const STRETCH_BYTES: usize = 64 << 10;

/// What a body yields.
type Next = Option<Result<Frame<Bytes>, Error>>;

type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Chunks on their way to the component.
#[derive(Default)]
struct Batch {
    chunks: Vec<Bytes>,
    bytes: usize,
    /// What came after them and does not belong to them: a chunk too many, trailers, an error or the end.
    then: Option<Next>,
}

impl Batch {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len().max(LEAST);
        self.chunks.push(chunk);
    }

    /// Joining copies, which is not worth it for a large chunk.
    fn has_room_for(&self, chunk: &Bytes) -> bool {
        self.bytes + chunk.len() <= BATCH_BYTES
    }

    fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.then.is_none()
    }

    /// The chunks as one; without any, what came after them.
    fn take(&mut self) -> Next {
        self.bytes = 0;
        let whole = match &mut *self.chunks {
            [] => return self.then.take().flatten(),
            [chunk] => std::mem::take(chunk),
            chunks => chunks.concat().into(),
        };
        self.chunks.clear();
        Some(Ok(Frame::data(whole)))
    }
}

/// A response body. The time counts only while a chunk is awaited.
pub(super) struct AnswerBody {
    /// `None` after an error: dropping it closes the connection.
    incoming: Option<Incoming>,
    /// The task of its connection.
    task: ConnectionTask,
    limit: Option<Duration>,
    /// Rings at a deadline of this chunk or of an earlier one.
    timer: Option<Pin<Box<Sleep>>>,
    /// Since when a chunk has been awaited, if one is.
    since: Option<Instant>,
    /// The time is up; data that has arrived is still processed.
    settling: Option<Pause>,
    batch: Batch,
    /// Bytes handed over since the runtime had its turn.
    stretch: usize,
    /// The runtime's turn.
    pause: Option<Pause>,
    /// The request's.
    span: tracing::Span,
}

impl AnswerBody {
    pub(super) fn new(
        incoming: Incoming,
        task: ConnectionTask,
        limit: Option<Duration>,
        span: tracing::Span,
    ) -> Self {
        Self {
            incoming: Some(incoming),
            task,
            limit,
            timer: None,
            since: None,
            settling: None,
            batch: Batch::default(),
            stretch: 0,
            pause: None,
            span,
        }
    }

    /// The next chunk, or what came instead. Without `limited` it waits as long as it takes.
    fn poll_next(&mut self, cx: &mut Context<'_>, limited: bool) -> Poll<Next> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        let error = match Pin::new(incoming).poll_frame(cx) {
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(parent: &self.span, %error, "the response was cut off");
                error::of_body(&error)
            }
            Poll::Ready(frame) => {
                self.since = None;
                self.settling = None;
                return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
            }
            Poll::Pending if !limited => return Poll::Pending,
            Poll::Pending => {
                ready!(self.poll_limit(cx));
                Error::ConnectionReadTimeout
            }
        };
        self.incoming = None;
        Poll::Ready(Some(Err(error)))
    }

    /// Ready once the runtime has had its turn, if it is due.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.stretch >= STRETCH_BYTES {
            let pause = self
                .pause
                .get_or_insert_with(|| Box::pin(tokio::task::yield_now()));
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
            self.stretch = 0;
        }
        Poll::Ready(())
    }

    /// Ready once nothing has come for `limit`.
    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let since = *self.since.get_or_insert_with(Instant::now);
        let Some(deadline) = since.checked_add(limit) else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        while self.settling.is_none() {
            ready!(timer.as_mut().poll(cx));
            // Of an earlier chunk: setting it for each would cost more than letting it ring once too often.
            if timer.deadline() < deadline {
                timer.as_mut().reset(deadline);
            } else {
                self.settling = Some(Box::pin(late::settle()));
            }
        }
        match &mut self.settling {
            Some(settling) => settling.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        ready!(this.poll_pause(cx));
        while this.batch.then.is_none() && this.batch.bytes < BATCH_BYTES {
            let first = this.batch.is_empty();
            match this.poll_next(cx, first) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(chunk) if first || this.batch.has_room_for(&chunk) => {
                        this.batch.push(chunk);
                        // Decodes the next one, if it has arrived.
                        this.task.run();
                    }
                    Ok(chunk) => this.batch.then = Some(Some(Ok(Frame::data(chunk)))),
                    Err(other) => this.batch.then = Some(Some(Ok(other))),
                },
                Poll::Ready(end) => this.batch.then = Some(end),
                Poll::Pending if first => {
                    this.stretch = 0;
                    return Poll::Pending;
                }
                Poll::Pending => break,
            }
        }
        let joined = this.batch.bytes;
        let next = this.batch.take();
        if let Some(Ok(frame)) = &next {
            // A chunk too many for the batch before is not among the joined ones.
            this.stretch += joined.max(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.batch.is_empty() && self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.incoming {
            Some(incoming) if self.batch.is_empty() => incoming.size_hint(),
            _ => SizeHint::default(),
        }
    }
}
