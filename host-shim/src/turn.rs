//! A turn under way: its events, its end, its cancellation.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures::{FutureExt as _, Stream};
use openclaw_core::fault::Fault;
use openclaw_core::turn::{Event, Reply};
use tokio::sync::oneshot;

use crate::events::EventReceiver;
use crate::plugin::{Plugin, closed};

/// Ends a turn from elsewhere, also while another task reads its events.
#[derive(Clone, Debug)]
pub struct Canceller {
    sender: Arc<Mutex<Option<oneshot::Sender<()>>>>,
    /// For a component that computes without a pause.
    gone: Arc<AtomicBool>,
}

impl Canceller {
    /// A canceller, the receiver that resolves when it cancels, and the flag it sets for a component that computes.
    pub(crate) fn new() -> (Self, oneshot::Receiver<()>, Arc<AtomicBool>) {
        let (sender, receiver) = oneshot::channel();
        let canceller = Self {
            sender: Arc::new(Mutex::new(Some(sender))),
            gone: Arc::default(),
        };
        let gone = canceller.gone.clone();
        (canceller, receiver, gone)
    }

    /// Ends the turn with `cancelled`. Its connection is closed, unless the gateway may go on with the
    /// run by itself: then the next turn waits for that, up to 60 s. Without effect on a turn that
    /// has ended.
    pub fn cancel(&self) {
        self.gone.store(true, Ordering::Relaxed);
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.take();
        if let Some(sender) = sender {
            let _ = sender.send(()); // An error says that the turn has ended.
        }
    }
}

/// A turn under way. Dropping it cancels the turn and closes its connection to the gateway.
///
/// Events that are not read are kept within bounds and never halt the turn: text is joined, and of
/// more than some megabytes of it a beginning is left, which [`Reply::text`] completes. An approval
/// request ([`Event::ApprovalRequested`]) that nobody reads expires, unless the runner decides
/// ([`ToolRunner::approve`](crate::ToolRunner::approve)); `status` shows it meanwhile.
#[derive(Debug)]
pub struct Turn {
    id: String,
    events: EventReceiver,
    end: oneshot::Receiver<Result<Reply, Fault>>,
    /// What `end` brought.
    ended: Option<Result<Reply, Fault>>,
    canceller: Canceller,
    /// The plugin lives at least as long as its turns.
    plugin: Plugin,
}

impl Turn {
    pub(crate) fn new(
        id: String,
        events: EventReceiver,
        end: oneshot::Receiver<Result<Reply, Fault>>,
        canceller: Canceller,
        plugin: Plugin,
    ) -> Self {
        Self {
            id,
            events,
            end,
            ended: None,
            canceller,
            plugin,
        }
    }

    /// Unique within the plugin; what the tool runner is called with.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The next thing that happens; `None` when the turn has ended and [`Turn::reply`] is ready.
    /// Dropping the future loses nothing.
    pub async fn next_event(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// How the turn ended. Unread events are dropped. Dropping the future cancels the turn.
    pub async fn reply(mut self) -> Result<Reply, Fault> {
        self.events.discard();
        poll_fn(|cx| self.poll_end(cx)).await;
        // Set by now; the other case is that of a plugin whose thread is gone.
        self.ended
            .take()
            .unwrap_or_else(|| Err(closed(self.plugin.locale())))
    }

    /// Ends the turn with `cancelled`; [`Turn::reply`] tells whether it came in time.
    pub fn cancel(&self) {
        self.canceller.cancel();
    }

    /// A handle that cancels this turn from elsewhere.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        match self.events.poll_next(cx) {
            Poll::Ready(Some(event)) => Poll::Ready(Some(event)),
            // The stream ends before the turn: wait for its end, so that `None` says both.
            Poll::Ready(None) => self.poll_end(cx).map(|()| None),
            // Nothing yet. If the turn has ended nevertheless, then either its last events came
            // since the line above, or the component does not close its stream.
            Poll::Pending => {
                ready!(self.poll_end(cx));
                match self.events.poll_next(cx) {
                    Poll::Ready(event) => Poll::Ready(event),
                    Poll::Pending => Poll::Ready(None),
                }
            }
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.ended.is_none() {
            let end = ready!(self.end.poll_unpin(cx));
            // An error says that the plugin's thread ended before the turn did.
            self.ended = Some(end.unwrap_or_else(|_| Err(closed(self.plugin.locale()))));
        }
        Poll::Ready(())
    }
}

impl Stream for Turn {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll_event(cx)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.canceller.cancel();
    }
}
