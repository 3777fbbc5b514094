//! What lasts from turn to turn: the config, the queue, the breakers, the learnt dialects, the counters.

mod exchange;
mod permit;
mod status;

use crate::config::Checked;
use crate::fault::Fault;
use crate::gateway::dialect::Dialect;
use crate::prelude::*;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::{Poll, Waker};
use openclaw_core::fault::FaultCode;
use openclaw_core::guards::breaker::{self, Breaker};
use openclaw_core::guards::queue::{Entry, MAX_WAITING_BYTES, Queue, Ticket};
use openclaw_core::status::Counters;

pub(crate) use exchange::Exchange;
pub(crate) use permit::Permit;

/// One gateway's.
#[derive(Debug, Default)]
struct Side {
    /// The address that the rest is about; empty if there is no such gateway.
    url: String,
    breaker: Breaker,
    dialect: Dialect,
    /// It is known to end a run whose client leaves.
    stops: bool,
    /// Requests under way.
    exchanges: u32,
    /// It may go on with a run that nobody waits for, and nobody has been told.
    may_still_run: bool,
}

#[derive(Default)]
struct Inner {
    config: Option<Rc<Checked>>,
    queue: Queue,
    waiting: Vec<(Ticket, Waker)>,
    /// What the turns in the queue hold together.
    waiting_bytes: usize,
    sides: [Side; 2],
    counters: Counters,
    /// Why memory was an estimate when that was last said.
    estimate: String,
    /// An answer that nobody wants is read to its end.
    reading_out: bool,
}

/// Shared by all turns of an instance. Never borrowed across an await.
#[derive(Clone, Default)]
pub struct State(Rc<RefCell<Inner>>);

/// Why a turn may not wait.
pub(crate) enum Full {
    /// As many wait as may.
    Turns,
    /// Those that wait would hold more than [`MAX_WAITING_BYTES`].
    Bytes,
}

/// Of the snapshot's own layout.
const SNAPSHOT_VERSION: u64 = 3;
/// Numbers of a side in a snapshot.
const SIDE_LEN: usize = 5;
/// Numbers in a snapshot: its version, those of the sides, and the counters. A line of them, then one with
/// the address of each side.
const SNAPSHOT_LEN: usize = 1 + 2 * SIDE_LEN + 7;

/// What can be seen of a gateway's breaker.
pub struct BreakerView {
    /// Where it stands.
    pub state: breaker::State,
    /// Failures in a row.
    pub failures: u32,
}

impl State {
    /// The config, once there is one.
    pub fn config(&self) -> Option<Rc<Checked>> {
        self.0.borrow().config.clone()
    }

    /// Whether users have not heard yet that memory is an estimate for this reason. Now they have.
    pub(crate) fn is_new_estimate(&self, why: &str) -> bool {
        let said = &mut self.0.borrow_mut().estimate;
        let new = said != why;
        if new {
            *said = why.to_owned();
        }
        new
    }

    /// Sets the config. A side whose address has changed starts anew.
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

    /// What [`State::carry`] takes: numbers in decimal, separated by spaces, and the addresses.
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
        let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let [primary, backup] = &inner.sides;
        [texts.join(" ").as_str(), &primary.url, &backup.url]
            .join("\n")
            .into_bytes()
    }

    /// Takes over from an earlier instance; says why it cannot, and then nothing has changed. What
    /// it says of an address that the next config does not have is forgotten then.
    pub fn carry(&self, snapshot: &[u8]) -> Result<(), String> {
        let text = core::str::from_utf8(snapshot).map_err(|error| error.to_string())?;
        let mut lines = text.split('\n');
        let numbers = lines.next().unwrap_or_default();
        let urls: Vec<&str> = lines.collect();
        let numbers: Result<Vec<u64>, _> = numbers.split(' ').map(str::parse).collect();
        let numbers = numbers.map_err(|error| error.to_string())?;
        if numbers[0] != SNAPSHOT_VERSION || numbers.len() != SNAPSHOT_LEN || urls.len() != 2 {
            return Err(format!(
                "it has version {} and {} numbers",
                numbers[0],
                numbers.len()
            ));
        }
        let mut inner = self.0.borrow_mut();
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

    /// Bounds what a snapshot said by the config in force. `now`: by the clock that it went by.
    pub fn bound(&self, now: u64) {
        let mut inner = self.0.borrow_mut();
        let rule = inner.config.as_ref().map(|config| config.limits.breaker());
        let sides = inner.sides.iter_mut();
        if let Some(rule) = rule {
            sides.for_each(|side| side.breaker.bound(now, rule));
        }
    }

    /// Closes the breakers.
    pub fn reset(&self) {
        self.0
            .borrow_mut()
            .sides
            .iter_mut()
            .for_each(|side| side.breaker.reset());
    }

    /// For `status`.
    pub fn breaker(&self, at: usize, now: u64) -> BreakerView {
        let inner = self.0.borrow();
        let breaker = &inner.sides[at].breaker;
        BreakerView {
            state: breaker.state(now),
            failures: breaker.failures(),
        }
    }

    /// For `status`: turns that run, and that wait.
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

    /// Remembers the dialect of a gateway of the config that a turn began with.
    pub(crate) fn learn(&self, at: usize, of: &Checked, dialect: Dialect) {
        let mut inner = self.0.borrow_mut();
        if inner.still_has(of, at) {
            inner.sides[at].dialect = dialect;
        }
    }

    /// Takes a place in the queue for a turn that holds so many bytes; how many are ahead of it, if it
    /// must wait.
    pub(crate) fn enter(
        &self,
        queue_length: u32,
        bytes: usize,
    ) -> Result<(Place, Option<usize>), Full> {
        let mut inner = self.0.borrow_mut();
        let held = inner.waiting_bytes.saturating_add(bytes);
        if inner.queue.in_flight() > 0 && held > MAX_WAITING_BYTES {
            return Err(Full::Bytes);
        }
        let place = |ticket, bytes| Place {
            state: self.clone(),
            ticket,
            waiting_bytes: Cell::new(bytes),
        };
        match inner.queue.enter(queue_length) {
            Entry::Runs(ticket) => Ok((place(ticket, 0), None)),
            Entry::Waits(ticket, ahead) => {
                inner.waiting_bytes = held;
                Ok((place(ticket, bytes), Some(ahead)))
            }
            Entry::Full => Err(Full::Turns),
        }
    }

    /// Asks the breaker of a gateway of this config; the error is in how many milliseconds to ask
    /// again.
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
    /// Whether the present config has the same gateway there as an earlier one.
    fn still_has(&self, of: &Checked, at: usize) -> bool {
        let config = self.config.as_ref();
        config.is_some_and(|config| same_gateway(config, of, at))
    }
}

/// Whether two configs have the same gateway there.
fn same_gateway(one: &Checked, other: &Checked, at: usize) -> bool {
    let url = |config: &Checked| config.gateways.get(at).map(|gateway| gateway.url());
    url(one) == url(other)
}

/// A place in the queue. Dropped: the turn has left, and the next one is woken.
pub(crate) struct Place {
    state: State,
    ticket: Ticket,
    /// What it adds to those of the queue; 0 once it runs.
    waiting_bytes: Cell<usize>,
}

impl Place {
    /// Until it is this turn's time.
    pub async fn turn_comes(&self) {
        poll_fn(|cx| {
            let mut inner = self.state.0.borrow_mut();
            inner.waiting.retain(|(ticket, _)| *ticket != self.ticket);
            if inner.queue.runs(self.ticket) {
                inner.waiting_bytes -= self.waiting_bytes.take();
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
            inner.waiting_bytes -= self.waiting_bytes.take();
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
