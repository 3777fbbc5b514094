//! Receives a turn's events and its end from the component.

use std::pin::Pin;
use std::task::{Context, Poll};

use openclaw_core::turn::Event;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use wasmtime::StoreContextMut;
use wasmtime::component::{FutureConsumer, Source, StreamConsumer, StreamResult};

use super::approvals::TOO_MANY_APPROVALS;
use super::bindings::astr::openclaw::types;
use super::host::Host;
use crate::events::EventSender;

/// Receives events in batches, whether or not anybody reads them.
pub(super) struct EventSink {
    pub(super) events: EventSender,
    /// Gets those about approval too.
    pub(super) approvals: mpsc::Sender<Event>,
}

/// Events about approval that wait to be followed. A turn has a few at a time.
pub(super) const APPROVAL_EVENTS: usize = 64;

impl StreamConsumer<Host> for EventSink {
    type Item = types::Event;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<Host>,
        mut source: Source<'_, types::Event>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let mut events = Vec::with_capacity(source.remaining(&mut store));
        source.read(&mut store, &mut events)?;
        let mut flood = false;
        self.events.push(events.into_iter().map(|event| {
            let event = Event::from(event);
            if let Event::ApprovalRequested(_) | Event::ApprovalEnded(_) = event {
                // Closed: the turn is being torn down.
                let sent = self.approvals.try_send(event.clone());
                flood |= matches!(sent, Err(TrySendError::Full(_)));
            }
            event
        }));
        if flood {
            return Poll::Ready(Err(wasmtime::Error::msg(TOO_MANY_APPROVALS)));
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// How a turn ended.
pub(super) type End = Result<types::Reply, types::Fault>;

/// Takes a turn's end.
pub(super) struct EndSink(pub(super) Option<oneshot::Sender<End>>);

impl FutureConsumer<Host> for EndSink {
    type Item = End;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<Host>,
        mut source: Source<'_, End>,
        _: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut end = None;
        source.read(store, &mut end)?;
        if let (Some(end), Some(sender)) = (end, self.0.take()) {
            let _ = sender.send(end); // An error says that the instance is being torn down.
        }
        Poll::Ready(Ok(()))
    }
}
