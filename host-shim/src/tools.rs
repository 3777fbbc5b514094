//! Tools that the caller runs for the model.

use futures::future::BoxFuture;
use openclaw_core::approval::{ApprovalRequest, Decider};
use openclaw_core::turn::ToolCall;

/// Runs tools for the model. Called only for tools that the guards allow.
///
/// Closures are runners too:
/// `|turn_id: &str, call: ToolCall| Box::pin(async move { Ok("…".to_owned()) })`.
pub trait ToolRunner: Send + Sync {
    /// Runs one tool of the turn `turn_id`. The model receives the output or the error text unchanged;
    /// over 1 MiB it receives an error instead. Several calls of one turn may run at once.
    ///
    /// The future is polled on a thread of its own, in the plugin's Tokio runtime. One that blocks holds up neither
    /// `status` nor a cancellation. It is dropped when the turn is cancelled; if it is blocking at that moment, it is
    /// dropped at its next await. While 64 of those are still blocked no tool runs: the model receives an error.
    fn run(&self, turn_id: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>>;

    /// Decides about calls of tools that need approval. `None`, the default: somebody calls
    /// [`Plugin::decide`](crate::Plugin::decide), or the request expires.
    ///
    /// A future that panics, or a yes from somebody who may not approve, means no. It is polled as that of
    /// [`ToolRunner::run`], whether or not the turn's events are read, and dropped when the request or the turn
    /// ends otherwise.
    fn approve(
        &self,
        turn_id: &str,
        request: ApprovalRequest,
    ) -> Option<BoxFuture<'static, Verdict>> {
        let _ = (turn_id, request);
        None
    }
}

/// What a [`ToolRunner`] decided about an [`ApprovalRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether exactly the calls of the request may run.
    pub approve: bool,
    /// Who decided. The runner vouches for it.
    pub by: Decider,
}

impl<F> ToolRunner for F
where
    F: Fn(&str, ToolCall) -> BoxFuture<'static, Result<String, String>> + Send + Sync,
{
    fn run(&self, turn_id: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        self(turn_id, call)
    }
}
