//! Reads the answer to one request, stream or JSON, to its end.
//!
//! What is used is looked up in the bytes, everything else is skipped: an event of another name, or
//! data that is no JSON, is nothing to us.

use super::sse::{self, SseReader};
use crate::fault::Fault;
use crate::prelude::*;
use crate::text;
use openclaw_core::locale::say;
use openclaw_core::turn::{NoticeCode, ToolCall, Usage};
use openclaw_core::{fault::FaultCode, locale::Locale};

mod calls;
mod content;
mod format;
mod media;
mod screen;
mod texts;

use calls::Calls;
use content::Content;
pub use format::{Format, sniff};
use texts::Texts;

/// What the gateway says for a reply without text: 2026.2.9 also where its model provider failed.
const STOCK_SENTENCE: &str = "No response from OpenClaw.";

/// A complete answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The final text.
    pub text: String,
    /// The gateway's id; may be empty.
    pub response_id: String,
    /// Where reported.
    pub usage: Option<Usage>,
    /// What the model wants run, in order.
    pub calls: Vec<ToolCall>,
    /// What the user should know about the text.
    pub notices: Vec<(NoticeCode, String)>,
    /// The model provider failed in the middle of it, though the gateway does not say so.
    pub provider_failed: bool,
}

/// Reads an answer whose status is 200, piece by piece.
pub struct AnswerReader {
    form: Form,
    left: u64,
    max: u64,
    content: Content,
    end: Option<Result<Answer, Fault>>,
}

enum Form {
    Stream(SseReader),
    Json(Vec<u8>),
}

impl AnswerReader {
    /// A reader that takes at most so many bytes. `locale` is for what faults and notices say.
    pub fn new(format: Format, max_bytes: u64, locale: Locale) -> Self {
        let cap = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let form = match format {
            Format::Stream => Form::Stream(SseReader::new(sse::Limits {
                max_line: cap,
                max_event: cap,
            })),
            Format::Json => Form::Json(Vec::new()),
        };
        Self {
            form,
            left: max_bytes,
            max: max_bytes,
            content: Content {
                texts: Texts::default(),
                calls: Calls::default(),
                locale,
            },
            end: None,
        }
    }

    /// Reads on. What is to be shown is appended to `shown`, which holds what the rounds before
    /// have shown and must be the same text in every call.
    pub fn push(&mut self, bytes: &[u8], shown: &mut String) {
        if self.end.is_some() {
            return;
        }
        // What is within the limit counts, however the answer is cut: its end may be there.
        let taken = bytes
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let cut_off = taken < bytes.len();
        let bytes = &bytes[..taken];
        self.left -= taken as u64;
        match &mut self.form {
            Form::Json(all) => all.extend_from_slice(bytes),
            Form::Stream(reader) => {
                for event in reader.push(bytes) {
                    let read = match &event {
                        Ok(event) => self.content.event(&event.event, &event.data, shown),
                        Err(error) => Err(self.content.unreadable(&error.to_string())),
                    };
                    self.end = read.map_or_else(|fault| Some(Err(fault)), |end| end.map(Ok));
                    if self.end.is_some() {
                        return;
                    }
                }
            }
        }
        if cut_off {
            let words = say!(self.content.locale,
                en: "the answer is over {} bytes and was cut off",
                zh: "回答超过 {} 字节，已被截断",
                self.max);
            self.end = Some(Err(Fault::new(FaultCode::ProtocolError, words)));
        }
    }

    /// Whether the end has been read; what follows does not matter.
    pub fn ended(&self) -> bool {
        self.end.is_some()
    }

    /// The answer, or the fault, once nothing more comes. What is still to be shown is appended to
    /// `shown`. Where the final text is another than what has been shown, `shown` is left as it is
    /// and a notice says so.
    pub fn finish(mut self, shown: &mut String) -> Result<Answer, Fault> {
        let end = match (self.end.take(), self.form) {
            (Some(end), _) => end,
            (None, Form::Stream(_)) => Err(self.content.interrupted()),
            (None, Form::Json(all)) => self.content.body(&all, shown),
        };
        match end {
            Ok(mut answer) => {
                if !self.content.texts.screen.complete(&answer.text, shown) {
                    let words = text::answer_corrected(self.content.locale);
                    let notice = (NoticeCode::AnswerCorrected, words);
                    answer.notices.insert(0, notice);
                }
                Ok(answer)
            }
            Err(fault) => {
                self.content.texts.screen.give_up(shown);
                Err(fault)
            }
        }
    }
}

#[cfg(test)]
mod tests;
