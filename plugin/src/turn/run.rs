//! One turn: the lane, the guards, then rounds of requests until the model calls no more tools.

use super::model::{Event, Fault, GatewayName, NoticeCode, Reply, Turn, Usage};
use super::outside::{AnswerBody, Events, Outside, Post};
use crate::config::Checked;
use crate::fault::FaultCode;
use crate::gateway::answer::{Answer, AnswerReader, Format};
use crate::gateway::refusal::{self, Head, MAX_REFUSAL_BYTES};
use crate::gateway::request::{self, Ask, CheckedTurn, ToolOutput};
use crate::guards::breaker::Outcome;
use crate::guards::heavy;
use crate::guards::memory::{Sample, judge};
use crate::level::Level;
use crate::prelude::*;
use crate::state::{Permit, State};
use crate::text;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::pin::pin;
use futures::future::{Either, select};

/// What is known of a turn that runs, for whoever ends it before its own end.
#[derive(Default)]
struct Progress {
    /// All of the answer that has been shown so far.
    shown: RefCell<String>,
    permit: RefCell<Option<Permit>>,
    in_tools: Cell<bool>,
}

/// Runs a turn to its end, or until `cancel` resolves, and counts it. Dropping the future cancels
/// it too: its place and its permit are given back, its connection is closed.
pub async fn run<O: Outside, E: Events>(
    state: &State,
    outside: &O,
    events: &E,
    turn: &Turn,
    cancel: impl Future<Output = ()>,
) -> Result<Reply, Fault> {
    let progress = Progress::default();
    state.count(|counters| counters.turns += 1);
    let guarded = pin!(guarded(state, outside, events, turn, &progress));
    // The cancellation is looked at first: a turn that nobody wants any more takes no place.
    let end = match select(pin!(cancel), guarded).await {
        Either::Right((end, _)) => end,
        Either::Left(_) => {
            let locale = state.config().map(|config| config.locale);
            let words = text::cancelled(locale.unwrap_or_default());
            let partial_text = progress.shown.borrow().clone();
            Err(Fault {
                partial_text,
                ..Fault::new(FaultCode::Cancelled, words)
            })
        }
    };
    state.count_end(&end);
    end
}

async fn guarded<O: Outside, E: Events>(
    state: &State,
    outside: &O,
    events: &E,
    turn: &Turn,
    progress: &Progress,
) -> Result<Reply, Fault> {
    let Some(config) = state.config() else {
        return Err(Fault::new(
            FaultCode::ConfigInvalid,
            text::not_configured(Default::default()),
        ));
    };
    let checked = request::check(turn, config.locale)?;
    let _place = enter(state, outside, events, &config).await?;
    let deadline = outside.now_ms().saturating_add(config.bounds.turn_ms);
    let run = Run {
        state,
        outside,
        events,
        config: &config,
        turn: checked,
        progress,
        announced: Cell::new(turn.level),
        unreadable_said: Cell::new(false),
    };
    match select(pin!(run.admitted()), pin!(outside.sleep_until_ms(deadline))).await {
        Either::Left((end, _)) => end,
        Either::Right(_) => Err(run.out_of_time()),
    }
}

/// Waits in the lane until it is this turn's time.
async fn enter<O: Outside, E: Events>(
    state: &State,
    outside: &O,
    events: &E,
    config: &Checked,
) -> Result<crate::state::Place, Fault> {
    let limits = &config.limits;
    let Some((place, ahead)) = state.enter(limits.queue_length) else {
        return Err(Fault::new(
            FaultCode::Busy,
            text::queue_full(config.locale, state.load().1),
        ));
    };
    let Some(ahead) = ahead else { return Ok(place) };
    let until = outside.now_ms().saturating_add(limits.queue_wait_ms);
    let wait = async {
        say(
            events,
            NoticeCode::Queued,
            text::queued(config.locale, ahead),
        )
        .await?;
        place.turn_comes().await;
        Ok(())
    };
    let waited = match select(pin!(wait), pin!(outside.sleep_until_ms(until))).await {
        Either::Left((waited, _)) => waited,
        Either::Right(_) => Err(Fault::new(
            FaultCode::Busy,
            text::waited_too_long(config.locale, limits.queue_wait_ms),
        )),
    };
    waited.map(|()| place)
}

/// Tells the user something, unless nobody listens any more: then the turn is over.
pub(super) async fn say<E: Events>(
    events: &E,
    code: NoticeCode,
    words: String,
) -> Result<(), Fault> {
    emit(events, Event::Notice(code, words)).await
}

pub(super) async fn emit<E: Events>(events: &E, event: Event) -> Result<(), Fault> {
    if events.emit(event).await {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::Cancelled,
        "nobody reads the turn's events any more",
    ))
}

/// A turn whose time has come.
pub(super) struct Run<'a, O, E> {
    pub state: &'a State,
    pub outside: &'a O,
    pub events: &'a E,
    pub config: &'a Rc<Checked>,
    pub turn: CheckedTurn<'a>,
    progress: &'a Progress,
    /// The level that the user knows of.
    announced: Cell<Level>,
    unreadable_said: Cell<bool>,
}

/// A request that failed, and whether it certainly did not reach the gateway.
struct Failed {
    fault: Fault,
    nothing_sent: bool,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            nothing_sent: false,
        }
    }
}

impl<'a, O: Outside, E: Events> Run<'a, O, E> {
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
            let floor = self
                .config
                .limits
                .heavy_floor
                .max(self.config.limits.read_only_floor);
            return Err(Fault::new(
                FaultCode::HeavyTaskRefused,
                text::heavy_refused(self.config.locale, &reason, available, floor),
            ));
        }
        let end = self.rounds(level).await;
        self.settle(match &end {
            Ok(_) => Outcome::Success,
            Err(fault) if fault.code.counts_for_breaker() => Outcome::Failure {
                retry_after_ms: fault.retry_after_ms,
            },
            Err(_) => Outcome::Neutral,
        });
        end.map_err(|mut fault| {
            fault.message = self.config.without_tokens(fault.message);
            // Rounds before the failed one had shown text too.
            fault.partial_text = self.progress.shown.borrow().clone();
            fault
        })
    }

    /// Reads the memory and says what level is left, telling the user where it changed.
    pub(super) async fn level(&self) -> Result<(Level, Result<Sample, String>), Fault> {
        let reading = self.outside.memory();
        let available = reading.as_ref().ok().map(|sample| sample.available);
        let asked = self.turn.turn().level;
        let allowed = asked.min(self.config.limits.max_level);
        let level = allowed.min(judge(available, &self.config.limits).level_cap);
        let locale = self.config.locale;
        if let Err(why) = &reading
            && !self.unreadable_said.replace(true)
        {
            say(
                self.events,
                NoticeCode::MemoryUnreadable,
                text::memory_unreadable(locale, why),
            )
            .await?;
        }
        if level < self.announced.replace(level) {
            let by_memory = available.filter(|_| level < allowed);
            let words = text::level_lowered(locale, asked, level, by_memory);
            say(self.events, NoticeCode::LevelLowered, words).await?;
        }
        Ok((level, reading))
    }

    async fn rounds(&self, mut level: Level) -> Result<Reply, Fault> {
        let max_rounds = self.config.bounds.max_tool_rounds;
        let mut texts: Vec<String> = vec![];
        let mut usage: Option<Usage> = None;
        let mut outputs: Vec<ToolOutput> = vec![];
        let mut gateway = None;
        for round in 0.. {
            let ask = Ask {
                dialect: Default::default(),
                level,
                offer_tools: round < max_rounds,
                outputs: &outputs,
            };
            let (at, answer) = match gateway {
                None => self.first(ask).await?,
                // The session lives in the gateway that answered; another would not know it.
                Some(at) => (
                    at,
                    self.request(at, ask).await.map_err(|failed| failed.fault)?,
                ),
            };
            gateway = Some(at);
            if let Some(more) = answer.usage {
                let sum = usage.get_or_insert_default();
                sum.input_tokens = sum.input_tokens.saturating_add(more.input_tokens);
                sum.output_tokens = sum.output_tokens.saturating_add(more.output_tokens);
            }
            if !answer.text.is_empty() {
                texts.push(answer.text);
            }
            if answer.calls.is_empty() || round > max_rounds {
                if texts.is_empty() && !answer.calls.is_empty() {
                    let why = format!(
                        "the model called tools in more than {max_rounds} rounds and gave no answer"
                    );
                    return Err(Fault::new(FaultCode::ProtocolError, why));
                }
                return Ok(Reply {
                    text: texts.join("\n\n"),
                    response_id: answer.response_id,
                    level,
                    answered_by: GatewayName::at(at),
                    usage,
                });
            }
            outputs = if round < max_rounds {
                self.progress.in_tools.set(true);
                let outputs = self.run_tools(answer.calls, &mut level).await;
                self.progress.in_tools.set(false);
                outputs?
            } else {
                let words = text::rounds_exhausted(self.config.locale, max_rounds);
                say(self.events, NoticeCode::ToolRoundsExhausted, words).await?;
                super::tools::refuse_all(answer.calls)
            };
        }
        // Not reached: the loop above has no end of its own.
        Err(Fault::new(FaultCode::ProtocolError, "too many rounds"))
    }

    /// The first request: to the primary, or to the backup if nothing can have reached the primary.
    async fn first(&self, ask: Ask<'_>) -> Result<(usize, Answer), Fault> {
        let locale = self.config.locale;
        let has_backup = self.config.gateways.len() > 1;
        let now = self.outside.now_ms();
        let (why, fault) = match self.state.admit(0, now) {
            Ok(permit) => {
                self.hold(permit);
                match self.request(0, ask).await {
                    Ok(answer) => return Ok((0, answer)),
                    Err(failed) if failed.nothing_sent && has_backup => {
                        self.settle(Outcome::Failure {
                            retry_after_ms: None,
                        });
                        (failed.fault.message.clone(), failed.fault)
                    }
                    Err(failed) => return Err(failed.fault),
                }
            }
            Err(retry_ms) => {
                let words = text::circuit_open(locale, retry_ms);
                let mut fault = Fault::new(FaultCode::CircuitOpen, words.clone());
                fault.retry_after_ms = Some(retry_ms);
                if !has_backup {
                    return Err(fault);
                }
                (words, fault)
            }
        };
        match self.state.admit(1, self.outside.now_ms()) {
            Ok(permit) => {
                self.hold(permit);
                say(
                    self.events,
                    NoticeCode::FailedOver,
                    text::failed_over(locale, &why),
                )
                .await?;
                match self.request(1, ask).await {
                    Ok(answer) => Ok((1, answer)),
                    Err(mut failed) => {
                        failed.fault.message = format!("{}; {why}", failed.fault.message);
                        Err(failed.fault)
                    }
                }
            }
            Err(backup_ms) => Err(Fault {
                retry_after_ms: fault
                    .retry_after_ms
                    .map(|primary_ms| primary_ms.min(backup_ms)),
                ..fault
            }),
        }
    }

    /// One request to one gateway, a second time only if it wants tools in the other shape.
    async fn request(&self, at: usize, mut ask: Ask<'_>) -> Result<Answer, Failed> {
        let mut flipped = false;
        loop {
            ask.dialect = self.state.dialect(at);
            let body = self.turn.body(ask);
            let (head, mut answer) = self.post(at, &body).await?;
            if let Some(format) = reply_format(&head) {
                return self.read(at, answer, format).await.map_err(Failed::from);
            }
            let bytes = self.refusal_body(&mut answer).await;
            let fault = refusal::classify(&head, &bytes);
            let offers = ask.offer_tools && self.turn.offered(ask.level).next().is_some();
            match ask.dialect.wanted_by(&fault.message) {
                Some(other) if head.status == 400 && offers && !flipped => {
                    flipped = true;
                    answer.finish();
                    self.state.learn(at, other);
                    let words = text::dialect_changed(self.config.locale);
                    say(self.events, NoticeCode::DialectChanged, words).await?;
                }
                _ => {
                    let message = format!("{}: {}", self.config.gateways[at].url(), fault.message);
                    return Err(Fault { message, ..fault }.into());
                }
            }
        }
    }

    async fn post(&self, at: usize, body: &request::Body<'_>) -> Result<(Head, O::Body), Failed> {
        let gateway = &self.config.gateways[at];
        let post = Post {
            gateway,
            authorized: true,
            agent_id: Some(&self.config.agent_id),
            body: Some(body),
            bounds: &self.config.bounds,
        };
        self.outside.post(post).await.map_err(|failure| Failed {
            fault: failure.fault(
                false,
                &gateway.url(),
                &self.config.bounds,
                self.config.locale,
            ),
            nothing_sent: failure.nothing_sent(),
        })
    }

    /// The beginning of a refusal; what cannot be read of it does not matter.
    async fn refusal_body(&self, answer: &mut O::Body) -> Vec<u8> {
        let mut bytes = vec![];
        while bytes.len() < MAX_REFUSAL_BYTES
            && let Ok(Some(chunk)) = answer.chunk().await
        {
            bytes.extend_from_slice(&chunk);
        }
        bytes.truncate(MAX_REFUSAL_BYTES);
        bytes
    }

    async fn read(&self, at: usize, mut body: O::Body, format: Format) -> Result<Answer, Fault> {
        let bounds = &self.config.bounds;
        let mut reader = AnswerReader::new(format, bounds.max_answer_bytes);
        let mut first = true;
        let mut broken = None;
        while !reader.ended() {
            match body.chunk().await {
                Ok(Some(chunk)) => self.show(reader.push(&chunk), &mut first).await?,
                Ok(None) => break,
                Err(failure) => {
                    let url = self.config.gateways[at].url();
                    broken = Some(failure.fault(true, &url, bounds, self.config.locale));
                    break;
                }
            }
        }
        let (end, rest) = reader.finish();
        match (end, broken) {
            // A terminal event has been read: what broke after it does not matter.
            (Ok(answer), None) => {
                self.show(rest, &mut first).await?;
                body.finish();
                Ok(answer)
            }
            (_, Some(fault)) => Err(fault),
            (Err(fault), None) => Err(fault),
        }
    }

    /// Shows more of the answer. Rounds are kept apart as in the final text.
    async fn show(&self, mut fresh: String, first: &mut bool) -> Result<(), Fault> {
        if fresh.is_empty() {
            return Ok(());
        }
        {
            let mut shown = self.progress.shown.borrow_mut();
            if core::mem::take(first) && !shown.is_empty() {
                fresh.insert_str(0, "\n\n");
            }
            shown.push_str(&fresh);
        }
        emit(self.events, Event::Delta(fresh)).await
    }

    fn hold(&self, permit: Permit) {
        self.progress.permit.replace(Some(permit));
    }

    fn settle(&self, outcome: Outcome) {
        if let Some(permit) = self.progress.permit.take() {
            permit.settle(outcome, self.outside.now_ms());
        }
    }

    fn out_of_time(&self) -> Fault {
        // A tool of the caller's that does not end says nothing about the gateway.
        let outcome = if self.progress.in_tools.get() {
            Outcome::Neutral
        } else {
            Outcome::Failure {
                retry_after_ms: None,
            }
        };
        self.settle(outcome);
        let seconds = text::seconds(self.config.bounds.turn_ms);
        let words = text::say!(self.config.locale,
            en: "over the whole-turn limit of {seconds} s",
            zh: "超过整个任务的时限 {seconds} 秒");
        Fault {
            partial_text: self.progress.shown.borrow().clone(),
            ..Fault::new(FaultCode::TimedOut, words)
        }
    }
}

/// How a reply is written; none if it is no reply.
fn reply_format(head: &Head) -> Option<Format> {
    if head.status != 200 {
        return None;
    }
    match head.media_type().as_str() {
        "text/event-stream" => Some(Format::Stream),
        "application/json" => Some(Format::Json),
        _ => None,
    }
}
