//! The model's tool calls: each is judged, run or refused, and answered.

use super::MAX_TOOL_OUTPUT_BYTES;
use super::model::{Event, Fault, NoticeCode, ToolCall};
use super::outside::{Events, Outside};
use super::run::Run;
use crate::gateway::request::{ToolOutput, allows};
use crate::json;
use crate::level::Level;
use crate::prelude::*;
use crate::text;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;

impl<O: Outside, E: Events> Run<'_, O, E> {
    /// Runs the calls of one round, at once; the outputs are in the order of the calls. A call that
    /// may not run, or fails, gives the model an error output and never stops the turn.
    ///
    /// `level` becomes the level in force after the last look at the memory.
    pub(super) async fn run_tools(
        &self,
        calls: Vec<ToolCall>,
        level: &mut Level,
    ) -> Result<Vec<ToolOutput>, Fault> {
        let mut outputs: Vec<ToolOutput> = calls
            .iter()
            .map(|call| ToolOutput {
                call_id: call.id.clone(),
                output: String::new(),
            })
            .collect();
        let mut running = vec![];
        for (at, call) in calls.into_iter().enumerate() {
            *level = self.level().await?.0;
            match self.may_run(&call, *level) {
                Ok(()) => {
                    self.state.count(|counters| counters.tool_calls += 1);
                    self.emit(Event::ToolStarted(call.clone())).await?;
                    running.push(Some(Box::pin(async move {
                        (at, self.outside.run_tool(&self.turn.turn().id, call).await)
                    })));
                }
                Err(Refused { to_model, to_user }) => {
                    outputs[at].output = to_model;
                    if let Some(words) = to_user {
                        self.state.count(|counters| counters.tool_denials += 1);
                        self.say(NoticeCode::ToolDenied, words).await?;
                    }
                }
            }
        }
        while running.iter().any(Option::is_some) {
            for (at, result) in some_ended(&mut running).await {
                let result = bounded(result);
                let succeeded = result.is_ok();
                outputs[at].output = result.unwrap_or_else(|why| format!("error: {why}"));
                let id = outputs[at].call_id.clone();
                self.emit(Event::ToolEnded(id, succeeded)).await?;
            }
        }
        Ok(outputs)
    }

    fn may_run(&self, call: &ToolCall, level: Level) -> Result<(), Refused> {
        let locale = self.config.locale;
        let name = &call.name;
        let Some(tool) = self
            .turn
            .turn()
            .tools
            .iter()
            .find(|tool| tool.name == *name)
        else {
            return Err(Refused {
                to_model: format!("error: there is no tool `{name}`; it was not run"),
                to_user: Some(text::tool_denied(locale, name, None, level)),
            });
        };
        if !allows(level, tool) {
            // At L0 even a tool that claims to need no more is not run: L1 is what it takes.
            let needs = tool.needs.max(Level::ReadOnly);
            return Err(Refused {
                to_model: format!(
                    "error: the tool `{name}` needs the permission level {needs}, this turn has {level}; it was not run"
                ),
                to_user: Some(text::tool_denied(locale, name, Some(needs), level)),
            });
        }
        if !json::is_object(&call.arguments) {
            return Err(Refused {
                to_model: format!(
                    "error: the arguments of `{name}` are no JSON object; it was not run"
                ),
                to_user: None,
            });
        }
        Ok(())
    }
}

/// What a tool gave, unless that is too much for the model.
fn bounded(result: Result<String, String>) -> Result<String, String> {
    let (Ok(text) | Err(text)) = &result;
    match text.len() {
        ..=MAX_TOOL_OUTPUT_BYTES => result,
        bytes => Err(too_much_output(bytes)),
    }
}

/// What the model is told instead of an output of so many bytes.
pub fn too_much_output(bytes: usize) -> String {
    format!(
        "the tool's output has {bytes} bytes, at most {MAX_TOOL_OUTPUT_BYTES} are taken; ask it for less"
    )
}

/// Waits until at least one of the futures has ended; they are begun in their order.
async fn some_ended<F: Future>(running: &mut [Option<Pin<Box<F>>>]) -> Vec<F::Output> {
    poll_fn(|cx| {
        let mut ended = vec![];
        for slot in running.iter_mut() {
            if let Some(future) = slot
                && let Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *slot = None;
                ended.push(output);
            }
        }
        if ended.is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(ended)
        }
    })
    .await
}

struct Refused {
    to_model: String,
    /// None if it is the model's slip, which the user need not know.
    to_user: Option<String>,
}

/// The outputs of a round that is one too many.
pub(super) fn refuse_all(calls: Vec<ToolCall>) -> Vec<ToolOutput> {
    calls
        .into_iter()
        .map(|call| ToolOutput {
            call_id: call.id,
            output: "error: too many rounds of tool calls; not run. Answer now, without tools."
                .into(),
        })
        .collect()
}
