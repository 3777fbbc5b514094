//! A circuit breaker: consecutive failures open it, a single trial can close it.

/// Maximum `Retry-After` that is honoured, in milliseconds; a longer one is cut to this.
pub const MAX_RETRY_AFTER_MS: u64 = 15 * 60_000;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Consecutive failures that open it.
    pub failures: u32,
    /// Milliseconds it stays open.
    pub open_ms: u64,
}

impl Rule {
    /// Milliseconds it stays open after a failure with this `Retry-After`.
    fn opens_for(self, retry_after_ms: Option<u64>) -> u64 {
        let asked = retry_after_ms.unwrap_or(0).min(MAX_RETRY_AFTER_MS);
        self.open_ms.max(asked)
    }
}

/// How an admitted turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway answered.
    Success,
    /// The gateway failed.
    Failure {
        /// `Retry-After` in milliseconds. Extends the open time up to [`MAX_RETRY_AFTER_MS`]; never shortens it.
        retry_after_ms: Option<u64>,
    },
    /// Says nothing about the gateway: cancelled, trapped or an invalid request.
    Neutral,
}

/// State of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Turns pass.
    Closed,
    /// Turns are refused for this many milliseconds.
    Open(u64),
    /// The open time has elapsed; one trial may pass or is in progress.
    HalfOpen,
}

/// Permission for one request to the gateway; must be returned through [`Breaker::record`].
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    trial: Option<u64>,
}

/// Breaker of one gateway. Times are milliseconds of a monotonic clock.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    open_until: Option<u64>,
    trial: Option<u64>,
    trials: u64,
}

/// State for a new instance to resume from. A trial in progress is saved as not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Consecutive failures.
    pub failures: u32,
    /// When a trial is allowed; none if closed.
    pub open_until: Option<u64>,
}

impl Breaker {
    /// Resumes from a saved state, on the same clock.
    pub fn restore(saved: Saved) -> Self {
        Self {
            failures: saved.failures,
            open_until: saved.open_until,
            ..Self::default()
        }
    }

    /// Caps the open time by the current rule: a snapshot from an earlier version or another config may say
    /// that the breaker is open for years.
    pub fn bound(&mut self, now: u64, rule: Rule) {
        let latest = now.saturating_add(rule.opens_for(Some(u64::MAX)));
        self.open_until = self.open_until.map(|until| until.min(latest));
    }

    /// The state for [`Breaker::restore`].
    pub fn save(&self) -> Saved {
        Saved {
            failures: self.failures,
            open_until: self.open_until,
        }
    }

    /// Admits a turn, or returns the milliseconds until a trial is allowed.
    pub fn admit(&mut self, now: u64) -> Result<Permit, u64> {
        let Some(until) = self.open_until else {
            return Ok(Permit { trial: None });
        };
        if now < until {
            return Err(until - now);
        }
        if self.trial.is_some() {
            return Err(0);
        }
        self.trials += 1;
        self.trial = Some(self.trials);
        Ok(Permit { trial: self.trial })
    }

    /// Returns a permit with the outcome of its turn.
    pub fn record(&mut self, permit: Permit, outcome: Outcome, now: u64, rule: Rule) {
        // A trial from before a reset has no effect.
        let trial = permit.trial.is_some() && permit.trial == self.trial;
        if trial {
            self.trial = None;
        }
        if self.open_until.is_some() && !trial {
            return;
        }
        match outcome {
            Outcome::Success => {
                self.failures = 0;
                self.open_until = None;
            }
            Outcome::Failure { retry_after_ms } => {
                self.failures = self.failures.saturating_add(1);
                if trial || self.failures >= rule.failures {
                    self.open_until = Some(now.saturating_add(rule.opens_for(retry_after_ms)));
                }
            }
            Outcome::Neutral => {}
        }
    }

    /// Closes it and clears the failure count. A trial in progress loses its effect.
    pub fn reset(&mut self) {
        *self = Self {
            trials: self.trials,
            ..Self::default()
        };
    }

    /// Current state.
    pub fn state(&self, now: u64) -> State {
        match self.open_until {
            None => State::Closed,
            Some(until) if now < until => State::Open(until - now),
            Some(_) => State::HalfOpen,
        }
    }

    /// Consecutive failures so far.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: Rule = Rule {
        failures: 2,
        open_ms: 60_000,
    };
    const FAILURE: Outcome = Outcome::Failure {
        retry_after_ms: None,
    };

    fn turn(breaker: &mut Breaker, outcome: Outcome, now: u64) {
        let permit = breaker.admit(now).expect("let through");
        breaker.record(permit, outcome, now, RULE);
    }

    fn opened_at(now: u64) -> Breaker {
        let mut breaker = Breaker::default();
        turn(&mut breaker, FAILURE, now);
        assert_eq!(breaker.state(now), State::Closed);
        turn(&mut breaker, FAILURE, now);
        breaker
    }

    #[test]
    fn guard_breaker_two_failures_in_a_row_open_it_for_60_s() {
        let mut breaker = opened_at(5);
        assert_eq!(breaker.state(5), State::Open(60_000));
        assert_eq!(breaker.admit(60_004), Err(1));
        assert_eq!(breaker.state(60_005), State::HalfOpen);
        assert!(breaker.admit(60_005).is_ok());
    }

    #[test]
    fn guard_breaker_success_between_failures_resets_the_count() {
        let mut breaker = Breaker::default();
        for outcome in [FAILURE, Outcome::Success, FAILURE] {
            turn(&mut breaker, outcome, 0);
        }
        assert_eq!((breaker.state(0), breaker.failures()), (State::Closed, 1));
    }

    #[test]
    fn guard_breaker_neutral_neither_counts_nor_resets() {
        let mut breaker = Breaker::default();
        for outcome in [FAILURE, Outcome::Neutral, FAILURE] {
            turn(&mut breaker, outcome, 0);
        }
        assert_eq!(breaker.state(0), State::Open(60_000));
    }

    #[test]
    fn guard_breaker_one_trial_success_closes_it() {
        let mut breaker = opened_at(0);
        let trial = breaker.admit(60_000).expect("a trial");
        assert_eq!(breaker.admit(60_000), Err(0), "only one");
        breaker.record(trial, Outcome::Success, 61_000, RULE);
        assert_eq!(
            (breaker.state(61_000), breaker.failures()),
            (State::Closed, 0)
        );
    }

    #[test]
    fn guard_breaker_trial_failure_opens_it_for_another_60_s() {
        let mut breaker = opened_at(0);
        turn(&mut breaker, FAILURE, 60_000);
        assert_eq!(breaker.state(60_000), State::Open(60_000));
    }

    #[test]
    fn guard_breaker_lost_trial_gives_its_permit_back() {
        let mut breaker = opened_at(0);
        turn(&mut breaker, Outcome::Neutral, 60_000);
        assert_eq!(breaker.state(60_000), State::HalfOpen);
        assert!(breaker.admit(60_000).is_ok(), "the next trial");
    }

    #[test]
    fn guard_breaker_retry_after_lengthens_to_15_minutes_and_never_shortens() {
        // Report F10 and A1: 16 hours, or epoch seconds, were honoured, even across restarts.
        for (retry_after, open) in [
            (300_000, 300_000),
            (1_000, 60_000),
            (900_000, 900_000),
            (900_001, 900_000),
            (57_600_000, 900_000),
            (u64::MAX, 900_000),
        ] {
            let mut breaker = Breaker::default();
            turn(&mut breaker, FAILURE, 0);
            turn(
                &mut breaker,
                Outcome::Failure {
                    retry_after_ms: Some(retry_after),
                },
                0,
            );
            assert_eq!(breaker.state(0), State::Open(open));
        }
    }

    #[test]
    fn a_snapshot_keeps_the_open_time_and_forgets_the_trial() {
        let mut breaker = opened_at(0);
        let _lost = breaker.admit(60_000).expect("a trial");
        let mut next = Breaker::restore(breaker.save());
        assert_eq!(next.admit(59_999), Err(1));
        assert!(next.admit(60_000).is_ok());
    }

    // Report A1 (attack): an earlier version kept epoch seconds in its snapshot.
    #[test]
    fn guard_breaker_a_restored_open_time_is_bounded() {
        let longest = RULE.open_ms.max(MAX_RETRY_AFTER_MS);
        for (until, open) in [
            (u64::MAX, State::Open(longest)),
            (1_795_331_801_000, State::Open(longest)),
            (5_000, State::Open(4_000)),
            (1_000, State::HalfOpen),
        ] {
            let mut breaker = Breaker::restore(Saved {
                failures: 2,
                open_until: Some(until),
            });
            breaker.bound(1_000, RULE);
            assert_eq!(breaker.state(1_000), open, "{until}");
        }
        let day = Rule {
            failures: 2,
            open_ms: 86_400_000,
        };
        let mut breaker = Breaker::restore(Saved {
            failures: 2,
            open_until: Some(u64::MAX),
        });
        breaker.bound(0, day);
        assert_eq!(
            breaker.state(0),
            State::Open(86_400_000),
            "the config's own"
        );
    }

    #[test]
    fn a_trial_from_before_a_reset_decides_nothing() {
        let mut breaker = opened_at(0);
        let stale = breaker.admit(60_000).expect("a trial");
        let twin = Permit { trial: stale.trial };
        breaker.reset();
        turn(&mut breaker, FAILURE, 60_000);
        turn(&mut breaker, FAILURE, 60_000);
        breaker.record(stale, Outcome::Success, 60_001, RULE);
        assert_eq!(breaker.state(60_001), State::Open(59_999));
        // Nor does it decide beside the trial that runs now.
        let fresh = breaker.admit(120_000).expect("a trial");
        breaker.record(twin, Outcome::Success, 120_001, RULE);
        assert_eq!(breaker.state(120_001), State::HalfOpen);
        breaker.record(fresh, Outcome::Success, 120_002, RULE);
        assert_eq!(breaker.state(120_002), State::Closed);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Turn(Outcome),
        Wait(u64),
        Reset,
        Snapshot,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => prop_oneof![
                Just(Outcome::Success),
                prop::option::of(0u64..2_000_000).prop_map(|r| Outcome::Failure { retry_after_ms: r }),
                Just(Outcome::Neutral),
            ].prop_map(Step::Turn),
            2 => (0u64..70_000).prop_map(Step::Wait),
            1 => Just(Step::Reset),
            1 => Just(Step::Snapshot),
        ]
    }

    proptest! {
        /// The model scans the whole history backwards.
        #[test]
        fn breaker_agrees_with_its_history(threshold in 1u32..=2, steps in prop::collection::vec(step(), 0..80)) {
            let rule = Rule { failures: threshold, open_ms: 60_000 };
            let (mut breaker, mut now) = (Breaker::default(), 0u64);
            let (mut in_a_row, mut open_until) = (0u32, None::<u64>);
            for step in steps {
                match step {
                    Step::Wait(ms) => now += ms,
                    Step::Reset => { breaker.reset(); in_a_row = 0; open_until = None; }
                    Step::Snapshot => breaker = Breaker::restore(breaker.save()),
                    Step::Turn(outcome) => match breaker.admit(now) {
                        Err(wait) => {
                            prop_assert_eq!(Some(now + wait), open_until);
                            prop_assert!(wait > 0, "with one turn at a time no trial is under way");
                        }
                        Ok(permit) => {
                            prop_assert!(open_until.is_none_or(|until| now >= until));
                            breaker.record(permit, outcome, now, rule);
                            match outcome {
                                Outcome::Success => { in_a_row = 0; open_until = None; }
                                Outcome::Failure { retry_after_ms } => {
                                    in_a_row += 1;
                                    if in_a_row >= threshold || open_until.is_some() {
                                        open_until = Some(now + retry_after_ms.unwrap_or(0).clamp(60_000, 900_000));
                                    }
                                }
                                Outcome::Neutral => {}
                            }
                        }
                    },
                }
                let expected = match open_until {
                    None => State::Closed,
                    Some(until) if now < until => State::Open(until - now),
                    Some(_) => State::HalfOpen,
                };
                prop_assert_eq!(breaker.state(now), expected);
            }
        }
    }
}
