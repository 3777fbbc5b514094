//! A plugin's HTTP client: pooled, no redirects, no proxies, allowed origins only.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioTimer;
use tokio::time::Instant;
use tracing::Instrument as _;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::allow_list::AllowList;
use super::body::AnswerBody;
use super::connect::{ATTEMPT, Attempt, Connection, Connector};
use super::connection_task::{ConnectionTask, Spawner};
use super::{coding, error, late, upload};

/// Below the 5 s after which the gateway closes an idle connection.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// Idle connections kept: one turn at a time, plus a diagnosis beside it.
const POOL_SIZE: usize = 4;

/// Sends the component's requests. Clones share the pool.
#[derive(Clone)]
pub(crate) struct HttpClient {
    client: Client<Connector, WasiBody>,
    allowed: AllowList,
}

impl HttpClient {
    /// Checks each request against the list as it is then. Must always be used in the same Tokio
    /// runtime.
    pub(crate) fn new(allowed: AllowList) -> Self {
        Self::with(Connector::new(), allowed)
    }

    pub(super) fn with(connector: Connector, allowed: AllowList) -> Self {
        let client = Client::builder(Spawner)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_SIZE)
            .build(connector);
        Self { client, allowed }
    }

    /// Sends a request and waits for the response head. A request is sent again only if hyper returns it
    /// unsent because the pooled connection was found closed before the first write (see `tcp_stream`).
    /// Dropping the future or the response body closes the connection.
    pub(super) async fn send(
        &self,
        mut request: http::Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<http::Response<WasiBody>, Error> {
        if !self.allowed.allows(request.uri()) {
            return Err(Error::HttpRequestDenied);
        }
        // Closed when the response body ends.
        let span = tracing::debug_span!("request", method = %request.method(), uri = %without_query(request.uri()));
        let upload = upload::Upload::of(&request);
        let attempt = Arc::new(Attempt::new(options.connect_timeout));
        let counted = attempt.clone();
        hyper::ext::on_informational(&mut request, move |_| counted.count_interim());
        let answering = ATTEMPT.scope(attempt.clone(), self.client.request(request));
        let answering = answering.instrument(span.clone());
        let answer = tokio::select! {
            biased;
            answer = in_time(answering, &attempt, options.first_byte_timeout) => answer,
            () = attempt.too_many_interim() => return Err(Error::HttpProtocolError),
        };
        let mut answer = match answer.ok_or(Error::HttpResponseTimeout)? {
            Ok(answer) => answer,
            Err(error) if error::is_reset(&error) && upload.was_refused(&self.client).await => {
                return Err(Error::HttpRequestBodySize(Some(upload.bytes)));
            }
            Err(error) => return Err(error::of_request(&error)),
        };
        span.in_scope(|| tracing::debug!(status = answer.status().as_u16(), "answered"));
        coding::show(answer.headers_mut());
        let task = answer.extensions_mut().remove::<ConnectionTask>();
        // Each of our connections brings it; without it chunks come one by one.
        let task = task.unwrap_or_default();
        Ok(answer.map(|incoming| {
            let limit = options.between_bytes_timeout;
            UnsyncBoxBody::new(AnswerBody::new(incoming, task, limit, span))
        }))
    }
}

/// For the log: a query names sessions and files.
fn without_query(uri: &http::Uri) -> String {
    let mut uri = uri.to_string();
    uri.truncate(uri.find('?').unwrap_or(uri.len()));
    uri
}

/// Waits for a response within `limit`, counted from the time of connection. `None`: timed out.
async fn in_time<F: Future>(
    answering: F,
    attempt: &Attempt,
    limit: Option<Duration>,
) -> Option<F::Output> {
    let begun = Instant::now();
    let mut answering = std::pin::pin!(answering);
    let mut judged = None;
    loop {
        let from = match attempt.connection() {
            Connection::Reused | Connection::Making(None) => begun,
            // The connector has its own limit; this one starts after it.
            Connection::Making(Some(deadline)) => deadline,
            Connection::Made(at) => at,
        };
        let Some(deadline) = limit.and_then(|limit| from.checked_add(limit)) else {
            return Some(answering.await);
        };
        if judged.replace(deadline) == Some(deadline) {
            return None;
        }
        if let Some(answer) = late::by(deadline, &mut answering).await {
            return Some(answer);
        }
        // Timed out, unless a connection was made in the meantime: check again.
    }
}

type Answered = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

impl WasiHttpHooks for HttpClient {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        // Not needed: hyper notices when the component drops the response.
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answered, Error>> + Send> {
        let this = self.clone();
        Box::new(async move {
            let answer = this.send(request, options.unwrap_or_default()).await?;
            let done: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((answer, done))
        })
    }
}
