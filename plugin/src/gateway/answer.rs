//! Reads the answer to one request, stream or JSON, to its end.

use super::refusal::{self, excerpt};
use super::response::{self, error_words, text_of};
use super::sse::{self, SseReader};
use crate::fault::{FaultCode, Locale};
use crate::prelude::*;
use crate::text::say;
use crate::turn::model::{Fault, ToolCall, Usage};
use serde_json::Value;

/// What 2026.2.9 says, as a reply that went well, when its model provider failed.
const STOCK_SENTENCE: &str = "No response from OpenClaw.";

/// A complete answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The gateway's final text.
    pub text: String,
    /// Its id; may be empty.
    pub response_id: String,
    /// Where reported.
    pub usage: Option<Usage>,
    /// What the model wants run, in order.
    pub calls: Vec<ToolCall>,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Server-sent events.
    Stream,
    /// One JSON object.
    Json,
}

/// Reads an answer whose status is 200, piece by piece.
pub struct AnswerReader {
    format: Form,
    left: u64,
    max: u64,
    /// Deltas and final texts by output and content index.
    parts: Sorted<(u64, u64), Part>,
    calls: Sorted<u64, ToolCall>,
    /// All deltas so far, as they were shown.
    shown: String,
    end: Option<Result<Answer, Fault>>,
    locale: Locale,
}

enum Form {
    Stream(SseReader),
    Json(Vec<u8>),
}

/// A map in the order of its keys. An answer has few of them, mostly one.
struct Sorted<K, V>(Vec<(K, V)>);

impl<K: Ord, V> Sorted<K, V> {
    /// The value of this key; made if there is none.
    fn entry(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        let at = match self.0.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (key, new()));
                at
            }
        };
        &mut self.0[at].1
    }

    fn set(&mut self, key: K, value: V) {
        match self.0.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }
}

#[derive(Default)]
struct Part {
    joined: String,
    done: Option<String>,
}

impl AnswerReader {
    /// A reader that takes at most so many bytes. `locale` is for what faults say.
    pub fn new(format: Format, max_bytes: u64, locale: Locale) -> Self {
        let cap = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let format = match format {
            Format::Stream => Form::Stream(SseReader::new(sse::Limits {
                max_line: cap,
                max_event: cap,
            })),
            Format::Json => Form::Json(Vec::new()),
        };
        Self {
            format,
            left: max_bytes,
            max: max_bytes,
            parts: Sorted(vec![]),
            calls: Sorted(vec![]),
            shown: String::new(),
            end: None,
            locale,
        }
    }

    /// Reads on. Gives the new deltas, joined, for showing.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut fresh = String::new();
        if self.end.is_some() {
            return fresh;
        }
        // What is within the limit counts, however the answer is cut: its end may be there.
        let taken = bytes
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let cut_off = taken < bytes.len();
        let bytes = &bytes[..taken];
        self.left -= taken as u64;
        let events = match &mut self.format {
            Form::Json(all) => {
                all.extend_from_slice(bytes);
                vec![]
            }
            Form::Stream(reader) => reader.push(bytes).collect::<Vec<_>>(),
        };
        for event in events {
            if self.end.is_some() {
                break;
            }
            let read = event
                .map_err(|error| self.unreadable(&error.to_string()))
                .and_then(|event| self.event(&event.event, &event.data, &mut fresh));
            if let Err(fault) = read {
                self.end = Some(Err(fault));
            }
        }
        self.shown.push_str(&fresh);
        if cut_off && self.end.is_none() {
            let words = say!(self.locale,
                en: "the answer is over {} bytes and was cut off",
                zh: "回答超过 {} 字节，已被截断",
                self.max);
            self.end = Some(Err(Fault::new(FaultCode::ProtocolError, words)));
        }
        fresh
    }

    /// Whether the end has been read; what follows does not matter.
    pub fn ended(&self) -> bool {
        self.end.is_some()
    }

    /// What had been shown of the answer.
    pub fn partial_text(&self) -> &str {
        &self.shown
    }

    /// The answer, or the fault, once nothing more comes. `rest` are deltas that were never sent
    /// though the final text has them.
    pub fn finish(mut self) -> (Result<Answer, Fault>, String) {
        let end = match (self.end.take(), &self.format) {
            (Some(end), _) => end,
            (None, Form::Stream(_)) => Err(Fault::new(
                FaultCode::StreamInterrupted,
                say!(self.locale,
                    en: "the answer ended before its last event",
                    zh: "回答在最后一个事件之前结束"),
            )),
            (None, Form::Json(all)) => match serde_json::from_slice::<Value>(all) {
                Ok(response) if text_of(&response, "status").is_empty() => {
                    Err(self.unreadable(&say!(self.locale,
                        en: "it is no response object",
                        zh: "它不是 response 对象")))
                }
                Ok(response) => self.terminal(text_of(&response, "status"), &response),
                // Cut in the middle rather than garbled.
                Err(error) if error.is_eof() => Err(Fault::new(
                    FaultCode::StreamInterrupted,
                    say!(self.locale, en: "the answer ended in the middle", zh: "回答在中途结束"),
                )),
                Err(error) => Err(self.unreadable(&error.to_string())),
            },
        };
        match end {
            Ok(answer) => {
                let rest = answer
                    .text
                    .strip_prefix(self.shown.as_str())
                    .unwrap_or_default()
                    .to_owned();
                (Ok(answer), rest)
            }
            Err(mut fault) => {
                fault.partial_text = self.shown;
                (Err(fault), String::new())
            }
        }
    }

    fn event(&mut self, name: &str, data: &str, fresh: &mut String) -> Result<(), Fault> {
        if data == "[DONE]" {
            let words = say!(self.locale,
                en: "the answer said that it is done, but gave no last event",
                zh: "回答声称已完成，却没有给出最后一个事件");
            self.end = Some(Err(Fault::new(FaultCode::StreamInterrupted, words)));
            return Ok(());
        }
        if !(name == "message" || name == "error" || name.starts_with("response.")) {
            return Ok(());
        }
        let event: Value = serde_json::from_slice(data.as_bytes())
            .map_err(|error| self.unreadable(&error.to_string()))?;
        let kind = event["type"].as_str().unwrap_or(name);
        let index = |field: &str| event[field].as_u64().unwrap_or_default();
        let at = (index("output_index"), index("content_index"));
        match kind {
            "response.output_text.delta" => {
                let delta = text_of(&event, "delta");
                let earlier = self
                    .parts
                    .0
                    .iter()
                    .any(|(other, part)| *other < at && !part.joined.is_empty());
                let part = self.parts.entry(at, Part::default);
                // A new message of the same answer begins on a line of its own, as in the final text.
                if part.joined.is_empty() && !delta.is_empty() && earlier && at.1 == 0 {
                    fresh.push_str("\n\n");
                }
                part.joined.push_str(delta);
                fresh.push_str(delta);
            }
            "response.output_text.done" => {
                self.parts.entry(at, Part::default).done =
                    event["text"].as_str().map(str::to_owned);
            }
            "response.output_item.added" | "response.output_item.done" => {
                if let Some(call) = response::call(&event["item"]) {
                    self.calls.set(at.0, call);
                }
            }
            "response.completed" | "response.failed" | "response.incomplete" => {
                let response = &event["response"];
                let status = match text_of(response, "status") {
                    "" => kind.trim_start_matches("response."),
                    status => status,
                };
                self.end = Some(if response.is_object() || status == "failed" {
                    self.terminal(status, response)
                } else {
                    Err(self.unreadable(&say!(self.locale,
                        en: "its last event has no response",
                        zh: "最后一个事件中没有 response")))
                });
            }
            "error" => {
                let error = if event["error"].is_object() {
                    &event["error"]
                } else {
                    &event
                };
                let words = say!(self.locale,
                    en: "the stream says: {}",
                    zh: "流中的错误：{}",
                    excerpt(error_words(error).as_bytes()));
                self.end = Some(Err(Fault::new(FaultCode::GatewayError, words)));
            }
            _ => {}
        }
        Ok(())
    }

    /// What a response object that claims to be the end makes of the turn.
    fn terminal(&self, status: &str, response: &Value) -> Result<Answer, Fault> {
        match status {
            "completed" | "incomplete" => {}
            "failed" | "cancelled" => {
                return Err(refusal::failed(status, response, self.locale));
            }
            other => {
                return Err(self.unreadable(&say!(self.locale,
                    en: "an end with the status `{}`",
                    zh: "结束状态为 `{}`",
                    excerpt(other.as_bytes()))));
            }
        }
        let mut calls = response::calls(response);
        if calls.is_empty() {
            calls = self.calls.0.iter().map(|(_, call)| call.clone()).collect();
        }
        let mut text = response::text(response);
        if text.is_empty() {
            text = self.text_of_parts();
        }
        if calls.is_empty() && text == STOCK_SENTENCE {
            let words = say!(self.locale,
                en: "the gateway's whole answer is \"{STOCK_SENTENCE}\"",
                zh: "网关的全部回答是“{STOCK_SENTENCE}”");
            return Err(Fault::new(FaultCode::ModelProviderFailed, words));
        }
        let usage = response::usage(response);
        Ok(Answer {
            text,
            usage,
            response_id: text_of(response, "id").to_owned(),
            calls,
        })
    }

    /// `output_text.done` before joined deltas: a provider that drops out repeats deltas.
    fn text_of_parts(&self) -> String {
        let mut text = String::new();
        for (at, part) in &self.parts.0 {
            let part = part.done.as_deref().unwrap_or(&part.joined);
            if at.1 == 0 && !text.is_empty() && !part.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(part);
        }
        text
    }

    fn unreadable(&self, why: &str) -> Fault {
        Fault::new(
            FaultCode::ProtocolError,
            say!(self.locale, en: "the answer cannot be read: {why}", zh: "无法读取回答：{why}"),
        )
    }
}

#[cfg(test)]
mod tests;
