//! Runs code of the caller on threads of its own.
//!
//! The plugin's thread only waits for it: a tool that blocks its thread holds up neither `status` nor a cancellation,
//! nor the end of the plugin. The runtime keeps an idle thread for some seconds, so calls one after another share one.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// The caller's code panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// The output of a future of the caller's. When this is dropped, the future is too, as soon as it waits for something.
///
/// # Errors
///
/// [`Panicked`].
pub(super) async fn callers_code<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Result<T, Panicked> {
    let (_waiting, left) = oneshot::channel::<Infallible>();
    let runtime = Handle::current();
    let running = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = left => Err(Panicked), // Nobody sees it.
                output = AssertUnwindSafe(future).catch_unwind() => output.map_err(|_| Panicked),
            }
        })
    });
    running.await.unwrap_or(Err(Panicked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
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
        let blocks = run(async {
            let mut running = Box::pin(callers_code(async move { blocked.recv().is_ok() }));
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
        run(async {
            let (alive, dropped) = oneshot::channel::<()>();
            let (started, begun) = oneshot::channel();
            let running = callers_code(async move {
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
                callers_code(async { panic!("on purpose") }).await,
                Err::<(), _>(Panicked)
            );
        });
    }
}
