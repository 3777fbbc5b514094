//! The message for an agent that takes over a turn from another.
//!
//! With level agents, a level that drops within a turn goes on with the agent of the lower level. It knows
//! neither the message nor the calls, so it gets the message again, and the results so far as text. Only low
//! memory lowers the level within a turn, so attachments are not sent again.

use super::run::Run;
use crate::gateway::request::{ToolOutput, result_line};
use crate::host::{Events, Host};
use crate::prelude::*;
use alloc::collections::VecDeque;

/// Maximum bytes of results that are kept; earlier ones are left out.
const MAX_BYTES: usize = 128 * 1024;
const LEFT_OUT: &str = "(earlier results are left out)\n";

/// Results of a turn's calls.
#[derive(Default)]
pub(super) struct Results {
    lines: VecDeque<String>,
    bytes: usize,
    left_out: bool,
}

impl Results {
    pub fn add(&mut self, outputs: &[ToolOutput]) {
        for output in outputs {
            let line = result_line(&output.name, &output.output);
            self.bytes += line.len();
            self.lines.push_back(line);
            while self.bytes > MAX_BYTES
                && let Some(first) = self.lines.pop_front()
            {
                self.bytes -= first.len();
                self.left_out = true;
            }
        }
    }

    /// The results, oldest first, one per line.
    pub fn text(&self) -> String {
        let start = if self.left_out { LEFT_OUT } else { "" };
        self.lines
            .iter()
            .fold(start.to_owned(), |text, line| text + line)
    }
}

impl<H: Host, E: Events> Run<'_, H, E> {
    /// The results so far, and what an agent that takes over does not get.
    pub(super) fn handover(&self, results: &Results) -> String {
        let mut text = results.text();
        if !self.turn.turn().attachments.is_empty() {
            text.push_str("the attachments of the message are left out: memory is low\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_results_are_kept() {
        let output = |name: &str, bytes| ToolOutput {
            call_id: String::new(),
            name: name.into(),
            output: "x".repeat(bytes),
        };
        let mut results = Results::default();
        results.add(&[output("first", 1_000_000)]);
        let text = results.text();
        assert!(
            text.starts_with("tool \"first\" returned: \"xxx") && text.len() < 17_000,
            "cut"
        );
        let more: Vec<_> = (0..9).map(|at| output(&format!("t{at}"), 16_000)).collect();
        results.add(&more);
        let text = results.text();
        assert!(text.starts_with("(earlier results are left out)\ntool \"t1\" "));
        assert!(text.contains("\ntool \"t8\" "));
        assert!(text.len() <= MAX_BYTES + LEFT_OUT.len());
    }
}
