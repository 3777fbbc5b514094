//! Runs one turn at a time; others wait in order in a bounded queue.

use alloc::collections::VecDeque;

/// Total bytes the queued turns may hold. They are in the component's memory in addition to the running turn.
pub const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;

/// A turn's place: running or queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// The result of [`Queue::enter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The turn runs now.
    Runs(Ticket),
    /// The turn waits behind this many others.
    Waits(Ticket, usize),
    /// The queue is full.
    Full,
}

/// The running turn and the queued ones.
#[derive(Debug, Default)]
pub struct Queue {
    running: Option<Ticket>,
    waiting: VecDeque<Ticket>,
    next: u64,
}

impl Queue {
    /// Runs a turn or queues it. At most `queue_length` turns wait.
    pub fn enter(&mut self, queue_length: u32) -> Entry {
        let ticket = Ticket(self.next);
        if self.running.is_none() {
            self.next += 1;
            self.running = Some(ticket);
            return Entry::Runs(ticket);
        }
        let ahead = self.waiting.len();
        if ahead >= queue_length as usize {
            return Entry::Full;
        }
        self.next += 1;
        self.waiting.push_back(ticket);
        Entry::Waits(ticket, ahead)
    }

    /// Removes a turn, running or queued. Returns the turn that runs next, if that changed.
    pub fn leave(&mut self, ticket: Ticket) -> Option<Ticket> {
        if self.running == Some(ticket) {
            self.running = self.waiting.pop_front();
            return self.running;
        }
        self.waiting.retain(|waiting| *waiting != ticket);
        None
    }

    /// Whether this turn is running.
    pub fn runs(&self, ticket: Ticket) -> bool {
        self.running == Some(ticket)
    }

    /// Running turns: 0 or 1.
    pub fn in_flight(&self) -> u32 {
        u32::from(self.running.is_some())
    }

    /// Queued turns.
    pub fn queued(&self) -> u32 {
        self.waiting.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn guard_concurrency_one_runs_others_wait_in_order() {
        let mut queue = Queue::default();
        let Entry::Runs(a) = queue.enter(2) else {
            panic!("the first runs")
        };
        let Entry::Waits(b, 0) = queue.enter(2) else {
            panic!("the second waits")
        };
        let Entry::Waits(c, 1) = queue.enter(2) else {
            panic!("the third waits behind it")
        };
        assert_eq!(queue.enter(2), Entry::Full);
        assert_eq!(queue.leave(a), Some(b));
        assert_eq!(queue.leave(b), Some(c));
        assert_eq!(queue.leave(c), None);
        assert_eq!((queue.in_flight(), queue.queued()), (0, 0));
    }

    #[test]
    fn guard_concurrency_a_cancelled_waiter_leaves_the_queue() {
        let mut queue = Queue::default();
        let Entry::Runs(a) = queue.enter(1) else {
            panic!()
        };
        let Entry::Waits(b, _) = queue.enter(1) else {
            panic!()
        };
        assert_eq!(queue.leave(b), None);
        let Entry::Waits(c, 0) = queue.enter(1) else {
            panic!("its place is free again")
        };
        assert_eq!(queue.leave(a), Some(c));
    }

    proptest! {
        /// The model is a plain list whose head runs.
        #[test]
        fn lane_agrees_with_a_list(
            queue_length in 0u32..4,
            steps in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 0..60),
        ) {
            let mut queue = Queue::default();
            let mut model: Vec<Ticket> = vec![];
            for (enters, pick) in steps {
                if enters {
                    match queue.enter(queue_length) {
                        Entry::Runs(ticket) => {
                            prop_assert!(model.is_empty());
                            model.push(ticket);
                        }
                        Entry::Waits(ticket, ahead) => {
                            prop_assert_eq!(ahead, model.len() - 1);
                            model.push(ticket);
                        }
                        Entry::Full => prop_assert_eq!(model.len(), 1 + queue_length as usize),
                    }
                } else if !model.is_empty() {
                    let at = pick.index(model.len());
                    let next = queue.leave(model.remove(at));
                    prop_assert_eq!(next, if at == 0 { model.first().copied() } else { None });
                }
                for (at, ticket) in model.iter().enumerate() {
                    prop_assert_eq!(queue.runs(*ticket), at == 0);
                }
                prop_assert_eq!(queue.in_flight() as usize, model.len().min(1));
                prop_assert_eq!(queue.queued() as usize, model.len().saturating_sub(1));
            }
        }
    }
}
