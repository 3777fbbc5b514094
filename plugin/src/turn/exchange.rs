//! One request: sends it to a gateway in its tool dialect and reads the answer.

use super::abandoned::Opening;
use super::progress::nobody_reads;
use super::run::{Run, outcome};
use crate::fault::Fault;
use crate::gateway::answer::{Answer, AnswerReader, Format, sniff};
use crate::gateway::classify::{self, Head, MAX_REFUSAL_BYTES};
use crate::gateway::request::{self, Ask};
use crate::host::{AnswerBody, Events, Failure, Host, Post};
use crate::prelude::*;
use crate::text;
use core::pin::pin;
use futures::future::select;
use openclaw_core::fault::FaultCode;
use openclaw_core::guards::breaker::Outcome;
use openclaw_core::level::Level;
use openclaw_core::turn::{Event, NoticeCode};

/// A failed request, and whether it certainly never reached the gateway.
pub(super) struct Failed {
    pub fault: Fault,
    pub nothing_sent: bool,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            nothing_sent: false,
        }
    }
}

impl<H: Host, E: Events> Run<'_, H, E> {
    /// Sends one request to one gateway; resends it only if the gateway wants the other tool dialect.
    pub(super) async fn request(&self, at: usize, ask: Ask<'_>) -> Result<Answer, Failed> {
        let outputs = self.outputs.take();
        let agent = self.config.agent(ask.level);
        self.announce_agent(at, &agent, ask.level).await?;
        self.files.asked.set((at, ask.level));
        let mut flipped = false;
        loop {
            let ask = Ask {
                dialect: self.state.dialect(at),
                outputs: &outputs,
                ..ask
            };
            let body = self.turn.body(ask);
            // The turn has been checked, but not the outputs of its tools.
            request::check_size(body.len(), self.config.locale)?;
            let (head, mut answer) = self.post(at, &agent, &body).await?;
            if head.status != 200 {
                self.progress.over();
            }
            let mut start = vec![];
            if let Some(format) = self.format(at, &head, &mut answer, &mut start).await? {
                drop(body);
                drop(outputs);
                let answer = self.read(at, answer, format, start).await?;
                if self.config.level_agents {
                    let (url, session) = self.conversation(at);
                    self.state.answered(&url, session, &agent);
                }
                return Ok(answer);
            }
            self.progress.over();
            let bytes = refusal_body(self.host, &mut answer, start).await;
            let fault = classify::classify(&head, &bytes, self.config.locale);
            let offers = ask.offer_tools && self.turn.offered(ask.level).next().is_some();
            match ask.dialect.wanted_by(&fault.message) {
                Some(other) if head.status == 400 && offers && !flipped => {
                    flipped = true;
                    answer.finish();
                    self.state.learn(at, self.config, other);
                    let words = text::dialect_changed(self.config.locale);
                    self.say(NoticeCode::DialectChanged, words).await?;
                }
                _ => {
                    let message = format!("{}: {}", self.config.gateways[at].url(), fault.message);
                    return Err(Fault { message, ..fault }.into());
                }
            }
        }
    }

    /// The gateway's URL and the session, which identify a conversation.
    fn conversation(&self, at: usize) -> (String, &str) {
        let session = &self.turn.turn().session;
        (self.config.gateways[at].url(), session)
    }

    /// Tells the user if another agent than last time answers the session.
    async fn announce_agent(&self, at: usize, agent: &str, level: Level) -> Result<(), Fault> {
        let (url, session) = self.conversation(at);
        if self.config.level_agents && self.state.is_other_agent(&url, session, agent) {
            let words = text::agent_switched(self.config.locale, agent, level);
            self.say(NoticeCode::AgentSwitched, words).await?;
        }
        Ok(())
    }

    async fn post(
        &self,
        at: usize,
        agent: &str,
        body: &request::Body<'_>,
    ) -> Result<(Head, H::Body), Failed> {
        let gateway = &self.config.gateways[at];
        let exchange = self.state.exchange(at, self.config);
        let sent = exchange.sent.clone();
        self.progress.exchange.replace(Some(exchange));
        let post = Post {
            gateway,
            authorized: true,
            agent_id: Some(agent),
            body: Some(body),
            timeouts: &self.config.timeouts,
            sent: &sent,
        };
        self.host.post(post).await.map_err(|failure| {
            let nothing_sent = failure.nothing_sent();
            if nothing_sent || matches!(failure, Failure::NotHttp(_)) {
                self.progress.over();
            } else {
                self.cut_unless_late(&failure);
            }
            let (url, timeouts) = (gateway.url(), &self.config.timeouts);
            Failed {
                fault: failure.fault(false, &url, timeouts, self.config.locale),
                nothing_sent,
            }
        })
    }

    /// Records that the other side closed the connection; on a timeout we closed it.
    pub(super) fn cut_unless_late(&self, failure: &Failure) {
        if !matches!(failure, Failure::FirstByteTimeout | Failure::IdleTimeout) {
            self.progress.cut();
        }
    }

    /// Detects the answer's format; none if it is not a reply. The bytes read are in `start`.
    async fn format(
        &self,
        at: usize,
        head: &Head,
        body: &mut H::Body,
        start: &mut Vec<u8>,
    ) -> Result<Option<Format>, Fault> {
        if head.status != 200 || head.is_compressed() {
            return Ok(None);
        }
        let mut at_end = false;
        loop {
            if let Ok(format) = sniff(head, start, at_end) {
                return Ok(format);
            }
            match body.chunk().await {
                Ok(Some(chunk)) => start.extend_from_slice(&chunk),
                Ok(None) => at_end = true,
                Err(failure) => return Err(self.broken(at, &failure)),
            }
        }
    }

    /// Reads an answer to its end. `start` has already been read.
    async fn read(
        &self,
        at: usize,
        mut body: H::Body,
        format: Format,
        start: Vec<u8>,
    ) -> Result<Answer, Fault> {
        let shown = &self.progress.shown;
        let begun = shown.borrow().len();
        // The limit applies to the turn, so subtract the earlier rounds.
        let max = self.config.max_answer_bytes;
        let most = max.saturating_sub(begun as u64);
        let mut reader =
            AnswerReader::new(format, most, self.config.locale).with_files(self.turn.turn().files);
        let mut taken = 0;
        let mut opening = Opening::default();
        let mut broken = None;
        let mut piece = start;
        loop {
            self.learn_version(at, format, &mut opening, &piece);
            if self.progress.is_left() {
                drop(reader);
                self.read_out(at, body, format, piece, opening).await;
                return Err(nobody_reads());
            }
            taken += piece.len() as u64;
            let before = shown.borrow().len();
            make_room(&mut shown.borrow_mut(), piece.len(), max);
            reader.push(&piece, &mut shown.borrow_mut());
            if let Err(fault) = self.show_from(before).await {
                self.leave(fault);
                drop(reader);
                self.read_out(at, body, format, piece, opening).await;
                return Err(nobody_reads());
            }
            if reader.ended() {
                break;
            }
            piece = match body.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => {
                    // A stream ends with a terminal event.
                    if format == Format::Json {
                        self.progress.over();
                    } else {
                        self.progress.cut();
                    }
                    break;
                }
                Err(failure) => {
                    self.cut_unless_late(&failure);
                    broken = Some(self.broken(at, &failure));
                    break;
                }
            };
        }
        if self.progress.is_left() {
            return Err(nobody_reads());
        }
        let before = shown.borrow().len();
        let ended = reader.ended();
        let end = reader.finish(&mut shown.borrow_mut());
        let mut answer = match (end, broken) {
            // The answer is complete; a failure after it does not matter.
            (Ok(answer), broken) => {
                self.progress.over();
                if broken.is_none() {
                    body.finish();
                }
                answer
            }
            // Unreadable or too long: the gateway keeps running.
            (Err(mut fault), None) if ended && fault.code == FaultCode::ProtocolError => {
                if begun > 0 && taken > most {
                    fault.message = text::answers_too_long(self.config.locale, max);
                }
                self.settle(outcome(Some(&fault)));
                self.leave(fault);
                self.read_out(at, body, format, piece, opening).await;
                return Err(nobody_reads());
            }
            (Err(fault), broken) => {
                if ended {
                    self.progress.over();
                }
                self.show_from(before).await?;
                return Err(broken.unwrap_or(fault));
            }
        };
        self.show_from(before).await?;
        for (code, words) in core::mem::take(&mut answer.notices) {
            if code == NoticeCode::AnswerCorrected {
                let mut shown = shown.borrow_mut();
                shown.truncate(begun);
                shown.push_str(if begun > 0 { "\n\n" } else { "" });
                shown.push_str(&answer.text);
            }
            self.say(code, self.config.without_tokens(words)).await?;
        }
        if answer.provider_failed {
            self.settle(Outcome::Failure {
                retry_after_ms: None,
            });
        }
        Ok(answer)
    }

    /// The fault for an interrupted answer.
    fn broken(&self, at: usize, failure: &Failure) -> Fault {
        let url = self.config.gateways[at].url();
        failure.fault(true, &url, &self.config.timeouts, self.config.locale)
    }

    /// Emits the text added since `before`.
    async fn show_from(&self, before: usize) -> Result<(), Fault> {
        let fresh = self.progress.shown.borrow()[before..].to_owned();
        if fresh.is_empty() {
            return Ok(());
        }
        self.emit(Event::Delta { text: fresh }).await
    }
}

/// Milliseconds allowed for an error body; its status is already known.
const REFUSAL_BODY_MS: u64 = 5_000;

/// Makes room in `shown` for another piece. A long text reserves the turn's maximum once, instead of being
/// copied each time it grows; untouched memory costs nothing.
fn make_room(shown: &mut String, piece: usize, max: u64) {
    const LONG: usize = 256 * 1024;
    let free = shown.capacity() - shown.len();
    if shown.len() >= LONG && free < 2 * piece {
        let most = usize::try_from(max).unwrap_or(usize::MAX);
        shown.reserve_exact(most.saturating_sub(shown.len()).max(2 * piece));
    }
}

/// The start of an error body, of which `start` has been read. Read errors are ignored.
pub(crate) async fn refusal_body<H: Host>(
    host: &H,
    answer: &mut H::Body,
    start: Vec<u8>,
) -> Vec<u8> {
    let mut bytes = start;
    {
        let read = async {
            while bytes.len() < MAX_REFUSAL_BYTES
                && let Ok(Some(chunk)) = answer.chunk().await
            {
                bytes.extend_from_slice(&chunk);
            }
        };
        let deadline = host.now_ms().saturating_add(REFUSAL_BODY_MS);
        select(pin!(read), pin!(host.sleep_until_ms(deadline))).await;
    }
    bytes.truncate(MAX_REFUSAL_BYTES);
    bytes
}
