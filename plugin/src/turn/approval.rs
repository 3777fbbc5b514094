//! Asks a person before calls that need approval.
//!
//! The calls of a round are asked about together, one request per kind of approver; the other calls run
//! meanwhile. While a request is pending the turn's clock stands still, whatever else runs, and no request to
//! the gateway is open. A decision covers exactly the calls of its request, once: the level is read again
//! before each of them.

use super::round::Round;
use super::run::Run;
use super::tools::Refused;
use crate::fault::Fault;
use crate::host::{Events, Host};
use crate::prelude::*;
use crate::text;
use core::future::poll_fn;
use core::pin::pin;
use futures::future::{Either, select};
use openclaw_core::approval::{Approval, ApprovalOutcome, ApprovalRequest, Decision};
use openclaw_core::bindings::Times as _;
use openclaw_core::level::Level;
use openclaw_core::turn::{Event, ToolCall};

/// Calls of one round, with their places in it.
pub(super) type Calls = Vec<(usize, ToolCall)>;

/// What is done about the calls of one round.
pub(super) struct Asked {
    /// To be judged and run.
    pub run: Calls,
    /// Asked about, one per kind of approver.
    pub requests: Vec<(ApprovalRequest, Calls)>,
    /// When all of them expire.
    pub expires_at: u64,
}

impl<H: Host, E: Events> Run<'_, H, E> {
    /// Asks about those calls of a round that need approval, unless the level rules them out anyway.
    pub(super) async fn ask_approval(
        &self,
        round: &mut Round,
        level: &mut Level,
    ) -> Result<Asked, Fault> {
        let (mut run, mut asked) = (vec![], [vec![], vec![]]);
        let mut judged = false;
        for (at, call) in round.take_calls().into_iter().enumerate() {
            let group = match self.approver_of(&call) {
                Approval::None => {
                    run.push((at, call));
                    continue;
                }
                Approval::Asker => &mut asked[0],
                Approval::Admin => &mut asked[1],
            };
            if !judged {
                *level = self.level().await?.0;
                judged = true;
            }
            match self.may_run(&call, *level) {
                // Others wait in the queue, so nobody is asked in vain twice.
                Ok(()) if self.unattended.get() => {
                    let expired = Decision::Expired;
                    self.not_approved(round, at, &call, expired).await?;
                }
                Ok(()) => group.push((at, call)),
                Err(refused) => self.refuse(round, at, refused).await?,
            }
        }
        let timeout = self.config.timeouts.approval;
        let expires_at = self.host.now_ms().saturating_add(timeout.millis());
        let mut requests = vec![];
        for (approver, calls) in [Approval::Asker, Approval::Admin].into_iter().zip(asked) {
            if calls.is_empty() {
                continue;
            }
            let tools = calls.iter().map(|(_, call)| call.name.clone()).collect();
            let id = self.state.request_approval(approver, tools, expires_at);
            let shown = calls.iter().map(|(_, call)| ToolCall {
                arguments: self.config.shown_json(&call.arguments),
                ..call.clone()
            });
            let request = ApprovalRequest {
                id,
                approver,
                calls: shown.collect(),
                expires_in: timeout,
            };
            requests.push((request, calls));
        }
        if !requests.is_empty() {
            self.pause_until(expires_at);
        }
        Ok(Asked {
            run,
            requests,
            expires_at,
        })
    }

    /// Who must approve a call. One of an unknown tool is denied without asking.
    fn approver_of(&self, call: &ToolCall) -> Approval {
        let mut tools = self.turn.turn().tools.iter();
        let tool = tools.find(|tool| tool.name == call.name);
        tool.map_or(Approval::None, |tool| tool.approval)
    }

    /// Waits for a decision, or until the request expires.
    pub(super) async fn decision(&self, id: String, expires_at: u64) -> ApprovalOutcome {
        let decided = poll_fn(|cx| self.state.poll_approval(&id, cx));
        let expiry = self.host.sleep_until_ms(expires_at);
        match select(pin!(decided), pin!(expiry)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => self.state.expire_approval(id.clone()),
        }
    }

    /// Tells the caller and the model how a request ended. Returns the calls that may run now.
    pub(super) async fn decided(
        &self,
        round: &mut Round,
        outcome: ApprovalOutcome,
        calls: Calls,
    ) -> Result<Calls, Fault> {
        let decision = outcome.decision;
        self.emit(Event::ApprovalEnded(outcome)).await?;
        if decision == Decision::Approved {
            return Ok(calls);
        }
        if decision == Decision::Expired {
            self.unattended.set(true);
        }
        for (at, call) in calls {
            self.not_approved(round, at, &call, decision).await?;
        }
        Ok(vec![])
    }

    /// Answers a call without approval. The event has told the user.
    async fn not_approved(
        &self,
        round: &mut Round,
        at: usize,
        call: &ToolCall,
        decision: Decision,
    ) -> Result<(), Fault> {
        let to_model = text::not_approved(&call.name, decision);
        round.not_run += 1;
        self.refuse(round, at, Refused::call(to_model, None)).await
    }
}
