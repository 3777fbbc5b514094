//! A reader of a turn's events.

use super::host::a_moment;
use super::*;
use crate::host::Events;

/// How a reader treats events.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reader {
    #[default]
    Takes,
    IsGone,
    Dawdles,
    /// Takes each a moment later.
    IsSlow,
}

/// Events received.
#[derive(Default)]
pub(super) struct Taken {
    events: RefCell<Vec<Event>>,
    pub(super) reader: Cell<Reader>,
}

impl Events for Taken {
    async fn emit(&self, event: Event) -> bool {
        match self.reader.get() {
            Reader::Takes => self.events.borrow_mut().push(event),
            Reader::IsSlow => {
                a_moment().await;
                self.events.borrow_mut().push(event);
            }
            Reader::IsGone => return false,
            Reader::Dawdles => pending().await,
        }
        true
    }
}

impl Taken {
    pub(super) fn shown(&self) -> String {
        let delta = |event: &Event| {
            if let Event::Delta { text } = event {
                Some(text.clone())
            } else {
                None
            }
        };
        self.events.borrow().iter().filter_map(delta).collect()
    }

    pub(super) fn notices(&self) -> Vec<NoticeCode> {
        let notice = |event: &Event| {
            if let Event::Notice(notice) = event {
                Some(notice.code)
            } else {
                None
            }
        };
        self.events.borrow().iter().filter_map(notice).collect()
    }

    pub(super) fn notice_texts(&self) -> Vec<String> {
        let notice = |event: &Event| {
            if let Event::Notice(notice) = event {
                Some(notice.text.clone())
            } else {
                None
            }
        };
        self.events.borrow().iter().filter_map(notice).collect()
    }

    pub(super) fn requests(&self) -> Vec<ApprovalRequest> {
        let request = |event: &Event| match event {
            Event::ApprovalRequested(request) => Some(request.clone()),
            _ => None,
        };
        self.events.borrow().iter().filter_map(request).collect()
    }

    pub(super) fn outcomes(&self) -> Vec<ApprovalOutcome> {
        let outcome = |event: &Event| match event {
            Event::ApprovalEnded(outcome) => Some(outcome.clone()),
            _ => None,
        };
        self.events.borrow().iter().filter_map(outcome).collect()
    }

    pub(super) fn tools_ended(&self) -> Vec<String> {
        let ended = |event: &Event| {
            if let Event::ToolEnded { call: id, .. } = event {
                Some(id.clone())
            } else {
                None
            }
        };
        self.events.borrow().iter().filter_map(ended).collect()
    }

    pub(super) fn files(&self) -> Vec<Attachment> {
        let file = |event: &Event| match event {
            Event::File(file) => Some(file.clone()),
            _ => None,
        };
        self.events.borrow().iter().filter_map(file).collect()
    }
}
