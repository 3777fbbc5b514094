//! One request: to which gateway, in which JSON shape of tools, and the reading of its answer.

use super::model::{Event, Fault, NoticeCode};
use super::outside::{AnswerBody, Events, Outside, Post};
use super::run::{Run, outcome};
use crate::fault::FaultCode;
use crate::gateway::answer::{Answer, AnswerReader, Format};
use crate::gateway::refusal::{self, Head, MAX_REFUSAL_BYTES};
use crate::gateway::request::{self, Ask};
use crate::prelude::*;
use crate::text;

/// A request that failed, and whether it certainly did not reach the gateway.
pub(super) struct Failed {
    pub fault: Fault,
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

impl<O: Outside, E: Events> Run<'_, O, E> {
    /// The first request: to the primary, or to the backup if nothing can have reached the primary.
    pub(super) async fn first(&self, ask: Ask<'_>) -> Result<(usize, Answer), Fault> {
        let locale = self.config.locale;
        let has_backup = self.config.gateways.len() > 1;
        let now = self.outside.now_ms();
        let (why, fault) = match self.state.admit(0, self.config, now) {
            Ok(permit) => {
                self.hold(permit);
                match self.request(0, ask).await {
                    Ok(answer) => return Ok((0, answer)),
                    Err(failed) if failed.nothing_sent && has_backup => {
                        self.settle(outcome(Some(&failed.fault)));
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
        match self.state.admit(1, self.config, self.outside.now_ms()) {
            Ok(permit) => {
                self.hold(permit);
                let words = text::failed_over(locale, &why);
                self.say(NoticeCode::FailedOver, words).await?;
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
    pub(super) async fn request(&self, at: usize, mut ask: Ask<'_>) -> Result<Answer, Failed> {
        let mut flipped = false;
        loop {
            ask.dialect = self.state.dialect(at);
            let body = self.turn.body(ask);
            // The turn itself has been checked; the outputs of its tools have not.
            request::check_size(body.len(), self.config.locale)?;
            let (head, mut answer) = self.post(at, &body).await?;
            if let Some(format) = reply_format(&head) {
                return self.read(at, answer, format).await.map_err(Failed::from);
            }
            let bytes = refusal_body(&mut answer).await;
            let fault = refusal::classify(&head, &bytes, self.config.locale);
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

    async fn read(&self, at: usize, mut body: O::Body, format: Format) -> Result<Answer, Fault> {
        let bounds = &self.config.bounds;
        let mut reader = AnswerReader::new(format, bounds.max_answer_bytes, self.config.locale);
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
        self.emit(Event::Delta(fresh)).await
    }
}

/// The beginning of a refusal's body; what cannot be read of it does not matter.
pub(crate) async fn refusal_body(answer: &mut impl AnswerBody) -> Vec<u8> {
    let mut bytes = vec![];
    while bytes.len() < MAX_REFUSAL_BYTES
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(MAX_REFUSAL_BYTES);
    bytes
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
