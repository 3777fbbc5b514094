//! What callers ask, on its way to the component.
//!
//! A component that computes without a pause takes nothing. Its thread then looks in here now and then, so that callers
//! learn of it, and stops it if a turn was cancelled or the plugin closed in the meantime.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use openclaw_core::fault::{Fault, FaultCode};
use openclaw_core::locale::{Locale, say};
use openclaw_core::status::Status;
use tokio::sync::{mpsc, oneshot};

use super::{Answer, Command};

/// The commands that nobody has taken yet, and who has cancelled.
pub(super) struct Inbox(Mutex<State>);

struct State {
    commands: mpsc::UnboundedReceiver<Command>,
    /// Received while the component computed.
    early: VecDeque<Command>,
    /// Who waits for a status that the component has been asked for.
    statuses: HashMap<u64, Answer<Status>>,
    next_status: u64,
    /// Whether the turns under way were cancelled, by id.
    turns: HashMap<String, Arc<AtomicBool>>,
    /// Of messages.
    locale: Locale,
}

impl Inbox {
    pub(super) fn new(commands: mpsc::UnboundedReceiver<Command>) -> Self {
        Self(Mutex::new(State {
            commands,
            early: VecDeque::new(),
            statuses: HashMap::new(),
            next_status: 0,
            turns: HashMap::new(),
            locale: Locale::default(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next command; none once all handles are gone.
    pub(super) async fn next(&self) -> Option<Command> {
        poll_fn(|cx| {
            let mut state = self.lock();
            match state.early.pop_front() {
                Some(command) => Poll::Ready(Some(command)),
                None => state.commands.poll_recv(cx),
            }
        })
        .await
    }

    /// Takes no more commands. Those that wait are dropped, which closes them.
    pub(super) fn close(&self) {
        let early = {
            let mut state = self.lock();
            state.commands.close();
            std::mem::take(&mut state.early)
        };
        drop(early);
    }

    /// From now on messages are in this language.
    pub(super) fn speak(&self, locale: Locale) {
        self.lock().locale = locale;
    }

    /// Keeps who waits for a status; the key to [`Inbox::answer_status`].
    pub(super) fn keep_status(&self, answer: Answer<Status>) -> u64 {
        let mut state = self.lock();
        state.next_status += 1;
        let key = state.next_status;
        state.statuses.insert(key, answer);
        key
    }

    /// Answers it, unless [`Inbox::look`] has.
    pub(super) fn answer_status(&self, key: u64, status: Status) {
        let waiting = self.lock().statuses.remove(&key);
        if let Some(answer) = waiting {
            let _ = answer.send(Ok(status)); // An error means that nobody waits any more.
        }
    }

    /// Answers all who wait for a status with a fault.
    pub(super) fn fail_statuses(&self, fault: &Fault) {
        let waiting = std::mem::take(&mut self.lock().statuses);
        for answer in waiting.into_values() {
            let _ = answer.send(Err(fault.clone()));
        }
    }

    /// A turn begins; `cancelled` is set once its caller has cancelled it.
    pub(super) fn begin(&self, turn: &str, cancelled: Arc<AtomicBool>) {
        self.lock().turns.insert(turn.to_owned(), cancelled);
    }

    /// A turn has ended.
    pub(super) fn end(&self, turn: &str) {
        self.lock().turns.remove(turn);
    }

    /// No turn is under way any more.
    pub(super) fn end_all(&self) {
        self.lock().turns.clear();
    }

    /// The answer that waits for the end, if the plugin is being closed.
    pub(super) fn closing(&self) -> Option<oneshot::Sender<()>> {
        let mut state = self.lock();
        let at = state
            .early
            .iter()
            .position(|command| matches!(command, Command::Close(_)))?;
        match state.early.remove(at) {
            Some(Command::Close(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Looks in while the component has computed for a while: answers what need not wait for it, and says why it must
    /// be stopped, if it must: when the plugin is closed, or when a turn was cancelled and the component is `deaf`,
    /// having computed for longer than it may then.
    pub(super) fn look(&self, deaf: bool) -> Option<&'static str> {
        let mut state = self.lock();
        let locale = state.locale;
        while let Ok(command) = state.commands.try_recv() {
            state.early.push_back(command);
        }
        let words = say!(locale,
            en: "the component is computing; ask again in a moment",
            zh: "组件正忙于计算，请稍后再查询");
        let busy = Fault::new(FaultCode::Busy, locale, words);
        let mut closing = false;
        let waiting = std::mem::take(&mut state.early);
        let statuses = std::mem::take(&mut state.statuses);
        for answer in statuses.into_values() {
            let _ = answer.send(Err(busy.clone()));
        }
        for command in waiting {
            match command {
                Command::Status(answer) => {
                    let _ = answer.send(Err(busy.clone()));
                }
                Command::Ask(turn) if turn.gone.load(Ordering::Relaxed) => {
                    let words =
                        say!(locale, en: "cancelled before it began", zh: "在开始之前已取消");
                    let fault = Fault::new(FaultCode::Cancelled, locale, words);
                    let _ = turn.end.send(Err(fault));
                }
                other => {
                    closing |= matches!(other, Command::Close(_));
                    state.early.push_back(other);
                }
            }
        }
        let cancelled = |turn: &Arc<AtomicBool>| turn.load(Ordering::Relaxed);
        if closing {
            Some("it kept computing after the plugin was closed")
        } else if deaf && state.turns.values().any(cancelled) {
            Some("it kept computing after a turn was cancelled")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_answered_and_the_rest_is_kept_in_order() {
        let (sender, receiver) = mpsc::unbounded_channel();
        let inbox = Inbox::new(receiver);
        let (status, mut answered) = oneshot::channel();
        let (reset, _kept) = oneshot::channel();
        let (snapshot, _kept) = oneshot::channel();
        for command in [
            Command::Reset(reset),
            Command::Status(status),
            Command::Snapshot(snapshot),
        ] {
            sender.send(command).ok().unwrap();
        }
        assert_eq!(inbox.look(true), None);
        let fault = answered.try_recv().unwrap().unwrap_err();
        assert_eq!(fault.code, FaultCode::Busy);
        // The component has been asked already.
        let (status, mut answered) = oneshot::channel();
        inbox.keep_status(status);
        assert_eq!(inbox.look(true), None);
        assert!(answered.try_recv().unwrap().is_err());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            assert!(matches!(inbox.next().await, Some(Command::Reset(_))));
            assert!(matches!(inbox.next().await, Some(Command::Snapshot(_))));
            drop(sender);
            assert!(inbox.next().await.is_none());
        });
    }

    #[test]
    fn a_cancelled_turn_and_a_closed_plugin_stop_it() {
        let (sender, receiver) = mpsc::unbounded_channel();
        let inbox = Inbox::new(receiver);
        let flag = Arc::new(AtomicBool::new(false));
        inbox.begin("t1", flag.clone());
        assert_eq!(inbox.look(true), None);
        flag.store(true, Ordering::Relaxed);
        assert_eq!(inbox.look(false), None);
        assert!(inbox.look(true).unwrap().contains("cancelled"));
        inbox.end("t1");
        assert_eq!(inbox.look(true), None);
        let (close, _closed) = oneshot::channel();
        sender.send(Command::Close(close)).ok().unwrap();
        assert!(inbox.look(true).unwrap().contains("closed"));
        assert!(inbox.closing().is_some());
        assert_eq!(inbox.look(true), None);
    }
}
