//! Runs code of the caller on threads of its own.
//!
//! The plugin's thread only waits for it: a tool that blocks its thread holds up neither `status` nor a cancellation,
//! nor the end of the plugin. Nor does it take a thread from tokio's pool, where names are looked up.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Blocked threads that nobody waits for any more. With so many, nothing more is run.
const MAX_LEFT: usize = 64;

/// How long a call lets the one before it start first. One that blocks holds up the others no longer.
const IN_ORDER: Duration = Duration::from_millis(100);

/// Why code of the caller has no output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Panicked,
    /// It was not run: too much of it is still blocked, or the system has no thread for it.
    NoThread,
}

/// The caller's code that a plugin runs, and has left. Clones share it.
#[derive(Clone, Default)]
pub(super) struct CallersCode(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Threads that nobody waits for any more.
    left: Vec<JoinHandle<()>>,
    /// Closed once the call before has started, up to where it first waits.
    started: Option<mpsc::Receiver<Infallible>>,
}

/// Somebody who waits for a thread.
struct Waiting {
    threads: CallersCode,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.threads.with(|state| state.left.push(thread));
        }
    }
}

impl CallersCode {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.left.retain(|thread| !thread.is_finished());
        look(&mut state)
    }

    /// The output of a future of the caller's. Futures start in the order in which this is first polled. When it is
    /// dropped, the future is too, as soon as it waits for something.
    ///
    /// # Errors
    ///
    /// [`Lost`].
    pub(super) async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Lost> {
        let (starts, started) = mpsc::channel();
        let before = self
            .with(|state| (state.left.len() < MAX_LEFT).then(|| state.started.replace(started)));
        let before = before.ok_or(Lost::NoThread)?;
        let (_waiting, left) = oneshot::channel::<Infallible>();
        let (done, output) = oneshot::channel();
        let runtime = Handle::current();
        let running = move || {
            if let Some(before) = before {
                let _ = before.recv_timeout(IN_ORDER); // Nothing is sent: it is closed, or it takes too long.
            }
            let mut starts = Some(starts);
            let mut future = pin!(AssertUnwindSafe(future).catch_unwind());
            let future = poll_fn(|cx| {
                let polled = future.as_mut().poll(cx);
                starts.take();
                polled
            });
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = left => {}
                    output = future => {
                        let _ = done.send(output); // An error means that nobody waits any more.
                    }
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("openclaw-tool".to_owned())
            .spawn(running)
            .map_err(|_| Lost::NoThread)?;
        let _waits = Waiting {
            threads: self.clone(),
            thread: Some(thread),
        };
        match output.await {
            Ok(Ok(output)) => Ok(output),
            _ => Err(Lost::Panicked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn run<F: Future>(test: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let output = runtime.block_on(test);
        runtime.shutdown_timeout(Duration::ZERO);
        output
    }

    #[test]
    fn a_blocked_thread_is_not_this_one() {
        let (release, blocked) = mpsc::channel::<()>();
        let threads = CallersCode::default();
        let blocks = run(async {
            let mut running = Box::pin(threads.run(async move { blocked.recv().is_ok() }));
            // The timer rings, although what runs there never waits.
            let waited = tokio::time::timeout(Duration::from_millis(20), &mut running).await;
            assert!(waited.is_err());
            release.send(()).unwrap();
            running.await
        });
        assert_eq!(blocks, Ok(true));
    }

    #[test]
    fn what_nobody_waits_for_is_dropped_and_a_panic_is_told() {
        let threads = CallersCode::default();
        run(async {
            let (alive, dropped) = oneshot::channel::<()>();
            let (started, begun) = oneshot::channel();
            let running = threads.run(async move {
                let _alive = alive;
                started.send(()).unwrap();
                std::future::pending::<()>().await;
            });
            tokio::select! {
                _ = running => panic!("it never ends"),
                begun = begun => begun.unwrap(),
            }
            assert!(dropped.await.is_err());
            assert_eq!(
                threads.run(async { panic!("on purpose") }).await,
                Err::<(), _>(Lost::Panicked)
            );
        });
    }

    #[test]
    fn calls_start_in_order_and_one_that_blocks_holds_up_none() {
        let threads = CallersCode::default();
        let (starts, order) = mpsc::channel();
        let calls = || {
            futures::future::join_all((0..20).map(|number| {
                let starts = starts.clone();
                threads.run(async move { starts.send(number).is_ok() })
            }))
        };
        assert_eq!(run(calls()), [Ok(true); 20]);
        assert_eq!(order.try_iter().collect::<Vec<_>>(), Vec::from_iter(0..20));

        let (release, blocked) = mpsc::channel::<()>();
        let first = threads.run(async move { blocked.recv().is_err() });
        let others = async {
            assert_eq!(calls().await, [Ok(true); 20]);
            drop(release);
        };
        assert_eq!(run(async { futures::join!(first, others).0 }), Ok(true));
    }

    #[test]
    fn nothing_more_is_run_beside_too_many_that_are_still_blocked() {
        let threads = CallersCode::default();
        let (begun, wait) = mpsc::channel();
        let mut held = Vec::new();
        for _ in 0..MAX_LEFT {
            let (release, blocked) = mpsc::channel::<()>();
            held.push(release);
            let begun = begun.clone();
            // The caller leaves once it blocks.
            run(async {
                let mut running = Box::pin(threads.run(async move {
                    begun.send(()).unwrap();
                    blocked.recv().is_ok()
                }));
                assert!((&mut running).now_or_never().is_none());
                wait.recv().unwrap();
            });
        }
        assert_eq!(run(threads.run(async { 1 })), Err(Lost::NoThread));
        drop(held);
        while threads.with(|state| state.left.len()) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(run(threads.run(async { 1 })), Ok(1));
    }
}
