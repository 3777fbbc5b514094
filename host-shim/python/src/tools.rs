//! Runs Python tools for the component, and asks Python for approval: calls go through the mailbox, answers come
//! from the loop.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use host_shim::{ApprovalRequest, Decider, DeciderRole, ToolCall, ToolRunner, Verdict};

use crate::mailbox::{Item, Outbox};

/// A tool's output, or the text of its error.
pub(crate) type Answer = Result<String, String>;

/// The tools of one turn.
pub(crate) struct Runner {
    pub(crate) outbox: Arc<Outbox>,
    /// The turn's key in the mailbox.
    pub(crate) turn: u64,
    pub(crate) tickets: AtomicU64,
    /// Time limits by tool name; tools without a limit are missing. Enforced here rather than on the loop, so
    /// that they also hold while a tool blocks the loop or ignores its cancellation.
    pub(crate) limits: HashMap<String, Duration>,
    /// Whether Python decides about approval requests when asked through the mailbox.
    pub(crate) approves: bool,
}

impl Runner {
    /// A ticket with a number of its own.
    fn ticket(&self) -> Ticket {
        Ticket {
            outbox: self.outbox.clone(),
            turn: self.turn,
            ticket: self.tickets.fetch_add(1, Ordering::Relaxed),
            answered: false,
        }
    }
}

/// When dropped, tells the loop that nobody waits for the answer any more.
struct Ticket {
    outbox: Arc<Outbox>,
    turn: u64,
    ticket: u64,
    answered: bool,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            self.outbox.push(Item::Dropped {
                turn: self.turn,
                ticket: self.ticket,
            });
        }
    }
}

impl ToolRunner for Runner {
    fn run(&self, _turn_id: &str, call: ToolCall) -> BoxFuture<'static, Answer> {
        let guard = self.ticket();
        let (answer, answered) = oneshot::channel();
        let limit = self.limits.get(&call.name).copied();
        let name = call.name.clone();
        self.outbox.push(Item::Tool {
            turn: self.turn,
            ticket: guard.ticket,
            call,
            answer,
        });
        async move {
            // Moved as a whole, so that it is dropped with this future and not before.
            let mut guard = guard;
            let outcome = match limit {
                None => answered.await,
                Some(limit) => match tokio::time::timeout(limit, answered).await {
                    Ok(outcome) => outcome,
                    Err(_) => {
                        let seconds = limit.as_secs_f64();
                        return Err(format!("the tool {name:?} timed out after {seconds} s"));
                    }
                },
            };
            guard.answered = true;
            // The loop is gone, or the tool's task ended without an answer.
            outcome.unwrap_or_else(|_| Err("the tool ended without an answer".to_owned()))
        }
        .boxed()
    }

    fn approve(
        &self,
        _turn_id: &str,
        request: ApprovalRequest,
    ) -> Option<BoxFuture<'static, Verdict>> {
        if !self.approves {
            return None;
        }
        let guard = self.ticket();
        let (answer, answered) = oneshot::channel();
        self.outbox.push(Item::Approval {
            turn: self.turn,
            ticket: guard.ticket,
            request,
            answer,
        });
        let verdict = async move {
            let mut guard = guard;
            let verdict = answered.await;
            guard.answered = true;
            // The loop is gone, or the callback's task ended without an answer: no.
            verdict.unwrap_or_else(|_| Verdict {
                approve: false,
                by: Decider {
                    name: String::new(),
                    role: DeciderRole::Asker,
                },
            })
        };
        Some(verdict.boxed())
    }
}
