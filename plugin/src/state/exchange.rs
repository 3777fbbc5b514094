//! Runs that may be in progress at a gateway; they count for concurrency 1.

use super::State;
use crate::config::Checked;
use alloc::rc::Rc;
use core::cell::Cell;

/// A request whose run at the gateway may not be over. If dropped before that, the next turn there reports
/// that the run may continue, unless this gateway stops a run when its client disconnects.
pub(crate) struct Exchange {
    state: State,
    at: usize,
    /// The config it was sent under.
    of: Rc<Checked>,
    /// The gateway may have the complete request.
    pub sent: Rc<Cell<bool>>,
    /// The other side closed the connection: the gateway, which may resume the run after a restart, or a proxy.
    pub cut: Cell<bool>,
    over: Cell<bool>,
}

impl Exchange {
    /// The run has ended, or never started.
    pub fn over(&self) {
        self.over.set(true);
    }

    /// Whether the gateway would keep running if the connection were closed now.
    pub fn runs_on(&self) -> bool {
        self.sent.get() && !self.over.get() && !self.state.0.borrow().sides[self.at].stops
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let runs_on = self.runs_on() || (self.cut.get() && !self.over.get());
        let mut inner = self.state.0.borrow_mut();
        if inner.still_has(&self.of, self.at) {
            let side = &mut inner.sides[self.at];
            side.exchanges = side.exchanges.saturating_sub(1);
            side.may_still_run |= runs_on;
        }
    }
}

impl State {
    /// Registers a request to a gateway of this config.
    pub(crate) fn exchange(&self, at: usize, of: &Rc<Checked>) -> Exchange {
        let mut inner = self.0.borrow_mut();
        if inner.still_has(of, at) {
            inner.sides[at].exchanges += 1;
        }
        Exchange {
            state: self.clone(),
            at,
            of: of.clone(),
            sent: Rc::default(),
            cut: Cell::new(false),
            over: Cell::new(false),
        }
    }

    /// Remembers whether a gateway stops a run when its client disconnects.
    pub(crate) fn learn_stops(&self, at: usize, of: &Checked, stops: bool) {
        let mut inner = self.0.borrow_mut();
        if inner.still_has(of, at) {
            inner.sides[at].stops = stops;
        }
    }

    /// Whether a gateway is known to be from August 2026 or later.
    pub(crate) fn is_new(&self, at: usize) -> bool {
        self.0.borrow().sides[at].stops
    }

    /// Whether an earlier turn may still run there. True only once.
    pub(crate) fn take_may_still_run(&self, at: usize) -> bool {
        core::mem::take(&mut self.0.borrow_mut().sides[at].may_still_run)
    }

    /// Whether an abandoned answer is being drained.
    pub(crate) fn is_reading_out(&self) -> bool {
        self.0.borrow().reading_out
    }

    pub(crate) fn set_reading_out(&self, reading_out: bool) {
        self.0.borrow_mut().reading_out = reading_out;
    }
}
