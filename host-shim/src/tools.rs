//! Tools that the caller runs for the model.

use futures::future::BoxFuture;
use openclaw_core::turn::ToolCall;

/// Runs tools for the model. Called only for tools that the guards allow.
///
/// Closures are runners too:
/// `|turn_id: &str, call: ToolCall| Box::pin(async move { Ok("…".to_owned()) })`.
pub trait ToolRunner: Send + Sync {
    /// Runs one tool of the turn `turn_id`. The model receives the output or the error text unchanged;
    /// over 1 MiB it receives an error instead. Several calls of one turn may run at once.
    ///
    /// The future is polled on the plugin's thread in a Tokio runtime and must not block. It is dropped
    /// when the turn is cancelled.
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
