//! How long turns may take, and the configs that say so.

use std::time::Duration;

use openclaw_core::turn::Patience;

use super::approvals::Waits;
use super::dispatch::Stop;
use super::origins::origins;
use super::supervisor::Supervisor;
use crate::config::Config;

/// Grace after a turn's own limits; then the turn and its instance are abandoned.
const TURN_SLACK: Duration = Duration::from_secs(60);

/// Real time to end a turn that has timed out on a clock that may have been moved.
pub(super) const GRACE: Duration = Duration::from_secs(5);

impl Supervisor {
    /// Fails if the component does not end a turn within its limits. Waiting for approval does not count, as long
    /// as its own limit allows.
    pub(super) async fn in_time<T>(
        &self,
        waits: &Waits,
        patience: Patience,
        running: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        let clock = &self.supplies.clock;
        let begun = clock.now();
        // A queued turn starts under the config of that time, which may allow more.
        let limit = || {
            let waited = waits.total().min(self.longest_wait.get());
            let longest = self.longest_turn.get()[patience as usize];
            let limit = longest.saturating_add(waited);
            limit.saturating_add(TURN_SLACK)
        };
        let overdue = async {
            loop {
                let earlier = limit();
                clock.wait_until(begun.saturating_add(earlier)).await;
                tokio::time::sleep(GRACE).await;
                if limit() <= earlier {
                    break earlier.as_secs();
                }
            }
        };
        tokio::select! {
            biased;
            end = running => end,
            seconds = overdue => Err(Stop::Misbehaved(format!(
                "the component did not end a turn within {seconds} s"
            ))),
        }
    }

    /// Counts a use of the gateways until it is dropped.
    pub(super) fn asking(&self) -> Asking<'_> {
        self.asking.set(self.asking.get() + 1);
        Asking(self)
    }

    /// Puts a config in force. A running turn may use the limits of either config.
    pub(super) fn take_config(&self, config: Config) {
        let [one, other] = self.longest_turn.get();
        let [interactive, background] = turn_limits(&config);
        self.longest_turn
            .set([one.max(interactive), other.max(background)]);
        self.longest_wait
            .set(self.longest_wait.get().max(wait_limit(&config)));
        self.inbox.speak(config.locale);
        self.config.replace(Some(config));
    }

    /// Drops the origins and limits of earlier configs once nothing needs them.
    fn forget_old_configs(&self) {
        if self.asking.get() == 0 {
            let config = self.config.borrow();
            self.longest_turn
                .set(config.as_ref().map(turn_limits).unwrap_or_default());
            self.longest_wait
                .set(config.as_ref().map(wait_limit).unwrap_or_default());
            self.allowed.set(
                config
                    .iter()
                    .filter_map(|config| origins(config).ok())
                    .flatten(),
            );
        }
    }
}

/// Longest time that a turn may wait for approval: once in each round of tool calls.
fn wait_limit(config: &Config) -> Duration {
    let rounds = config.max_tool_rounds;
    config.timeouts.approval.saturating_mul(rounds)
}

/// Longest duration of a turn by patience, queue wait included and waiting for approval not.
fn turn_limits(config: &Config) -> [Duration; 2] {
    [Patience::Interactive, Patience::Background].map(|patience| {
        let wait = config.limits.queue_time(patience);
        wait.saturating_add(config.timeouts.turn)
    })
}

/// A use of the gateways.
pub(super) struct Asking<'a>(&'a Supervisor);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.set(self.0.asking.get().saturating_sub(1));
        self.0.forget_old_configs();
    }
}
