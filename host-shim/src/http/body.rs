//! A response body with a limit on the time between two chunks. Chunks that arrive together are handed over
//! together: each hand-over is a crossing into the component and back.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::Error;

use super::{error, late};

/// Bytes handed over at once at most, unless a single chunk is larger.
const BATCH_BYTES: usize = 16 << 10;

/// How often the runtime gets a turn after a chunk before it is handed over. hyper hands out a chunk only after its
/// connection's task has run, so polling again without that brings nothing.
const PAUSES: u8 = 2;

/// What a body yields.
type Next = Option<Result<Frame<Bytes>, Error>>;

type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Chunks on their way to the component.
#[derive(Default)]
struct Batch {
    chunks: Vec<Bytes>,
    bytes: usize,
    pauses: u8,
    pause: Option<Pause>,
    /// What came after them and does not belong to them: a chunk too many, trailers, an error or the end.
    then: Option<Next>,
}

impl Batch {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
        self.pauses = 0;
        self.pause = None;
    }

    /// Joining copies, which is not worth it for a large chunk.
    fn has_room_for(&self, chunk: &Bytes) -> bool {
        self.bytes + chunk.len() <= BATCH_BYTES
    }

    fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.then.is_none()
    }

    /// Ready once the runtime has had its turns.
    fn poll_pauses(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.pauses < PAUSES {
            let pause = self
                .pause
                .get_or_insert_with(|| Box::pin(tokio::task::yield_now()));
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
            self.pauses += 1;
        }
        Poll::Ready(())
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
    limit: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the timer runs for the chunk awaited now.
    waiting: bool,
    /// The time is up; data that has arrived is still processed.
    settling: Option<Pause>,
    batch: Batch,
    /// The request's.
    span: tracing::Span,
}

impl AnswerBody {
    pub(super) fn new(incoming: Incoming, limit: Option<Duration>, span: tracing::Span) -> Self {
        Self {
            incoming: Some(incoming),
            limit,
            timer: None,
            waiting: false,
            settling: None,
            batch: Batch::default(),
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
                self.waiting = false;
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

    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self
            .limit
            .and_then(|limit| Instant::now().checked_add(limit))
        else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| {
            self.waiting = true;
            Box::pin(tokio::time::sleep_until(deadline))
        });
        if !self.waiting {
            self.waiting = true;
            timer.as_mut().reset(deadline);
        }
        if self.settling.is_none() {
            ready!(timer.as_mut().poll(cx));
        }
        let settling = self
            .settling
            .get_or_insert_with(|| Box::pin(late::settle()));
        settling.as_mut().poll(cx)
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
        while this.batch.then.is_none() && this.batch.bytes < BATCH_BYTES {
            let limited = this.batch.is_empty();
            match this.poll_next(cx, limited) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(chunk) if limited || this.batch.has_room_for(&chunk) => {
                        this.batch.push(chunk);
                    }
                    Ok(chunk) => this.batch.then = Some(Some(Ok(Frame::data(chunk)))),
                    Err(other) => this.batch.then = Some(Some(Ok(other))),
                },
                Poll::Ready(end) => this.batch.then = Some(end),
                Poll::Pending if limited => return Poll::Pending,
                Poll::Pending => {
                    ready!(this.batch.poll_pauses(cx));
                    break;
                }
            }
        }
        Poll::Ready(this.batch.take())
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
