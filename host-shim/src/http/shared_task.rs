//! A task that two may run: the runtime, and whoever waits for what it does.
//!
//! `tests/threads` tries every order of what its threads do.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{AtomicBool, AtomicWaker, Mutex, MutexGuard, Ordering, PoisonError};

/// What is run.
pub(super) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The task, and what both of them know.
pub(super) struct SharedTask {
    /// `None` once it has ended.
    task: Mutex<Option<Task>>,
    /// It has been woken since it last ran.
    woken: AtomicBool,
    /// The runtime's task that runs it.
    runtime: AtomicWaker,
}

impl SharedTask {
    pub(super) fn new(task: Task) -> Arc<Self> {
        Arc::new(Self {
            task: Mutex::new(Some(task)),
            woken: AtomicBool::new(true),
            runtime: AtomicWaker::new(),
        })
    }

    /// Runs it if it has been woken.
    pub(super) fn run(self: &Arc<Self>) {
        // On `Ready` the runtime's task is to end too.
        if self.poll().is_ready() {
            self.runtime.wake();
        }
    }

    fn poll(self: &Arc<Self>) -> Poll<()> {
        let mut slot = self.lock();
        let Some(task) = &mut *slot else {
            return Poll::Ready(());
        };
        // Before it runs, so that what wakes it meanwhile counts.
        if !self.woken.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let waker = Waker::from(self.clone());
        let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            *slot = None;
        }
        polled
    }

    fn lock(&self) -> MutexGuard<'_, Option<Task>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for SharedTask {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.runtime.wake();
        }
    }
}

/// What the runtime runs. Dropped with the runtime, it drops the connection.
pub(super) struct Spawned(pub(super) Arc<SharedTask>);

impl Future for Spawned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.runtime.register(cx.waker());
        self.0.poll()
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let task = self.0.lock().take();
        // Outside the lock: dropping it wakes whoever waits for the connection.
        drop(task);
    }
}
