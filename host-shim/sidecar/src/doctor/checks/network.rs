//! The port and the two probes, which make no model call.

use openclaw_core::fault::FaultCode;

use crate::doctor::facts::{Facts, Listener};
use crate::doctor::{Check, Id, messages};
use crate::probe::Probe;
use crate::text::Text;

/// Short names of processes that are the gateway or publish a container's port.
const OWN: [&str; 9] = [
    "openclaw",
    "node",
    "MainThread",
    "docker-proxy",
    "docker-pr",
    "rootlessport",
    "rootlesskit",
    "conmon",
    "pasta",
];

/// A gateway is listening on the port.
pub fn port(facts: &Facts) -> Vec<Check> {
    let port = facts.port;
    let Some(listener) = &facts.listener else {
        return vec![nobody(facts)];
    };
    let by = match &listener.process {
        Some((pid, name)) => format!(" ({name}, {pid})"),
        None => String::new(),
    };
    vec![match taken(listener, facts.stranger.as_ref()) {
        Some(code) => messages::port_taken(code, port, by),
        None => messages::port_ok(port, by),
    }]
}

/// The code if the port certainly belongs to another program: a foreign process whose answer is not a
/// gateway's.
fn taken(listener: &Listener, stranger: Option<&Probe>) -> Option<FaultCode> {
    let (_, name) = listener.process.as_ref()?;
    if OWN.iter().any(|own| name.starts_with(own)) {
        return None;
    }
    match stranger? {
        Probe::Answered { why, .. } => match why.code {
            FaultCode::AuthFailed | FaultCode::RequestRejected | FaultCode::RateLimited => None,
            code => Some(code),
        },
        Probe::Failed { .. } => Some(FaultCode::ProtocolError),
    }
}

fn nobody(facts: &Facts) -> Check {
    let port = facts.port;
    let container_starts = facts
        .in_container()
        .is_some_and(|container| container.status == "running" && container.health != "healthy");
    let starting = match &facts.starting {
        _ if container_starts => messages::container_starts(port),
        Some((pid, name)) => messages::process_starts(port, pid, name),
        None => return messages::gateway_not_running(port),
    };
    let code = FaultCode::NetworkOrUnreachable;
    messages::gateway_starting(Id::Port, code, &starting, &messages::a_cold_start())
}

/// A request without the token is rejected: the endpoint is enabled and protected.
pub fn without_token(facts: &Facts) -> Vec<Check> {
    let Some(probe) = usable(facts, facts.stranger.as_ref()) else {
        return vec![messages::not_reached(Id::ProbeWithoutToken)];
    };
    vec![match probe {
        probe if probe.refuses_strangers() => messages::stranger_ok(),
        Probe::Answered { status, why, .. }
            if why.code == FaultCode::RequestRejected || (200..300).contains(status) =>
        {
            messages::no_authentication(status)
        }
        other => answer(Id::ProbeWithoutToken, other),
    }]
}

/// The token from `.env` is accepted, and only the empty body is rejected.
pub fn with_token(facts: &Facts) -> Vec<Check> {
    let Some(probe) = usable(facts, facts.bearer.as_ref()) else {
        return vec![messages::not_reached(Id::ProbeWithToken)];
    };
    vec![match probe {
        probe if probe.takes_the_token() => messages::bearer_ok(),
        // True for any token; the other probe already reports it.
        Probe::Answered { why, .. }
            if why.code == FaultCode::ResponsesEndpointNotEnabledOrNotFound =>
        {
            messages::bearer_not_judged()
        }
        other => answer(Id::ProbeWithToken, other),
    }]
}

/// A probe's answer, unless it came from another program.
fn usable<'a>(facts: &Facts, probe: Option<&'a Probe>) -> Option<&'a Probe> {
    let listener = facts.listener.as_ref()?;
    match taken(listener, facts.stranger.as_ref()) {
        Some(_) => None,
        None => probe,
    }
}

/// An answer that a healthy gateway would not give.
fn answer(id: Id, probe: &Probe) -> Check {
    let (status, why, message) = match probe {
        Probe::Failed { error } => return messages::no_http_answer(id, error),
        Probe::Answered {
            status,
            why,
            message,
            ..
        } => (*status, why, message),
    };
    let code = why.code;
    // Listening but not ready: newer versions answer 503.
    if status == 503 {
        let (detail, cause) = (messages::still_starting(message), messages::listens_early());
        return messages::gateway_starting(id, code, &detail, &cause);
    }
    let detail = match message.as_str() {
        "" => format!("HTTP {status}"),
        message => message.to_owned(),
    };
    let check = match code {
        FaultCode::AuthFailed if why.texts.is_some() => messages::refused(id, code, detail),
        FaultCode::AuthFailed => messages::token_refused(id, code, detail),
        FaultCode::ResponsesEndpointNotEnabledOrNotFound => {
            messages::endpoint_not_found(id, code, detail)
        }
        FaultCode::RateLimited => messages::locked_out(id, code, detail),
        _ => messages::unexpected_answer(id, code, detail),
    };
    check.because(
        Text::of(|locale| why.cause(locale)),
        Text::of(|locale| why.remedy(locale)),
    )
}
