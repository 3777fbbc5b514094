//! Commands awaiting their answers, so that all are answered when the component traps.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use openclaw_core::fault::Fault;

/// All commands awaiting an answer.
#[derive(Default)]
pub(super) struct Pending {
    next: Cell<u64>,
    slots: RefCell<HashMap<u64, Kept>>,
}

/// A command that awaits its answer.
struct Kept {
    slot: Rc<dyn Fail>,
    /// Set once its caller has cancelled it; none if that cannot be.
    gone: Option<Arc<AtomicBool>>,
}

trait Fail {
    fn fail(&self, fault: &Fault);
}

type Sender<T, E> = oneshot::Sender<Result<T, E>>;

struct Waiting<T, E>(RefCell<Option<Sender<T, E>>>);

impl<T, E> Waiting<T, E> {
    fn send(&self, answer: Result<T, E>) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(answer); // An error means that nobody waits any more.
        }
    }
}

impl<T, E: From<Fault>> Fail for Waiting<T, E> {
    fn fail(&self, fault: &Fault) {
        self.send(Err(fault.clone().into()));
    }
}

/// Answers one command. Dropped without an answer, the command stays pending.
pub(super) struct Slot<'a, T, E = Fault> {
    pending: &'a Pending,
    key: u64,
    waiting: Rc<Waiting<T, E>>,
}

impl Pending {
    /// Registers a command.
    pub(super) fn add<T: 'static, E: From<Fault> + 'static>(
        &self,
        answer: Sender<T, E>,
    ) -> Slot<'_, T, E> {
        self.keep(answer, None)
    }

    /// Registers a turn; `gone` is set once its caller has cancelled it.
    pub(super) fn add_turn<T: 'static, E: From<Fault> + 'static>(
        &self,
        answer: Sender<T, E>,
        gone: Arc<AtomicBool>,
    ) -> Slot<'_, T, E> {
        self.keep(answer, Some(gone))
    }

    fn keep<T: 'static, E: From<Fault> + 'static>(
        &self,
        answer: Sender<T, E>,
        gone: Option<Arc<AtomicBool>>,
    ) -> Slot<'_, T, E> {
        let key = self.next.replace(self.next.get() + 1);
        let waiting = Rc::new(Waiting(RefCell::new(Some(answer))));
        let slot = waiting.clone();
        self.slots.borrow_mut().insert(key, Kept { slot, gone });
        Slot {
            pending: self,
            key,
            waiting,
        }
    }

    /// Answers all pending commands with a fault.
    pub(super) fn fail_all(&self, fault: &Fault) {
        for kept in self.slots.take().into_values() {
            kept.slot.fail(fault);
        }
    }

    /// Answers those with a fault whose callers have cancelled them.
    pub(super) fn fail_gone(&self, fault: &Fault) {
        self.slots.borrow_mut().retain(|_, kept| {
            let gone = kept.gone.as_ref();
            let gone = gone.is_some_and(|gone| gone.load(Ordering::Relaxed));
            if gone {
                kept.slot.fail(fault);
            }
            !gone
        });
    }
}

impl<T, E> Slot<'_, T, E> {
    /// Answers the command.
    pub(super) fn answer(self, answer: Result<T, E>) {
        self.pending.slots.borrow_mut().remove(&self.key);
        self.waiting.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use openclaw_core::{fault::FaultCode, locale::Locale};

    use super::*;

    #[test]
    fn what_is_answered_is_not_failed_and_what_is_dropped_is() {
        let pending = Pending::default();
        let (answered, mut first) = oneshot::channel::<Result<u8, Fault>>();
        let (dropped, mut second) = oneshot::channel::<Result<u8, Fault>>();
        pending.add(answered).answer(Ok(1));
        drop(pending.add(dropped));
        assert!(second.try_recv().is_err());
        let fault = Fault::new(FaultCode::PluginTrapped, Locale::En, "x");
        pending.fail_all(&fault);
        pending.fail_all(&fault);
        assert_eq!(first.try_recv(), Ok(Ok(1)));
        assert_eq!(second.try_recv(), Ok(Err(fault)));
    }

    #[test]
    fn only_a_turn_that_was_cancelled_is_told_so() {
        let pending = Pending::default();
        let flag = Arc::new(AtomicBool::new(false));
        let (cancelled, mut first) = oneshot::channel::<Result<u8, Fault>>();
        let (other, mut second) = oneshot::channel::<Result<u8, Fault>>();
        drop(pending.add_turn(cancelled, flag.clone()));
        drop(pending.add_turn(other, Arc::default()));
        flag.store(true, Ordering::Relaxed);
        let fault = Fault::new(FaultCode::Cancelled, Locale::En, "x");
        pending.fail_gone(&fault);
        assert_eq!(first.try_recv(), Ok(Err(fault)));
        assert!(second.try_recv().is_err());
    }
}
