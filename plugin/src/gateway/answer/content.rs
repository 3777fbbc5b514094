//! The content of an answer, read event by event or from a JSON body.

use super::calls::Calls;
use super::texts::Texts;
use super::{Answer, STOCK_SENTENCE, files, media};
use crate::fault::Fault;
use crate::gateway::{classify, response};
use crate::prelude::*;
use crate::text;
use openclaw_core::locale::say;
use openclaw_core::printable::excerpt;
use openclaw_core::turn::NoticeCode;
use openclaw_core::{fault::FaultCode, locale::Locale};
use openclaw_wire::json::{Json, Unreadable};

/// The events that are read.
const USED: [&str; 14] = [
    "response.output_text.delta",
    "response.refusal.delta",
    "response.output_text.done",
    "response.refusal.done",
    "response.content_part.done",
    "response.output_item.added",
    "response.output_item.done",
    "response.function_call_arguments.done",
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.cancelled",
    "response.error",
    "error",
];

/// The content so far.
pub(super) struct Content {
    pub texts: Texts,
    pub calls: Calls,
    pub locale: Locale,
}

impl Content {
    /// Reads one event. Returns the answer if it is the last.
    pub(super) fn event(
        &mut self,
        name: &str,
        data: &str,
        shown: &mut String,
    ) -> Result<Option<Answer>, Fault> {
        let (name, data) = (name.trim(), data.trim());
        let mark = data.trim_matches('"');
        if mark.eq_ignore_ascii_case("[DONE]") {
            let words = say!(self.locale,
                en: "the answer said that it is done, but gave no last event",
                zh: "回答声称已完成，却没有给出最后一个事件");
            return Err(Fault::new(FaultCode::StreamInterrupted, words));
        }
        let unnamed = name == "message";
        if !(unnamed || USED.contains(&name)) || (unnamed && !data.starts_with('{')) {
            return Ok(None);
        }
        if name == "error" && !data.starts_with('{') {
            return Err(self.error_words(data));
        }
        let fields = [
            "type",
            "delta",
            "output_index",
            "content_index",
            "item_id",
            "text",
            "refusal",
            "part",
            "item",
            "arguments",
            "response",
            "error",
        ];
        // An event without data means what its name says.
        let data = if data.is_empty() { "{}" } else { data }.as_bytes();
        let [
            kind,
            delta,
            output,
            content,
            item_id,
            text,
            refusal,
            part,
            item,
            arguments,
            response,
            error,
        ] = match Json::fields_in(data, fields) {
            Ok(fields) => fields,
            Err(why) => {
                // A proxy that loses its gateway breaks off, and reports that on the next line.
                let last = data.rsplit(|byte| *byte == b'\n').next().map(Json::object);
                if let Some(Ok(last)) = last
                    && last.get(["type"])[0].is("error")
                {
                    return Err(self.error(last));
                }
                let [kind] = Json::broken(data).get(["type"]);
                let ours = kind.is_none() || USED.contains(&kind.text().as_ref());
                return if ours {
                    Err(self.garbled(why))
                } else {
                    Ok(None)
                };
            }
        };
        let kind = kind.text();
        let kind = match kind.as_ref() {
            // Its `type` may be that of the error.
            _ if name == "error" => name,
            "" if unnamed && !error.is_none() => "error",
            "" => name,
            kind => kind,
        };
        let place = |texts: &mut Texts| texts.place(output, item_id, content);
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                let place = place(&mut self.texts);
                self.texts.delta(place, delta, shown);
            }
            "response.output_text.done" | "response.refusal.done" => {
                let place = place(&mut self.texts);
                let mut whole = String::new();
                if text.is_text() { text } else { refusal }.push_printable(&mut whole);
                self.texts.done(place, whole);
            }
            "response.content_part.done" => {
                let place = place(&mut self.texts);
                let mut whole = String::new();
                response::push_part(&mut whole, part);
                self.texts.done(place, whole);
            }
            "response.output_item.added" | "response.output_item.done" => {
                let done = kind.ends_with("done");
                if let Some(call) = response::call(item) {
                    self.calls.note(output.number(), call, done);
                } else if done {
                    self.texts.item_done(output, item);
                }
            }
            "response.function_call_arguments.done" => {
                let arguments = response::arguments(arguments);
                self.calls
                    .arguments(output.number(), &response::id(item_id), arguments);
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled" => {
                let claim = kind.trim_start_matches("response.");
                return self.end(claim, response, shown).map(Some);
            }
            "error" | "response.error" => {
                return Err(self.error(Json::object(data).unwrap_or_default()));
            }
            _ => {}
        }
        Ok(None)
    }

    /// Reads a complete JSON body.
    pub(super) fn body(&mut self, bytes: &[u8], shown: &str) -> Result<Answer, Fault> {
        // Some providers send errors as a list.
        let list = Json::broken(bytes);
        let first = list.items().next().filter(|_| list.is_list());
        let response = match first.map_or_else(|| Json::object(bytes), Ok) {
            Ok(response) => response,
            Err(Unreadable::CutOff) => {
                let words =
                    say!(self.locale, en: "the answer ended in the middle", zh: "回答在中途结束");
                return Err(Fault::new(FaultCode::StreamInterrupted, words));
            }
            Err(why) => return Err(self.garbled(why)),
        };
        let [status, output, error] = response
            .fields(["status", "output", "error"])
            .map_err(|why| self.garbled(why))?;
        let status = status.text();
        match status.as_ref() {
            "failed" | "cancelled" => self.end(&status, response, shown),
            "completed" | "incomplete" if output.is_list() => self.end(&status, response, shown),
            _ if !error.is_none() => Err(self.error(response)),
            "" if output.is_list() => self.end("completed", response, shown),
            "" | "error" if classify::is_error(response) => Err(self.error(response)),
            "" | "completed" | "incomplete" => Err(self.unreadable(&say!(self.locale,
                en: "it is no response object",
                zh: "它不是 response 对象"))),
            other => Err(self.unknown_end(other)),
        }
    }

    /// The end of the turn, from a response object that claims to be the last. `claim`: the status implied by
    /// the event; the object's own status takes precedence.
    pub(super) fn end(
        &mut self,
        claim: &str,
        response: Json<'_>,
        shown: &str,
    ) -> Result<Answer, Fault> {
        let [id, status, output, output_text, usage, details] = response.get([
            "id",
            "status",
            "output",
            "output_text",
            "usage",
            "incomplete_details",
        ]);
        let status = status.text();
        let status = match status.as_ref() {
            _ if claim == "failed" || claim == "cancelled" => claim,
            "" => claim,
            status => status,
        };
        match status {
            "completed" | "incomplete" => {}
            "failed" | "cancelled" => {
                return Err(classify::failed(status, response, self.locale));
            }
            other => return Err(self.unknown_end(other)),
        }
        if classify::is_error(response) && !response::has_text(output) {
            return Err(self.error(response));
        }
        let Some(calls) = self.calls.take(output) else {
            return Err(self.unreadable(&say!(self.locale,
                en: "it has too many tool calls",
                zh: "其中的工具调用过多")));
        };
        let whole = self.texts.whole(output, output_text, shown);
        if !response.is_object() && whole.is_empty() && calls.is_empty() {
            return Err(self.unreadable(&say!(self.locale,
                en: "its last event has no response",
                zh: "最后一个事件中没有 response")));
        }
        let mut answer = Answer {
            provider_failed: self.texts.begun_again(&whole, shown),
            text: media::without(whole),
            usage: response::usage(usage),
            response_id: response::shown_id(id),
            calls,
            notices: vec![],
            files: vec![],
        };
        if self.texts.screen.files {
            answer.files = files::take(&mut answer.text);
        }
        if answer.calls.is_empty() && answer.text == STOCK_SENTENCE {
            if answer.usage.is_none() && !says_failures(usage) {
                let words = say!(self.locale,
                    en: "the gateway's whole answer is \"{STOCK_SENTENCE}\"",
                    zh: "网关的全部回答是“{STOCK_SENTENCE}”");
                return Err(Fault::new(FaultCode::ModelProviderFailed, words));
            }
            answer.text.clear();
        }
        let nothing = answer.text.is_empty() && answer.calls.is_empty() && answer.files.is_empty();
        let [reason] = details.get(["reason"]);
        let reason = if details.is_text() { details } else { reason };
        let reason = excerpt(reason.text().as_bytes());
        // 2026.2.9 marks every answer with a call as incomplete, without a reason.
        let unfinished = status == "incomplete" || claim == "incomplete";
        if !reason.is_empty() || (unfinished && answer.calls.is_empty()) {
            let words = text::answer_incomplete(self.locale, &reason);
            if nothing {
                return Err(Fault::new(FaultCode::ModelProviderFailed, words));
            }
            answer.notices.push((NoticeCode::AnswerIncomplete, words));
        } else if answer.provider_failed {
            let words = text::answer_begun_again(self.locale);
            answer.notices.push((NoticeCode::AnswerIncomplete, words));
        } else if nothing && shown.is_empty() {
            let words = text::answer_empty(self.locale);
            answer.notices.push((NoticeCode::AnswerEmpty, words));
        }
        Ok(answer)
    }

    pub(super) fn interrupted(&self) -> Fault {
        let words = say!(self.locale,
            en: "the answer ended before its last event",
            zh: "回答在最后一个事件之前结束");
        Fault::new(FaultCode::StreamInterrupted, words)
    }

    /// The fault of an error object, or of an object that contains one.
    pub(super) fn error(&self, object: Json<'_>) -> Fault {
        classify::in_place_of_an_answer(object, self.locale)
    }

    /// The fault of an error event whose data is plain text.
    pub(super) fn error_words(&self, words: &str) -> Fault {
        let mut text = String::new();
        openclaw_wire::json::push_string(&mut text, words);
        self.error(Json::broken(text.as_bytes()))
    }

    pub(super) fn unknown_end(&self, status: &str) -> Fault {
        self.unreadable(&say!(self.locale,
            en: "an end with the status `{}`",
            zh: "结束状态为 `{}`",
            excerpt(status.as_bytes())))
    }

    pub(super) fn garbled(&self, why: Unreadable) -> Fault {
        self.unreadable(&match why {
            Unreadable::CutOff => {
                say!(self.locale, en: "its JSON ends in the middle", zh: "JSON 在中途结束")
            }
            Unreadable::Garbled => say!(self.locale, en: "it is no JSON", zh: "它不是 JSON"),
        })
    }

    pub(super) fn unreadable(&self, why: &str) -> Fault {
        Fault::new(
            FaultCode::ProtocolError,
            say!(self.locale, en: "the answer cannot be read: {why}", zh: "无法读取回答：{why}"),
        )
    }
}

/// Whether the gateway's version reports provider failures. Its usage has details, which 2026.2.9 never sends.
fn says_failures(usage: Json<'_>) -> bool {
    let [details] = usage.get(["input_tokens_details"]);
    details.is_object()
}
