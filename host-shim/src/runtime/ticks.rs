//! Ticks while the component computes, and sleeps while it does not.
//!
//! `tests/threads` tries every order of what its threads do.

use std::time::Duration;

use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError, wait_timeout};

/// What the watchdog and the component's thread share.
#[derive(Default)]
pub(super) struct Ticks {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The component computes now.
    computing: bool,
    /// It has computed since the last check.
    has_computed: bool,
    over: bool,
    /// The watchdog waits without a timeout and must be woken. While it ticks it need not be: the
    /// component is resumed far more often.
    asleep: bool,
}

/// The component computes while this lives.
pub(super) struct Computing<'a>(&'a Ticks);

impl Ticks {
    pub(super) fn computing(&self) -> Computing<'_> {
        let mut state = self.lock();
        state.computing = true;
        state.has_computed = true;
        if state.asleep {
            self.changed.notify_one();
        }
        Computing(self)
    }

    /// Ends [`Ticks::watch`].
    pub(super) fn end(&self) {
        self.lock().over = true;
        self.changed.notify_one();
    }

    /// Ticks until the end. `on_tick` is called while the component computes, and must not wait for it.
    pub(super) fn watch(&self, tick: Duration, on_tick: impl Fn()) {
        let mut state = self.lock();
        while !state.over {
            if !state.has_computed {
                state.asleep = true;
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                state.asleep = false;
                continue;
            }
            state.has_computed = state.computing;
            let (next, timed_out) = wait_timeout(&self.state, &self.changed, state, tick);
            state = next;
            if timed_out && state.computing {
                on_tick();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Computing<'_> {
    fn drop(&mut self) {
        self.0.lock().computing = false;
    }
}
