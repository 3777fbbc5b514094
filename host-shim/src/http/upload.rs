//! Tells a request that is too large from a gateway that crashed during the upload.
//!
//! OpenClaw resets the connection of a body over its limit, without a response. A crash looks the same,
//! but a gateway that refused a request answers the next one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use wasmtime_wasi_http::WasiBody;

use super::connect::{ATTEMPT, Attempt, Connector};

/// Smallest request in bytes that can be too large: no gateway has a lower limit.
const LARGE: u64 = 1 << 20;

/// How long the gateway may take to show that it is alive.
const LIMIT: Duration = Duration::from_secs(3);

/// A request being sent.
pub(super) struct Upload {
    target: Uri,
    /// The announced length of its body.
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

    /// After a reset: whether the gateway refused the request. Probes it with an empty object and no
    /// token, which costs no model call.
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
            // A 5xx comes from a proxy in front of a dead gateway, or from one shutting down.
            Ok(Ok(answer)) => !answer.status().is_server_error(),
            _ => false,
        }
    }
}
