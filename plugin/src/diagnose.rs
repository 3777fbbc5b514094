//! Diagnoses memory, breakers and gateways without a model call.

use crate::config::Checked;
use crate::fault::Fault;
use crate::fault::Why;
use crate::gateway::classify::{self, PROBE_SLOW};
use crate::host::{AnswerBody as _, Failure, Host, Post};
use crate::prelude::*;
use crate::state::State;
use crate::text;
use crate::turn::refusal_body;
use core::cell::Cell;
use core::pin::pin;
use core::time::Duration;
use futures::future::{Either, select};
use openclaw_core::config::{MIB, Timeouts};
use openclaw_core::guards::breaker;
use openclaw_core::guards::memory::judge;
use openclaw_core::level::Level;
use openclaw_core::locale::say;
use openclaw_core::status::Check;
use openclaw_core::turn::GatewayName;
use openclaw_core::{fault::FaultCode, locale::Locale};

/// What was observed, or what is wrong.
type Seen = Result<String, (Why, String)>;

fn check(name: impl Into<String>, seen: Seen, locale: Locale) -> Check {
    let name = name.into();
    match seen {
        Ok(detail) => Check {
            name,
            code: None,
            detail,
            cause: String::new(),
            remedy: String::new(),
        },
        Err((why, detail)) => Check {
            name,
            code: Some(why.code),
            detail,
            cause: why.cause(locale).into(),
            remedy: why.remedy(locale).into(),
        },
    }
}

/// Runs every check, in the order of the interface. Does not affect the breakers.
pub async fn diagnose<H: Host>(state: &State, host: &H, locale: Option<Locale>) -> Vec<Check> {
    let config = state.config();
    let locale = locale
        .or(config.as_ref().map(|config| config.locale))
        .unwrap_or_default();
    let Some(config) = config else {
        let seen = Err((
            FaultCode::ConfigInvalid.into(),
            text::not_configured(locale),
        ));
        return vec![check("config", seen, locale)];
    };
    let urls: Vec<String> = config
        .gateways
        .iter()
        .map(|gateway| gateway.url())
        .collect();
    let set = say!(locale,
        en: "agent `{agent}`, {n} gateway(s): {urls}",
        zh: "智能体 `{agent}`，{n} 个网关：{urls}",
        agent = config.gateway_agent_id, n = urls.len(), urls = urls.join(", "));
    let mut checks = vec![
        check("config", Ok(set), locale),
        check("levels", Ok(levels(&config, locale)), locale),
        check("memory", memory(host, &config, locale), locale),
    ];
    let names = GatewayName::ALL.iter().take(urls.len()).enumerate();
    for (at, name) in names.clone() {
        let seen = breaker(state, host, at, locale);
        checks.push(check(format!("breaker-{name}"), seen, locale));
    }
    for (at, name) in names {
        let (reach, token) = probe(host, &config, at, locale).await;
        checks.push(check(format!("reach-{name}"), reach, locale));
        checks.push(check(format!("token-{name}"), token, locale));
    }
    checks
}

/// What the levels limit. Whether the gateway has the agents is for its own doctor to say.
fn levels(config: &Checked, locale: Locale) -> String {
    let agent = |level: &Level| format!("{level} `{}`", config.agent(*level));
    let agents = config
        .level_agents
        .then(|| Level::ALL.iter().map(agent).collect::<Vec<_>>().join(", "));
    text::levels(locale, agents.as_deref())
}

fn memory<H: Host>(host: &H, config: &Checked, locale: Locale) -> Seen {
    let sample = match host.memory() {
        Ok(sample) => sample,
        Err(why) => {
            let words = text::memory_unreadable(locale, &why);
            return Err((FaultCode::HeavyTaskRefused.into(), words));
        }
    };
    let verdict = judge(Some(sample.available), &config.limits);
    let (available, total) = (sample.available / MIB, sample.total / MIB);
    let seen = say!(locale,
        en: "{available} of {total} MiB available",
        zh: "可用内存 {available} MiB，共 {total} MiB");
    let seen = match &sample.estimated {
        None => seen,
        Some(why) => say!(locale, en: "{seen} (an estimate: {why})", zh: "{seen}（估算值：{why}）"),
    };
    if verdict.heavy_allowed {
        return Ok(seen);
    }
    let level = verdict.level_cap;
    let detail = if level < Level::Root {
        say!(locale,
            en: "{seen}: heavy tasks are refused and the level is capped at {level}",
            zh: "{seen}：拒绝重任务，级别最高为 {level}")
    } else {
        say!(locale, en: "{seen}: heavy tasks are refused", zh: "{seen}：拒绝重任务")
    };
    Err((FaultCode::HeavyTaskRefused.into(), detail))
}

fn breaker<H: Host>(state: &State, host: &H, at: usize, locale: Locale) -> Seen {
    let view = state.breaker(at, host.now_ms());
    let failures = view.failures;
    let words = match view.state {
        breaker::State::Closed => {
            return Ok(say!(locale,
                en: "closed, {failures} failure(s) in a row", zh: "关闭，连续失败 {failures} 次"));
        }
        breaker::State::Open(ms) => text::circuit_open(locale, ms),
        breaker::State::HalfOpen => say!(locale,
            en: "half-open: the next task is a trial; success closes it",
            zh: "半开：下一个任务是试探，成功后熔断关闭"),
    };
    Err((FaultCode::CircuitOpen.into(), words))
}

/// Milliseconds a probe waits for the response head, whatever the config says. With the time for error
/// bodies, all probes together take less than a minute.
const PROBE_MS: u64 = 8_000;

/// The results of a gateway's two probes.
async fn probe<H: Host>(host: &H, config: &Checked, at: usize, locale: Locale) -> (Seen, Seen) {
    let url = config.gateways[at].url();
    let ill = |fault: Fault| Err((fault.why(), fault.message));
    // Without a token: a gateway with the endpoint enabled answers 401.
    let asks = || {
        Ok(say!(locale, en: "{url} answers and asks for a token", zh: "{url} 有应答，并要求令牌"))
    };
    let mut reach = match ask(host, config, at, false, locale).await {
        Err(fault) if fault.why() == FaultCode::AuthFailed.into() => asks(),
        Err(fault) if wants_input(&fault) => Ok(say!(locale,
                en: "{url} answers and accepts requests without a token: its gateway.auth is off",
                zh: "{url} 有应答，但不要求令牌：其 gateway.auth 未启用")),
        Err(fault) => ill(fault),
        Ok(status) => Err((
            FaultCode::ProtocolError.into(),
            unexpected(&url, status, locale),
        )),
    };
    if let Err((why, _)) = &reach
        && why.code != FaultCode::AuthFailed
    {
        let words = say!(locale,
            en: "not tried: the gateway cannot be reached",
            zh: "未检查：网关不可用");
        let token = Err((*why, words));
        return (reach, token);
    }
    // With the token: an empty object is rejected before any model is called.
    let token = match ask(host, config, at, true, locale).await {
        Err(fault) if wants_input(&fault) => Ok(say!(locale,
                en: "the token is valid and POST /v1/responses is enabled",
                zh: "令牌有效，POST /v1/responses 已启用")),
        Err(fault) => ill(fault),
        Ok(status) => Err((
            FaultCode::ProtocolError.into(),
            unexpected(&url, status, locale),
        )),
    };
    // If the token works, the failure of the probe without one does not matter.
    if token.is_ok() && reach.is_err() {
        reach = asks();
    }
    (reach, token)
}

/// Whether the gateway itself rejected the empty object for its missing fields; everything else works then.
fn wants_input(fault: &Fault) -> bool {
    fault.why() == FaultCode::RequestRejected.into() && fault.http_status == Some(400)
}

fn unexpected(url: &str, status: u16, locale: Locale) -> String {
    say!(locale,
        en: "{url} answered HTTP {status} to an empty request, which an OpenClaw gateway does not",
        zh: "{url} 对空请求返回 HTTP {status}，这不是 OpenClaw 网关的行为")
}

/// Sends one probe. Returns the fault in its answer, or a status that is not a fault.
async fn ask<H: Host>(
    host: &H,
    config: &Checked,
    at: usize,
    authorized: bool,
    locale: Locale,
) -> Result<u16, Fault> {
    let gateway = &config.gateways[at];
    let longest = Duration::from_millis(PROBE_MS);
    let timeouts = Timeouts {
        connect: config.timeouts.connect.min(longest),
        first_byte: config.timeouts.first_byte.min(longest),
        ..config.timeouts
    };
    let taken = Cell::new(false);
    let post = Post {
        gateway,
        authorized,
        agent_id: None,
        body: None,
        timeouts: &timeouts,
        sent: &taken,
    };
    let url = gateway.url();
    let deadline = host.now_ms().saturating_add(PROBE_MS);
    let (sent, late) = (host.post(post), host.sleep_until_ms(deadline));
    let sent = match select(pin!(sent), pin!(late)).await {
        Either::Left((sent, _)) => sent,
        Either::Right(_) => Err(Failure::FirstByteTimeout),
    };
    let (head, mut body) = sent.map_err(|failure| {
        let fault = failure.fault(false, &url, &timeouts, locale);
        match fault.code {
            // The timeouts are the probe's own; raising them in the config has no effect.
            FaultCode::TimedOut => Fault {
                texts: PROBE_SLOW.texts,
                ..fault
            },
            _ => fault,
        }
    })?;
    let bytes = refusal_body(host, &mut body, vec![]).await;
    body.finish();
    let fault = classify::classify(&head, &bytes, locale);
    if head.status == 200 && fault.why() == FaultCode::ProtocolError.into() {
        return Ok(head.status);
    }
    let message = config.without_tokens(format!("{url}: {}", fault.message));
    Err(Fault { message, ..fault })
}
