//! Reads the answer to one request, stream or JSON, to its end.
//!
//! Values are looked up in the raw bytes. Unknown events, and data that is not JSON, are skipped.

use super::sse::{self, SseReader};
use crate::fault::Fault;
use crate::prelude::*;
use crate::text;
use openclaw_core::locale::say;
use openclaw_core::turn::{NoticeCode, ToolCall, Usage};
use openclaw_core::{fault::FaultCode, locale::Locale};

mod calls;
mod content;
pub mod files;
mod format;
mod media;
mod screen;
mod texts;

use calls::Calls;
use content::Content;
pub use format::{Format, sniff};
use texts::Texts;

/// The gateway's text for an empty reply; 2026.2.9 also sends it when its model provider failed.
const STOCK_SENTENCE: &str = "No response from OpenClaw.";

/// A complete answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The final text.
    pub text: String,
    /// The gateway's id for the response; may be empty.
    pub response_id: String,
    /// None if not reported.
    pub usage: Option<Usage>,
    /// Requested tool calls, in order.
    pub calls: Vec<ToolCall>,
    /// Notices for the user about the text.
    pub notices: Vec<(NoticeCode, String)>,
    /// The model provider failed midway, although the gateway does not report it.
    pub provider_failed: bool,
    /// Paths of the files that the agent sends.
    pub files: Vec<String>,
}

/// Reads the body of a 200 response piece by piece.
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
    /// Creates a reader with a size limit in bytes. `locale` is for faults and notices.
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

    /// Whether lines of the answer may name files, which are then not part of its text.
    pub fn with_files(mut self, files: bool) -> Self {
        self.content.texts.screen.files = files;
        self
    }

    /// Reads more bytes. Text to show is appended to `shown`, which already holds the text of earlier rounds
    /// and must be the same string in every call.
    pub fn push(&mut self, bytes: &[u8], shown: &mut String) {
        if self.end.is_some() {
            return;
        }
        // Bytes within the limit count however they are split: they may contain the end.
        let taken = bytes
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let cut_off = taken < bytes.len();
        let bytes = &bytes[..taken];
        self.left -= taken as u64;
        match &mut self.form {
            Form::Json(all) => all.extend_from_slice(bytes),
            Form::Stream(reader) => {
                let (content, end) = (&mut self.content, &mut self.end);
                let read = reader.each(bytes, |name, data| {
                    *end = content.event(name, data, shown).transpose();
                    end.is_none()
                });
                if let Err(error) = read {
                    *end = Some(Err(content.unreadable(&error.to_string())));
                }
                if end.is_some() {
                    return;
                }
            }
        }
        if cut_off {
            self.end = Some(Err(self.too_long()));
        }
    }

    fn too_long(&self) -> Fault {
        let words = say!(self.content.locale,
            en: "the answer is over {} bytes and was cut off",
            zh: "回答超过 {} 字节，已被截断",
            self.max);
        Fault::new(FaultCode::ProtocolError, words)
    }

    /// Whether the end has been read; anything that follows is ignored.
    pub fn ended(&self) -> bool {
        self.end.is_some()
    }

    /// Returns the answer or fault once the body has ended, and appends the remaining text to `shown`. If the
    /// final text differs from what was shown, `shown` is unchanged and a notice says so.
    pub fn finish(mut self, shown: &mut String) -> Result<Answer, Fault> {
        let too_long = self.too_long();
        let end = match (self.end.take(), self.form) {
            (Some(end), _) => end,
            // Bytes that are no text become characters of three bytes.
            (None, Form::Json(all)) if text_bytes(&all) > self.max => Err(too_long),
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

/// Bytes as text.
fn text_bytes(bytes: &[u8]) -> u64 {
    let odd = match core::str::from_utf8(bytes) {
        Ok(_) => 0,
        Err(_) => {
            let chunks = bytes.utf8_chunks();
            chunks.filter(|chunk| !chunk.invalid().is_empty()).count()
        }
    };
    (bytes.len() + 2 * odd) as u64
}

#[cfg(test)]
mod tests;
