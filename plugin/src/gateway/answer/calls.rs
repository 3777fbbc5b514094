//! The tool calls of one answer, as the stream announces and repeats them.

use crate::gateway::response::{self, CallItem, NO_ARGUMENTS};
use crate::prelude::*;
use openclaw_core::turn::ToolCall;
use openclaw_wire::json::Json;

/// Maximum calls accepted. No request could answer many more.
const MAX_CALLS: usize = 100_000;
/// How many earlier calls are compared to find a repetition.
const LOOK_BACK: usize = 256;

/// The calls so far, in order of arrival.
#[derive(Default)]
pub(super) struct Calls {
    told: Vec<Told>,
    too_many: bool,
}

struct Told {
    /// Position in the output, if given.
    index: Option<u64>,
    item: CallItem,
    /// Complete, not just announced.
    done: bool,
}

impl Told {
    /// Whether this is the same call again. A call id decides; an output index does not, since some gateways
    /// give every call the same one.
    fn is(&self, index: Option<u64>, call_id: &str, item_id: &str) -> bool {
        let same_place = index.is_some() && index == self.index;
        let elsewhere = index.is_some() && self.index.is_some() && !same_place;
        let same = |one: &str, other: &str| {
            (!one.is_empty() && !other.is_empty()).then_some(one == other && !elsewhere)
        };
        same(&self.item.call.id, call_id)
            .or_else(|| same(&self.item.item_id, item_id))
            .unwrap_or(same_place)
    }
}

impl Calls {
    /// Adds a call, announced or complete. Repetitions are found later.
    pub(super) fn note(&mut self, index: Option<u64>, item: CallItem, done: bool) {
        let full = self.told.len() == MAX_CALLS;
        let mut announced = self.told.iter_mut().rev().take(LOOK_BACK);
        let announced = announced
            .find(|told| !told.done && done && told.is(index, &item.call.id, &item.item_id));
        match announced {
            Some(told) => {
                told.done = true;
                fill(&mut told.item, item);
            }
            None if full => self.too_many = true,
            None => self.told.push(Told { index, item, done }),
        }
    }

    /// Sets the arguments of an announced call.
    pub(super) fn arguments(&mut self, index: Option<u64>, item_id: &str, arguments: String) {
        let mut latest = self.told.iter_mut().rev().take(LOOK_BACK);
        if let Some(told) = latest.find(|told| told.is(index, "", item_id)) {
            fill_text(&mut told.item.call.arguments, arguments);
        }
    }

    /// The calls of the answer; `output` is that of its last event and counts unless it has less. None if
    /// there are too many.
    pub(super) fn take(&mut self, output: Json<'_>) -> Option<Vec<ToolCall>> {
        let told = core::mem::take(&mut self.told);
        let items = output.items().filter_map(response::call);
        let mut last: Vec<CallItem> = items.take(MAX_CALLS + 1).collect();
        let mut known = 0;
        for item in last.iter_mut().take(LOOK_BACK) {
            let mut earlier = told.iter().take(LOOK_BACK);
            if let Some(told) = earlier.find(|told| told.is(None, &item.call.id, &item.item_id)) {
                known += 1;
                if item.call.arguments == NO_ARGUMENTS {
                    item.call.arguments.clone_from(&told.item.call.arguments);
                }
            }
        }
        if last.len() < told.len() && known == last.len() {
            last = told.into_iter().map(|told| told.item).collect();
        }
        let too_many = self.too_many || last.len() > MAX_CALLS;
        (!too_many).then(|| last.into_iter().map(named).collect())
    }
}

/// Completes a call with later values.
fn fill(told: &mut CallItem, item: CallItem) {
    fill_text(&mut told.item_id, item.item_id);
    fill_text(&mut told.call.id, item.call.id);
    fill_text(&mut told.call.name, item.call.name);
    fill_text(&mut told.call.arguments, item.call.arguments);
}

/// An empty text never replaces a longer one.
fn fill_text(told: &mut String, new: String) {
    if !(new.is_empty() || new == NO_ARGUMENTS) {
        *told = new;
    }
}

/// A call without an id gets its item's id.
fn named(item: CallItem) -> ToolCall {
    let mut call = item.call;
    if call.id.is_empty() {
        call.id = item.item_id;
    }
    call
}
