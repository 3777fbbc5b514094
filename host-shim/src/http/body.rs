//! A response body with a limit on the time between two chunks.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::Error;

use super::{error, late};

/// A response body. The time counts only while a chunk is awaited.
pub(super) struct AnswerBody {
    /// `None` after an error: dropping it closes the connection.
    incoming: Option<Incoming>,
    limit: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the timer runs for the chunk awaited now.
    waiting: bool,
    /// The time is up; data that has arrived is still processed.
    settling: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
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
            span,
        }
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
        let Some(incoming) = &mut this.incoming else {
            return Poll::Ready(None);
        };
        let error = match Pin::new(incoming).poll_frame(cx) {
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(parent: &this.span, %error, "the response was cut off");
                error::of_body(&error)
            }
            Poll::Ready(frame) => {
                this.waiting = false;
                this.settling = None;
                return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
            }
            Poll::Pending => {
                ready!(this.poll_limit(cx));
                Error::ConnectionReadTimeout
            }
        };
        this.incoming = None;
        Poll::Ready(Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming
            .as_ref()
            .map(Body::size_hint)
            .unwrap_or_default()
    }
}
