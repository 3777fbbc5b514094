//! Output of the session protocol, as JSON Lines.

use std::fmt;
use std::io::{self, BufWriter, Write};

use openclaw_core::fault::Fault;
use openclaw_core::status::{Diagnosis, Status};
use openclaw_core::turn::{Event, Reply};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::TurnOutput;

/// The caller's id of a request: a string or a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Id(Value);

impl Id {
    /// The id of the turn of `ask --json`.
    pub fn one() -> Self {
        Self(1.into())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<Value> for Id {
    type Error = &'static str;

    /// Rejects anything but a string or a number.
    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::String(_) | Value::Number(_) => Ok(Self(value)),
            _ => Err("an id is a string or a number"),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Value::deserialize(d)?.try_into().map_err(D::Error::custom)
    }
}

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
    /// An event of a turn.
    Event {
        /// Id of the request.
        id: &'a Id,
        /// The event, with its own `event` field.
        #[serde(flatten)]
        what: &'a Event,
    },
    /// The answer to a request.
    Answer {
        /// Id of the request; null if the line has none.
        id: Option<&'a Id>,
        /// Name of the answer.
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
    /// Of `status`, with the session's own ids.
    Value(&'a Value),
    /// Of `diagnosis`.
    Diagnosis(&'a Diagnosis),
    /// Of `error`.
    Error {
        /// For programs; none if the request could not be understood.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
        /// What is wrong, and what is allowed.
        message: &'a str,
    },
    /// Of `done`.
    Done {},
}

impl<'a> Line<'a> {
    /// An event of a turn. None for events outside the protocol.
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

    /// The request is done.
    pub fn done(id: &'a Id) -> Self {
        Self::answer(id, "done", Body::Done {})
    }

    /// The request failed.
    pub fn error(id: Option<&'a Id>, message: &'a str) -> Self {
        Self::Answer {
            id,
            event: "error",
            body: Body::Error {
                code: None,
                message,
            },
        }
    }

    /// The request was understood and had no effect.
    pub fn refused(id: &'a Id, code: &'a str, message: &'a str) -> Self {
        let code = Some(code);
        Self::answer(id, "error", Body::Error { code, message })
    }
}

/// Writes a JSON object and a line break, then flushes.
///
/// # Errors
///
/// Any error of the writer.
pub fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    // Streams the object: it may be as long as the longest answer.
    let mut out = BufWriter::with_capacity(64 << 10, out);
    serde_json::to_writer(&mut out, line)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A turn as JSON Lines, with id 1.
#[derive(Debug)]
pub struct JsonOutput<O>(pub O);

impl<O: Write> TurnOutput for JsonOutput<O> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match Line::event(&Id::one(), event) {
            Some(line) => write_line(&mut self.0, &line),
            None => Ok(()),
        }
    }

    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()> {
        write_line(&mut self.0, &Line::end(&Id::one(), end))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use openclaw_core::approval::{Approval, ApprovalOutcome, ApprovalRequest, Decision};
    use openclaw_core::fault::FaultCode;
    use openclaw_core::guards::memory::Bound;
    use openclaw_core::level::Level;
    use openclaw_core::status::{Breaker, BreakerState, Breakers, Check, Counters, MemoryState};
    use openclaw_core::turn::{Attachment, GatewayName, Notice, NoticeCode, ToolCall};

    use super::*;

    fn json(line: Line) -> String {
        serde_json::to_string(&line).unwrap()
    }

    #[test]
    fn events_are_written_as_the_protocol_says() {
        let one = Id::one();
        let event = |what: Event| Line::event(&one, &what).map(json);
        let text = "hi".to_owned();
        assert_eq!(
            event(Event::Delta { text }).unwrap(),
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
        let asked = ApprovalRequest {
            id: "a1".to_owned(),
            approver: Approval::Admin,
            calls: vec![ToolCall {
                id: "c".into(),
                name: "n".into(),
                arguments: r#"{"a":1}"#.into(),
            }],
            expires_in: Duration::from_secs(300),
        };
        assert_eq!(
            event(Event::ApprovalRequested(asked)).unwrap(),
            r#"{"id":1,"event":"approval","request":"a1","approver":"admin","calls":[{"call":"c","name":"n","arguments":{"a":1}}],"expires_in_seconds":300}"#
        );
        let outcome = ApprovalOutcome {
            id: "a1".to_owned(),
            decision: Decision::Rejected,
            by: "Ann".to_owned(),
        };
        assert_eq!(
            event(Event::ApprovalEnded(outcome)).unwrap(),
            r#"{"id":1,"event":"approval-ended","request":"a1","decision":"rejected","by":"Ann"}"#
        );
        let file = Attachment {
            media_type: "text/plain".to_owned(),
            filename: "a.txt".to_owned(),
            data: b"hi".to_vec(),
        };
        assert_eq!(
            event(Event::File(file)).unwrap(),
            r#"{"id":1,"event":"file","media_type":"text/plain","filename":"a.txt","data":"aGk="}"#
        );
        let ended = Event::ToolEnded {
            call: "c".to_owned(),
            succeeded: true,
        };
        assert_eq!(event(ended), None);
    }

    #[test]
    fn ends_and_answers_are_written_as_the_protocol_says() {
        let x = Id("x".into());
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
        assert_eq!(
            json(Line::refused(&x, "not_pending", "why")),
            r#"{"id":"x","event":"error","code":"not_pending","message":"why"}"#
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

    #[test]
    fn status_and_diagnosis_are_written_as_the_protocol_says() {
        let one = Id::one();
        let mut status = Status {
            breakers: Breakers {
                primary: Some(Breaker {
                    gateway: GatewayName::Primary,
                    state: BreakerState::HalfOpen,
                    failures: 2,
                    retry_after: Duration::from_millis(59_001),
                }),
                backup: None,
            },
            memory: MemoryState {
                available: Some((350 << 20) - 1),
                total: Some(1000 << 20),
                bound: Some(Bound::Container),
                unreadable: None,
                estimated: None,
                level_cap: Level::ReadOnly,
                heavy_allowed: false,
            },
            in_flight: 1,
            queued: 0,
            approvals: vec![],
            level_agents: false,
            counters: Counters::default(),
        };
        let line = json(Line::answer(&one, "status", Body::Status(&status)));
        for part in [
            r#"{"id":1,"event":"status","breakers":{"primary":{"state":"half_open","failures":2,"retry_after_seconds":59.001}},"#,
            r#""memory":{"available_mib":349,"total_mib":1000,"bound":"container","level_cap":"L1","heavy_allowed":false},"#,
            r#""in_flight":1,"queued":0,"approvals":[],"level_agents":false,"counters":{"turns":0,"#,
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        status.memory.available = None;
        status.memory.unreadable = Some("no /proc".to_owned());
        let line = json(Line::answer(&one, "status", Body::Status(&status)));
        let part =
            r#""available_mib":null,"total_mib":1000,"bound":"container","unreadable":"no /proc","#;
        assert!(line.contains(part), "{line}");
        let checks = vec![Check {
            name: "token-primary".to_owned(),
            code: Some(FaultCode::AuthFailed),
            detail: "401".to_owned(),
            cause: "c".to_owned(),
            remedy: "r".to_owned(),
        }];
        let found = Diagnosis { checks };
        assert_eq!(
            json(Line::answer(&one, "diagnosis", Body::Diagnosis(&found))),
            r#"{"id":1,"event":"diagnosis","checks":[{"name":"token-primary","ok":false,"code":"auth_failed","detail":"401","cause":"c","remedy":"r"}],"ok":false}"#
        );
    }
}
