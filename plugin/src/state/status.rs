//! Assembles `status`.

use super::{Side, State};
use crate::prelude::*;
use core::time::Duration;
use openclaw_core::config::Limits;
use openclaw_core::guards::breaker;
use openclaw_core::guards::memory::{Sample, judge};
use openclaw_core::status::{self, BreakerState, MemoryState, Status};
use openclaw_core::turn::GatewayName;

impl State {
    /// Guard state, with the given memory reading.
    pub fn status(&self, now: u64, reading: Result<Sample, String>) -> Status {
        let inner = self.0.borrow();
        let config = inner.config.as_ref();
        let defaults;
        let limits = match config {
            Some(config) => &config.limits,
            None => {
                defaults = Limits::default();
                &defaults
            }
        };
        let gateways = config.map_or(0, |config| config.gateways.len());
        let sample = reading.as_ref().ok();
        let verdict = judge(sample.map(|sample| sample.available), limits);
        let breaker = |(side, gateway): (&Side, &GatewayName)| {
            let (state, retry_after_ms) = match side.breaker.state(now) {
                breaker::State::Closed => (BreakerState::Closed, 0),
                breaker::State::Open(ms) => (BreakerState::Open, ms),
                breaker::State::HalfOpen => (BreakerState::HalfOpen, 0),
            };
            status::Breaker {
                gateway: *gateway,
                state,
                failures: side.breaker.failures(),
                retry_after: Duration::from_millis(retry_after_ms),
            }
        };
        let sides = inner.sides.iter().zip(GatewayName::ALL).take(gateways);
        Status {
            breakers: sides.map(breaker).collect(),
            memory: MemoryState {
                available: sample.map(|sample| sample.available),
                total: sample.map(|sample| sample.total),
                bound: sample.map(|sample| sample.bound),
                level_cap: verdict.level_cap.min(limits.max_level),
                heavy_allowed: verdict.heavy_allowed,
                estimated: sample.and_then(|sample| sample.estimated.clone()),
                unreadable: reading.err(),
            },
            in_flight: inner.queue.in_flight(),
            queued: inner.queue.queued(),
            approvals: inner.approvals.waiting(now),
            level_agents: config.is_some_and(|config| config.level_agents),
            counters: inner.counters,
        }
    }
}
