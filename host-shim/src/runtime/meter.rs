//! How long the component computes without waiting for anything, and who looks at that.
//!
//! The thread that runs the component cannot watch itself: a watchdog thread makes wasmtime look,
//! by its epochs, and the component's own thread then compares times. The watchdog sleeps while
//! nothing is under way.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// Measures the component's own computing since it was last resumed. Used on one thread only; the
/// atomics are there because the store's callbacks must be shareable.
#[derive(Clone, Debug)]
pub(super) struct Meter(Arc<Times>);

#[derive(Debug)]
struct Times {
    base: Instant,
    /// When the component was resumed, in nanoseconds since `base`.
    resumed: AtomicU64,
    /// Of the time since, what host functions took.
    host: AtomicU64,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self(Arc::new(Times {
            base: Instant::now(),
            resumed: AtomicU64::new(0),
            host: AtomicU64::new(0),
        }))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.base.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Runs a future that runs the component; every poll begins a new measurement.
    pub(super) async fn resuming<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|cx| {
            self.0.resumed.store(self.now(), Ordering::Relaxed);
            self.0.host.store(0, Ordering::Relaxed);
            future.as_mut().poll(cx)
        })
        .await
    }

    /// Runs a host function; its time does not count.
    pub(super) fn host<R>(&self, function: impl FnOnce() -> R) -> R {
        let begun = self.now();
        let result = function();
        self.0
            .host
            .fetch_add(self.now().saturating_sub(begun), Ordering::Relaxed);
        result
    }

    /// What the component has computed since it was resumed.
    pub(super) fn computed(&self) -> Duration {
        let since = self
            .now()
            .saturating_sub(self.0.resumed.load(Ordering::Relaxed));
        Duration::from_nanos(since.saturating_sub(self.0.host.load(Ordering::Relaxed)))
    }
}

/// Advances the engine's epoch while something is under way.
pub(super) struct Watchdog(Arc<Post>);

struct Post {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    busy: bool,
    over: bool,
    /// The watchdog waits without a limit. Calls come and go faster than it looks, so it need not
    /// be woken for each.
    asleep: bool,
}

impl Watchdog {
    /// Starts its thread.
    pub(super) fn start(engine: Engine, tick: Duration) -> std::io::Result<Self> {
        let post = Arc::new(Post {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let watched = post.clone();
        std::thread::Builder::new()
            .name("openclaw-watch".to_owned())
            .stack_size(64 << 10)
            .spawn(move || watch(&watched, &engine, tick))?;
        Ok(Self(post))
    }

    /// Whether something is under way from now on.
    pub(super) fn set_busy(&self, busy: bool) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy = busy;
        if busy && state.asleep {
            self.0.changed.notify_one();
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .over = true;
        self.0.changed.notify_one();
    }
}

fn watch(post: &Post, engine: &Engine, tick: Duration) {
    let mut state = post.state.lock().unwrap_or_else(PoisonError::into_inner);
    while !state.over {
        if !state.busy {
            state.asleep = true;
            let woken = post.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
            state.asleep = false;
            continue;
        }
        let waited = post.changed.wait_timeout(state, tick);
        let (next, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        state = next;
        if timeout.timed_out() {
            engine.increment_epoch();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_functions_do_not_count() {
        let meter = Meter::new();
        meter.host(|| std::thread::sleep(Duration::from_millis(60)));
        assert!(
            meter.computed() < Duration::from_millis(50),
            "{:?}",
            meter.computed()
        );
    }

    #[test]
    fn every_resumption_begins_anew() {
        let meter = Meter::new();
        std::thread::sleep(Duration::from_millis(60));
        assert!(meter.computed() >= Duration::from_millis(60));
        let mut resuming = pin!(meter.resuming(async {
            assert!(meter.computed() < Duration::from_millis(50));
        }));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(resuming.as_mut().poll(&mut cx).is_ready());
    }
}
