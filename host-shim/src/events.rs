//! A turn's events on their way to whoever reads them.
//!
//! Only one turn runs at a time, so a reader that is slow or gone must not hold it: pushing never
//! waits. Text that nobody has read yet is joined; what exceeds the bounds is dropped. Of the
//! deltas a beginning of the text is left, so that a reader can complete it from the reply. Approval
//! requests and their ends are never dropped, and files have bounds of their own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use openclaw_core::turn::{Event, ToolCall};

/// Unread events. Beyond it, deltas are joined to the last one and others are dropped.
const MAX_EVENTS: usize = 1024;

/// Unread approval requests and their ends, which are kept whatever the other bounds: a turn has at most 64
/// rounds of tool calls, each with two requests. Only a component that breaks this contract loses any.
const MAX_APPROVALS: usize = 256;

/// Unread files, and their bytes: what a turn may have. Only a component that breaks this contract loses any.
const MAX_FILES: usize = 16;
const MAX_FILE_BYTES: usize = 20 << 20;

/// Unread bytes, of text and tool arguments; a single event may be larger.
const MAX_BYTES: usize = 4 << 20;

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    bytes: usize,
    /// How many of them are about approval.
    approvals: usize,
    /// How many of them are files, and their bytes, which do not count for `bytes`.
    files: (usize, usize),
    /// Deltas were dropped: later ones would leave a gap.
    cut: bool,
    /// Nobody will read: everything is dropped.
    unread: bool,
    /// No more events come.
    closed: bool,
    waker: Option<Waker>,
}

impl State {
    fn push(&mut self, event: Event) {
        if self.unread {
            return;
        }
        let size = size_of(&event);
        // Who reads as fast as the events come gets even one that is larger than the bound.
        let fits = self.bytes == 0 || size <= MAX_BYTES.saturating_sub(self.bytes);
        if let Event::Delta { text } = event {
            self.cut |= !fits;
            if self.cut {
                return;
            }
            let full = self.events.len() >= MAX_EVENTS;
            match self.events.back_mut() {
                Some(Event::Delta { text: last }) if full => last.push_str(&text),
                _ => self.events.push_back(Event::Delta { text }),
            }
        } else if is_approval(&event) {
            if self.approvals >= MAX_APPROVALS {
                return;
            }
            self.approvals += 1;
            self.events.push_back(event);
        } else if let Event::File(file) = &event {
            let files = (self.files.0 + 1, self.files.1 + file.data.len());
            if files.0 > MAX_FILES || files.1 > MAX_FILE_BYTES {
                return;
            }
            self.files = files;
            self.events.push_back(event);
        } else if fits && self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        } else {
            return;
        }
        self.bytes += size;
    }

    fn pop(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.bytes -= size_of(&event);
        self.approvals -= usize::from(is_approval(&event));
        if let Event::File(file) = &event {
            self.files = (self.files.0 - 1, self.files.1 - file.data.len());
        }
        Some(event)
    }
}

/// Somebody waits for the answer to these.
fn is_approval(event: &Event) -> bool {
    matches!(event, Event::ApprovalRequested(_) | Event::ApprovalEnded(_))
}

fn size_of(event: &Event) -> usize {
    match event {
        Event::Delta { text } => text.len(),
        Event::ToolCall(call) => bytes_of(call),
        Event::ToolEnded { call, .. } => call.len(),
        Event::Notice(notice) => notice.text.len(),
        Event::ApprovalRequested(request) => request.calls.iter().map(bytes_of).sum(),
        Event::ApprovalEnded(outcome) => outcome.by.len(),
        Event::File(file) => file.filename.len(),
        _ => 0,
    }
}

fn bytes_of(call: &ToolCall) -> usize {
    call.id.len() + call.name.len() + call.arguments.len()
}

#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where events come in. Dropped: no more come.
#[derive(Debug)]
pub(crate) struct EventSender(Shared);

/// Where events are read. Dropped: later ones are not kept.
#[derive(Debug)]
pub(crate) struct EventReceiver(Shared);

/// The two ends of one turn's events.
pub(crate) fn channel() -> (EventSender, EventReceiver) {
    let shared = Shared::default();
    (EventSender(shared.clone()), EventReceiver(shared))
}

impl EventSender {
    /// Takes events over. Never waits.
    pub(crate) fn push(&self, events: impl IntoIterator<Item = Event>) {
        let waker = {
            let mut state = self.0.lock();
            for event in events {
                state.push(event);
            }
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for EventSender {
    /// Wakes nobody: who waits for an event waits for the turn's end too, which follows.
    fn drop(&mut self) {
        self.0.lock().closed = true;
    }
}

impl EventReceiver {
    /// The next event; `None` once no more come.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.0.lock();
        if let Some(event) = state.pop() {
            return Poll::Ready(Some(event));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Drops what there is and what will come.
    pub(crate) fn discard(&self) {
        let mut state = self.0.lock();
        state.unread = true;
        state.bytes = 0;
        state.approvals = 0;
        state.files = (0, 0);
        state.events = VecDeque::new();
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        self.discard();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::approval::{Approval, ApprovalOutcome, ApprovalRequest, Decision};
    use openclaw_core::turn::{Attachment, Notice, NoticeCode};

    fn delta(text: &str) -> Event {
        Event::Delta {
            text: text.to_owned(),
        }
    }

    fn notice(text: &str) -> Event {
        Event::Notice(Notice {
            code: NoticeCode::ToolDenied,
            text: text.to_owned(),
        })
    }

    fn all(receiver: &EventReceiver) -> Vec<Event> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut events = Vec::new();
        while let Poll::Ready(Some(event)) = receiver.poll_next(&mut cx) {
            events.push(event);
        }
        events
    }

    fn text(events: &[Event]) -> String {
        let text = |event: &Event| match event {
            Event::Delta { text } => Some(text.clone()),
            _ => None,
        };
        events.iter().filter_map(text).collect()
    }

    // Report P12 (attack).
    #[test]
    fn unread_deltas_are_joined_and_none_is_lost() {
        let (sender, receiver) = channel();
        for _ in 0..100_000 {
            sender.push([delta("ab")]);
        }
        let events = all(&receiver);
        assert_eq!(events.len(), MAX_EVENTS);
        assert_eq!(text(&events), "ab".repeat(100_000));
    }

    // Report P12 (attack).
    #[test]
    fn beyond_the_bounds_a_beginning_of_the_text_is_left() {
        let (sender, receiver) = channel();
        let piece = "x".repeat(MAX_BYTES / 2 + 1);
        sender.push([delta("a"), delta(&piece), delta(&piece), delta("later")]);
        assert_eq!(text(&all(&receiver)), format!("a{piece}"));
        // Read by now, but a gap would follow.
        sender.push([delta("later still"), notice("kept")]);
        assert_eq!(all(&receiver), [notice("kept")]);
    }

    #[test]
    fn a_reader_that_keeps_up_gets_everything_however_large() {
        let (sender, receiver) = channel();
        let large = "x".repeat(MAX_BYTES + 1);
        for _ in 0..3 {
            sender.push([delta(&large)]);
            assert_eq!(text(&all(&receiver)), large);
        }
    }

    // Report P12 (attack).
    #[test]
    fn a_flood_of_notices_and_calls_is_bounded_by_number_and_size() {
        let (sender, receiver) = channel();
        for _ in 0..10_000 {
            sender.push([notice("n"), delta("d")]);
        }
        let events = all(&receiver);
        assert!(events.len() <= MAX_EVENTS + 1, "{}", events.len());
        let (sender, receiver) = channel();
        let large = "y".repeat(MAX_BYTES / 4);
        sender.push((0..100).map(|_| notice(&large)));
        assert_eq!(all(&receiver).len(), 4);
    }

    #[test]
    fn approvals_are_kept_in_their_place_whatever_else_is_unread() {
        let call = ToolCall {
            id: "call".to_owned(),
            name: "wipe".to_owned(),
            arguments: "x".repeat(MAX_BYTES),
        };
        let asked = Event::ApprovalRequested(ApprovalRequest {
            id: "approval-1".to_owned(),
            approver: Approval::Admin,
            calls: vec![call],
            expires_in: std::time::Duration::from_secs(300),
        });
        let ended = Event::ApprovalEnded(ApprovalOutcome {
            id: "approval-1".to_owned(),
            decision: Decision::Approved,
            by: "Ann".to_owned(),
        });
        let (sender, receiver) = channel();
        sender.push((0..2 * MAX_EVENTS).map(|_| notice("n")));
        sender.push([asked.clone(), delta("d"), ended.clone(), notice("late")]);
        let kept = all(&receiver);
        assert_eq!(kept[MAX_EVENTS - 1..], [notice("n"), asked.clone(), ended]);
        // A component that breaks its contract does not fill the memory.
        sender.push((0..10_000).map(|_| asked.clone()));
        assert_eq!(all(&receiver).len(), MAX_APPROVALS);
        sender.push([asked]);
        assert_eq!(all(&receiver).len(), 1);
    }

    #[test]
    fn files_are_kept_whatever_else_is_unread_up_to_what_a_turn_may_have() {
        let file = |bytes| {
            Event::File(Attachment {
                media_type: "text/plain".to_owned(),
                filename: "a.txt".to_owned(),
                data: vec![b'x'; bytes],
            })
        };
        let (sender, receiver) = channel();
        sender.push((0..2 * MAX_EVENTS).map(|_| notice("n")));
        sender.push([delta("d"), file(10 << 20), file(10 << 20), file(1)]);
        let kept = all(&receiver);
        assert_eq!(kept[kept.len() - 2..], [file(10 << 20), file(10 << 20)]);
        sender.push((0..100).map(|_| file(1)));
        assert_eq!(all(&receiver).len(), MAX_FILES);
        sender.push([file(20 << 20)]);
        assert_eq!(all(&receiver).len(), 1);
    }

    #[test]
    fn what_nobody_will_read_is_not_kept_and_the_end_is_told() {
        let (sender, receiver) = channel();
        sender.push([delta("a")]);
        receiver.discard();
        sender.push([delta("b")]);
        assert_eq!(all(&receiver), []);
        drop(sender);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(receiver.poll_next(&mut cx), Poll::Ready(None));
        let (sender, receiver) = channel();
        drop(receiver);
        sender.push([delta("a")]);
        assert!(sender.0.lock().events.is_empty());
    }
}
