//! The engine and the gateway's container.

use openclaw_core::fault::FaultCode;

use crate::doctor::facts::{Facts, size};
use crate::doctor::{Check, Id, messages};
use crate::engine::{Container, Presence, last_lines};
use crate::layout::{IMAGE, PINNED_VERSION};
use crate::release::is_pinned_version;
use crate::text::{Text, spaced};
use crate::versions;

/// Docker or Podman is installed with a Compose, and responds.
pub fn engine(facts: &Facts) -> Vec<Check> {
    let problem = match &facts.engine {
        Presence::Running { flavour, version } => {
            return vec![messages::engine_ok(
                flavour.engine(),
                version,
                flavour.name(),
            )];
        }
        Presence::NoEngine => "engine_missing",
        Presence::NoCompose { .. } => "compose_missing",
        Presence::NotRunning { .. } => "engine_not_running",
    };
    let code = FaultCode::NetworkOrUnreachable;
    let error = facts.engine.missing();
    let failed = |error| Check::failed(Id::Engine, code, problem, &error);
    error.map(failed).into_iter().collect()
}

/// The container's state, health, restarts, kills, limit and image.
pub fn container(facts: &Facts) -> Vec<Check> {
    let container = match &facts.container {
        _ if !matches!(facts.engine, Presence::Running { .. }) => {
            return vec![messages::container_no_engine()];
        }
        Err(error) => {
            let code = FaultCode::NetworkOrUnreachable;
            return vec![Check::failed(Id::Container, code, "engine_silent", error)];
        }
        Ok(None) if facts.listener.is_some() => return vec![messages::container_by_hand()],
        Ok(None) => return vec![messages::container_missing()],
        Ok(Some(container)) => container,
    };
    let mut checks = vec![
        state(facts, container),
        memory_kills(facts, container),
        limit(facts, container),
        restarts(facts, container),
    ];
    checks.extend(image(facts, container));
    checks
}

/// The end of the gateway's log; empty while it is healthy.
fn log(facts: &Facts) -> Text {
    match facts.log_tail.as_str() {
        "" => Text::default(),
        log => messages::log_ends(last_lines(log, 5)),
    }
}

fn state(facts: &Facts, container: &Container) -> Check {
    let (since, log) = (&container.started_at, &log(facts));
    match (container.status.as_str(), container.health.as_str()) {
        ("running", "healthy") => messages::container_ok(since),
        ("running", "") => messages::no_health_check(since),
        // Docker makes its first check only after an interval; the probes know earlier.
        ("running", "starting") if answers(facts) => messages::container_serves(since),
        ("running", "starting") => messages::container_starting(since, log),
        ("running", _) => messages::container_unhealthy(spaced(&container.health_output), log),
        (status, _) => messages::container_not_running(status, container.exit_code, log),
    }
}

/// Whether both probes got what a healthy gateway answers.
fn answers(facts: &Facts) -> bool {
    let probes = (facts.stranger.as_ref(), facts.bearer.as_ref());
    matches!(probes, (Some(one), Some(other)) if one.refuses_strangers() && other.takes_the_token())
}

fn memory_kills(facts: &Facts, container: &Container) -> Check {
    if !container.oom_killed && facts.oom_kills == 0 {
        return messages::container_memory_kill_ok();
    }
    messages::oom_killed(facts.oom_kills.max(1), size(container.memory_limit))
}

fn limit(facts: &Facts, container: &Container) -> Check {
    let range = versions::of(facts.version().unwrap_or(PINNED_VERSION));
    let limit = size(container.memory_limit);
    match container.memory_limit {
        0 => messages::no_memory_limit(),
        bytes if bytes >> 20 < range.memory_needed => {
            messages::memory_limit_too_small(limit, range.memory_needed, range.memory_limit)
        }
        _ => messages::container_memory_limit_ok(limit),
    }
}

fn restarts(facts: &Facts, container: &Container) -> Check {
    match container.restarts {
        few @ ..3 => messages::container_restarts_ok(few),
        many => messages::restart_loop(many, &log(facts)),
    }
}

fn image(facts: &Facts, container: &Container) -> Option<Check> {
    let version = facts.version()?;
    if !is_pinned_version(version) {
        return None;
    }
    let named = facts.service.as_ref().and_then(|it| it.image.clone());
    let wanted = named.unwrap_or_else(|| format!("{IMAGE}:{version}"));
    Some(match container.image == wanted {
        true => messages::container_version_ok(version),
        false => messages::version_not_running(&container.image, version),
    })
}
