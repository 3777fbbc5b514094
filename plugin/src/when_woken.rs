//! Futures that are polled only after they have been woken.
//!
//! An import of the host that is still waiting registers itself anew at each poll: two crossings and a search. A turn
//! has several that wait beside what it does (its clock, its cancellation) and would poll them with every step of it.

use crate::prelude::*;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use futures::task::AtomicWaker;

/// Rings for the future and passes it on.
struct Bell {
    rung: AtomicBool,
    outer: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.outer.wake();
    }
}

/// A future that is polled once for each time it has been woken.
pub(crate) struct WhenWoken<'a> {
    // Boxed, so that the component has this code once.
    future: Pin<Box<dyn Future<Output = ()> + 'a>>,
    bell: Arc<Bell>,
}

impl<'a> WhenWoken<'a> {
    /// For a future that wakes its task whenever it can go on.
    pub(crate) fn new(future: impl Future<Output = ()> + 'a) -> Self {
        Self {
            future: Box::pin(future),
            bell: Arc::new(Bell {
                rung: AtomicBool::new(true),
                outer: AtomicWaker::new(),
            }),
        }
    }
}

impl Future for WhenWoken<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Before the look at the bell, so that no ring in between is lost.
        self.bell.outer.register(cx.waker());
        if !self.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let waker = Waker::from(self.bell.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::{Cell, RefCell};
    use core::future::poll_fn;
    use core::pin::pin;

    #[derive(Default)]
    struct Rings(AtomicBool);

    impl Wake for Rings {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_future_is_polled_once_for_each_time_it_was_woken() {
        let (polls, kept) = (Cell::new(0), RefCell::new(None::<Waker>));
        let mut future = pin!(WhenWoken::new(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            kept.replace(Some(cx.waker().clone()));
            match polls.get() {
                3 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })));
        let wake = || kept.borrow().clone().expect("it was polled").wake();
        // The task may be another one at each poll: the last one is woken.
        let mut tasks = [Arc::new(Rings::default()), Arc::new(Rings::default())];
        for expected in [1, 2] {
            for _ in 0..3 {
                tasks.reverse();
                let waker = Waker::from(tasks[0].clone());
                assert!(
                    future
                        .as_mut()
                        .poll(&mut Context::from_waker(&waker))
                        .is_pending()
                );
                assert_eq!(polls.get(), expected);
            }
            wake();
            assert!(tasks[0].0.swap(false, Ordering::Relaxed));
            assert!(!tasks[1].0.load(Ordering::Relaxed));
        }
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(()));
    }

    #[test]
    fn a_future_that_wakes_itself_while_it_is_polled_is_polled_again() {
        let polls = Cell::new(0);
        let mut future = pin!(WhenWoken::new(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            cx.waker().wake_by_ref();
            Poll::Pending
        })));
        for expected in 1..4 {
            let mut cx = Context::from_waker(Waker::noop());
            assert!(future.as_mut().poll(&mut cx).is_pending());
            assert_eq!(polls.get(), expected);
        }
    }
}
