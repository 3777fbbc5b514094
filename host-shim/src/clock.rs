//! The monotonic clock that the guards see.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use openclaw_os::clock::with_suspensions as system;
use tokio::sync::Notify;

use crate::http::settle;

/// A monotonic clock: the real one, or the real one plus an offset that [`Clock::advance`] moves.
/// Clones share the offset. A plugin that restores a [`Snapshot`](crate::Snapshot) moves its clock to
/// where the earlier plugin's clock would be now.
///
/// The clock keeps running while the machine is suspended (on Linux, Android, macOS and Windows): a
/// breaker's open time and a turn's limits include the suspension.
///
/// Only the component's rules use it (breakers, queue, turn limits). Connection limits count only the
/// time the machine is awake.
#[derive(Clone, Debug)]
pub struct Clock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    source: Source,
    /// What the source showed when the clock was made.
    start: Duration,
    /// Nanoseconds.
    offset: AtomicU64,
    adjustable: bool,
    moved: Notify,
}

/// The clock is not adjustable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this clock cannot be moved; build the plugin with Clock::adjustable()")]
pub struct NotAdjustable;

impl Clock {
    /// The real clock.
    pub fn real() -> Self {
        Self::new(false)
    }

    /// The real clock plus an offset, for tests and demonstrations.
    pub fn adjustable() -> Self {
        Self::new(true)
    }

    fn new(adjustable: bool) -> Self {
        Self::of(system, adjustable)
    }

    fn of(source: Source, adjustable: bool) -> Self {
        Self {
            shared: Arc::new(Shared {
                source,
                start: source(),
                offset: AtomicU64::new(0),
                adjustable,
                moved: Notify::new(),
            }),
        }
    }

    /// Time since the clock was made.
    pub fn now(&self) -> Duration {
        let offset = Duration::from_nanos(self.shared.offset.load(Ordering::SeqCst));
        let elapsed = (self.shared.source)().saturating_sub(self.shared.start);
        elapsed.saturating_add(offset)
    }

    /// Moves an adjustable clock forward and wakes whatever is due by then.
    ///
    /// # Errors
    ///
    /// [`NotAdjustable`] if it is the real clock.
    pub fn advance(&self, by: Duration) -> Result<(), NotAdjustable> {
        if !self.shared.adjustable {
            return Err(NotAdjustable);
        }
        self.shift(by);
        Ok(())
    }

    /// Moves a clock of either kind to a later time. An earlier time changes nothing.
    pub(crate) fn catch_up(&self, with: Duration) {
        let behind = with.saturating_sub(self.now());
        self.shift(behind);
    }

    fn shift(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let add = |offset: u64| Some(offset.saturating_add(nanos));
        let _ = self
            .shared
            .offset
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
        self.shared.moved.notify_waiters();
    }

    /// Waits for a time of this clock, then lets everything that has arrived by then be processed.
    /// Needs a Tokio runtime with timers.
    pub(crate) async fn wait_until(&self, when: Duration) {
        let mut waited = false;
        loop {
            // Registered before the time is read, so that no move in between is lost.
            let moved = self.shared.moved.notified();
            let Some(left) = when.checked_sub(self.now()).filter(|left| !left.is_zero()) else {
                break;
            };
            waited = true;
            tokio::select! {
                () = tokio::time::sleep(left.min(LOOK_AGAIN)) => {}
                () = moved => {}
            }
        }
        if waited {
            settle().await;
        }
    }
}

/// Reads a monotonic clock.
type Source = fn() -> Duration;

/// How often the clock is checked: Tokio's timers stop while the machine is suspended.
const LOOK_AGAIN: Duration = match cfg!(test) {
    true => Duration::from_millis(10),
    false => Duration::from_secs(10),
};

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn the_real_clock_goes_on_and_cannot_be_moved() {
        let clock = Clock::real();
        let before = clock.now();
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(NotAdjustable));
        assert!(clock.now() >= before && clock.now() < before + Duration::from_millis(900));
    }

    #[test]
    fn advancing_wakes_a_waiter_whose_time_has_come_and_no_other() {
        block_on(async {
            let clock = Clock::adjustable();
            let hour = Duration::from_secs(3600);
            let mut soon = Box::pin(clock.wait_until(hour));
            let mut late = Box::pin(clock.wait_until(3 * hour));
            assert!(futures::poll!(&mut soon).is_pending());
            assert!(futures::poll!(&mut late).is_pending());
            clock.clone().advance(hour).unwrap();
            soon.await;
            assert!(futures::poll!(&mut late).is_pending());
        });
    }

    // Report A24 (rust-lang/rust#87906: CLOCK_MONOTONIC stands still in a suspension).
    #[test]
    #[cfg(target_os = "linux")]
    fn the_real_clock_is_the_one_that_counts_suspensions() {
        let uptime = || {
            // By definition the time since boot, suspensions included.
            let text = std::fs::read_to_string("/proc/uptime").unwrap();
            let seconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
            Duration::from_secs_f64(seconds)
        };
        let hundredth = Duration::from_millis(10);
        let (before, now, after) = (uptime(), system(), uptime());
        assert!(
            before <= now + hundredth && now <= after + hundredth,
            "{before:?} {now:?} {after:?}"
        );
    }

    // Report A24 (attack): a suspension moves the source and none of Tokio's timers.
    #[test]
    fn a_suspension_ends_what_was_waited_for() {
        static SOURCE: AtomicU64 = AtomicU64::new(1);
        let source = || Duration::from_secs(SOURCE.load(Ordering::SeqCst));
        block_on(async {
            let clock = Clock::of(source, false);
            let mut waiting = Box::pin(clock.wait_until(Duration::from_secs(3600)));
            assert!(futures::poll!(&mut waiting).is_pending());
            SOURCE.fetch_add(3600, Ordering::SeqCst);
            assert_eq!(clock.now(), Duration::from_secs(3600));
            waiting.await;
        });
    }

    #[test]
    fn a_time_that_has_passed_is_not_waited_for() {
        block_on(async {
            let clock = Clock::real();
            assert!(futures::poll!(Box::pin(clock.wait_until(Duration::ZERO))).is_ready());
        });
    }

    #[test]
    fn any_clock_can_catch_up_and_none_goes_back() {
        for clock in [Clock::real(), Clock::adjustable()] {
            let day = Duration::from_secs(86_400);
            clock.catch_up(day);
            clock.catch_up(Duration::from_secs(1));
            assert!(clock.now() >= day && clock.now() < 2 * day);
        }
    }

    #[test]
    fn a_huge_advance_saturates() {
        let clock = Clock::adjustable();
        clock.advance(Duration::MAX).unwrap();
        clock.advance(Duration::MAX).unwrap();
        assert!(clock.now() >= Duration::from_nanos(u64::MAX));
    }
}
