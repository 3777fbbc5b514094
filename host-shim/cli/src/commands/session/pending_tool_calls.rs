//! The tool calls of a session's turn, which the caller on stdin runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use host_shim::{ToolCall, ToolRunner};
use tokio::sync::oneshot;

/// A tool's output, or its error.
type Outcome = Result<String, String>;

/// Where the calls of one turn wait for the caller's `tool-result`. Clones share them.
///
/// The event that announces a call and the runner's own call come on different ways, in any order.
#[derive(Clone, Debug, Default)]
pub struct PendingToolCalls(Arc<Mutex<HashMap<String, Slot>>>);

#[derive(Debug)]
struct Slot {
    /// The call was announced to the caller, who may answer it.
    announced: bool,
    answer: Option<oneshot::Sender<Outcome>>,
    /// None once the runner waits for it.
    outcome: Option<oneshot::Receiver<Outcome>>,
}

impl Default for Slot {
    fn default() -> Self {
        let (answer, outcome) = oneshot::channel();
        Self {
            announced: false,
            answer: Some(answer),
            outcome: Some(outcome),
        }
    }
}

impl PendingToolCalls {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the caller learns of this call now. A repeated id is a new call.
    pub fn announce(&self, call: &str) {
        let mut slots = self.slots();
        let slot = slots.entry(call.to_owned()).or_default();
        if slot.announced {
            *slot = Slot::default();
        }
        slot.announced = true;
    }

    /// The caller's answer; false if no such call waits for one.
    pub fn answer(&self, call: &str, outcome: Outcome) -> bool {
        let answer = self
            .slots()
            .get_mut(call)
            .filter(|slot| slot.announced)
            .and_then(|slot| slot.answer.take());
        match answer {
            // It fails if the call was dropped meanwhile.
            Some(answer) => answer.send(outcome).is_ok(),
            None => false,
        }
    }
}

impl ToolRunner for PendingToolCalls {
    fn run(&self, _turn: &str, call: ToolCall) -> BoxFuture<'static, Outcome> {
        let mut slots = self.slots();
        let slot = slots.entry(call.id).or_default();
        if slot.outcome.is_none() {
            *slot = Slot::default();
        }
        let outcome = slot.outcome.take();
        Box::pin(async move {
            let lost = || Err("the caller sent no result".to_owned());
            match outcome {
                Some(outcome) => outcome.await.unwrap_or_else(|_| lost()),
                None => lost(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn call(id: &str) -> ToolCall {
        ToolCall {
            id: id.to_owned(),
            name: "t".to_owned(),
            arguments: "{}".to_owned(),
        }
    }

    #[test]
    fn a_call_gets_its_answer_in_either_order() {
        let pending = PendingToolCalls::default();
        pending.announce("a");
        let run = pending.run("turn", call("a"));
        assert!(pending.answer("a", Ok("1".to_owned())));
        assert_eq!(run.now_or_never(), Some(Ok("1".to_owned())));

        let run = pending.run("turn", call("b"));
        pending.announce("b");
        assert!(pending.answer("b", Err("no".to_owned())));
        assert_eq!(run.now_or_never(), Some(Err("no".to_owned())));

        pending.announce("c");
        assert!(pending.answer("c", Ok("early".to_owned())));
        assert_eq!(
            pending.run("turn", call("c")).now_or_never(),
            Some(Ok("early".to_owned()))
        );
    }

    #[test]
    fn only_a_call_that_waits_can_be_answered() {
        let pending = PendingToolCalls::default();
        assert!(!pending.answer("a", Ok(String::new())));
        let run = pending.run("turn", call("a"));
        assert!(
            !pending.answer("a", Ok(String::new())),
            "the call was not announced yet"
        );
        pending.announce("a");
        assert!(pending.answer("a", Ok(String::new())));
        assert!(!pending.answer("a", Ok(String::new())), "twice");
        drop(run);
        pending.announce("b");
        drop(pending.run("turn", call("b")));
        assert!(
            !pending.answer("b", Ok(String::new())),
            "the call was dropped"
        );
    }

    #[test]
    fn an_id_that_comes_again_is_a_new_call() {
        let pending = PendingToolCalls::default();
        for round in ["1", "2"] {
            pending.announce("a");
            let run = pending.run("turn", call("a"));
            assert!(pending.answer("a", Ok(round.to_owned())));
            assert_eq!(run.now_or_never(), Some(Ok(round.to_owned())));
        }
    }
}
