//! Probes a gateway without a model call, with or without the token.

use std::time::{Duration, SystemTime};

use openclaw_core::fault::FaultCode;
use openclaw_core::redact::mask;
use openclaw_plugin::fault::Why;
use openclaw_plugin::gateway::classify::{self, Head, MAX_REFUSAL_BYTES};
use ureq::http::Response;

use crate::secret::Token;

/// Time limit of a probe.
const LIMIT: Duration = Duration::from_secs(10);

/// How a probe ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Probe {
    /// There was an answer.
    Answered {
        /// HTTP status.
        status: u16,
        /// The plugin's code for it, which a turn would end with, and its texts. A healthy gateway
        /// answers the empty body with `RequestRejected`.
        why: Why,
        /// The plugin's message for it.
        message: String,
        /// How many seconds the gateway's clock is ahead of this one, from its `Date` header.
        clock_ahead: Option<i64>,
    },
    /// No connection, or no HTTP response.
    Failed {
        /// The system's error.
        error: String,
    },
}

impl Probe {
    /// Whether a request without a token was rejected for lack of one. A proxy's login page, or a rule
    /// about the caller, does not count.
    pub fn refuses_strangers(&self) -> bool {
        let refused = Why::from(FaultCode::AuthFailed);
        matches!(self, Self::Answered { why, .. } if *why == refused)
    }

    /// Whether the token was accepted and only the empty body rejected.
    pub fn takes_the_token(&self) -> bool {
        let rejected = FaultCode::RequestRejected;
        matches!(self, Self::Answered { status: 400, why, .. } if why.code == rejected)
    }
}

/// Posts an empty object to the gateway on this machine's loopback, with the token or without.
pub fn ask(port: u16, token: Option<&Token>) -> Probe {
    post(port, token, "{}", LIMIT, MAX_REFUSAL_BYTES as u64).0
}

/// Posts a body to the gateway on this machine's loopback; also the answer's body, up to `max` bytes.
pub(crate) fn post(
    port: u16,
    token: Option<&Token>,
    body: &str,
    limit: Duration,
    max: u64,
) -> (Probe, Vec<u8>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(0)
        // A proxy from the environment must not get the token.
        .proxy(None)
        .build()
        .into();
    let url = format!("http://127.0.0.1:{port}/v1/responses");
    let mut request = agent.post(&url).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {}", token.expose()));
    }
    match request.send(body) {
        Ok(response) => read(response, token, SystemTime::now(), max),
        Err(error) => {
            let error = error.to_string();
            (Probe::Failed { error }, Vec::new())
        }
    }
}

fn read(
    mut response: Response<ureq::Body>,
    token: Option<&Token>,
    now: SystemTime,
    max: u64,
) -> (Probe, Vec<u8>) {
    let header = |name: &str| {
        let value = response.headers().get(name);
        let value = value.and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let head = Head {
        status: response.status().as_u16(),
        content_type: header("content-type"),
        content_encoding: header("content-encoding"),
        allow: header("allow"),
        retry_after: header("retry-after"),
        date: header("date"),
        location: header("location"),
        www_authenticate: header("www-authenticate"),
        server: header("server"),
    };
    // An incomplete or oversized body still has a status.
    let body = response
        .body_mut()
        .with_config()
        .limit(max)
        .read_to_vec()
        .unwrap_or_default();
    let fault = classify::classify(&head, &body, Default::default());
    let answered = Probe::Answered {
        status: head.status,
        why: Why {
            code: fault.code,
            texts: fault.texts,
        },
        // A gateway may echo the token.
        message: mask(&fault.message, token.map(Token::expose)),
        clock_ahead: ahead(&head.date, now),
    };
    (answered, body)
}

fn ahead(date: &str, now: SystemTime) -> Option<i64> {
    let theirs = httpdate::parse_http_date(date).ok()?;
    Some(match theirs.duration_since(now) {
        Ok(ahead) => ahead.as_secs() as i64,
        Err(behind) => -(behind.duration().as_secs() as i64),
    })
}
