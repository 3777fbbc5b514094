//! The right to ask a gateway, as its breaker gives it.

use super::State;
use crate::config::Checked;
use alloc::rc::Rc;
use openclaw_core::guards::breaker::{self, Outcome};

/// The right to ask a gateway once. Dropped: it is given back, and nothing is counted.
pub(crate) struct Permit {
    pub(super) state: State,
    pub(super) at: usize,
    /// The config under which it was given.
    pub(super) of: Rc<Checked>,
    pub(super) permit: Option<breaker::Permit>,
}

impl Permit {
    /// Gives it back with how the turn ended.
    pub fn settle(mut self, outcome: Outcome, now: u64) {
        self.give_back(outcome, now);
    }

    fn give_back(&mut self, outcome: Outcome, now: u64) {
        let mut inner = self.state.0.borrow_mut();
        let rule = inner.config.as_ref().map(|config| config.limits.breaker());
        // The breaker of another gateway that is configured there by now has nothing to do with it.
        let still = inner.still_has(&self.of, self.at);
        if let (Some(permit), Some(rule), true) = (self.permit.take(), rule, still) {
            inner.sides[self.at]
                .breaker
                .record(permit, outcome, now, rule);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.give_back(Outcome::Neutral, 0);
    }
}
