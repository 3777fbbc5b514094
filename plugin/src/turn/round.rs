//! The tool calls of one answer, deduplicated, and their outputs.

use crate::fault::Fault;
use crate::gateway::request::{ToolOutput, check_size, output_bytes};
use crate::prelude::*;
use openclaw_core::locale::Locale;
use openclaw_core::turn::ToolCall;
use openclaw_wire::json;

/// Maximum calls per answer that are considered; each further call gets an error output.
pub const MAX_CALLS: usize = 64;

/// Output for a call beyond [`MAX_CALLS`].
const TOO_MANY: &str = "error: over 64 calls in one answer; not run";

/// One round of tool calls.
pub(super) struct Round {
    calls: Vec<ToolCall>,
    /// One per call, in order.
    pub outputs: Vec<ToolOutput>,
    /// Bytes of the outputs in the next request.
    bytes: u64,
    /// Calls not run, excluding the model's mistakes.
    pub not_run: usize,
    /// Those of `not_run` that the user has not been told about.
    pub unsaid: usize,
    locale: Locale,
}

impl Round {
    /// Collects the calls of an answer. Each gets an id from `own_id`; the gateway's ids are only used to
    /// answer it. Fails if there are too many to answer in one request.
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
                // A call without an id is answered under ours.
                call_id: if call_id.is_empty() {
                    call.id.clone()
                } else {
                    call_id
                },
                name: call.name.clone(),
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

    /// Takes the calls, with their own ids. Answer each by its index.
    pub fn take_calls(&mut self) -> Vec<ToolCall> {
        core::mem::take(&mut self.calls)
    }

    /// Adds an output, unless the next request would exceed the gateway's size limit.
    pub fn answer(&mut self, at: usize, output: String) -> Result<(), Fault> {
        self.outputs[at].output = output;
        self.bytes += output_bytes(&self.outputs[at]);
        check_size(self.bytes, self.locale)
    }

    /// Whether a call repeats an earlier one: same id and tool, and the same arguments, or one of the two has
    /// no complete arguments; the fuller call is kept. The same id with other content is a new call: some
    /// gateways restart their numbering, or use the tool's name as id.
    fn knows(&mut self, call: &mut ToolCall) -> bool {
        if call.id.is_empty() {
            return false;
        }
        // Beyond the limit, only the first call of an id is answered.
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

/// Whether the arguments are present and complete.
fn has(arguments: &str) -> bool {
    compact(arguments).ne(*b"{}") && json::is_object(arguments)
}

/// JSON text without white space between tokens.
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

    /// The tool calls to run, and the gateway ids they are answered under.
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

    // Report F16: an announced and confirmed call comes twice, once with its arguments and once without
    // (NousResearch/hermes-agent#94961); two calls of one answer share an id (can1357/oh-my-pi#2055).
    // Report A8 (attack): calls without an id, of which others kept only the last (huggingface/smolagents#2683).
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
            // One of them is incomplete.
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
            // A different call under the same id.
            (
                vec![a(), call("a", "t", r#"{"x":"12"}"#), call("a", "u", "{}")],
                vec![r#"t{"x": "1 2"}"#, r#"t{"x":"12"}"#, "u{}"],
                vec!["a", "a", "a"],
            ),
            // Equal calls with different ids, or without ids, are two calls.
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
        // More than any request could answer.
        let calls = (0..300_000).map(|at| call(&id(at), "t", "{}")).collect();
        let fault = Round::new(calls, String::new, Locale::En).err();
        assert_eq!(
            fault.map(|fault| fault.code),
            Some(openclaw_core::fault::FaultCode::RequestTooLarge)
        );
    }
}
