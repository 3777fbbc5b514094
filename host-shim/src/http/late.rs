//! A timeout counts only after everything that had arrived by then has been read.
//!
//! After the process was stopped or starved, expired timers and data that arrived in the meantime are
//! noticed together, and the timer may be polled first.

use std::pin::pin;
use std::task::Poll;

use tokio::time::Instant;

/// Iterations of the event loop until arrived data reaches its reader: one to poll the system, one for
/// the connection's task to decode it, one to wake the reader. More cost nothing.
const TURNS: usize = 16;

/// Lets all ready tasks run.
pub(crate) async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// The future's output if it is ready by `deadline`, data that had arrived by then included; `None` if
/// it timed out.
pub(super) async fn by<F: Future>(deadline: Instant, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    if let Ok(output) = tokio::time::timeout_at(deadline, &mut future).await {
        return Some(output);
    }
    let mut settling = pin!(settle());
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => settling.as_mut().poll(cx).map(|()| None),
    })
    .await
}
