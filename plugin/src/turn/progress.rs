//! The progress of a turn.

use crate::fault::Fault;
use crate::host::Events;
use crate::prelude::*;
use crate::state::{ApprovalGuard, Exchange, Permit};
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::Poll;
use openclaw_core::fault::FaultCode;
use openclaw_core::turn::Event;

/// State of a running turn, shared with whoever ends it early.
#[derive(Default)]
pub(super) struct Progress {
    /// All text shown so far.
    pub shown: RefCell<String>,
    pub permit: RefCell<Option<Permit>>,
    /// The turn may ask for approvals.
    pub approvals: RefCell<Option<ApprovalGuard>>,
    /// Waiting for the caller: for a tool, or for an event to be read.
    pub callers_time: Cell<bool>,
    /// The latest request.
    pub exchange: RefCell<Option<Exchange>>,
    /// The turn has ended for its caller.
    left: Cell<bool>,
    /// The fault, until the caller has it.
    pub fault: RefCell<Option<Fault>>,
}

impl Progress {
    /// Ends the turn for its caller. The breaker outcome must already be settled.
    pub fn leave(&self, fault: Fault) {
        if !self.left.replace(true) {
            self.fault.replace(Some(fault));
            self.permit.take();
            self.approvals.take();
        }
    }

    /// Whether the turn has ended for its caller.
    pub fn is_left(&self) -> bool {
        self.left.get()
    }

    /// Resolves once it has. Whoever ends the turn polls again.
    pub async fn left(&self) {
        let left = |()| {
            if self.is_left() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        };
        poll_fn(|_| left(())).await;
    }

    /// Records that the gateway's run for the latest request is over.
    pub fn over(&self) {
        if let Some(exchange) = &*self.exchange.borrow() {
            exchange.over();
        }
    }

    /// Records that the other side closed the connection.
    pub fn cut(&self) {
        if let Some(exchange) = &*self.exchange.borrow() {
            exchange.cut.set(true);
        }
    }

    /// Whether the gateway would keep running if the connection were closed.
    pub fn runs_on(&self) -> bool {
        self.exchange
            .borrow()
            .as_ref()
            .is_some_and(Exchange::runs_on)
    }
}

/// The end of a turn whose events nobody reads.
pub(super) fn nobody_reads() -> Fault {
    Fault::new(
        FaultCode::Cancelled,
        "nobody reads the turn's events any more",
    )
}

/// Emits an event. If nobody reads events any more, the turn is over.
pub(super) async fn emit<E: Events>(events: &E, event: Event) -> Result<(), Fault> {
    if events.emit(event).await {
        return Ok(());
    }
    Err(nobody_reads())
}
