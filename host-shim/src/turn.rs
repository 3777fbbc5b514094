//! A turn under way: its events, its end, its cancellation.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures::{FutureExt as _, Stream};
use openclaw_core::level::Level;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::events::EventReceiver;
use crate::fault::Fault;
use crate::plugin::Plugin;
use crate::tools::ToolCall;

/// What happens in a turn, in order, before its end. As JSON these are events of the session
/// protocol: `delta`, `tool-call`, `tool-ended`, `notice`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// More of the answer. Joined deltas are for showing; the reply's text is what holds.
    Delta {
        /// The piece.
        text: String,
    },
    /// A tool is about to run. Several may run at once.
    ToolCall(ToolCall),
    /// A tool that was started has ended.
    ToolEnded {
        /// The id of the call.
        call: String,
        /// Whether the tool ran and succeeded; the model is told either way.
        succeeded: bool,
    },
    /// Something to tell the user.
    Notice(Notice),
}

/// Something the guards or the client did that the user may want to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// For programs.
    pub code: NoticeCode,
    /// For people, in the config's locale.
    pub text: String,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// The turn waits for another one to end.
    Queued,
    /// The effective level is below the one asked for.
    LevelLowered,
    /// The available memory could not be read; it is treated as short.
    MemoryUnreadable,
    /// The model called a tool that it may not use, or that does not exist.
    ToolDenied,
    /// The model called tools in more rounds than allowed.
    ToolRoundsExhausted,
    /// The backup gateway is asked.
    FailedOver,
    /// The request is sent again in the other JSON shape of tools.
    DialectChanged,
    /// The answer was cut off, by the model's token limit or a filter.
    AnswerIncomplete,
    /// The final text differs from what was streamed: [`Reply::text`] is the right one.
    AnswerCorrected,
    /// The gateway answered without text.
    AnswerEmpty,
    /// The gateway passes on only the beginning of an attachment.
    AttachmentShortened,
    /// The gateway may still run a task that was abandoned before.
    MayStillRun,
    /// The available memory is an estimate: a part of it could not be read. Said once, until the
    /// reason changes.
    MemoryEstimated,
}

/// Which of the two configured gateways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayName {
    /// `gateway_primary_url`.
    Primary,
    /// `gateway_backup_url`.
    Backup,
}

/// Tokens, as the gateway reports them, summed over the rounds of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read by the model.
    pub input_tokens: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
}

/// How a turn that went well ended. As JSON it has the fields of the session protocol's
/// `completed` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The whole answer: the gateway's final text, not the joined deltas.
    pub text: String,
    /// The gateway's id of the last response; may be empty.
    pub response_id: String,
    /// The level that was in force when the turn ended.
    pub level: Level,
    /// The gateway that gave the answer.
    pub gateway: GatewayName,
    /// None where the gateway reports none.
    pub usage: Option<Usage>,
}

/// Ends a turn from elsewhere, also while another task reads its events.
#[derive(Clone, Debug)]
pub struct Canceller(Arc<Mutex<Option<oneshot::Sender<()>>>>);

impl Canceller {
    pub(crate) fn new() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Arc::new(Mutex::new(Some(sender)))), receiver)
    }

    /// Ends the turn with `cancelled`. Its connection is closed, unless the gateway may go on with the
    /// run by itself: then the next turn waits for that, up to 60 s. Without effect on a turn that
    /// has ended.
    pub fn cancel(&self) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            let _ = sender.send(()); // An error says that the turn has ended.
        }
    }
}

/// A turn under way. Dropping it cancels the turn and closes its connection to the gateway.
///
/// Events that are not read are kept within bounds and never halt the turn: text is joined, and of
/// more than some megabytes of it a beginning is left, which [`Reply::text`] completes.
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
            .unwrap_or_else(|| Err(Fault::closed(self.plugin.locale())))
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
            self.ended = Some(end.unwrap_or_else(|_| Err(Fault::closed(self.plugin.locale()))));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_the_names_of_the_session_protocol() {
        let json = |event: Event| serde_json::to_string(&event).unwrap();
        assert_eq!(
            json(Event::Delta {
                text: "hi".to_owned()
            }),
            r#"{"event":"delta","text":"hi"}"#
        );
        assert_eq!(
            json(Event::Notice(Notice {
                code: NoticeCode::LevelLowered,
                text: "L1".to_owned()
            })),
            r#"{"event":"notice","code":"level_lowered","text":"L1"}"#
        );
        let call = ToolCall {
            id: "c".into(),
            name: "n".into(),
            arguments: "{}".into(),
        };
        assert_eq!(
            json(Event::ToolCall(call)),
            r#"{"event":"tool-call","call":"c","name":"n","arguments":{}}"#
        );
    }
}
