//! What a gateway may be running for us: concurrency 1 counts that too.

use super::State;
use crate::config::Checked;
use alloc::rc::Rc;
use core::cell::Cell;

/// A request of a turn, until the gateway's run for it is known to be over. Dropped before: the next
/// turn there says that the run may go on, unless this gateway ends a run whose client leaves.
pub(crate) struct Exchange {
    state: State,
    at: usize,
    /// The config under which it was sent.
    of: Rc<Checked>,
    /// The gateway may have all of the request.
    pub sent: Rc<Cell<bool>>,
    /// The connection was closed by the other side: the gateway, which may take the run up again
    /// after a restart, or a proxy before it.
    pub cut: Cell<bool>,
    over: Cell<bool>,
}

impl Exchange {
    /// The run has ended, or never began.
    pub fn over(&self) {
        self.over.set(true);
    }

    /// Whether the gateway would go on with the run if the connection were closed now.
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
    /// Counts a request to a gateway of this config from now on.
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

    /// Remembers whether a gateway ends a run when its client leaves.
    pub(crate) fn learn_stops(&self, at: usize, of: &Checked, stops: bool) {
        let mut inner = self.0.borrow_mut();
        if inner.still_has(of, at) {
            inner.sides[at].stops = stops;
        }
    }

    /// Whether a gateway is known to be of August 2026 or later.
    pub(crate) fn is_new(&self, at: usize) -> bool {
        self.0.borrow().sides[at].stops
    }

    /// Whether an earlier turn may still run there; asked once.
    pub(crate) fn take_may_still_run(&self, at: usize) -> bool {
        core::mem::take(&mut self.0.borrow_mut().sides[at].may_still_run)
    }

    /// Whether an answer that nobody wants is read to its end.
    pub(crate) fn is_reading_out(&self) -> bool {
        self.0.borrow().reading_out
    }

    pub(crate) fn set_reading_out(&self, reading_out: bool) {
        self.0.borrow_mut().reading_out = reading_out;
    }
}
