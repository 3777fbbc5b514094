//! Approval requests of one turn, as the host sees them: the runner may decide, and the wait pauses the turn's limit.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{AbortHandle, Abortable};
use futures::stream::FuturesUnordered;
use openclaw_core::approval::{ApprovalRequest, DecideError, Decider, DeciderRole};
use openclaw_core::turn::Event;
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::bindings::Plugin as Guest;
use super::callers_code::{CallersCode, Lost};
use super::dispatch::Stop;
use super::host::Host;
use crate::clock::Clock;
use crate::tools::{ToolRunner, Verdict};
use wasmtime::component::Accessor;

/// How long a turn has waited for approval.
pub(super) struct Waits {
    clock: Clock,
    pending: RefCell<HashSet<String>>,
    /// Since when any request is pending, if one is.
    since: Cell<Duration>,
    /// Of earlier waits.
    earlier: Cell<Duration>,
}

impl Waits {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            pending: RefCell::default(),
            since: Cell::default(),
            earlier: Cell::default(),
        }
    }

    /// All waits so far. Two requests pending at once count once.
    pub(super) fn total(&self) -> Duration {
        let now = match self.pending.borrow().is_empty() {
            true => Duration::ZERO,
            false => self.clock.now().saturating_sub(self.since.get()),
        };
        self.earlier.get().saturating_add(now)
    }

    fn begin(&self, request: &str) {
        let mut pending = self.pending.borrow_mut();
        if pending.is_empty() {
            self.since.set(self.clock.now());
        }
        pending.insert(request.to_owned());
    }

    fn end(&self, request: &str) {
        let total = self.total();
        let mut pending = self.pending.borrow_mut();
        if pending.remove(request) && pending.is_empty() {
            self.earlier.set(total);
        }
    }
}

/// Pending requests of a turn: one for each kind of approver.
const MAX_PENDING: usize = 2;

/// Why a component is stopped that asks without end.
pub(super) const TOO_MANY_APPROVALS: &str =
    "the component asked for more approvals at once than it may";

/// One turn whose runner decides.
pub(super) struct Deciding<'a> {
    pub(super) accessor: &'a Accessor<Host>,
    pub(super) guest: &'a Guest,
    pub(super) turn_id: &'a str,
    pub(super) runner: Option<Arc<dyn ToolRunner>>,
    pub(super) waits: &'a Waits,
    pub(super) threads: &'a CallersCode,
}

impl Deciding<'_> {
    /// Follows the turn's approval events; never ends by itself. Dropping it drops the runner's futures.
    ///
    /// # Errors
    /// The component trapped on a decision, or asks for more than it may.
    pub(super) async fn follow(
        &self,
        mut events: mpsc::Receiver<Event>,
    ) -> Result<Infallible, Stop> {
        let mut verdicts = FuturesUnordered::new();
        let mut asked = HashMap::<String, AbortHandle>::new();
        loop {
            tokio::select! {
                biased;
                Some(event) = events.recv() => match event {
                    Event::ApprovalRequested(request) => {
                        let id = request.id.clone();
                        if asked.len() >= MAX_PENDING || asked.contains_key(&id) {
                            return Err(Stop::Misbehaved(TOO_MANY_APPROVALS.to_owned()));
                        }
                        tracing::debug!(turn = self.turn_id, request = id, approver = %request.approver,
                            calls = request.calls.len(), "tool calls wait for approval");
                        self.waits.begin(&id);
                        let (handle, registration) = AbortHandle::new_pair();
                        asked.insert(id, handle);
                        verdicts.push(Abortable::new(self.verdict(request), registration));
                    }
                    Event::ApprovalEnded(outcome) => {
                        tracing::debug!(turn = self.turn_id, request = outcome.id,
                            decision = %outcome.decision, "the approval request has ended");
                        self.waits.end(&outcome.id);
                        if let Some(handle) = asked.remove(&outcome.id) {
                            handle.abort();
                        }
                    }
                    _ => {}
                },
                // Otherwise nobody here decides, or it has ended in the meantime.
                Some(verdict) = verdicts.next() => if let Ok((request, Some(verdict))) = verdict {
                    self.hand_in(&request, verdict).await?;
                },
                // No more events, and nothing to decide.
                else => std::future::pending().await,
            }
        }
    }

    /// What the runner says; none if it leaves that to others.
    async fn verdict(&self, request: ApprovalRequest) -> (String, Option<Verdict>) {
        let id = request.id.clone();
        let Some(runner) = self.runner.clone() else {
            return (id, None);
        };
        let turn_id = self.turn_id.to_owned();
        let span = tracing::debug_span!("approve", turn = turn_id, request = id);
        let asking = async move {
            match runner.approve(&turn_id, request) {
                Some(verdict) => Some(verdict.await),
                None => None,
            }
        };
        let verdict = self.threads.run(asking.instrument(span)).await;
        let verdict = verdict.unwrap_or_else(|lost| {
            match lost {
                Lost::Panicked => {
                    tracing::error!(request = id, "the approver panicked, which means no");
                }
                Lost::NoThread => {
                    let why = "too many tools and approvers are still blocked";
                    tracing::error!(request = id, why, "nobody is asked, which means no");
                }
            }
            Some(no())
        });
        (id, verdict)
    }

    async fn hand_in(&self, request: &str, verdict: Verdict) -> Result<(), Stop> {
        let refused = self.decide(request, verdict).await?;
        if let Err(DecideError::NotPermitted) = refused {
            tracing::warn!(request, "somebody who may not approve did, which means no");
            let _ = self.decide(request, no()).await?; // Otherwise it has ended.
        }
        Ok(())
    }

    async fn decide(
        &self,
        request: &str,
        Verdict { approve, by }: Verdict,
    ) -> Result<Result<(), DecideError>, Stop> {
        let gateway = self.guest.astr_openclaw_gateway();
        let (turn, request) = (self.turn_id.to_owned(), request.to_owned());
        let decided = gateway
            .call_decide(self.accessor, turn, request, approve, by.into())
            .await?;
        Ok(decided.map_err(Into::into))
    }
}

/// The asker may reject any request.
fn no() -> Verdict {
    Verdict {
        approve: false,
        by: Decider {
            name: String::new(),
            role: DeciderRole::Asker,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_pending_at_once_count_once_and_time_between_does_not_count() {
        let clock = Clock::adjustable();
        let waits = Waits::new(clock.clone());
        let advance = |seconds| clock.advance(Duration::from_secs(seconds)).unwrap();
        advance(1_000);
        waits.begin("a");
        advance(100);
        waits.begin("b");
        advance(100);
        waits.end("a");
        waits.end("a");
        assert_eq!(waits.total().as_secs(), 200);
        advance(100);
        waits.end("b");
        advance(1_000);
        waits.end("of another turn");
        waits.begin("c");
        advance(50);
        assert_eq!(waits.total().as_secs(), 350);
    }
}
