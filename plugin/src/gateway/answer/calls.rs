//! The calls of one answer, as its stream announces and repeats them.

use crate::gateway::response::{self, CallItem, NO_ARGUMENTS};
use crate::json::Json;
use crate::prelude::*;
use crate::turn::model::ToolCall;

/// How far back an earlier announcement of a call is looked for.
const LOOK_BACK: usize = 256;

/// The calls so far, in the order in which they came.
#[derive(Default)]
pub(super) struct Calls(Vec<Noted>);

struct Noted {
    /// Its place in the output, where that is told.
    index: Option<u64>,
    item: CallItem,
}

impl Noted {
    /// Whether this is the same call again. An id of its own decides; a place in the output that
    /// every call has in common must not.
    fn is(&self, index: Option<u64>, call_id: &str, item_id: &str) -> bool {
        let same =
            |one: &str, other: &str| (!one.is_empty() && !other.is_empty()).then_some(one == other);
        same(&self.item.call.id, call_id)
            .or_else(|| same(&self.item.item_id, item_id))
            .unwrap_or(index.is_some() && index == self.index)
    }
}

impl Calls {
    fn find(&mut self, index: Option<u64>, call_id: &str, item_id: &str) -> Option<&mut Noted> {
        let latest = self.0.iter_mut().rev().take(LOOK_BACK);
        latest
            .into_iter()
            .find(|noted| noted.is(index, call_id, item_id))
    }

    /// Takes a call, or what is told of one again.
    pub(super) fn note(&mut self, index: Option<u64>, item: CallItem) {
        match self.find(index, &item.call.id, &item.item_id) {
            Some(noted) => fill(&mut noted.item, item),
            None => self.0.push(Noted { index, item }),
        }
    }

    /// Takes the arguments of a call that has been announced.
    pub(super) fn arguments(&mut self, index: Option<u64>, item_id: &str, arguments: String) {
        if let Some(noted) = self.find(index, "", item_id)
            && arguments != NO_ARGUMENTS
        {
            noted.item.call.arguments = arguments;
        }
    }

    /// The calls of the answer whose last event has this output. It counts, unless it is emptier.
    pub(super) fn take(&mut self, output: Json<'_>) -> Vec<ToolCall> {
        let mut told = core::mem::take(&mut self.0);
        if !told.is_sorted_by_key(|noted| noted.index) {
            told.sort_by_key(|noted| noted.index);
        }
        let mut last: Vec<CallItem> = output.items().filter_map(response::call).collect();
        let mut known = 0;
        for item in last.iter_mut().take(LOOK_BACK) {
            let earlier = told.iter().take(LOOK_BACK);
            let mut earlier = earlier.filter(|noted| noted.is(None, &item.call.id, &item.item_id));
            if let Some(noted) = earlier.next() {
                known += 1;
                if item.call.arguments == NO_ARGUMENTS {
                    item.call.arguments.clone_from(&noted.item.call.arguments);
                }
            }
        }
        let emptier = last.len() < told.len() && known == last.len();
        if emptier {
            last = told.into_iter().map(|noted| noted.item).collect();
        }
        last.into_iter().map(named).collect()
    }
}

/// Adds what is told later; an empty field never erases a fuller one.
fn fill(noted: &mut CallItem, item: CallItem) {
    let take = |field: &mut String, new: String| {
        if !(new.is_empty() || new == NO_ARGUMENTS) {
            *field = new;
        }
    };
    take(&mut noted.item_id, item.item_id);
    take(&mut noted.call.id, item.call.id);
    take(&mut noted.call.name, item.call.name);
    take(&mut noted.call.arguments, item.call.arguments);
}

/// A call without an id of its own has that of its item.
fn named(item: CallItem) -> ToolCall {
    let mut call = item.call;
    if call.id.is_empty() {
        call.id = item.item_id;
    }
    call
}
