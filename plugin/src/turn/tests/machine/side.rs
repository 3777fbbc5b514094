//! The breaker, by the table in the design.

use super::*;
use openclaw_core::guards::breaker::MAX_RETRY_AFTER_MS;

/// The gateway.
#[derive(Default)]
pub(super) struct Side {
    failures: u32,
    open_until: Option<u64>,
    /// The number of the trial that is under way.
    trial: Option<u64>,
    trials: u64,
    /// Known to stop a run when its client is gone.
    pub stops: bool,
}

impl Side {
    pub fn view(&self, now: u64) -> (breaker::State, u32) {
        let state = match self.open_until {
            None => breaker::State::Closed,
            Some(until) if now < until => breaker::State::Open(until - now),
            Some(_) => breaker::State::HalfOpen,
        };
        (state, self.failures)
    }

    /// A permit: the number of a trial, if it is one.
    pub fn admits(&mut self, now: u64) -> Result<Option<u64>, ()> {
        match self.open_until {
            None => Ok(None),
            Some(until) if now < until => Err(()),
            Some(_) => {
                assert!(self.trial.is_none(), "one trial at a time");
                self.trials += 1;
                self.trial = Some(self.trials);
                Ok(self.trial)
            }
        }
    }

    /// Whether it was the trial that is under way, which then no longer is.
    pub fn returns(&mut self, permit: Option<u64>) -> bool {
        let trial = permit.is_some() && permit == self.trial;
        if trial {
            self.trial = None;
        }
        trial
    }

    /// Takes a permit back with a success, or with a failure and its `Retry-After` in milliseconds.
    pub fn counts(
        &mut self,
        permit: Option<u64>,
        failure: Option<u64>,
        now: u64,
        settings: Settings,
    ) {
        let trial = self.returns(permit);
        if self.open_until.is_some() && !trial {
            return;
        }
        match failure {
            None => {
                self.failures = 0;
                self.open_until = None;
            }
            Some(retry_after) => {
                self.failures += 1;
                if trial || self.failures >= settings.failures {
                    let open = settings.open.max(retry_after.min(MAX_RETRY_AFTER_MS));
                    self.open_until = Some(now + open);
                }
            }
        }
    }

    pub fn resets(&mut self) {
        *self = Self {
            stops: self.stops,
            trials: self.trials,
            ..Self::default()
        };
    }

    /// What a new instance knows.
    pub fn restarts(&mut self, now: u64, settings: Settings) {
        let latest = now + settings.open.max(MAX_RETRY_AFTER_MS);
        *self = Self {
            failures: self.failures,
            open_until: self.open_until.map(|until| until.min(latest)),
            ..Self::default()
        };
    }
}
