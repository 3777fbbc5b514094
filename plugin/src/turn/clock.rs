//! The time that a turn may take; it stands still while somebody is asked for approval.

use super::run::{Run, outcome};
use crate::fault::Fault;
use crate::host::{Events, Host};
use crate::text;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use futures::future::select;
use openclaw_core::bindings::Times as _;
use openclaw_core::fault::FaultCode;
use openclaw_core::guards::breaker::Outcome;

impl<H: Host, E: Events> Run<'_, H, E> {
    /// Resolves when the turn's time is up.
    pub(super) async fn late(&self) {
        while self.host.now_ms() < self.deadline.get() {
            let deadline = self.deadline.get();
            let moved = poll_fn(|_| match self.deadline.get() == deadline {
                true => Poll::Pending,
                false => Poll::Ready(()),
            });
            select(pin!(moved), pin!(self.host.sleep_until_ms(deadline))).await;
        }
    }

    /// Stops the turn's clock until [`Run::resume_before`], at the latest until this time.
    pub(super) fn pause_until(&self, until: u64) {
        let pause = until.saturating_sub(self.host.now_ms());
        self.deadline.set(self.deadline.get().saturating_add(pause));
    }

    /// Lets the turn's clock go on before the time given to [`Run::pause_until`].
    pub(super) fn resume_before(&self, until: u64) {
        let left = until.saturating_sub(self.host.now_ms());
        self.deadline.set(self.deadline.get().saturating_sub(left));
    }

    /// The fault of a turn whose time is up.
    pub(super) fn out_of_time(&self) -> Fault {
        let words = text::over_turn_limit(self.config.locale, self.config.timeouts.turn.millis());
        let fault = Fault {
            partial_text: self.progress.shown.take(),
            ..Fault::new(FaultCode::TimedOut, words)
        };
        // A stuck tool, or events that nobody reads, say nothing about the gateway.
        self.settle(if self.progress.callers_time.get() {
            Outcome::Neutral
        } else {
            outcome(Some(&fault))
        });
        fault
    }
}
