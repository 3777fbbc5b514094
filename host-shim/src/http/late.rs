//! A limit that is over is judged only after what has arrived by then has been read.
//!
//! Where the whole process was stopped or starved, its timers and the data that arrived meanwhile
//! become known at once, and the timer may be looked at first.

use std::pin::pin;
use std::task::Poll;

use tokio::time::Instant;

/// Turns of the event loop until what had arrived is where it is waited for: in one the system tells
/// of it, in the next the connection's task reads and decodes it, then its reader is woken. More cost
/// nothing.
const TURNS: usize = 16;

/// Lets everything happen that can happen without waiting.
pub(crate) async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// The future's output, if it is done by then. None: it was not, although it was given what had
/// arrived.
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
