//! Why reading an event stream stops.

use core::fmt;

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseError {
    /// A line is longer than [`Limits::max_line`](super::Limits::max_line).
    LineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The data of an event is longer than [`Limits::max_event`](super::Limits::max_event).
    EventTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl fmt::Display for SseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineTooLong { limit } => {
                write!(
                    f,
                    "a line of the event stream is longer than the {limit} bytes allowed"
                )
            }
            Self::EventTooLong { limit } => {
                write!(
                    f,
                    "an event of the stream has more data than the {limit} bytes allowed"
                )
            }
        }
    }
}

impl core::error::Error for SseError {}
