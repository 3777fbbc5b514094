//! Approval requests of the running turn.

use super::State;
use crate::prelude::*;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use openclaw_core::approval::{
    Approval, ApprovalOutcome, DecideError, Decider, Decision, PendingApproval,
};

/// The requests of the turn that runs. A snapshot holds nothing of them.
#[derive(Default)]
pub(super) struct Approvals {
    /// Number of the latest request. Never restarts, so a late decision cannot meet another turn's request.
    last: u64,
    /// Turns so far.
    turns: u64,
    turn: Option<Asking>,
}

/// The turn that runs, and may ask.
struct Asking {
    /// Which of [`Approvals::turns`].
    number: u64,
    id: String,
    /// Number of the last request before this turn. Later ones that are not pending have been decided.
    before: u64,
    /// At most one per kind of approver.
    pending: Vec<Pending>,
}

struct Pending {
    id: String,
    approver: Approval,
    tools: Vec<String>,
    /// Milliseconds of the host's clock.
    expires_at: u64,
    /// Set by a decision, until the turn sees it.
    decided: Option<(Decision, String)>,
    waker: Option<Waker>,
}

fn request_id(number: u64) -> String {
    format!("a{number}")
}

/// Lets a turn ask for approvals. Dropping it withdraws what is pending.
pub(crate) struct ApprovalGuard {
    state: State,
    number: u64,
}

impl Drop for ApprovalGuard {
    fn drop(&mut self) {
        let mut inner = self.state.0.borrow_mut();
        let gone = inner
            .approvals
            .turn
            .take_if(|turn| turn.number == self.number);
        drop(inner);
        // The wakers, while nothing is borrowed.
        drop(gone);
    }
}

impl State {
    /// Starts a turn's approvals; it must be the one that runs.
    pub(crate) fn approvals(&self, turn_id: &str) -> ApprovalGuard {
        let mut inner = self.0.borrow_mut();
        let approvals = &mut inner.approvals;
        approvals.turns += 1;
        let number = approvals.turns;
        let asking = Asking {
            number,
            id: turn_id.to_owned(),
            before: approvals.last,
            pending: vec![],
        };
        let gone = approvals.turn.replace(asking);
        drop(inner);
        drop(gone);
        ApprovalGuard {
            state: self.clone(),
            number,
        }
    }

    /// Adds a request of the running turn and returns its id.
    pub(crate) fn request_approval(
        &self,
        approver: Approval,
        tools: Vec<String>,
        expires_at: u64,
    ) -> String {
        let approvals = &mut self.0.borrow_mut().approvals;
        approvals.last += 1;
        let id = request_id(approvals.last);
        if let Some(turn) = &mut approvals.turn {
            turn.pending.push(Pending {
                id: id.clone(),
                approver,
                tools,
                expires_at,
                decided: None,
                waker: None,
            });
        }
        id
    }

    /// The outcome of a pending request; removes it.
    pub(crate) fn poll_approval(&self, id: &str, cx: &mut Context<'_>) -> Poll<ApprovalOutcome> {
        let mut inner = self.0.borrow_mut();
        let turn = inner.approvals.turn.as_mut();
        let request =
            turn.and_then(|turn| turn.pending.iter_mut().find(|request| request.id == id));
        let Some(request) = request else {
            // Withdrawn: the turn has ended for its caller, and nobody waits for this any more.
            return Poll::Pending;
        };
        let Some((decision, by)) = request.decided.take() else {
            request.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let id = id.to_owned();
        inner.approvals.remove(&id);
        Poll::Ready(ApprovalOutcome { id, decision, by })
    }

    /// Removes a request that nobody has decided in time.
    pub(crate) fn expire_approval(&self, id: String) -> ApprovalOutcome {
        let gone = self.0.borrow_mut().approvals.remove(&id);
        drop(gone);
        ApprovalOutcome {
            id,
            decision: Decision::Expired,
            by: String::new(),
        }
    }

    /// Decides about a pending approval request of a running turn. `now` is on the host's clock.
    ///
    /// # Errors
    ///
    /// The decision has no effect.
    pub fn decide(
        &self,
        turn_id: &str,
        request_id: &str,
        approve: bool,
        by: Decider,
        now: u64,
    ) -> Result<(), DecideError> {
        let mut inner = self.0.borrow_mut();
        let last = inner.approvals.last;
        let turn = inner.approvals.turn.as_mut();
        let turn = turn
            .filter(|turn| turn.id == turn_id)
            .ok_or(DecideError::NotPending)?;
        let asked = turn.before + 1..=last;
        let mut pending = turn.pending.iter_mut();
        let request = pending
            .find(|request| request.id == request_id)
            .ok_or_else(|| match number_of(request_id) {
                Some(number) if asked.contains(&number) => DecideError::AlreadyDecided,
                _ => DecideError::NotPending,
            })?;
        if request.decided.is_some() || now >= request.expires_at {
            return Err(DecideError::AlreadyDecided);
        }
        if !by.role.may(approve, request.approver) {
            return Err(DecideError::NotPermitted);
        }
        let decision = if approve {
            Decision::Approved
        } else {
            Decision::Rejected
        };
        request.decided = Some((decision, by.name));
        let waker = request.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }
}

/// The inverse of [`request_id`].
fn number_of(id: &str) -> Option<u64> {
    let number = id.strip_prefix('a')?.parse().ok()?;
    (request_id(number) == id).then_some(number)
}

impl Approvals {
    /// Removes a request; none if it has been withdrawn.
    fn remove(&mut self, id: &str) -> Option<Pending> {
        let pending = &mut self.turn.as_mut()?.pending;
        let at = pending.iter().position(|request| request.id == id)?;
        Some(pending.remove(at))
    }

    /// What waits for a decision, for `status`.
    pub(super) fn waiting(&self, now: u64) -> Vec<PendingApproval> {
        let of = |turn: &Asking| {
            let waits = |request: &&Pending| request.decided.is_none() && request.expires_at > now;
            let waiting = turn.pending.iter().filter(waits);
            let waiting = waiting.map(|request| PendingApproval {
                turn_id: turn.id.clone(),
                id: request.id.clone(),
                approver: request.approver,
                tools: request.tools.clone(),
                expires_in: Duration::from_millis(request.expires_at - now),
            });
            waiting.collect()
        };
        self.turn.as_ref().map_or(vec![], of)
    }
}
