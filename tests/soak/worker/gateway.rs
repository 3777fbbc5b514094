//! The gateway of the soak: what it does follows from the turn's text, `WORD NUMBER …`. Numbers must come in order, and
//! none while an answer is held.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openclaw_fake_gateway::{Answer, FakeGateway, Gate, Scene};
use serde_json::Value;

use crate::faults::Failing;

/// What it has seen; clones are the same one.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Seen>>);

/// See [`Watch`].
#[derive(Default)]
pub struct Seen {
    last: u64,
    held: Option<Gate>,
    /// Requests that came out of order, or while an answer was held.
    pub wrong: Vec<String>,
}

impl Watch {
    /// Answers this gateway's requests from now on.
    pub fn attach(&self, gateway: &FakeGateway) {
        let watch = self.clone();
        gateway.answer_by(move |body| watch.answer(body));
    }

    /// The next answer to `hold` waits at this gate.
    pub fn hold(&self) -> Gate {
        let gate = Gate::new();
        self.seen().held = Some(gate.clone());
        gate
    }

    /// The held answer may go on.
    pub fn release(&self) {
        if let Some(gate) = self.seen().held.take() {
            gate.open();
        }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, body: &Value) -> Scene {
        let text = said(body);
        let mut words = text.split(' ');
        let mut seen = self.seen();
        let outputs = has_output(body);
        let (word, number) = match words.next().unwrap_or_default() {
            // The next round of the same turn has nothing but the outputs.
            "" if outputs => ("", seen.last),
            word => {
                let number: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                if number <= seen.last {
                    let wrong = format!("`{text}` after number {}", seen.last);
                    seen.wrong.push(wrong);
                }
                (word, number)
            }
        };
        seen.last = number;
        match word {
            "hold" => {
                let gate = seen.held.clone().expect("a gate");
                Answer::new()
                    .runs_on()
                    .delta("held ")
                    .hold(&gate)
                    .delta(&number.to_string())
                    .into()
            }
            _ if seen.held.is_some() => {
                seen.wrong
                    .push(format!("`{text}` while an answer was held"));
                Scene::reply("")
            }
            "tool" if !outputs => {
                let call = |at: u64| (format!("call-{at}"), format!("{{\"n\":{at}}}"));
                let calls = (0..1 + number % 3).map(call);
                let begun = Answer::new().runs_on();
                let answer = calls.fold(begun, |answer, (id, given)| {
                    answer.call(&id, "count", &given)
                });
                answer.into()
            }
            "fail" => Failing::named(words.next().unwrap_or_default()).scene(),
            "long" => {
                let piece = "0123456789abcdef".repeat(64);
                (0..200)
                    .fold(Answer::new().runs_on(), |answer, _| answer.delta(&piece))
                    .into()
            }
            _ => Answer::text(&format!("answer {number}")).runs_on().into(),
        }
    }
}

/// The user's newest text.
fn said(body: &Value) -> String {
    let of_message = |item: &Value| {
        let content = &item["content"];
        let text = content.as_str().or_else(|| content[0]["text"].as_str());
        text.map(str::to_owned)
    };
    let items = body["input"].as_array().into_iter().flatten();
    let text = body["input"].as_str().map(str::to_owned);
    text.or_else(|| items.rev().find_map(of_message))
        .unwrap_or_default()
}

fn has_output(body: &Value) -> bool {
    let mut items = body["input"].as_array().into_iter().flatten();
    items.any(|item| item["type"] == "function_call_output")
}
