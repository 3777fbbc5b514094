//! How far a turn has come.

use crate::fault::Fault;
use crate::prelude::*;
use crate::state::{Exchange, Permit};
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::Poll;
use openclaw_core::fault::FaultCode;

/// What is known of a turn that runs, for whoever ends it before its own end.
#[derive(Default)]
pub(super) struct Progress {
    /// All of the answer that has been shown so far.
    pub shown: RefCell<String>,
    pub permit: RefCell<Option<Permit>>,
    /// It waits for the caller: for a tool, or for an event to be taken.
    pub callers_time: Cell<bool>,
    /// The last request.
    pub exchange: RefCell<Option<Exchange>>,
    /// The turn has ended for its caller.
    left: Cell<bool>,
    /// How, until the caller has been told.
    pub fault: RefCell<Option<Fault>>,
}

impl Progress {
    /// Ends the turn for its caller. What it says about the gateway has been settled, or is nothing.
    pub fn leave(&self, fault: Fault) {
        if !self.left.replace(true) {
            self.fault.replace(Some(fault));
            self.permit.take();
        }
    }

    /// Whether the turn has ended for its caller.
    pub fn is_left(&self) -> bool {
        self.left.get()
    }

    /// Until it has. Whoever ends it polls again.
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

    /// The gateway's run for the last request is over.
    pub fn over(&self) {
        if let Some(exchange) = &*self.exchange.borrow() {
            exchange.over();
        }
    }

    /// The other side has closed the connection.
    pub fn cut(&self) {
        if let Some(exchange) = &*self.exchange.borrow() {
            exchange.cut.set(true);
        }
    }

    /// Whether the gateway would run on if the connection were closed.
    pub fn runs_on(&self) -> bool {
        self.exchange
            .borrow()
            .as_ref()
            .is_some_and(Exchange::runs_on)
    }
}

/// The end of a turn that nobody listens to.
pub(super) fn nobody_reads() -> Fault {
    Fault::new(
        FaultCode::Cancelled,
        "nobody reads the turn's events any more",
    )
}
