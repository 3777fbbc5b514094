//! Whether a request that was cut off while it was sent is too large, or the gateway has died.
//!
//! OpenClaw refuses a body over its limit by a reset, without an answer. A gateway that crashes in the
//! middle looks the same. But one that has refused a request answers the next.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use wasmtime_wasi_http::WasiBody;

use super::connect::{ATTEMPT, Attempt, Connector};

/// No gateway has a limit of fewer bytes: a smaller request is not too large.
const LARGE: u64 = 1 << 20;

/// How long the gateway may take to show that it lives.
const LIMIT: Duration = Duration::from_secs(3);

/// A request that is sent.
pub(super) struct Upload {
    target: Uri,
    /// Of its body, as announced.
    pub(super) bytes: u64,
}

impl Upload {
    pub(super) fn of(request: &http::Request<WasiBody>) -> Self {
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        Self {
            target: request.uri().clone(),
            bytes: length.unwrap_or(0),
        }
    }

    /// After a reset: whether the gateway refused it. Asks it for something else: an empty object
    /// without a token, which costs no model call.
    pub(super) async fn was_refused(&self, client: &Client<Connector, WasiBody>) -> bool {
        if self.bytes < LARGE {
            return false;
        }
        let body = Full::new(Bytes::from_static(b"{}")).map_err(|never| match never {});
        let request = http::Request::post(self.target.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body.boxed_unsync());
        let Ok(request) = request else { return false };
        let attempt = Arc::new(Attempt::new(Some(LIMIT)));
        let answering = ATTEMPT.scope(attempt, client.request(request));
        match tokio::time::timeout(LIMIT, answering).await {
            // What a proxy says of a gateway that has died, and a gateway that is about to end.
            Ok(Ok(answer)) => !answer.status().is_server_error(),
            _ => false,
        }
    }
}
