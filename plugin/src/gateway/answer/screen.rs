//! What of an answer is shown while it comes.
//!
//! A line that may become a `MEDIA:` line is held back, and from such a line on everything is until
//! the final text is known: 2026.2.9 takes them out too late. So is what may become the gateway's
//! sentence for an answer without text.

use super::{STOCK_SENTENCE, media};
use crate::prelude::*;

/// The part of an answer that has come, in `shown` and held back. Places in it are counted from the
/// beginning of the answer.
#[derive(Default)]
pub(super) struct Screen {
    /// Where this answer begins in `shown`.
    base: usize,
    begun: bool,
    held: String,
    /// Nothing is shown before the final text is known.
    waits: bool,
    /// Where the line begins in `shown` of which it is not yet known what it becomes.
    line: Option<usize>,
}

impl Screen {
    /// How much of the answer has come.
    pub(super) fn len(&self, shown: &str) -> usize {
        if self.begun {
            shown.len() - self.base + self.held.len()
        } else {
            0
        }
    }

    /// Takes more of the answer, which `push` appends.
    pub(super) fn add(&mut self, shown: &mut String, push: impl FnOnce(&mut String)) {
        if self.waits {
            push(&mut self.held);
            return;
        }
        let before = shown.len();
        let begins = !self.begun;
        if begins {
            self.begin(shown);
        }
        // What was held back is judged again with what follows it.
        let piece = shown.len();
        shown.push_str(&self.held);
        let mut from = shown.len();
        push(shown);
        if shown.len() == from {
            shown.truncate(before);
            self.begun = !begins;
            return;
        }
        self.held.clear();
        loop {
            let Some(line) = self.line else {
                // Within a line of which nothing is to be feared.
                match shown[from..].find('\n') {
                    Some(end) => self.line = Some(from + end + 1),
                    None => return,
                }
                continue;
            };
            let text = media::begun(&shown[line..]);
            let start = shown.len() - text.len();
            if text.starts_with(media::MARK) {
                self.wait(shown, start);
                return;
            }
            let is_first = line == self.base;
            if media::MARK.starts_with(text) || is_first && STOCK_SENTENCE.starts_with(text) {
                self.held = shown.split_off(start);
                return;
            }
            if start == piece && media::is_piece(&shown[piece..from]) {
                // A piece of the mark came by itself, and something else after it.
                self.wait(shown, start);
                return;
            }
            self.line = None;
            from = from.max(line);
        }
    }

    fn wait(&mut self, shown: &mut String, start: usize) {
        self.held = shown.split_off(start);
        self.waits = true;
    }

    /// The answer begins. Rounds are kept apart as in the final text.
    fn begin(&mut self, shown: &mut String) {
        if !shown.is_empty() {
            shown.push_str("\n\n");
        }
        self.base = shown.len();
        self.line = Some(self.base);
        self.begun = true;
    }

    /// Appends what came between two places.
    pub(super) fn copy(&self, shown: &str, (from, to): (usize, usize), text: &mut String) {
        let seen = &shown[self.base..];
        let middle = seen.len();
        text.push_str(&seen[from.min(middle)..to.min(middle)]);
        text.push_str(&self.held[from.saturating_sub(middle)..to.saturating_sub(middle)]);
    }

    /// Shows what is missing of the final text. False if what has been shown is not its beginning.
    pub(super) fn complete(&mut self, text: &str, shown: &mut String) -> bool {
        if !self.begun {
            if !text.is_empty() {
                self.begin(shown);
                shown.push_str(text);
            }
            return true;
        }
        match after(&shown[self.base..], text) {
            Some(rest) => {
                shown.push_str(rest);
                true
            }
            None => false,
        }
    }

    /// Shows what was held back of an answer that has no final text.
    pub(super) fn give_up(&mut self, shown: &mut String) {
        let held = core::mem::take(&mut self.held);
        if held != STOCK_SENTENCE {
            shown.push_str(&media::without(held));
        }
    }
}

/// What follows in `text` on what has been shown, but for space: none if that is not its beginning.
fn after<'a>(shown: &str, text: &'a str) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix(shown) {
        return Some(rest);
    }
    let solid = |text: &'a str| text.char_indices().filter(|(_, c)| !c.is_whitespace());
    let mut of_text = solid(text);
    for c in shown.chars().filter(|c| !c.is_whitespace()) {
        if of_text.next()?.1 != c {
            return None;
        }
    }
    let rest = of_text.next().map_or("", |(at, _)| &text[at..]);
    Some(rest)
}
