//! What is answered.

use host_shim::{Diagnosis, Event, Fault, Reply, Status};
use serde::Serialize;

use super::Id;

/// One line of output.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Line<'a> {
    /// The first line.
    Ready {
        /// `ready`.
        event: &'static str,
        /// The component's name.
        component: &'a str,
        /// The component's version.
        version: &'a str,
        /// SHA-256 of the component, in hexadecimal.
        sha256: &'a str,
    },
    /// Something of a turn.
    Event {
        /// The request's.
        id: &'a Id,
        /// What happened; with its own `event` field.
        #[serde(flatten)]
        what: &'a Event,
    },
    /// An answer.
    Answer {
        /// The request's; null for a line that has none.
        id: Option<&'a Id>,
        /// The answer's name.
        event: &'static str,
        /// Its fields.
        #[serde(flatten)]
        body: Body<'a>,
    },
}

/// The fields of an answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Body<'a> {
    /// Of `completed`.
    Reply(&'a Reply),
    /// Of `fault`.
    Fault(&'a Fault),
    /// Of `status`.
    Status(&'a Status),
    /// Of `diagnosis`.
    Diagnosis(&'a Diagnosis),
    /// Of `error`.
    Error {
        /// What is wrong and what is allowed.
        message: &'a str,
    },
    /// Of `done`.
    Done {},
}

impl<'a> Line<'a> {
    /// Something of a turn. None for what the protocol has no event for.
    pub fn event(id: &'a Id, what: &'a Event) -> Option<Self> {
        match what {
            Event::ToolEnded { .. } => None,
            _ => Some(Self::Event { id, what }),
        }
    }

    /// The end of a turn.
    pub fn end(id: &'a Id, end: &'a Result<Reply, Fault>) -> Self {
        match end {
            Ok(reply) => Self::answer(id, "completed", Body::Reply(reply)),
            Err(fault) => Self::answer(id, "fault", Body::Fault(fault)),
        }
    }

    /// An answer to a request.
    pub fn answer(id: &'a Id, event: &'static str, body: Body<'a>) -> Self {
        Self::Answer {
            id: Some(id),
            event,
            body,
        }
    }

    /// What was asked is done.
    pub fn done(id: &'a Id) -> Self {
        Self::answer(id, "done", Body::Done {})
    }

    /// What was asked cannot be done.
    pub fn error(id: Option<&'a Id>, message: &'a str) -> Self {
        Self::Answer {
            id,
            event: "error",
            body: Body::Error { message },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use host_shim::{FaultCode, GatewayName, Level, Notice, NoticeCode, ToolCall};

    use super::*;

    fn json(line: Line) -> String {
        serde_json::to_string(&line).unwrap()
    }

    #[test]
    fn events_are_written_as_the_protocol_says() {
        let one = Id::one();
        let event = |what: Event| Line::event(&one, &what).map(json);
        assert_eq!(
            event(Event::Delta {
                text: "hi".to_owned()
            })
            .unwrap(),
            r#"{"id":1,"event":"delta","text":"hi"}"#
        );
        let call = ToolCall {
            id: "c".into(),
            name: "n".into(),
            arguments: r#"{"a":1}"#.into(),
        };
        assert_eq!(
            event(Event::ToolCall(call)).unwrap(),
            r#"{"id":1,"event":"tool-call","call":"c","name":"n","arguments":{"a":1}}"#
        );
        let notice = Notice {
            code: NoticeCode::Queued,
            text: "wait".to_owned(),
        };
        assert_eq!(
            event(Event::Notice(notice)).unwrap(),
            r#"{"id":1,"event":"notice","code":"queued","text":"wait"}"#
        );
        assert_eq!(
            event(Event::ToolEnded {
                call: "c".to_owned(),
                succeeded: true
            }),
            None
        );
    }

    #[test]
    fn ends_and_answers_are_written_as_the_protocol_says() {
        let x = Id::new("x".into()).unwrap();
        let reply = Reply {
            text: "hi".to_owned(),
            response_id: "r".to_owned(),
            level: Level::Talk,
            gateway: GatewayName::Primary,
            usage: None,
        };
        assert_eq!(
            json(Line::end(&x, &Ok(reply))),
            r#"{"id":"x","event":"completed","text":"hi","response_id":"r","level":"L0","gateway":"primary","usage":null}"#
        );
        let fault = Fault {
            code: FaultCode::CircuitOpen,
            message: "m".to_owned(),
            cause: "c".to_owned(),
            remedy: "r".to_owned(),
            partial_text: String::new(),
            retry_after: Some(Duration::from_millis(59_500)),
            http_status: None,
        };
        assert_eq!(
            json(Line::end(&x, &Err(fault))),
            r#"{"id":"x","event":"fault","code":"circuit_open","message":"m","cause":"c","remedy":"r","retry_after_seconds":59.5}"#
        );
        assert_eq!(json(Line::done(&x)), r#"{"id":"x","event":"done"}"#);
        assert_eq!(
            json(Line::error(None, "what")),
            r#"{"id":null,"event":"error","message":"what"}"#
        );
        let ready = Line::Ready {
            event: "ready",
            component: "p",
            version: "1",
            sha256: "f",
        };
        assert_eq!(
            json(ready),
            r#"{"event":"ready","component":"p","version":"1","sha256":"f"}"#
        );
    }
}
