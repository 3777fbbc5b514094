//! Runs a turn: queue, guards, then requests until the model calls no more tools.

use super::abandoned::{ABANDONED_MS, Rest};
use super::files::Files;
use super::handover::Results;
use super::progress::{Progress, emit, nobody_reads};
use super::queue::enter;
use crate::config::Checked;
use crate::fault::Fault;
use crate::gateway::request::{self, Ask, CheckedTurn, ToolOutput};
use crate::host::{Events, Host};
use crate::prelude::*;
use crate::state::{Permit, State};
use crate::text;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::{
    pin::{Pin, pin},
    task::Poll,
};
use futures::future::{Either, select};
use openclaw_core::bindings::Times as _;
use openclaw_core::guards::memory::{Sample, judge};
use openclaw_core::guards::{breaker::Outcome, heavy};
use openclaw_core::turn::{Event, GatewayName, Notice, NoticeCode, Reply, TurnRequest, Usage};
use openclaw_core::{fault::FaultCode, level::Level};

/// The end of a turn.
pub(super) type Ending = Result<Reply, Fault>;

/// Runs and counts a turn until it ends or `cancel` resolves. A returned [`Rest`] must be drained while the
/// queue waits. Dropping the future, or the rest, closes the connection and releases the turn's place and
/// permit.
pub async fn run<'a, H: Host, E: Events>(
    state: &'a State,
    host: &'a H,
    events: &'a E,
    turn: &'a TurnRequest,
    cancel: impl Future<Output = ()>,
) -> (Ending, Option<Rest<'a>>) {
    let progress = Rc::new(Progress::default());
    state.count(|counters| counters.turns += 1);
    let guarded = guarded(state, host, events, turn, progress.clone());
    let mut guarded: Pin<Box<dyn Future<Output = Ending> + 'a>> = Box::pin(guarded);
    let mut cancel = pin!(cancel);
    let (end, over) = poll_fn(|cx| {
        // Cancellation comes first: a cancelled turn must not enter the queue.
        if cancel.as_mut().poll(cx).is_ready() {
            let locale = state.config().map(|config| config.locale);
            let words = text::cancelled(locale.unwrap_or_default());
            progress.leave(Fault {
                partial_text: progress.shown.take(),
                ..Fault::new(FaultCode::Cancelled, words)
            });
        }
        // Poll again after cancellation so that pending events are dropped.
        let polled = if !progress.is_left() || progress.runs_on() {
            guarded.as_mut().poll(cx)
        } else {
            Poll::Pending
        };
        match (progress.fault.take(), polled) {
            (Some(fault), polled) => Poll::Ready((Err(fault), polled.is_ready())),
            (None, polled) => polled.map(|end| (end, true)),
        }
    })
    .await;
    state.count_end(&end);
    let rest = (!over && progress.runs_on()).then(|| {
        state.set_reading_out(true);
        let until = host.now_ms().saturating_add(ABANDONED_MS);
        Rest {
            turn: guarded,
            limit: Box::pin(host.sleep_until_ms(until)),
            state,
        }
    });
    (end, rest)
}

async fn guarded<H: Host, E: Events>(
    state: &State,
    host: &H,
    events: &E,
    turn: &TurnRequest,
    progress: Rc<Progress>,
) -> Ending {
    let Some(config) = state.config() else {
        return Err(Fault::new(
            FaultCode::ConfigInvalid,
            text::not_configured(Default::default()),
        ));
    };
    let checked = request::check(turn, config.locale)?;
    let _place = enter(state, host, events, &config, turn).await?;
    // The config may have changed while the turn was queued.
    let config = state.config().unwrap_or(config);
    let deadline = host.now_ms().saturating_add(config.timeouts.turn.millis());
    progress.approvals.replace(Some(state.approvals(&turn.id)));
    let run = Run {
        state,
        host,
        events,
        config: &config,
        turn: checked,
        progress: &progress,
        announced: Cell::new(turn.level),
        unreadable_said: Cell::new(false),
        outputs: RefCell::default(),
        shortened_said: Cell::new(false),
        calls: Cell::new(0),
        denials_said: Cell::new(0),
        unattended: Cell::new(false),
        deadline: Cell::new(deadline),
        files: Files::default(),
    };
    let mut admitted = pin!(run.admitted());
    let late = pin!(run.late());
    if let Either::Left((end, _)) = select(admitted.as_mut(), late).await {
        return end;
    }
    progress.leave(run.out_of_time());
    admitted.await
}

/// A running turn.
pub(super) struct Run<'a, H, E> {
    pub state: &'a State,
    pub host: &'a H,
    pub events: &'a E,
    pub config: &'a Rc<Checked>,
    pub turn: CheckedTurn<'a>,
    pub progress: &'a Progress,
    /// The lowest level the user has been told.
    announced: Cell<Level>,
    unreadable_said: Cell<bool>,
    /// Tool outputs for the next request.
    pub outputs: RefCell<Vec<ToolOutput>>,
    /// The user knows about truncated attachments.
    pub shortened_said: Cell<bool>,
    /// Calls that have received an id.
    pub calls: Cell<u64>,
    /// Notices sent about calls that were not run.
    pub denials_said: Cell<usize>,
    /// An approval request of this turn has expired: nobody is there to ask.
    pub unattended: Cell<bool>,
    /// When the turn's time is up, if nobody decides about what waits for approval.
    pub deadline: Cell<u64>,
    /// What the agent has sent.
    pub files: Files,
}

impl<'a, H: Host, E: Events> Run<'a, H, E> {
    async fn admitted(&self) -> Result<Reply, Fault> {
        let (level, reading) = self.level().await?;
        let verdict = judge(
            reading.as_ref().ok().map(|sample| sample.available),
            &self.config.limits,
        );
        let turn = self.turn.turn();
        let ask = Ask {
            dialect: Default::default(),
            level,
            offer_tools: true,
            outputs: &[],
            handover: None,
        };
        let traits = heavy::Traits {
            text: &turn.text,
            has_attachment: !turn.attachments.is_empty(),
            marked: turn.heavy,
            body_bytes: self.turn.body(ask).len(),
        };
        if !verdict.heavy_allowed
            && let Some(reason) = heavy::reason(&traits, &self.config.limits)
        {
            let available = reading
                .as_ref()
                .map(|sample| sample.available)
                .map_err(String::as_str);
            return Err(Fault::new(
                FaultCode::HeavyTaskRefused,
                text::heavy_refused(self.config.locale, &reason, available, &self.config.limits),
            ));
        }
        let end = self.rounds(level).await;
        self.settle(outcome(end.as_ref().err()));
        end.map_err(|fault| self.told(fault))
    }

    /// The fault as the caller gets it.
    fn told(&self, fault: Fault) -> Fault {
        Fault {
            message: self.config.without_tokens(fault.message),
            // Earlier rounds had shown text too.
            partial_text: self.progress.shown.take(),
            ..fault
        }
    }

    /// Ends the turn for its caller while the gateway's answer continues.
    pub(super) fn leave(&self, fault: Fault) {
        if !self.progress.is_left() {
            self.progress.leave(self.told(fault));
        }
    }

    /// Reads the memory and returns the effective level, notifying the user of changes.
    pub(super) async fn level(&self) -> Result<(Level, Result<Sample, String>), Fault> {
        let reading = self.host.memory();
        let available = reading.as_ref().ok().map(|sample| sample.available);
        let asked = self.turn.turn().level;
        let allowed = asked.min(self.config.limits.max_level);
        let mut level = allowed.min(judge(available, &self.config.limits).level_cap);
        if self.config.level_agents {
            // Changing back and forth between agents would lose the thread.
            level = level.min(self.announced.get());
        }
        let locale = self.config.locale;
        if let Err(why) = &reading
            && !self.unreadable_said.replace(true)
        {
            let words = text::memory_unreadable(locale, why);
            self.say(NoticeCode::MemoryUnreadable, words).await?;
        }
        let estimated = reading
            .as_ref()
            .ok()
            .and_then(|sample| sample.estimated.as_deref());
        if let Some(why) = estimated.filter(|why| self.state.is_new_estimate(why)) {
            let words = text::memory_estimated(locale, why);
            self.say(NoticeCode::MemoryEstimated, words).await?;
        }
        if level < self.announced.get() {
            self.announced.set(level);
            let by_memory = available.filter(|_| level < allowed);
            let words = text::level_lowered(locale, asked, level, by_memory);
            self.say(NoticeCode::LevelLowered, words).await?;
        }
        Ok((level, reading))
    }

    async fn rounds(&self, mut level: Level) -> Result<Reply, Fault> {
        let max_rounds = self.config.max_tool_rounds;
        let mut usage: Option<Usage> = None;
        let mut gateway = None;
        let mut round = 0;
        let (mut asked, mut results) = (level, Results::default());
        loop {
            let taken_over = self.config.level_agents && level != asked;
            asked = level;
            let handover = taken_over.then(|| self.handover(&results));
            let ask = Ask {
                dialect: Default::default(),
                level,
                offer_tools: round < max_rounds,
                outputs: &[],
                handover: handover.as_deref(),
            };
            let (at, answer) = match gateway {
                None => self.first(ask).await?,
                // The session lives in the gateway that answered; the other does not know it.
                Some(at) => (
                    at,
                    self.request(at, ask).await.map_err(|failed| failed.fault)?,
                ),
            };
            gateway = Some(at);
            self.in_callers_time(self.send_files(&answer.files)).await?;
            if let Some(more) = answer.usage {
                let sum = usage.get_or_insert_default();
                sum.input_tokens = sum.input_tokens.saturating_add(more.input_tokens);
                sum.output_tokens = sum.output_tokens.saturating_add(more.output_tokens);
            }
            if answer.calls.is_empty() || round > max_rounds {
                // The shown text covers all rounds, with corrections.
                let text = self.progress.shown.take();
                if text.is_empty() && !answer.calls.is_empty() {
                    let words = text::no_answer_but_calls(self.config.locale, max_rounds);
                    return Err(Fault::new(FaultCode::ProtocolError, words));
                }
                return Ok(Reply {
                    text,
                    response_id: answer.response_id,
                    level,
                    gateway: GatewayName::ALL[at],
                    usage,
                });
            }
            let outputs = if round < max_rounds {
                let tools = self.run_tools(answer.calls, &mut level);
                self.in_callers_time(tools).await?
            } else {
                let words = text::rounds_exhausted(self.config.locale, max_rounds);
                self.say(NoticeCode::ToolRoundsExhausted, words).await?;
                self.refuse_all(answer.calls)?
            };
            if self.config.level_agents {
                results.add(&outputs);
            }
            self.outputs.replace(outputs);
            round += 1;
            if self.config.level_agents {
                // The gateway's own tools run within the next request.
                level = self.level().await?.0;
            }
        }
    }

    /// Sends the user a notice.
    pub(super) async fn say(&self, code: NoticeCode, text: String) -> Result<(), Fault> {
        self.emit(Event::Notice(Notice { code, text })).await
    }

    /// Emits an event, unless the turn has ended for its caller.
    pub(super) async fn emit(&self, event: Event) -> Result<(), Fault> {
        let taken = pin!(self.in_callers_time(emit(self.events, event)));
        match select(pin!(self.progress.left()), taken).await {
            Either::Left(_) => Err(nobody_reads()),
            Either::Right((taken, _)) => taken,
        }
    }

    /// Marks the time of this wait as the caller's, not the gateway's.
    pub(super) async fn in_callers_time<F: Future>(&self, waiting: F) -> F::Output {
        let before = self.progress.callers_time.replace(true);
        let output = waiting.await;
        self.progress.callers_time.set(before);
        output
    }

    /// Holds the permit of the current gateway until settled or dropped.
    pub(super) fn hold(&self, permit: Permit) {
        self.progress.permit.replace(Some(permit));
    }

    /// Returns the held permit.
    pub(super) fn settle(&self, outcome: Outcome) {
        if let Some(permit) = self.progress.permit.take() {
            permit.settle(outcome, self.host.now_ms());
        }
    }
}

/// The breaker outcome of a turn that ended with this fault, or with none.
pub(super) fn outcome(fault: Option<&Fault>) -> Outcome {
    match fault {
        None => Outcome::Success,
        Some(fault) if fault.code.counts_for_breaker() => Outcome::Failure {
            retry_after_ms: fault.retry_after_ms,
        },
        Some(_) => Outcome::Neutral,
    }
}
