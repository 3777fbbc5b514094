//! State that outlives a turn: config, queue, breakers, tool dialects and counters.

mod approvals;
mod conversations;
mod exchange;
mod permit;
mod status;

use crate::config::Checked;
use crate::fault::Fault;
use crate::gateway::dialect::Dialect;
use crate::prelude::*;
use alloc::rc::Rc;
use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use openclaw_core::fault::FaultCode;
use openclaw_core::guards::breaker::{self, Breaker};
use openclaw_core::guards::queue::{Entry, Queue, Ticket};
use openclaw_core::status::Counters;
use openclaw_core::turn::Patience;

pub(crate) use approvals::ApprovalGuard;
use conversations::Conversations;
pub(crate) use exchange::Exchange;
pub(crate) use permit::Permit;

/// State of one gateway.
#[derive(Debug, Default)]
struct Side {
    /// The gateway's URL; empty if there is none.
    url: String,
    breaker: Breaker,
    dialect: Dialect,
    /// Known to stop a run when its client disconnects.
    stops: bool,
    /// Requests in progress.
    exchanges: u32,
    /// An abandoned run may continue there, and the user has not been told.
    may_still_run: bool,
}

#[derive(Default)]
struct Inner {
    config: Option<Rc<Checked>>,
    queue: Queue,
    waiting: Vec<(Ticket, Waker)>,
    sides: [Side; 2],
    counters: Counters,
    /// The last estimate reason shown to the user.
    estimate: String,
    /// An abandoned answer is being drained.
    reading_out: bool,
    approvals: approvals::Approvals,
    conversations: Conversations,
}

/// Shared by all turns of an instance. Never borrowed across an await.
#[derive(Clone, Default)]
pub struct State(Rc<RefCell<Inner>>);

/// Version of the snapshot layout.
const SNAPSHOT_VERSION: u64 = 4;
/// Numbers per gateway in a snapshot.
const SIDE_LEN: usize = 5;
/// Numbers in a snapshot before those of the conversations: version, gateways, counters. All are on one line,
/// followed by a line per gateway with its URL.
const SNAPSHOT_LEN: usize = 1 + 2 * SIDE_LEN + 7;

/// A gateway's breaker, for display.
pub struct BreakerView {
    /// Current state.
    pub state: breaker::State,
    /// Consecutive failures.
    pub failures: u32,
}

impl State {
    /// The config, once set.
    pub fn config(&self) -> Option<Rc<Checked>> {
        self.0.borrow().config.clone()
    }

    /// Whether this estimate reason is new to the user; marks it as shown.
    pub(crate) fn is_new_estimate(&self, why: &str) -> bool {
        let said = &mut self.0.borrow_mut().estimate;
        let new = said != why;
        if new {
            *said = why.to_owned();
        }
        new
    }

    /// Sets the config. A gateway whose URL changed starts with fresh state.
    pub fn configure(&self, config: Checked) {
        let mut inner = self.0.borrow_mut();
        for (at, side) in inner.sides.iter_mut().enumerate() {
            let url = config.gateways.get(at).map(|gateway| gateway.url());
            let url = url.unwrap_or_default();
            if side.url != url {
                *side = Side {
                    url,
                    ..Side::default()
                };
            }
        }
        inner.config = Some(Rc::new(config));
    }

    /// A snapshot for [`State::carry`]: space-separated decimal numbers, then URLs.
    pub fn snapshot(&self) -> Vec<u8> {
        let inner = self.0.borrow();
        let mut numbers = vec![SNAPSHOT_VERSION];
        for side in &inner.sides {
            let saved = side.breaker.save();
            numbers.extend([
                u64::from(saved.failures),
                u64::from(saved.open_until.is_some()),
                saved.open_until.unwrap_or(0),
                u64::from(side.dialect == Dialect::Flat),
                u64::from(side.may_still_run || (side.exchanges > 0 && !side.stops)),
            ]);
        }
        let c = &inner.counters;
        numbers.extend([
            c.turns,
            c.completed,
            c.failed,
            c.refused,
            c.cancelled,
            c.tool_calls,
            c.tool_denials,
        ]);
        numbers.extend(inner.conversations.numbers());
        let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let [primary, backup] = &inner.sides;
        [texts.join(" ").as_str(), &primary.url, &backup.url]
            .join("\n")
            .into_bytes()
    }

    /// Restores the snapshot of an earlier instance. On error, which says why, nothing changes. State for
    /// URLs missing from the next config is dropped then.
    pub fn carry(&self, snapshot: &[u8]) -> Result<(), String> {
        let text = core::str::from_utf8(snapshot).map_err(|error| error.to_string())?;
        let mut lines = text.split('\n');
        let numbers = lines.next().unwrap_or_default();
        let urls: Vec<&str> = lines.collect();
        let numbers: Result<Vec<u64>, _> = numbers.split(' ').map(str::parse).collect();
        let numbers = numbers.map_err(|error| error.to_string())?;
        let rest = numbers.get(SNAPSHOT_LEN..);
        let conversations = rest.and_then(Conversations::of_numbers);
        let (Some(conversations), SNAPSHOT_VERSION, [_, _]) =
            (conversations, numbers[0], &urls[..])
        else {
            return Err(format!(
                "it has version {} and {} numbers",
                numbers[0],
                numbers.len()
            ));
        };
        let mut inner = self.0.borrow_mut();
        inner.conversations = conversations;
        let saved = numbers[1..].chunks(SIDE_LEN).zip(urls);
        for (side, (saved, url)) in inner.sides.iter_mut().zip(saved) {
            *side = Side {
                url: url.to_owned(),
                breaker: Breaker::restore(breaker::Saved {
                    failures: u32::try_from(saved[0]).unwrap_or(u32::MAX),
                    open_until: (saved[1] != 0).then_some(saved[2]),
                }),
                dialect: if saved[3] == 0 {
                    Dialect::Nested
                } else {
                    Dialect::Flat
                },
                may_still_run: saved[4] != 0,
                ..Side::default()
            };
        }
        let c = &numbers[1 + 2 * SIDE_LEN..];
        inner.counters = Counters {
            turns: c[0],
            completed: c[1],
            failed: c[2],
            refused: c[3],
            cancelled: c[4],
            tool_calls: c[5],
            tool_denials: c[6],
        };
        Ok(())
    }

    /// Caps restored breaker times by the current config. `now` is on the snapshot's clock.
    pub fn bound(&self, now: u64) {
        let mut inner = self.0.borrow_mut();
        let rule = inner.config.as_ref().map(|config| config.limits.breaker());
        let sides = inner.sides.iter_mut();
        if let Some(rule) = rule {
            sides.for_each(|side| side.breaker.bound(now, rule));
        }
    }

    /// Closes the breakers and clears their failure counts.
    pub fn reset(&self) {
        self.0
            .borrow_mut()
            .sides
            .iter_mut()
            .for_each(|side| side.breaker.reset());
    }

    /// The breaker, for `status`.
    pub fn breaker(&self, at: usize, now: u64) -> BreakerView {
        let inner = self.0.borrow();
        let breaker = &inner.sides[at].breaker;
        BreakerView {
            state: breaker.state(now),
            failures: breaker.failures(),
        }
    }

    /// Running and queued turns, for `status`.
    pub fn load(&self) -> (u32, u32) {
        let inner = self.0.borrow();
        (inner.queue.in_flight(), inner.queue.queued())
    }

    #[cfg(test)]
    pub(crate) fn counters(&self) -> Counters {
        self.0.borrow().counters
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.0.borrow_mut().counters);
    }

    pub(crate) fn count_end<T>(&self, end: &Result<T, Fault>) {
        self.count(|counters| match end {
            Ok(_) => counters.completed += 1,
            Err(fault) => match fault.code {
                FaultCode::Cancelled => counters.cancelled += 1,
                FaultCode::CircuitOpen | FaultCode::Busy | FaultCode::HeavyTaskRefused => {
                    counters.refused += 1
                }
                code if code.counts_for_breaker() => counters.failed += 1,
                _ => {}
            },
        });
    }

    pub(crate) fn dialect(&self, at: usize) -> Dialect {
        self.0.borrow().sides[at].dialect
    }

    /// Remembers the tool dialect of a gateway in the turn's config.
    pub(crate) fn learn(&self, at: usize, of: &Checked, dialect: Dialect) {
        let mut inner = self.0.borrow_mut();
        if inner.still_has(of, at) {
            inner.sides[at].dialect = dialect;
        }
    }

    /// Runs or queues a turn of this config that holds this many bytes. Returns how many are ahead of it if it
    /// must wait. The error is [`Entry::Full`] or [`Entry::TooLarge`].
    pub(crate) fn enter(
        &self,
        patience: Patience,
        bytes: usize,
        config: &Checked,
    ) -> Result<(Place, Option<usize>), Entry> {
        let mut inner = self.0.borrow_mut();
        let entry = inner.queue.enter(patience, bytes, &config.limits);
        let (ticket, ahead) = match entry {
            Entry::Runs(ticket) => (ticket, None),
            Entry::Waits(ticket, ahead) => (ticket, Some(ahead)),
            full => return Err(full),
        };
        let state = self.clone();
        Ok((Place { state, ticket }, ahead))
    }

    /// Whether a background turn runs.
    pub(crate) fn runs_background(&self) -> bool {
        self.0.borrow().queue.running() == Some(Patience::Background)
    }

    /// Asks the breaker of a gateway in this config. The error is the milliseconds until a retry is allowed.
    pub(crate) fn admit(&self, at: usize, of: &Rc<Checked>, now: u64) -> Result<Permit, u64> {
        let permit = self.0.borrow_mut().sides[at].breaker.admit(now)?;
        Ok(Permit {
            state: self.clone(),
            at,
            of: of.clone(),
            permit: Some(permit),
        })
    }
}

impl Inner {
    /// Whether the current config has the same gateway at this position.
    fn still_has(&self, of: &Checked, at: usize) -> bool {
        let config = self.config.as_ref();
        config.is_some_and(|config| same_gateway(config, of, at))
    }
}

/// Whether two configs have the same gateway at this position.
fn same_gateway(one: &Checked, other: &Checked, at: usize) -> bool {
    let url = |config: &Checked| config.gateways.get(at).map(|gateway| gateway.url());
    url(one) == url(other)
}

/// A place in the queue. Dropping it leaves the queue and wakes the next turn.
pub(crate) struct Place {
    state: State,
    ticket: Ticket,
}

impl Place {
    /// Resolves when it is this turn's time to run.
    pub async fn turn_comes(&self) {
        poll_fn(|cx| {
            let mut inner = self.state.0.borrow_mut();
            inner.waiting.retain(|(ticket, _)| *ticket != self.ticket);
            if inner.queue.runs(self.ticket) {
                return Poll::Ready(());
            }
            inner.waiting.push((self.ticket, cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let waker = {
            let mut inner = self.state.0.borrow_mut();
            inner.waiting.retain(|(ticket, _)| *ticket != self.ticket);
            let next = inner.queue.leave(self.ticket);
            next.and_then(|next| {
                let at = inner
                    .waiting
                    .iter()
                    .position(|(ticket, _)| *ticket == next)?;
                Some(inner.waiting.swap_remove(at).1)
            })
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
