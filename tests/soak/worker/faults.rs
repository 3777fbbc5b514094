//! What goes wrong at the gateway, each with the code that the turn must end with.

use host_shim::FaultCode;
use openclaw_fake_gateway::{Answer, End, Http, Scene};
use serde_json::json;

/// One kind of failure.
pub struct Failing {
    pub name: &'static str,
    pub code: FaultCode,
    /// Seconds of `Retry-After` that lengthen the open time; 0 for none.
    pub retry_after: u64,
    scene: fn() -> Scene,
}

impl Failing {
    pub fn scene(&self) -> Scene {
        (self.scene)()
    }

    /// How the rest of the request's text names it.
    pub fn named(name: &str) -> &'static Self {
        let found = ALL.iter().find(|failing| failing.name == name);
        found.unwrap_or_else(|| panic!("no such failure: {name}"))
    }
}

const fn of(name: &'static str, code: FaultCode, scene: fn() -> Scene) -> Failing {
    Failing {
        name,
        code,
        retry_after: 0,
        scene,
    }
}

fn cut(end: End) -> Scene {
    begun().unfinished().then(end)
}

fn begun() -> Answer {
    Answer::new().runs_on().delta("Half ").delta("an answer")
}

/// All kinds.
pub const ALL: &[Failing] = &[
    of(
        "reset-before",
        FaultCode::NetworkOrUnreachable,
        Scene::reset_before_answer,
    ),
    of(
        "closed-before",
        FaultCode::NetworkOrUnreachable,
        Scene::close_before_answer,
    ),
    of("closed-amid", FaultCode::StreamInterrupted, || {
        cut(End::Close)
    }),
    of("reset-amid", FaultCode::StreamInterrupted, || {
        cut(End::Reset)
    }),
    of("no-end", FaultCode::StreamInterrupted, || {
        cut(End::KeepAlive)
    }),
    of("half-json", FaultCode::StreamInterrupted, || {
        let json = Http::new(200).header("Content-Type", "application/json");
        json.promise_length(1000).bytes("{\"id\":").then(End::Close)
    }),
    of("401", FaultCode::AuthFailed, Scene::unauthorized),
    of(
        "404",
        FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        Scene::not_found,
    ),
    of(
        "405",
        FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        Scene::endpoint_off,
    ),
    of(
        "page",
        FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        Scene::html_page,
    ),
    of("400", FaultCode::RequestRejected, || {
        Scene::bad_request("input: Invalid input")
    }),
    of("413", FaultCode::RequestTooLarge, || {
        Http::error(413, "too_large", "too large").into()
    }),
    of("429", FaultCode::RateLimited, || Scene::rate_limited(None)),
    Failing {
        name: "429-later",
        code: FaultCode::RateLimited,
        retry_after: 300,
        scene: || Scene::rate_limited(Some(300)),
    },
    of("500", FaultCode::GatewayError, || {
        Http::new(500).text("Internal Error").into()
    }),
    of("503", FaultCode::GatewayError, || {
        Http::error(503, "unavailable", "draining").into()
    }),
    of("failed", FaultCode::ModelProviderFailed, || {
        Answer::new().runs_on().failed("api_error", "no key").into()
    }),
    of("stock-sentence", FaultCode::ModelProviderFailed, || {
        Answer::provider_failed().runs_on().into()
    }),
    of("garbage", FaultCode::ProtocolError, || {
        Scene::wire("SSH-2.0-OpenSSH_9.2p1 Debian\r\n")
    }),
    of("not-json", FaultCode::ProtocolError, || {
        Http::new(200)
            .header("Content-Type", "application/json")
            .bytes("{\"id\": oops}")
            .into()
    }),
    of("compressed", FaultCode::ProtocolError, || {
        Http::event_stream()
            .header("Content-Encoding", "gzip")
            .bytes(vec![0x1f, 0x8b, 8, 0])
            .into()
    }),
    of("error-event", FaultCode::ModelProviderFailed, || {
        let event = json!({ "type": "error", "code": "server_is_overloaded", "message": "later" });
        Http::event_stream().event("error", &event).into()
    }),
];
