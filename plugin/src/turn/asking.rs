//! One request: to which gateway, in which JSON shape of tools, and the reading of its answer.

use super::model::{Event, Fault, NoticeCode};
use super::outside::{AnswerBody, Events, Failure, Outside, Post};
use super::run::{Run, outcome};
use crate::fault::FaultCode;
use crate::gateway::answer::{Answer, AnswerReader, Format, sniff};
use crate::gateway::classify::{self, Head, MAX_REFUSAL_BYTES};
use crate::gateway::request::{self, Ask};
use crate::guards::breaker::Outcome;
use crate::prelude::*;
use crate::text;
use core::pin::pin;
use futures::future::select;

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
            let mut start = vec![];
            if let Some(format) = self.format(at, &head, &mut answer, &mut start).await? {
                return self
                    .read(at, answer, format, start)
                    .await
                    .map_err(Failed::from);
            }
            let bytes = refusal_body(self.outside, &mut answer, start).await;
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

    /// How an answer is written; none if it is no reply. What had to be read to tell is in `start`.
    async fn format(
        &self,
        at: usize,
        head: &Head,
        body: &mut O::Body,
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

    /// Reads an answer to its end. `start` of it has been read already.
    async fn read(
        &self,
        at: usize,
        mut body: O::Body,
        format: Format,
        start: Vec<u8>,
    ) -> Result<Answer, Fault> {
        let most = self.config.bounds.max_answer_bytes;
        let mut reader = AnswerReader::new(format, most, self.config.locale);
        let shown = &self.progress.shown;
        let begun = shown.borrow().len();
        let mut broken = None;
        let mut chunk = start;
        while !reader.ended() {
            let before = shown.borrow().len();
            reader.push(&chunk, &mut shown.borrow_mut());
            self.show_from(before).await?;
            if reader.ended() {
                break;
            }
            chunk = match body.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(failure) => {
                    broken = Some(self.broken(at, &failure));
                    break;
                }
            };
        }
        let before = shown.borrow().len();
        let end = reader.finish(&mut shown.borrow_mut());
        self.show_from(before).await?;
        match (end, broken) {
            // The whole answer has been read: what broke after it does not matter.
            (Ok(mut answer), broken) => {
                for (code, words) in core::mem::take(&mut answer.notices) {
                    if code == NoticeCode::AnswerCorrected {
                        let mut shown = shown.borrow_mut();
                        shown.truncate(begun);
                        shown.push_str(if begun > 0 { "\n\n" } else { "" });
                        shown.push_str(&answer.text);
                    }
                    self.say(code, words).await?;
                }
                if answer.provider_failed {
                    self.settle(Outcome::Failure {
                        retry_after_ms: None,
                    });
                }
                if broken.is_none() {
                    body.finish();
                }
                Ok(answer)
            }
            (_, Some(fault)) => Err(fault),
            (Err(fault), None) => Err(fault),
        }
    }

    /// The fault of an answer that breaks off.
    fn broken(&self, at: usize, failure: &Failure) -> Fault {
        let url = self.config.gateways[at].url();
        failure.fault(true, &url, &self.config.bounds, self.config.locale)
    }

    /// Shows what has been added to the answer.
    async fn show_from(&self, before: usize) -> Result<(), Fault> {
        let fresh = self.progress.shown.borrow()[before..].to_owned();
        if fresh.is_empty() {
            return Ok(());
        }
        self.emit(Event::Delta(fresh)).await
    }
}

/// How long a refusal's body may take: its status is known already.
const REFUSAL_BODY_MS: u64 = 5_000;

/// The beginning of a refusal's body, of which `start` has been read; what cannot be read of it does
/// not matter.
pub(crate) async fn refusal_body<O: Outside>(
    outside: &O,
    answer: &mut O::Body,
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
        let deadline = outside.now_ms().saturating_add(REFUSAL_BODY_MS);
        select(pin!(read), pin!(outside.sleep_until_ms(deadline))).await;
    }
    bytes.truncate(MAX_REFUSAL_BYTES);
    bytes
}
