//! Every order of what the host's threads do to what they share.
//!
//! The modules are the product's, read as files; the primitives in [`sync`] are loom's, which runs each test once for
//! every order that matters. What else the host's threads share is a channel, or one value behind a lock that is held
//! for one statement.
#![cfg(test)]

#[allow(dead_code, reason = "a part is used")]
#[path = "../../../host-shim/src/http/shared_task.rs"]
mod shared_task;
#[path = "../../../host-shim/src/runtime/ticks.rs"]
mod ticks;

/// As `host-shim/src/sync.rs`.
mod sync {
    use std::time::Duration;

    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::sync::PoisonError;

    /// With the names of `futures`.
    #[derive(Default)]
    pub(crate) struct AtomicWaker(loom::future::AtomicWaker);

    impl AtomicWaker {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        pub(crate) fn register(&self, waker: &std::task::Waker) {
            self.0.register_by_ref(waker);
        }

        pub(crate) fn wake(&self) {
            self.0.wake();
        }
    }

    /// The time has always passed, after anything that the others may do meanwhile.
    pub(crate) fn wait_timeout<'a, T>(
        lock: &'a Mutex<T>,
        _: &Condvar,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        drop(guard);
        loom::thread::yield_now();
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        (guard, true)
    }
}

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use loom::future::block_on;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;
use shared_task::{SharedTask, Spawned};
use sync::AtomicWaker;
use ticks::Ticks;

/// Runs a test in every order with at most so many preemptions: more take minutes and show nothing new.
fn every_order(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(test);
}

/// What arrives, and who waits for it.
#[derive(Default)]
struct Data {
    arrived: AtomicBool,
    waker: AtomicWaker,
}

impl Data {
    fn arrives(&self) {
        self.arrived.store(true, Ordering::Release);
        self.waker.wake();
    }
}

/// A connection's task, which ends when the data has arrived; and the data.
fn connection() -> (Arc<SharedTask>, Arc<Data>, Arc<AtomicUsize>) {
    let (data, runs) = (Arc::new(Data::default()), Arc::new(AtomicUsize::new(0)));
    let (awaited, counted) = (data.clone(), runs.clone());
    let task = poll_fn(move |cx| {
        // Two at a time would be two here.
        assert_eq!(counted.fetch_add(1, Ordering::AcqRel), 0);
        awaited.waker.register(cx.waker());
        let arrived = awaited.arrived.load(Ordering::Acquire);
        counted.fetch_sub(1, Ordering::AcqRel);
        match arrived {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    });
    (SharedTask::new(Box::pin(task)), data, runs)
}

#[test]
fn a_connection_runs_to_its_end_whoever_runs_it_and_whenever_it_is_woken() {
    every_order(3, || {
        let (task, data, _) = connection();
        let wakes = thread::spawn(move || data.arrives());
        let reader = task.clone();
        let reads = thread::spawn(move || reader.run());
        // A lost wake-up would leave it waiting, which loom reports as a deadlock.
        block_on(Spawned(task));
        wakes.join().unwrap();
        reads.join().unwrap();
    });
}

#[test]
fn a_connection_is_dropped_with_the_runtime_while_a_reader_runs_it() {
    every_order(3, || {
        let (task, data, _) = connection();
        let reader = task.clone();
        let reads = thread::spawn(move || reader.run());
        let spawned = Spawned(task.clone());
        data.arrives();
        drop(spawned);
        reads.join().unwrap();
        task.run();
    });
}

#[test]
fn a_component_that_computes_is_ticked_and_the_watchdog_ends() {
    every_order(3, || {
        let shared = Arc::new(Ticks::default());
        let (ticked, computes) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (watched, counted, seen) = (shared.clone(), ticked.clone(), computes.clone());
        let watch = thread::spawn(move || {
            watched.watch(Duration::from_millis(1), || {
                assert!(
                    seen.load(Ordering::Acquire),
                    "a tick while nothing computes"
                );
                counted.fetch_add(1, Ordering::AcqRel);
            });
        });
        computes.store(true, Ordering::Release);
        let computing = shared.computing();
        // Were the watchdog not woken, this would never end.
        while ticked.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        drop(computing);
        computes.store(false, Ordering::Release);
        shared.end();
        watch.join().unwrap();
    });
}

#[test]
fn the_watchdog_ends_whatever_it_does_at_the_time() {
    every_order(3, || {
        let shared = Arc::new(Ticks::default());
        let watched = shared.clone();
        let watch = thread::spawn(move || watched.watch(Duration::from_millis(1), || {}));
        drop(shared.computing());
        shared.end();
        watch.join().unwrap();
    });
}
