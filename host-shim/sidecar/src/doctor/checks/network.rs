//! The port, and the two probes that cost no model call.

use openclaw_core::{fault::FaultCode, locale::Locale};

use crate::doctor::check::Check;
use crate::doctor::facts::{Facts, Listener};
use crate::probe::Probe;
use crate::text::{Text, text};

/// Short names of processes that are the gateway, or publish a container's port for it.
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

/// Somebody listens on the port, and it is a gateway.
pub fn port(facts: &Facts) -> Vec<Check> {
    let port = facts.port;
    let Some(listener) = &facts.listener else {
        return vec![nobody(facts)];
    };
    let by = match &listener.process {
        Some((pid, name)) => format!(" ({name}, {pid})"),
        None => String::new(),
    };
    if let Some(code) = taken(listener, facts.stranger.as_ref()) {
        return vec![Check::wrong("port", code, "port_taken", text!("Port {port} belongs to another program{by}.", "端口 {port} 被另一个程序占用{by}。")).because(
            text!("Two programs cannot listen on one port; the gateway cannot start, or is not what answers.", "一个端口不能由两个程序监听；网关无法启动，或应答的不是它。"),
            text!("Stop that program, or set another OPENCLAW_HOST_PORT in .env and the plugin's gateway_primary_url to match.", "请停止该程序，或在 .env 中改用别的 OPENCLAW_HOST_PORT，并相应修改插件的 gateway_primary_url。"),
        )];
    }
    vec![Check::ok(
        "port",
        text!("{port} is listened on{by}", "{port} 有程序监听{by}"),
    )]
}

/// The code if the port is certainly not the gateway's: a foreign process, and an answer that is
/// not a gateway's.
fn taken(listener: &Listener, stranger: Option<&Probe>) -> Option<FaultCode> {
    let (_, name) = listener.process.as_ref()?;
    if OWN.iter().any(|own| name.starts_with(own)) {
        return None;
    }
    match stranger? {
        Probe::Answered {
            code: FaultCode::AuthFailed | FaultCode::RequestRejected | FaultCode::RateLimited,
            ..
        } => None,
        Probe::Answered { code, .. } => Some(*code),
        Probe::Failed { .. } => Some(FaultCode::ProtocolError),
    }
}

fn nobody(facts: &Facts) -> Check {
    let port = facts.port;
    let container_starts = facts
        .in_container()
        .is_some_and(|container| container.status == "running" && container.health != "healthy");
    let detail = match &facts.starting {
        _ if container_starts => text!(
            "Nobody listens on port {port} yet; the container is starting.",
            "端口 {port} 还没有程序监听；容器正在启动。"
        ),
        Some((pid, name)) => text!(
            "Nobody listens on port {port} yet; process {pid} ({name}) looks like a gateway that is starting.",
            "端口 {port} 还没有程序监听；进程 {pid}（{name}）像是正在启动的网关。"
        ),
        None => text!(
            "Nobody listens on port {port} of this machine.",
            "本机端口 {port} 没有程序监听。"
        ),
    };
    let starting = container_starts || facts.starting.is_some();
    let problem = if starting {
        "gateway_starting"
    } else {
        "gateway_not_running"
    };
    let check = Check::wrong("port", FaultCode::NetworkOrUnreachable, problem, detail);
    if starting {
        return check.because(
            text!(
                "A cold start takes about 50 s, on a small machine longer.",
                "冷启动约需 50 秒，小机器更久。"
            ),
            text!(
                "Wait up to five minutes and look again.",
                "请最多等待五分钟后再检查。"
            ),
        );
    }
    check.because(
        text!("The gateway is not running.", "网关没有运行。"),
        text!(
            "Run `host-shim sidecar up`.",
            "请运行 `host-shim sidecar up`。"
        ),
    )
}

/// A stranger is refused: the endpoint is on, and guarded.
pub fn without_token(facts: &Facts) -> Vec<Check> {
    const NAME: &str = "probe-without-token";
    let Some(probe) = usable(facts, facts.stranger.as_ref()) else {
        return vec![Check::skipped(NAME, not_reached())];
    };
    vec![match probe {
        // A proxy's login, or a rule about whoever asks, is not the guard of the token.
        Probe::Answered {
            code: FaultCode::AuthFailed,
            texts: None,
            ..
        } => Check::ok(
            NAME,
            text!("refused with 401, as it must be", "返回 401，符合预期"),
        ),
        Probe::Answered {
            status,
            code: FaultCode::RequestRejected,
            ..
        } => open(NAME, *status),
        Probe::Answered { status, .. } if (200..300).contains(status) => open(NAME, *status),
        other => answer(NAME, other),
    }]
}

fn open(name: &'static str, status: u16) -> Check {
    Check::wrong(
        name,
        FaultCode::ConfigInvalid,
        "no_authentication",
        text!(
            "The gateway takes requests without a token (HTTP {status}).",
            "网关接受不带令牌的请求（HTTP {status}）。"
        ),
    )
    .because(
        text!(
            "Its authentication is off: everybody on this machine can use it.",
            "它的认证被关闭：本机任何人都可以使用。"
        ),
        text!(
            "Set gateway.auth.mode to \"token\" and restart it.",
            "请把 gateway.auth.mode 设为 \"token\" 并重启。"
        ),
    )
}

/// The token of the `.env` is taken, and an empty body is what is refused.
pub fn with_token(facts: &Facts) -> Vec<Check> {
    const NAME: &str = "probe-with-token";
    let Some(probe) = usable(facts, facts.bearer.as_ref()) else {
        return vec![Check::skipped(NAME, not_reached())];
    };
    vec![match probe {
        Probe::Answered {
            status: 400,
            code: FaultCode::RequestRejected,
            ..
        } => Check::ok(
            NAME,
            text!(
                "the token is taken and the endpoint is on (400 on an empty body)",
                "令牌有效且端点已启用（空请求返回 400）"
            ),
        ),
        // Whatever the token: that check says it already, and once is enough.
        Probe::Answered {
            code: FaultCode::ResponsesEndpointNotEnabledOrNotFound,
            ..
        } => Check::skipped(
            NAME,
            text!(
                "the endpoint is off, so the token is not looked at",
                "端点未启用，无法判断令牌"
            ),
        ),
        other => answer(NAME, other),
    }]
}

/// A probe's answer, unless nobody or another program gave it.
fn usable<'a>(facts: &Facts, probe: Option<&'a Probe>) -> Option<&'a Probe> {
    let listener = facts.listener.as_ref()?;
    if taken(listener, facts.stranger.as_ref()).is_some() {
        return None;
    }
    probe
}

fn not_reached() -> Text {
    text!(
        "there is no gateway to ask, or no usable token",
        "没有可询问的网关，或没有可用的令牌"
    )
}

/// A gateway that listens and is not ready: newer versions say so with a 503.
fn starting(name: &'static str, code: FaultCode, message: &str) -> Check {
    Check::wrong(
        name,
        code,
        "gateway_starting",
        text!(
            "The gateway is still starting: {message}",
            "网关仍在启动：{message}"
        ),
    )
    .because(
        text!("It listens before it is ready.", "它在就绪之前就开始监听。"),
        text!(
            "Wait up to five minutes and look again.",
            "请最多等待五分钟后再检查。"
        ),
    )
}

/// An answer that is not the one that a well gateway gives.
fn answer(name: &'static str, probe: &Probe) -> Check {
    match probe {
        Probe::Answered {
            status: 503,
            code,
            message,
            ..
        } => starting(name, *code, message),
        Probe::Answered {
            status,
            code,
            message,
            texts,
            ..
        } => {
            let problem = match code {
                FaultCode::AuthFailed if texts.is_some() => "refused",
                FaultCode::AuthFailed => "token_refused",
                FaultCode::ResponsesEndpointNotEnabledOrNotFound => "endpoint_not_found",
                FaultCode::RateLimited => "locked_out",
                _ => "unexpected_answer",
            };
            let detail = if message.is_empty() {
                text!("HTTP {status}", "HTTP {status}")
            } else {
                Text::new(message.clone(), message.clone())
            };
            let check = Check::wrong(name, *code, problem, detail);
            match texts {
                Some(texts) => check.because(
                    Text::new(texts.cause(Locale::En), texts.cause(Locale::Zh)),
                    Text::new(texts.remedy(Locale::En), texts.remedy(Locale::Zh)),
                ),
                None => check,
            }
        }
        Probe::Failed { error } => Check::wrong(
            name,
            FaultCode::NetworkOrUnreachable,
            "no_http_answer",
            text!(
                "The port is open and gives no HTTP answer: {error}",
                "端口已打开，但没有 HTTP 应答：{error}"
            ),
        )
        .because(
            text!(
                "The gateway is still starting, hangs, or another program has the port.",
                "网关仍在启动、卡住，或端口被其他程序占用。"
            ),
            text!(
                "Wait up to five minutes and look again; then `host-shim sidecar logs`.",
                "请最多等待五分钟后再检查；然后查看 `host-shim sidecar logs`。"
            ),
        ),
    }
}
