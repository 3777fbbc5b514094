//! A second task beside a turn, which only waits for its end.
//!
//! wit-bindgen keeps an instance's tasks in a `FuturesUnordered`. Whenever that has polled as many tasks as it
//! has, it wakes itself: with a turn alone, after each event, and the host calls a second time for nothing.

use alloc::rc::Rc;
use core::cell::Cell;
use core::future::poll_fn;
use core::task::{Poll, Waker};

/// Ends its task when dropped.
#[derive(Default)]
pub(super) struct Companion(Rc<Ended>);

#[derive(Default)]
struct Ended {
    ended: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Companion {
    /// Starts the task.
    pub(super) fn start() -> Self {
        let companion = Self::default();
        let end = companion.0.clone();
        wit_bindgen::spawn_local(poll_fn(move |cx| {
            if end.ended.get() {
                return Poll::Ready(());
            }
            end.waker.set(Some(cx.waker().clone()));
            Poll::Pending
        }));
        companion
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        self.0.ended.set(true);
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }
}
