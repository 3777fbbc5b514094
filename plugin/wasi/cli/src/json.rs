//! The JSON forms of `host-shim`: the events of its session protocol, `status` and `diagnosis`.

use serde_json::{Map, Value, json};

use crate::bindings::astr::openclaw::gateway::Check;
use crate::bindings::astr::openclaw::guards::{Breaker, BreakerState, State};
use crate::bindings::astr::openclaw::memory_stat::Bound;
use crate::bindings::astr::openclaw::types::{Event, Fault, Reply};
use crate::names;

/// The id of the one turn of `ask --json`.
const ID: u32 = 1;

/// One line of a turn; none for what the protocol has no event for.
pub fn event(event: &Event) -> Option<Value> {
    Some(match event {
        Event::Delta(text) => json!({"id": ID, "event": "delta", "text": text}),
        Event::ToolStarted(call) => json!({
            "id": ID, "event": "tool-call", "call": call.id, "name": call.name,
            "arguments": serde_json::from_str::<Value>(&call.arguments).unwrap_or(Value::Null),
        }),
        Event::ToolEnded(_) => return None,
        Event::Notice(notice) => json!({
            "id": ID, "event": "notice", "code": names::notice(notice.code), "text": notice.text,
        }),
    })
}

/// The last line of a turn.
pub fn end(end: &Result<Reply, Fault>) -> Value {
    match end {
        Ok(reply) => json!({
            "id": ID, "event": "completed", "text": reply.text, "response_id": reply.response_id,
            "level": names::level(reply.level).as_str(),
            "gateway": names::gateway(reply.answered_by),
            "usage": reply.usage.map(|usage| json!({
                "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens,
            })),
        }),
        Err(fault) => {
            let mut fields = Map::from_iter([
                ("id".to_owned(), ID.into()),
                ("event".to_owned(), "fault".into()),
                ("code".to_owned(), names::fault(fault.code).as_str().into()),
                ("message".to_owned(), fault.message.as_str().into()),
                ("cause".to_owned(), fault.cause.as_str().into()),
                ("remedy".to_owned(), fault.remedy.as_str().into()),
            ]);
            if !fault.partial_text.is_empty() {
                fields.insert(
                    "partial_text".to_owned(),
                    fault.partial_text.as_str().into(),
                );
            }
            if let Some(milliseconds) = fault.retry_after_ms {
                fields.insert("retry_after_seconds".to_owned(), seconds(milliseconds));
            }
            if let Some(status) = fault.http_status {
                fields.insert("http_status".to_owned(), status.into());
            }
            fields.into()
        }
    }
}

/// All that the guards know.
pub fn status(state: &State) -> Value {
    let breakers: Map<String, Value> = state
        .breakers
        .iter()
        .map(|one| (names::gateway(one.gateway).to_owned(), breaker(one)))
        .collect();
    let memory = &state.memory;
    let mib = |bytes: Option<u64>| bytes.map(|bytes| bytes >> 20);
    let mut shown = json!({
        "available_mib": mib(memory.available),
        "total_mib": mib(memory.total),
        "bound": memory.bounded_by.map(bound),
        "level_cap": names::level(memory.level_cap).as_str(),
        "heavy_allowed": memory.heavy_allowed,
    });
    if let Some(why) = &memory.unreadable {
        shown["unreadable"] = why.as_str().into();
    }
    if let Some(why) = &memory.estimated {
        shown["estimated"] = why.as_str().into();
    }
    let counters = &state.counters;
    json!({
        "breakers": breakers,
        "memory": shown,
        "in_flight": state.in_flight,
        "queued": state.queued,
        "counters": {
            "turns": counters.turns,
            "completed": counters.completed,
            "failed": counters.failed,
            "refused": counters.refused,
            "cancelled": counters.cancelled,
            "tool_calls": counters.tool_calls,
            "tool_denials": counters.tool_denials,
        },
    })
}

/// What the diagnosis found.
pub fn diagnosis(checks: &[Check]) -> Value {
    let ok = checks.iter().all(|check| check.wrong.is_none());
    let checks: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "ok": check.wrong.is_none(),
                "code": check.wrong.map(|code| names::fault(code).as_str()),
                "detail": check.detail,
                "cause": check.cause,
                "remedy": check.remedy,
            })
        })
        .collect();
    json!({"checks": checks, "ok": ok})
}

fn breaker(breaker: &Breaker) -> Value {
    let state = match breaker.state {
        BreakerState::Closed => "closed",
        BreakerState::Open => "open",
        BreakerState::HalfOpen => "half_open",
    };
    json!({
        "state": state,
        "failures": breaker.failures,
        "retry_after_seconds": seconds(breaker.retry_after_ms),
    })
}

fn bound(bound: Bound) -> &'static str {
    match bound {
        Bound::Machine => "machine",
        Bound::Container => "container",
    }
}

/// Whole seconds without a fraction, as the session protocol's examples have them.
fn seconds(milliseconds: u64) -> Value {
    match milliseconds % 1000 {
        0 => (milliseconds / 1000).into(),
        _ => (milliseconds as f64 / 1000.0).into(),
    }
}
