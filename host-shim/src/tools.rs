//! The caller's tools.

use futures::future::BoxFuture;
use openclaw_core::turn::ToolCall;

/// Runs tools for the model. Called only for tools that the guards let through.
///
/// Closures are runners too:
/// `|turn_id: &str, call: ToolCall| Box::pin(async move { Ok("…".to_owned()) })`.
pub trait ToolRunner: Send + Sync {
    /// Runs one tool of the turn with this id. The output, or the error's text, is given to the
    /// model as it is; if it is over 1 MiB the model is given an error instead. Several calls of one
    /// turn may run at once.
    ///
    /// The future is polled on the plugin's thread, within a Tokio runtime: it must not block.
    /// It is dropped when its turn is cancelled.
    fn run(&self, turn_id: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>>;
}

impl<F> ToolRunner for F
where
    F: Fn(&str, ToolCall) -> BoxFuture<'static, Result<String, String>> + Send + Sync,
{
    fn run(&self, turn_id: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        self(turn_id, call)
    }
}
