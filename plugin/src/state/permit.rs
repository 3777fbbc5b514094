//! A breaker's permission for a request.

use super::State;
use crate::config::Checked;
use alloc::rc::Rc;
use openclaw_core::guards::breaker::{self, Outcome};

/// Permission for one request. Dropping it counts nothing.
pub(crate) struct Permit {
    pub(super) state: State,
    pub(super) at: usize,
    /// The config it was given under.
    pub(super) of: Rc<Checked>,
    pub(super) permit: Option<breaker::Permit>,
}

impl Permit {
    /// Returns it with the outcome of its turn.
    pub fn settle(mut self, outcome: Outcome, now: u64) {
        self.give_back(outcome, now);
    }

    fn give_back(&mut self, outcome: Outcome, now: u64) {
        let mut inner = self.state.0.borrow_mut();
        let rule = inner.config.as_ref().map(|config| config.limits.breaker());
        // If another gateway is configured there by now, leave its breaker alone.
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
