//! The tool calls of one answer, each once, and their outputs.

use crate::fault::Fault;
use crate::gateway::request::{ToolOutput, check_size, output_bytes};
use crate::json;
use crate::prelude::*;
use openclaw_core::locale::Locale;
use openclaw_core::turn::ToolCall;

/// Calls of one answer that are looked at; the model gets an error for each of the others.
pub const MAX_CALLS: usize = 64;

/// What the model gets for a call beyond [`MAX_CALLS`].
const TOO_MANY: &str = "error: over 64 calls in one answer; not run";

/// One round.
pub(super) struct Round {
    calls: Vec<ToolCall>,
    /// One for each call, in order.
    pub outputs: Vec<ToolOutput>,
    /// Bytes that the outputs have in the next request.
    bytes: u64,
    /// Calls that are not run, except for the model's slips.
    pub not_run: usize,
    /// Those of them that the user has not been told of.
    pub unsaid: usize,
    locale: Locale,
}

impl Round {
    /// Takes in the calls of an answer. `own_id` makes the ids that the calls get: the gateway's are
    /// only there to answer it. Too many to be answered in one request are a fault.
    pub fn new(
        calls: Vec<ToolCall>,
        own_id: impl Fn() -> String,
        locale: Locale,
    ) -> Result<Self, Fault> {
        let mut round = Self {
            calls: vec![],
            outputs: vec![],
            bytes: 0,
            not_run: 0,
            unsaid: 0,
            locale,
        };
        for mut call in calls {
            if round.knows(&mut call) {
                continue;
            }
            let at = round.outputs.len();
            let id = own_id();
            let call_id = core::mem::replace(&mut call.id, id);
            round.outputs.push(ToolOutput {
                // One that has none is answered by ours.
                call_id: if call_id.is_empty() {
                    call.id.clone()
                } else {
                    call_id
                },
                output: String::new(),
            });
            if at < MAX_CALLS {
                round.calls.push(call);
            } else {
                round.not_run += 1;
                round.unsaid += 1;
                round.answer(at, TOO_MANY.to_owned())?;
            }
        }
        Ok(round)
    }

    /// The calls to be judged, with their own ids. Each is answered by its place.
    pub fn take_calls(&mut self) -> Vec<ToolCall> {
        core::mem::take(&mut self.calls)
    }

    /// Takes an output in, unless the next request would be larger than the gateway takes.
    pub fn answer(&mut self, at: usize, output: String) -> Result<(), Fault> {
        self.outputs[at].output = output;
        self.bytes += output_bytes(&self.outputs[at]);
        check_size(self.bytes, self.locale)
    }

    /// Whether a call is one of those before it: same id, same tool, and the same arguments, or one of
    /// the two has none that are complete. Then the fuller one stays. The same id for something else
    /// is another call: there are gateways that count anew, or take the tool's name for an id.
    fn knows(&mut self, call: &mut ToolCall) -> bool {
        if call.id.is_empty() {
            return false;
        }
        // Of too many only the first of an id is answered.
        let full = self.outputs.len() >= MAX_CALLS;
        let mut has_arguments = None;
        for (known, output) in self.calls.iter_mut().zip(&self.outputs) {
            if output.call_id != call.id || !(full || known.name == call.name) {
                continue;
            }
            let has_arguments = *has_arguments.get_or_insert_with(|| has(&call.arguments));
            if full || !has_arguments || compact(&known.arguments).eq(compact(&call.arguments)) {
                return true;
            }
            if !has(&known.arguments) {
                known.arguments = core::mem::take(&mut call.arguments);
                return true;
            }
        }
        false
    }
}

/// Whether these are complete arguments, and any at all.
fn has(arguments: &str) -> bool {
    compact(arguments).ne(*b"{}") && json::is_object(arguments)
}

/// JSON text without the white space between its words.
fn compact(text: &str) -> impl Iterator<Item = u8> {
    let (mut in_string, mut escaped) = (false, false);
    text.bytes().filter(move |byte| {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            return true;
        }
        in_string = *byte == b'"';
        !byte.is_ascii_whitespace()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
        ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
        }
    }

    /// What is run, and the ids that the gateway is answered by.
    fn round(calls: Vec<ToolCall>) -> (Vec<String>, Vec<String>) {
        let number = core::cell::Cell::new(0);
        let own_id = || {
            number.set(number.get() + 1);
            format!("own-{}", number.get())
        };
        let Ok(mut round) = Round::new(calls, own_id, Locale::En) else {
            panic!("too many")
        };
        let calls = round.take_calls();
        let ids: Vec<_> = calls.iter().map(|call| call.id.as_str()).collect();
        let own: Vec<_> = (1..=ids.len()).map(|at| format!("own-{at}")).collect();
        assert_eq!(ids, own, "ids of our own");
        let ran = calls.iter();
        let ran = ran.map(|call| format!("{}{}", call.name, call.arguments));
        let answered = round.outputs.iter().map(|output| output.call_id.clone());
        (ran.collect(), answered.collect())
    }

    // Report F16: a call that is announced and confirmed comes twice, once with its arguments and once
    // with none (NousResearch/hermes-agent#94961); two calls of one answer share an id
    // (can1357/oh-my-pi#2055).
    // Report A8 (attack): calls without an id, of which others kept only the last
    // (huggingface/smolagents#2683).
    #[test]
    fn the_same_call_twice_is_one_call() {
        let a = || call("a", "t", r#"{"x": "1 2"}"#);
        for (calls, ran, answered) in [
            (vec![a(), a()], vec![r#"t{"x": "1 2"}"#], vec!["a"]),
            (
                vec![a(), call("a", "t", "{ \"x\":\"1 2\"\n}"), a()],
                vec![r#"t{"x": "1 2"}"#],
                vec!["a"],
            ),
            // One of them is not complete.
            (
                vec![
                    call("a", "t", ""),
                    a(),
                    call("a", "t", "{ }"),
                    call("a", "t", r#"{"x":"#),
                ],
                vec![r#"t{"x": "1 2"}"#],
                vec!["a"],
            ),
            // Another call under the same id.
            (
                vec![a(), call("a", "t", r#"{"x":"12"}"#), call("a", "u", "{}")],
                vec![r#"t{"x": "1 2"}"#, r#"t{"x":"12"}"#, "u{}"],
                vec!["a", "a", "a"],
            ),
            // The same of two ids, or of none, is two calls.
            (
                vec![call("a", "t", "{}"), call("b", "t", "{}")],
                vec!["t{}", "t{}"],
                vec!["a", "b"],
            ),
            (
                vec![call("", "t", "{}"), call("", "t", "{}")],
                vec!["t{}", "t{}"],
                vec!["own-1", "own-2"],
            ),
        ] {
            let (really_ran, really_answered) = round(calls);
            assert_eq!((really_ran, really_answered), {
                let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
                (owned(ran), owned(answered))
            });
        }
    }

    // Report A9 (attack): 8,000 calls in one answer.
    #[test]
    fn of_thousands_of_calls_some_are_judged_and_all_are_answered() {
        let id = |at: usize| format!("c{at}");
        let calls = (0..8_000).map(|at| call(&id(at), "t", "{}")).collect();
        let mut round = Round::new(calls, String::new, Locale::En).unwrap_or_else(|_| panic!());
        assert_eq!(round.take_calls().len(), MAX_CALLS);
        assert_eq!(round.outputs.len(), 8_000);
        assert_eq!((round.not_run, round.unsaid), (8_000 - 64, 8_000 - 64));
        let (judged, others) = round.outputs.split_at(MAX_CALLS);
        assert!(judged.iter().all(|output| output.output.is_empty()));
        assert!(others.iter().all(|output| output.output == TOO_MANY));
        assert_eq!(others[0].call_id, "c64");
        // What no request could answer.
        let calls = (0..300_000).map(|at| call(&id(at), "t", "{}")).collect();
        let fault = Round::new(calls, String::new, Locale::En).err();
        assert_eq!(
            fault.map(|fault| fault.code),
            Some(openclaw_core::fault::FaultCode::RequestTooLarge)
        );
    }
}
