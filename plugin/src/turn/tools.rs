//! Checks, runs and answers the model's tool calls.

use super::approval::Calls;
use super::round::Round;
use super::run::Run;
use crate::fault::Fault;
use crate::gateway::request::{ToolOutput, allows};
use crate::host::{Events, Host};
use crate::prelude::*;
use crate::text;
use alloc::collections::VecDeque;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;
use openclaw_core::approval::ApprovalOutcome;
use openclaw_core::level::Level;
use openclaw_core::turn::{Attachment, Event, NoticeCode, ToolCall, bounded_output};
use openclaw_wire::json;

/// Maximum concurrent tool calls; further ones wait.
pub const MAX_CALLS_AT_ONCE: usize = 8;
/// Maximum notices about single calls per turn; further ones are summed up per round.
pub const MAX_DENIALS_SAID: usize = 10;

/// Maximum characters shown of an unknown tool's name.
const MAX_NAME_SHOWN: usize = 64;

impl<H: Host, E: Events> Run<'_, H, E> {
    /// Runs the calls of one round, several at once; outputs are in call order. A call that is denied, not
    /// approved or fails gives the model an error output and never stops the turn.
    ///
    /// `level` is set to the effective level after the last memory reading.
    pub(super) async fn run_tools(
        &self,
        calls: Vec<ToolCall>,
        level: &mut Level,
    ) -> Result<Vec<ToolOutput>, Fault> {
        let mut round = Round::new(calls, || self.own_id(), self.config.locale)?;
        let asked = self.ask_approval(&mut round, level).await?;
        let mut waiting = VecDeque::from(asked.run);
        let mut undecided = asked.requests.len();
        let mut steps: Vec<Pin<Box<dyn Future<Output = Step> + '_>>> = vec![];
        for (request, calls) in asked.requests {
            let decision = self.decision(request.id.clone(), asked.expires_at);
            self.emit(Event::ApprovalRequested(request)).await?;
            steps.push(Box::pin(async { Step::Decided(decision.await, calls) }));
        }
        loop {
            while steps.len() < MAX_CALLS_AT_ONCE + undecided
                && let Some((at, call)) = waiting.pop_front()
            {
                // Check again for each call: earlier ones may have used up the memory.
                let (allowed, reading) = self.level().await?;
                *level = allowed;
                if let Err(refused) = self.may_run(&call, *level) {
                    self.refuse(&mut round, at, refused).await?;
                    continue;
                }
                if self.sends_file(&call) {
                    let has_room = self.has_room(&reading);
                    steps.push(Box::pin(async move {
                        Step::Fetched(at, self.called_file(&call, allowed, has_room).await)
                    }));
                    continue;
                }
                self.state.count(|counters| counters.tool_calls += 1);
                self.emit(Event::ToolCall(call.clone())).await?;
                steps.push(Box::pin(async move {
                    let id = call.id.clone();
                    let ran = self.host.run_tool(&self.turn.turn().id, call).await;
                    Step::Ran(at, id, bounded_output(ran))
                }));
            }
            if steps.is_empty() {
                break;
            }
            for step in some_ended(&mut steps).await {
                match step {
                    Step::Ran(at, call, result) => {
                        let succeeded = result.is_ok();
                        round.answer(at, result.unwrap_or_else(|why| format!("error: {why}")))?;
                        self.emit(Event::ToolEnded { call, succeeded }).await?;
                    }
                    Step::Fetched(at, Ok(file)) => {
                        round.answer(at, "sent".to_owned())?;
                        self.emit(Event::File(file)).await?;
                    }
                    Step::Fetched(at, Err((to_model, words))) => {
                        let refused = Refused {
                            to_model: format!("error: {to_model}"),
                            to_user: Some(words),
                            code: NoticeCode::FileRefused,
                        };
                        self.refuse(&mut round, at, refused).await?;
                    }
                    Step::Decided(outcome, calls) => {
                        undecided -= 1;
                        if undecided == 0 {
                            self.resume_before(asked.expires_at);
                        }
                        waiting.extend(self.decided(&mut round, outcome, calls).await?);
                    }
                }
            }
        }
        self.state
            .count(|counters| counters.tool_denials += round.not_run as u64);
        if round.unsaid > 0 {
            let words = text::more_calls_denied(self.config.locale, round.unsaid);
            self.say(NoticeCode::ToolDenied, words).await?;
        }
        Ok(round.outputs)
    }

    /// The outputs of a round over the limit.
    pub(super) fn refuse_all(&self, calls: Vec<ToolCall>) -> Result<Vec<ToolOutput>, Fault> {
        const WHY: &str =
            "error: too many rounds of tool calls; not run. Answer now, without tools.";
        let mut round = Round::new(calls, || self.own_id(), self.config.locale)?;
        for at in 0..round.take_calls().len() {
            round.answer(at, WHY.to_owned())?;
        }
        Ok(round.outputs)
    }

    /// A call id, unique across turns if turn ids are: the gateway's may be missing or repeated.
    fn own_id(&self) -> String {
        let number = self.calls.get() + 1;
        self.calls.set(number);
        format!("{}-{number}", self.turn.turn().id)
    }

    /// Answers a call that is not run, and notifies the user, or counts it once the limit is reached.
    pub(super) async fn refuse(
        &self,
        round: &mut Round,
        at: usize,
        refused: Refused,
    ) -> Result<(), Fault> {
        round.answer(at, refused.to_model)?;
        let Some(words) = refused.to_user else {
            return Ok(());
        };
        // A file that is not sent is no call that is not run.
        round.not_run += usize::from(refused.code == NoticeCode::ToolDenied);
        let said = self.denials_said.get();
        if said >= MAX_DENIALS_SAID {
            round.unsaid += 1;
            return Ok(());
        }
        self.denials_said.set(said + 1);
        self.say(refused.code, words).await
    }

    pub(super) fn may_run(&self, call: &ToolCall, level: Level) -> Result<(), Refused> {
        let locale = self.config.locale;
        let tools = &self.turn.turn().tools;
        let Some(tool) = tools.iter().find(|tool| tool.name == call.name) else {
            let name = self.config.quoted(&call.name, MAX_NAME_SHOWN);
            return Err(Refused::call(
                format!("error: there is no tool `{name}`; it was not run"),
                Some(text::tool_denied(locale, &name, None, level)),
            ));
        };
        let name = &tool.name;
        if !allows(level, tool) {
            // L0 runs no tools, even one that claims to need only L0: L1 is the minimum.
            let needs = tool.level.max(Level::ReadOnly);
            return Err(Refused::call(
                format!(
                    "error: the tool `{name}` needs the permission level {needs}, this turn has {level}; it was not run"
                ),
                Some(text::tool_denied(locale, name, Some(needs), level)),
            ));
        }
        if !json::is_object(&call.arguments) {
            return Err(Refused::call(
                format!("error: the arguments of `{name}` are no JSON object; it was not run"),
                None,
            ));
        }
        Ok(())
    }
}

pub(super) struct Refused {
    pub to_model: String,
    /// None for a mistake of the model's, which does not concern the user, and for what the user knows.
    pub to_user: Option<String>,
    /// Of the notice.
    pub code: NoticeCode,
}

impl Refused {
    /// A call that is not run.
    pub fn call(to_model: String, to_user: Option<String>) -> Self {
        let code = NoticeCode::ToolDenied;
        Self {
            to_model,
            to_user,
            code,
        }
    }
}

/// Something that the round waited for.
enum Step {
    /// A call has ended: its place, its id and its result.
    Ran(usize, String, Result<String, String>),
    /// A file to send has come, or will not: its call's place, and why.
    Fetched(usize, Result<Attachment, (String, String)>),
    /// An approval request has ended.
    Decided(ApprovalOutcome, Calls),
}

/// Waits until at least one future has completed, and removes all that have.
async fn some_ended<F: Future + ?Sized>(running: &mut Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    poll_fn(|cx| {
        let mut ended = vec![];
        running.retain_mut(|future| match future.as_mut().poll(cx) {
            Poll::Ready(output) => {
                ended.push(output);
                false
            }
            Poll::Pending => true,
        });
        if ended.is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(ended)
        }
    })
    .await
}
