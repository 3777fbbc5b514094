//! Runs one turn at a time; others wait in a bounded queue, background turns after all others.

use alloc::collections::VecDeque;

use crate::config::Limits;
use crate::turn::Patience;

/// Total bytes the queued turns of one kind may hold; background turns are counted with the others. They are in the
/// component's memory in addition to the running turn.
pub const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;

/// A turn's place: running or queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    number: u64,
    /// Bytes that the turn holds while it is queued.
    bytes: usize,
    patience: Patience,
}

/// The result of [`Queue::enter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The turn runs now.
    Runs(Ticket),
    /// The turn waits behind this many others and the running one.
    Waits(Ticket, usize),
    /// As many turns of its kind wait as may.
    Full(usize),
    /// Queued turns would hold more than [`MAX_WAITING_BYTES`].
    TooLarge,
}

/// The running turn and the queued ones.
#[derive(Debug, Default)]
pub struct Queue {
    running: Option<Ticket>,
    /// By patience.
    waiting: [VecDeque<Ticket>; 2],
    next: u64,
}

impl Queue {
    /// Runs or queues a turn that holds this many bytes.
    pub fn enter(&mut self, patience: Patience, bytes: usize, limits: &Limits) -> Entry {
        let ticket = Ticket {
            number: self.next,
            bytes,
            patience,
        };
        if self.running.is_none() {
            self.next += 1;
            self.running = Some(ticket);
            return Entry::Runs(ticket);
        }
        let most = limits.queue_places(patience);
        // Background turns make no other turn wait, nor refuse it.
        let before = &self.waiting[..=patience as usize];
        let held: usize = before.iter().flatten().map(|ticket| ticket.bytes).sum();
        if held.saturating_add(bytes) > MAX_WAITING_BYTES {
            return Entry::TooLarge;
        }
        let ahead = before.iter().map(VecDeque::len).sum();
        let queue = &mut self.waiting[patience as usize];
        if queue.len() >= most as usize {
            return Entry::Full(queue.len());
        }
        self.next += 1;
        queue.push_back(ticket);
        Entry::Waits(ticket, ahead)
    }

    /// Removes a turn, running or queued. Returns the turn that runs next, if that changed.
    pub fn leave(&mut self, ticket: Ticket) -> Option<Ticket> {
        if self.running == Some(ticket) {
            self.running = self.waiting.iter_mut().find_map(VecDeque::pop_front);
            return self.running;
        }
        for queue in &mut self.waiting {
            queue.retain(|waiting| *waiting != ticket);
        }
        None
    }

    /// Whether this turn is running.
    pub fn runs(&self, ticket: Ticket) -> bool {
        self.running == Some(ticket)
    }

    /// The patience of the running turn, if one runs.
    pub fn running(&self) -> Option<Patience> {
        self.running.map(|ticket| ticket.patience)
    }

    /// Running turns: 0 or 1.
    pub fn in_flight(&self) -> u32 {
        u32::from(self.running.is_some())
    }

    /// Queued turns of both kinds.
    pub fn queued(&self) -> u32 {
        self.waiting.iter().map(|queue| queue.len() as u32).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    use super::*;
    use Patience::{Background, Interactive};
    use proptest::prelude::*;

    fn limits(queue_length: u32, background_length: u32) -> Limits {
        Limits {
            queue_length,
            background_length,
            ..Limits::default()
        }
    }

    #[test]
    fn guard_concurrency_one_runs_others_wait_in_order() {
        let mut queue = Queue::default();
        let enter = |queue: &mut Queue| queue.enter(Interactive, 0, &limits(2, 0));
        let Entry::Runs(a) = enter(&mut queue) else {
            panic!("the first runs")
        };
        let Entry::Waits(b, 0) = enter(&mut queue) else {
            panic!("the second waits")
        };
        let Entry::Waits(c, 1) = enter(&mut queue) else {
            panic!("the third waits behind it")
        };
        assert_eq!(enter(&mut queue), Entry::Full(2));
        assert_eq!(queue.leave(a), Some(b));
        assert_eq!(queue.leave(b), Some(c));
        assert_eq!(queue.leave(c), None);
        assert_eq!((queue.in_flight(), queue.queued()), (0, 0));
    }

    #[test]
    fn guard_concurrency_a_cancelled_waiter_leaves_the_queue() {
        let mut queue = Queue::default();
        let enter = |queue: &mut Queue| queue.enter(Interactive, 0, &limits(1, 0));
        let Entry::Runs(a) = enter(&mut queue) else {
            panic!()
        };
        let Entry::Waits(b, _) = enter(&mut queue) else {
            panic!()
        };
        assert_eq!(queue.leave(b), None);
        let Entry::Waits(c, 0) = enter(&mut queue) else {
            panic!("its place is free again")
        };
        assert_eq!(queue.leave(a), Some(c));
    }

    #[test]
    fn guard_concurrency_a_flood_of_background_turns_takes_no_place_of_others() {
        let mut queue = Queue::default();
        let limits = limits(1, 2);
        let Entry::Runs(first) = queue.enter(Background, MAX_WAITING_BYTES, &limits) else {
            panic!("nothing else runs")
        };
        let half = MAX_WAITING_BYTES / 2;
        let Entry::Waits(second, 0) = queue.enter(Background, half, &limits) else {
            panic!()
        };
        assert_eq!(queue.enter(Background, half + 1, &limits), Entry::TooLarge);
        let Entry::Waits(_, 1) = queue.enter(Background, half, &limits) else {
            panic!("both hold as much as queued turns may")
        };
        assert_eq!(queue.enter(Background, 0, &limits), Entry::Full(2));
        // None of them is ahead of it, however late it comes.
        let Entry::Waits(asked, 0) = queue.enter(Interactive, MAX_WAITING_BYTES, &limits) else {
            panic!("it has a place and bytes of its own")
        };
        assert_eq!(queue.enter(Background, 1, &limits), Entry::TooLarge);
        assert_eq!(queue.running(), Some(Background), "it is not interrupted");
        assert_eq!(queue.leave(first), Some(asked));
        assert_eq!(queue.leave(asked), Some(second));
    }

    proptest! {
        /// The model is a plain list whose head runs; the next to run is the first of the most impatient.
        #[test]
        fn lane_agrees_with_a_list(
            lengths in (0u32..4, 0u32..4),
            steps in prop::collection::vec(
                (any::<bool>(), any::<bool>(), 0..3usize, any::<prop::sample::Index>()), 0..60),
        ) {
            let mut queue = Queue::default();
            let limits = limits(lengths.0, lengths.1);
            let third = MAX_WAITING_BYTES / 3;
            let mut model: Vec<(Ticket, Patience, usize)> = vec![];
            for (enters, background, thirds, pick) in steps {
                if enters {
                    let patience = if background { Background } else { Interactive };
                    let waiting = model.iter().skip(1);
                    let before = waiting.clone().filter(|one| one.1 <= patience);
                    let same = waiting.filter(|one| one.1 == patience).count();
                    let held: usize = before.clone().map(|one| one.2).sum();
                    let most = if background { lengths.1 } else { lengths.0 } as usize;
                    match queue.enter(patience, thirds * third, &limits) {
                        Entry::Runs(ticket) => {
                            prop_assert!(model.is_empty());
                            model.push((ticket, patience, thirds * third));
                        }
                        Entry::Waits(ticket, ahead) => {
                            prop_assert_eq!(ahead, before.count());
                            prop_assert!(same < most && held + thirds * third <= MAX_WAITING_BYTES);
                            model.push((ticket, patience, thirds * third));
                        }
                        Entry::Full(waiting) => prop_assert_eq!((same, waiting), (most, most)),
                        Entry::TooLarge => prop_assert!(held + thirds * third > MAX_WAITING_BYTES),
                    }
                } else if !model.is_empty() {
                    let at = pick.index(model.len());
                    let next = queue.leave(model.remove(at).0);
                    if at == 0 {
                        let next = (0..model.len()).min_by_key(|at| (model[*at].1, *at));
                        if let Some(next) = next {
                            let next = model.remove(next);
                            model.insert(0, next);
                        }
                    }
                    prop_assert_eq!(next, if at == 0 { model.first().map(|one| one.0) } else { None });
                }
                for (at, (ticket, ..)) in model.iter().enumerate() {
                    prop_assert_eq!(queue.runs(*ticket), at == 0);
                }
                prop_assert_eq!(queue.running(), model.first().map(|one| one.1));
                prop_assert_eq!(queue.in_flight() as usize, model.len().min(1));
                prop_assert_eq!(queue.queued() as usize, model.len().saturating_sub(1));
            }
        }
    }
}
