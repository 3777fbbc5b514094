//! What the pages promise, said as plainly as it can be.

use super::*;
use side::Side;
use std::collections::VecDeque;

/// Where a turn is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    Waits {
        until: u64,
    },
    Streams,
    RunsSlowTool,
    /// Its clock stands still with so much left.
    Asks {
        expires: u64,
        left: u64,
    },
    /// It has ended for its caller; its run at the gateway has not.
    Abandoned {
        until: u64,
    },
    Gone,
}

pub(super) struct ModelTurn {
    pub phase: Phase,
    /// How it ended for its caller, once it has: none is a reply.
    pub end: Option<Option<FaultCode>>,
    pub has_waited: bool,
    kind: Kind,
    patience: Patience,
    acts: VecDeque<Act>,
    /// Those it began with.
    settings: Settings,
    deadline: u64,
    /// Nobody has answered it before.
    unattended: bool,
    /// Its breaker's permit: the number of its trial, if it is one.
    permit: Option<Option<u64>>,
    decided: bool,
}

pub(super) struct Model {
    pub now: u64,
    pub available: u64,
    pub settings: Settings,
    pub side: Side,
    /// The turn that runs, then those that wait.
    pub line: VecDeque<usize>,
    pub turns: Vec<ModelTurn>,
    /// Turns, completed, failed, refused, cancelled.
    pub counters: [u64; 5],
}

impl Model {
    pub fn new(settings: Settings) -> Self {
        Self {
            now: 0,
            available: 1024,
            settings,
            side: Side::default(),
            line: VecDeque::new(),
            turns: vec![],
            counters: [0; 5],
        }
    }

    pub fn ask(&mut self, kind: Kind, patience: Patience, acts: &[Act]) {
        let number = self.turns.len();
        self.counters[0] += 1;
        self.turns.push(ModelTurn {
            phase: Phase::Gone,
            end: None,
            has_waited: false,
            kind,
            patience,
            acts: acts.iter().copied().collect(),
            settings: self.settings,
            deadline: 0,
            unattended: false,
            permit: None,
            decided: false,
        });
        let others = self.line.iter().skip(1);
        let others = others.filter(|other| self.turns[**other].patience == patience);
        let waiting = others.count();
        let (places, wait) = match patience {
            Patience::Interactive => (self.settings.queue_length, self.settings.queue_wait),
            Patience::Background => (
                self.settings.background_length,
                self.settings.background_wait,
            ),
        };
        if kind == Kind::Blank {
            self.ends(number, Some(FaultCode::RequestRejected));
        } else if self.line.is_empty() {
            self.line.push_back(number);
            self.begins(number);
        } else if waiting >= places as usize {
            self.ends(number, Some(FaultCode::Busy));
        } else {
            self.line.push_back(number);
            let until = self.now + wait;
            self.turns[number].has_waited = true;
            self.turns[number].phase = Phase::Waits { until };
            if until == self.now {
                self.ends(number, Some(FaultCode::Busy));
            }
        }
    }

    /// It is its turn.
    fn begins(&mut self, number: usize) {
        let turn = &mut self.turns[number];
        turn.settings = self.settings;
        turn.deadline = self.now + self.settings.turn;
        if turn.kind == Kind::Heavy && self.available < 512 {
            return self.ends(number, Some(FaultCode::HeavyTaskRefused));
        }
        let Ok(permit) = self.side.admits(self.now) else {
            return self.ends(number, Some(FaultCode::CircuitOpen));
        };
        turn.permit = Some(permit);
        self.goes_on(number);
    }

    /// Sends its next request.
    fn goes_on(&mut self, number: usize) {
        loop {
            let here = self.is_here(number);
            let tools = self.available >= 350;
            let turn = &mut self.turns[number];
            let act = turn.acts.pop_front().unwrap_or(Act::Replies);
            let streams = !matches!(
                act,
                Act::Refuses | Act::Resets | Act::Fails(_) | Act::Rejects
            );
            if streams && here {
                self.side.stops = act == Act::Streams { stops: true };
            }
            match act {
                Act::Replies => return self.ends(number, None),
                Act::Refuses | Act::Resets => {
                    return self.fails(number, FaultCode::NetworkOrUnreachable, None);
                }
                Act::Fails(seconds) => {
                    return self.fails(number, FaultCode::GatewayError, seconds);
                }
                Act::Rejects => return self.ends(number, Some(FaultCode::RequestRejected)),
                Act::Streams { .. } => {
                    turn.phase = Phase::Streams;
                    return;
                }
                Act::CallsSlowTool if tools => {
                    turn.phase = Phase::RunsSlowTool;
                    return;
                }
                Act::CallsGuarded if tools && !turn.unattended => {
                    turn.phase = Phase::Asks {
                        expires: self.now + turn.settings.approval,
                        left: turn.deadline - self.now,
                    };
                    return;
                }
                // It runs at once, or is denied.
                Act::CallsTool | Act::CallsSlowTool | Act::CallsGuarded => {}
            }
        }
    }

    /// Whether its gateway is still the one that is configured.
    fn is_here(&self, number: usize) -> bool {
        self.turns[number].settings.port == self.settings.port
    }

    fn fails(&mut self, number: usize, code: FaultCode, retry_after: Option<u64>) {
        self.settles(number, Some(retry_after.unwrap_or(0) * 1000));
        self.ends(number, Some(code));
    }

    /// Gives its permit back: with a failure and its `Retry-After`, or a success.
    fn settles(&mut self, number: usize, failure: Option<u64>) {
        let here = self.is_here(number);
        let Some(permit) = self.turns[number].permit.take().filter(|_| here) else {
            return;
        };
        self.side.counts(permit, failure, self.now, self.settings);
    }

    /// Ends it for its caller, and frees its place.
    fn ends(&mut self, number: usize, fault: Option<FaultCode>) {
        self.ends_for_its_caller(number, fault);
        self.leaves(number);
    }

    fn ends_for_its_caller(&mut self, number: usize, fault: Option<FaultCode>) {
        assert_eq!(self.turns[number].end, None, "a turn ends once");
        self.turns[number].end = Some(fault);
        let counter = match fault {
            None => {
                self.settles(number, None);
                1
            }
            Some(FaultCode::Cancelled) => 4,
            Some(FaultCode::Busy | FaultCode::CircuitOpen | FaultCode::HeavyTaskRefused) => 3,
            Some(code) if code.counts_for_breaker() => 2,
            Some(_) => 0,
        };
        if counter > 0 {
            self.counters[counter] += 1;
        }
        self.gives_back(number);
    }

    fn gives_back(&mut self, number: usize) {
        let here = self.is_here(number);
        if let Some(permit) = self.turns[number].permit.take().filter(|_| here) {
            self.side.returns(permit);
        }
    }

    /// Frees its place in the line; the first of those that somebody waits for begins, or else the first.
    fn leaves(&mut self, number: usize) {
        self.turns[number].phase = Phase::Gone;
        self.gives_back(number);
        let was_first = self.line.front() == Some(&number);
        self.line.retain(|other| *other != number);
        if !was_first {
            return;
        }
        let waits_for = |number: &usize| self.turns[*number].patience == Patience::Interactive;
        let next = self.line.iter().position(waits_for).unwrap_or(0);
        if let Some(next) = self.line.remove(next) {
            self.line.push_front(next);
            self.begins(next);
        }
    }

    /// Ends it for its caller while its answer is under way.
    fn is_abandoned(&mut self, number: usize, code: FaultCode) {
        self.ends_for_its_caller(number, Some(code));
        if self.side.stops {
            return self.leaves(number);
        }
        let until = self.now + crate::turn::ABANDONED_MS;
        self.turns[number].phase = Phase::Abandoned { until };
    }

    pub fn cancel(&mut self, number: usize) {
        match self.turns[number].phase {
            Phase::Gone | Phase::Abandoned { .. } => {}
            Phase::Streams => self.is_abandoned(number, FaultCode::Cancelled),
            _ => self.ends(number, Some(FaultCode::Cancelled)),
        }
    }

    pub fn drop(&mut self, number: usize) {
        if self.turns[number].phase != Phase::Gone {
            self.leaves(number);
        }
    }

    pub fn stream_ends(&mut self, number: usize, good: bool) {
        match (self.turns[number].phase, good) {
            (Phase::Streams, true) => self.ends(number, None),
            (Phase::Streams, false) => self.fails(number, FaultCode::StreamInterrupted, None),
            (Phase::Abandoned { .. }, _) => self.leaves(number),
            _ => {}
        }
    }

    pub fn tool_ends(&mut self, number: usize) {
        if self.turns[number].phase == Phase::RunsSlowTool {
            self.goes_on(number);
        }
    }

    pub fn decide(
        &mut self,
        number: usize,
        yes: bool,
        role: DeciderRole,
    ) -> Result<(), DecideError> {
        let now = self.now;
        let turn = &mut self.turns[number];
        let runs = turn.end.is_none() && self.line.front() == Some(&number);
        match turn.phase {
            Phase::Asks { left, .. } => {
                if !role.may(yes, Approval::Asker) {
                    return Err(DecideError::NotPermitted);
                }
                turn.deadline = now + left;
                turn.decided = true;
                self.goes_on(number);
                Ok(())
            }
            _ if runs && turn.decided => Err(DecideError::AlreadyDecided),
            _ => Err(DecideError::NotPending),
        }
    }

    pub fn wait(&mut self, ms: u64) {
        let until = self.now + ms;
        while let Some(next) = self.next_timer().filter(|next| *next <= until) {
            self.now = next;
            for number in 0..self.turns.len() {
                self.is_late(number);
            }
        }
        self.now = until;
    }

    fn next_timer(&self) -> Option<u64> {
        let timer = |turn: &ModelTurn| match turn.phase {
            Phase::Waits { until } | Phase::Abandoned { until } => Some(until),
            Phase::Streams | Phase::RunsSlowTool => Some(turn.deadline),
            Phase::Asks { expires, .. } => Some(expires),
            Phase::Gone => None,
        };
        self.turns.iter().filter_map(timer).min()
    }

    fn is_late(&mut self, number: usize) {
        let now = self.now;
        let turn = &mut self.turns[number];
        match turn.phase {
            Phase::Waits { until } if until <= now => self.ends(number, Some(FaultCode::Busy)),
            Phase::Abandoned { until } if until <= now => self.leaves(number),
            Phase::Streams if turn.deadline <= now => {
                self.settles(number, Some(0));
                self.is_abandoned(number, FaultCode::TimedOut);
            }
            // The tool is the caller's.
            Phase::RunsSlowTool if turn.deadline <= now => {
                self.ends(number, Some(FaultCode::TimedOut));
            }
            Phase::Asks { expires, left } if expires <= now => {
                turn.deadline = now + left;
                turn.unattended = true;
                turn.decided = true;
                self.goes_on(number);
            }
            _ => {}
        }
    }

    pub fn configure(&mut self, settings: Settings) {
        if settings.port != self.settings.port {
            self.side = Side::default();
        }
        self.settings = settings;
    }

    pub fn reset(&mut self) {
        self.side.resets();
    }

    pub fn trap(&mut self) {
        for turn in &mut self.turns {
            turn.phase = Phase::Gone;
            turn.permit = None;
        }
        self.line.clear();
        self.side.restarts(self.now, self.settings);
    }

    /// What waits for approval: the turn, and for how long.
    pub fn asked(&self) -> Vec<(String, u64)> {
        let asks = |number: &usize| match self.turns[*number].phase {
            Phase::Asks { expires, .. } => Some((world::id(*number), expires - self.now)),
            _ => None,
        };
        self.line.iter().filter_map(asks).collect()
    }
}
