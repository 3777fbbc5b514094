//! The tool of the soak's turns: it answers, fails, panics, or asks for longer than anybody waits.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use host_shim::{ToolCall, ToolRunner};

/// Runs `count`.
pub struct Count;

impl Count {
    pub fn runner() -> Arc<dyn ToolRunner> {
        Arc::new(Self)
    }
}

impl ToolRunner for Count {
    fn run(&self, _turn: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        async move {
            match call.arguments.as_str() {
                r#"{"n":0}"# => Ok("x".repeat(10_000)),
                r#"{"n":1}"# => Err("no".to_owned()),
                _ => {
                    tokio::task::yield_now().await;
                    Ok("two".to_owned())
                }
            }
        }
        .boxed()
    }
}
