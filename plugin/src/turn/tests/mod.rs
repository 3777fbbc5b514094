//! Turns on a fake host: virtual time, simulated memory, scripted gateways.

mod abandoned;
mod agents;
mod answers;
mod approval_order;
mod approval_time;
mod approvals;
mod bounds;
mod calls;
mod dropped;
mod ends;
mod files;
mod gateways;
mod guards;
mod host;
mod machine;
mod named_files;
mod scenes;
mod state;
mod taken;
mod tools;

use crate::config::Checked;
use crate::fault::Fault;
use crate::gateway::classify::Head;
use crate::host::Failure;
use crate::state::State;
use openclaw_core::approval::{
    Approval, ApprovalOutcome, ApprovalRequest, DecideError, Decider, DeciderRole, Decision,
};
use openclaw_core::config::{Config, Limits, MIB};
use openclaw_core::guards::breaker;
use openclaw_core::level::Level;
use openclaw_core::status::Check;
use openclaw_core::turn::*;
use openclaw_core::{fault::FaultCode, locale::Locale};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Runs a turn and drops the rest of it, which closes its connection.
async fn run(
    state: &State,
    world: &Rc<host::FakeHost>,
    events: &taken::Taken,
    turn: &TurnRequest,
    cancel: impl Future<Output = ()>,
) -> Result<Reply, Fault> {
    super::run(state, world, events, turn, cancel).await.0
}
