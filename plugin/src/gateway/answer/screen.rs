//! Decides what to show of an answer while it streams.
//!
//! Holds back a line that may become a `MEDIA:` line, or one that names a file to send, and everything from such a line
//! on until the final text is known: 2026.2.9 removes the first too late. Also holds back what may become the gateway's
//! placeholder for an empty answer.

use super::{STOCK_SENTENCE, files, media};
use crate::prelude::*;

/// The streamed part of an answer, shown or held back. Offsets count from the start of the answer.
#[derive(Default)]
pub(super) struct Screen {
    /// Offset of this answer in `shown`.
    base: usize,
    begun: bool,
    /// Lines may name files.
    pub(super) files: bool,
    held: String,
    /// Nothing more is shown until the final text is known.
    waits: bool,
    /// Offset in `shown` of a line that is still undecided, after the indentation seen so far; and whether it is the
    /// answer's first.
    line: Option<(usize, bool)>,
}

impl Screen {
    /// Bytes received so far.
    pub(super) fn len(&self, shown: &str) -> usize {
        if self.begun {
            shown.len() - self.base + self.held.len()
        } else {
            0
        }
    }

    /// Adds text, which `push` appends.
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
        // Held text is checked again together with what follows.
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
            let Some((line, is_first)) = self.line else {
                // In the middle of a harmless line.
                match shown[from..].find('\n') {
                    Some(end) => self.line = Some((from + end + 1, false)),
                    None => return,
                }
                continue;
            };
            let text = media::begun(&shown[line..]);
            let start = shown.len() - text.len();
            if text.starts_with(media::MARK) || self.files && text.starts_with(files::MARK) {
                self.wait(shown, start);
                return;
            }
            self.line = Some((start, is_first));
            if media::MARK.starts_with(text)
                || self.files && files::MARK.starts_with(text)
                || is_first && STOCK_SENTENCE.starts_with(text)
            {
                self.hold(shown, start);
                return;
            }
            if (piece..=from).contains(&start) && media::is_piece(&shown[start..from]) {
                // Part of the mark arrived alone, followed by something else.
                self.wait(shown, start);
                return;
            }
            self.line = None;
            from = from.max(line);
        }
    }

    fn wait(&mut self, shown: &mut String, start: usize) {
        self.hold(shown, start);
        self.waits = true;
    }

    /// Holds back what begins here; before a line that may name a file also the white space before, which goes with it.
    fn hold(&mut self, shown: &mut String, start: usize) {
        let from = match self.files {
            true => self.base + shown[self.base..start].trim_end().len(),
            false => start,
        };
        self.held = shown.split_off(from);
    }

    /// Starts the answer. Rounds are separated as in the final text.
    fn begin(&mut self, shown: &mut String) {
        if !shown.is_empty() {
            shown.push_str("\n\n");
        }
        self.base = shown.len();
        self.line = Some((self.base, true));
        self.begun = true;
    }

    /// Appends the text between two offsets.
    pub(super) fn copy(&self, shown: &str, (from, to): (usize, usize), text: &mut String) {
        let seen = &shown[self.base..];
        let middle = seen.len();
        text.push_str(&seen[from.min(middle)..to.min(middle)]);
        text.push_str(&self.held[from.saturating_sub(middle)..to.saturating_sub(middle)]);
    }

    /// Shows the rest of the final text. False if it does not start with what was shown.
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

    /// Shows the held text of an answer without a final text.
    pub(super) fn give_up(&mut self, shown: &mut String) {
        let held = core::mem::take(&mut self.held);
        if held != STOCK_SENTENCE {
            let mut rest = media::without(held);
            if self.files {
                files::take(&mut rest);
                files::drop_piece(&mut rest);
            }
            shown.push_str(&rest);
        }
    }
}

/// What follows `shown` in `text`, ignoring white space; none if `text` does not start with it.
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
