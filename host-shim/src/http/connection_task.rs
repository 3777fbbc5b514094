//! The task of a connection, which the reader of a response may run too.
//!
//! hyper decodes the next chunk only when its connection's task runs. Left to the runtime, that takes a pass of the
//! scheduler and a look at the system for each chunk; a reader that wants what has arrived by now runs the task
//! itself.

use std::fmt;
use std::sync::{Arc, OnceLock};

use hyper::rt::Executor;

use super::connect::ATTEMPT;
use super::shared_task::{SharedTask, Spawned, Task};

/// A connection's task. Clones are handles to the same one; without effect until it has been spawned.
#[derive(Clone, Default)]
pub(super) struct ConnectionTask(Arc<OnceLock<Arc<SharedTask>>>);

impl ConnectionTask {
    /// Runs it if it has been woken. It stays the runtime's task: what wakes it later makes the runtime run it.
    pub(super) fn run(&self) {
        if let Some(shared) = self.0.get() {
            shared.run();
        }
    }
}

impl fmt::Debug for ConnectionTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionTask")
    }
}

/// Spawns the client's tasks. The first after a connection has been made is that connection's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spawner;

impl Executor<Task> for Spawner {
    fn execute(&self, task: Task) {
        let Ok(attempt) = ATTEMPT.try_with(Arc::clone) else {
            tokio::spawn(task);
            return;
        };
        let Some(ConnectionTask(place)) = attempt.new_connection() else {
            // It may be the one that goes on connecting for this request.
            tokio::spawn(ATTEMPT.scope(attempt, task));
            return;
        };
        let shared = SharedTask::new(task);
        // Each connection has its own place.
        let _ = place.set(shared.clone());
        tokio::spawn(Spawned(shared));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::task::AtomicWaker;
    use std::pin::Pin;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    fn spawned(task: impl Future<Output = ()> + Send + 'static) -> (Arc<SharedTask>, Spawned) {
        let shared = SharedTask::new(Box::pin(task));
        (shared.clone(), Spawned(shared))
    }

    /// Counts its polls; ends at the third.
    fn counting(
        polls: &Arc<AtomicUsize>,
        waker: &Arc<AtomicWaker>,
    ) -> impl Future<Output = ()> + use<> {
        let (polls, waker) = (polls.clone(), waker.clone());
        std::future::poll_fn(move |cx| {
            waker.register(cx.waker());
            match polls.fetch_add(1, Ordering::Relaxed) {
                2 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
    }

    #[test]
    fn either_runs_it_once_for_a_wake_up_and_both_see_its_end() {
        let (polls, waker) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicWaker::new()));
        let (handle, spawned) = spawned(counting(&polls, &waker));
        let mut runtime = runtime_of(spawned);
        assert!(runtime().is_pending());
        handle.run();
        assert_eq!(polls.load(Ordering::Relaxed), 1, "nothing has woken it");
        waker.wake();
        handle.run();
        assert!(runtime().is_pending());
        assert_eq!(polls.load(Ordering::Relaxed), 2);
        waker.wake();
        handle.run();
        assert!(runtime().is_ready());
        handle.run();
        assert_eq!(polls.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn a_wake_up_after_the_reader_ran_it_is_not_lost() {
        struct Flag(AtomicBool);
        impl Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let (polls, waker) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicWaker::new()));
        let (handle, mut spawned) = spawned(counting(&polls, &waker));
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let scheduled = Waker::from(flag.clone());
        let mut cx = Context::from_waker(&scheduled);
        assert!(Pin::new(&mut spawned).poll(&mut cx).is_pending());
        waker.wake();
        assert!(flag.0.load(Ordering::Relaxed));
        handle.run();
        // The runtime has not run its task yet, for which it is scheduled.
        waker.wake();
        assert!(Pin::new(&mut spawned).poll(&mut cx).is_ready());
    }

    #[test]
    fn the_connection_is_dropped_with_the_runtime_s_task() {
        let alive = Arc::new(());
        let held = alive.clone();
        let (handle, spawned) = spawned(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        handle.run();
        drop(spawned);
        assert_eq!(Arc::strong_count(&alive), 1);
        handle.run();
    }

    /// Polls as the runtime does.
    fn runtime_of(mut spawned: Spawned) -> impl FnMut() -> Poll<()> {
        move || Pin::new(&mut spawned).poll(&mut Context::from_waker(Waker::noop()))
    }
}
