//! The texts of one answer, which may arrive as deltas, as a finished text, part or item, or only in the last event.

use super::screen::Screen;
use crate::gateway::response;
use crate::prelude::*;
use openclaw_wire::json::Json;

/// Maximum separate parts; further ones are merged into the last.
const MAX_PARTS: usize = 1000;

/// Position of a part: output index and content index.
type Place = (u64, u64);

/// The texts so far.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) screen: Screen,
    /// Ordered by place.
    parts: Vec<Part>,
    /// The part last written, usually also the next one.
    current: usize,
    /// Ids of items without an index.
    ids: Vec<String>,
    /// Number of the current item without an index or id.
    nameless: u64,
    /// Items have had an index so far.
    indexed: bool,
    /// Bytes in which shorter texts were looked for.
    searched: usize,
}

/// Bytes of finished texts in which shorter ones are looked for, in one answer: a hostile gateway could send many. Enough
/// for the longest answer.
const MAX_SEARCHED: usize = 32 * 1024 * 1024;

struct Part {
    place: Place,
    /// Ranges of its deltas on the screen.
    deltas: Vec<(usize, usize)>,
    /// Its finished text; may be empty.
    done: String,
}

impl Texts {
    /// The place an event refers to.
    pub(super) fn place(&mut self, output: Json<'_>, item: Json<'_>, content: Json<'_>) -> Place {
        let content = content.number().unwrap_or_default();
        if let Some(output) = output.number() {
            self.indexed = true;
            return (output, content);
        }
        let id = item.text();
        let id = response::bounded_id(&id);
        if id.is_empty() {
            return (self.nameless, content);
        }
        let known = self.ids.iter().position(|known| known == id);
        let at = known.unwrap_or(self.ids.len());
        if known.is_none() && at < MAX_PARTS {
            self.ids.push(id.to_owned());
        }
        (at as u64, content)
    }

    fn part(&mut self, place: Place) -> &mut Part {
        let current = self.parts.get(self.current);
        if current.is_none_or(|part| part.place != place) {
            let found = self.parts.binary_search_by_key(&place, |part| part.place);
            self.current = match found {
                Ok(at) => at,
                Err(_) if self.parts.len() == MAX_PARTS => MAX_PARTS - 1,
                Err(at) => {
                    let part = Part {
                        place,
                        deltas: vec![],
                        done: String::new(),
                    };
                    self.parts.insert(at, part);
                    at
                }
            };
        }
        &mut self.parts[self.current]
    }

    /// Adds and shows a delta.
    pub(super) fn delta(&mut self, place: Place, delta: Json<'_>, shown: &mut String) {
        let first = self.part(place).deltas.is_empty();
        // A new message of the same answer starts on a new line, as in the final text.
        if first && place.1 == 0 && self.screen.len(shown) > 0 && !delta.is("") {
            self.screen.add(shown, |to| to.push_str("\n\n"));
        }
        let from = self.screen.len(shown);
        self.screen.add(shown, |to| delta.push_printable(to));
        let to = self.screen.len(shown);
        let deltas = &mut self.part(place).deltas;
        match deltas.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ if from < to => deltas.push((from, to)),
            _ => {}
        }
    }

    /// Sets a part's finished text. A part of a longer one never replaces it.
    pub(super) fn done(&mut self, place: Place, text: String) {
        let long = self.part(place).done.len();
        if text.len() < long {
            self.searched = self.searched.saturating_add(long);
            if self.searched > MAX_SEARCHED || self.part(place).done.contains(&text) {
                return;
            }
        }
        self.part(place).done = text;
    }

    /// Sets the finished texts of an item.
    pub(super) fn item_done(&mut self, output: Json<'_>, item: Json<'_>) {
        let [id, content] = item.get(["id", "content"]);
        let (at, _) = self.place(output, id, Json::default());
        let mut text = String::new();
        if content.is_list() {
            for (part, content) in content.items().enumerate() {
                let mut text = String::new();
                response::push_part(&mut text, content);
                if !text.is_empty() {
                    self.done((at, part as u64), text);
                }
            }
        } else {
            response::push_message(&mut text, item);
            if !text.is_empty() {
                self.done((at, 0), text);
            }
        }
        if output.number().is_none() && id.is_none() {
            self.nameless += 1;
        }
    }

    /// The final text. The output of the last event takes precedence wherever it has text.
    pub(super) fn whole(&self, output: Json<'_>, output_text: Json<'_>, shown: &str) -> String {
        let mut whole = String::new();
        let mut from_output = false;
        for (at, item) in output.items().enumerate() {
            let mut text = String::new();
            response::push_message(&mut text, item);
            from_output |= !text.is_empty();
            let [kind] = item.get(["type"]);
            if text.is_empty() && self.indexed && kind.is("message") {
                self.push_item(at as u64, shown, &mut text);
            }
            push_paragraph(&mut whole, text);
        }
        if !from_output && output_text.is_text() {
            whole.clear();
            output_text.push_printable(&mut whole);
        }
        if from_output && self.parts.iter().any(|part| part.done.is_empty()) {
            return whole;
        }
        let mut told = String::new();
        let mut last = None;
        for part in &self.parts {
            if last != Some(part.place.0) {
                last = Some(part.place.0);
                let mut text = String::new();
                self.push_item(part.place.0, shown, &mut text);
                push_paragraph(&mut told, text);
            }
        }
        if told.len() > whole.len() && told.contains(&whole) {
            return told;
        }
        whole
    }

    /// Appends what is known of the item at this position.
    fn push_item(&self, at: u64, shown: &str, text: &mut String) {
        let from = self.parts.partition_point(|part| part.place.0 < at);
        for part in self.parts[from..]
            .iter()
            .take_while(|part| part.place.0 == at)
        {
            if part.done.is_empty() {
                let more = part.deltas.iter().map(|(from, to)| to - from);
                text.reserve_exact(more.sum());
                for range in &part.deltas {
                    self.screen.copy(shown, *range, text);
                }
            } else {
                text.push_str(&part.done);
            }
        }
    }

    /// Whether the model restarted the text after it had ended: 2026.2.9 silently retries when its provider
    /// drops out mid-reply.
    pub(super) fn begun_again(&self, text: &str, shown: &str) -> bool {
        let [part] = &self.parts[..] else {
            return false;
        };
        let came: usize = part.deltas.iter().map(|(from, to)| to - from).sum();
        if text.is_empty() || came < 2 * text.len() {
            return false;
        }
        let mut deltas = String::new();
        for range in &part.deltas {
            self.screen.copy(shown, *range, &mut deltas);
        }
        let again = deltas.strip_prefix(text);
        again.is_some_and(|again| again.trim_start().starts_with(text))
    }
}

fn push_paragraph(to: &mut String, text: String) {
    if to.is_empty() {
        // Usually the whole text, which may be long: moved, not copied.
        *to = text;
    } else if !text.is_empty() {
        to.push_str("\n\n");
        to.push_str(&text);
    }
}
