//! Limits how long the component computes without waiting.
//!
//! Computing is measured as processor time of its thread, so a component on an overloaded or swapping machine is not
//! taken for one in an endless loop.
//!
//! A watchdog thread advances wasmtime's epoch; the component's own thread then compares times. A measurement begins
//! at the first such look after the component was resumed: it is resumed far more often than it is looked at, and
//! reading a thread's processor time is a system call. The watchdog sleeps while the component does not compute, so
//! also while a turn waits for its gateway.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::Engine;

use super::ticks::Ticks;

/// Measures the component's own computing without a pause. Used on one thread only; atomics because the store's
/// callbacks must be `Sync`.
#[derive(Clone)]
pub(super) struct Meter(Arc<Times>);

struct Times {
    watchdog: Watchdog,
    /// Nobody has looked since the component was resumed.
    fresh: AtomicBool,
    /// When somebody first did, by [`now`].
    begun: AtomicU64,
    /// Time spent in host functions since then.
    host: AtomicU64,
}

impl Meter {
    pub(super) fn new(watchdog: Watchdog) -> Self {
        Self(Arc::new(Times {
            watchdog,
            fresh: AtomicBool::new(true),
            begun: AtomicU64::new(0),
            host: AtomicU64::new(0),
        }))
    }

    /// Runs a future that runs the component; every poll starts a new measurement.
    pub(super) async fn resuming<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|cx| {
            self.0.fresh.store(true, Ordering::Relaxed);
            let _computing = self.0.watchdog.0.computing();
            future.as_mut().poll(cx)
        })
        .await
    }

    /// Runs a host function; its time does not count.
    pub(super) fn host<R>(&self, function: impl FnOnce() -> R) -> R {
        let begun = now();
        let result = function();
        self.0
            .host
            .fetch_add(now().saturating_sub(begun), Ordering::Relaxed);
        result
    }

    /// Computing time since the first call after the component was resumed.
    pub(super) fn computed(&self) -> Duration {
        let now = now();
        if self.0.fresh.swap(false, Ordering::Relaxed) {
            self.0.begun.store(now, Ordering::Relaxed);
            self.0.host.store(0, Ordering::Relaxed);
        }
        let since = now.saturating_sub(self.0.begun.load(Ordering::Relaxed));
        Duration::from_nanos(since.saturating_sub(self.0.host.load(Ordering::Relaxed)))
    }
}

/// The processor time of this thread, in nanoseconds.
fn now() -> u64 {
    let time = openclaw_os::clock::of_thread();
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Advances the engine's epoch while the component computes.
pub(super) struct Watchdog(Arc<Ticks>);

impl Watchdog {
    /// Starts its thread.
    pub(super) fn start(engine: Engine, tick: Duration) -> std::io::Result<Self> {
        let ticks = Arc::new(Ticks::default());
        let watched = ticks.clone();
        std::thread::Builder::new()
            .name("openclaw-watch".to_owned())
            .stack_size(64 << 10)
            .spawn(move || watched.watch(tick, || engine.increment_epoch()))?;
        Ok(Self(ticks))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> Meter {
        let watchdog = Watchdog::start(Engine::default(), Duration::from_secs(1));
        Meter::new(watchdog.unwrap())
    }

    const A_WHILE: Duration = Duration::from_millis(60);

    /// Computes for so long.
    fn compute() {
        let until = now() + A_WHILE.as_nanos() as u64;
        while now() < until {}
    }

    #[test]
    fn host_functions_do_not_count() {
        let meter = meter();
        assert!(meter.computed().is_zero());
        compute();
        let before = meter.computed();
        meter.host(compute);
        assert!(before >= A_WHILE && meter.computed() < before + A_WHILE);
    }

    #[test]
    fn every_resumption_begins_anew() {
        let meter = meter();
        assert!(meter.computed().is_zero());
        compute();
        assert!(meter.computed() >= A_WHILE);
        let mut resuming = pin!(meter.resuming(async {
            assert!(meter.computed() < A_WHILE);
        }));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(resuming.as_mut().poll(&mut cx).is_ready());
    }

    #[test]
    fn time_that_the_machine_spends_elsewhere_does_not_count() {
        let meter = meter();
        assert!(meter.computed().is_zero());
        std::thread::sleep(A_WHILE);
        assert!(meter.computed() < A_WHILE);
    }
}
