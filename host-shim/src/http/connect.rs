//! Connects within the request's time limit, with errors that say what failed.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::connect::{Connection as _, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Notify;
use tokio::time::Instant;
use tower_service::Service;

use super::connection_task::ConnectionTask;
use super::late;
use super::tcp_stream::PromptTcpStream;

tokio::task_local! {
    /// The request that a connection is made for.
    pub(super) static ATTEMPT: Arc<Attempt>;
}

/// Limit of interim responses (status 100 to 199). Proxies send at most one every few seconds to keep a
/// connection alive.
const MAX_INTERIM: u32 = 1000;

/// The progress and limit of a request's connection.
#[derive(Debug)]
pub(super) struct Attempt {
    limit: Option<Duration>,
    connection: Mutex<Connection>,
    /// Of a connection just made, until it is spawned.
    task: Mutex<Option<ConnectionTask>>,
    interim: AtomicU32,
    too_many_interim: Notify,
}

/// See [`Attempt`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Connection {
    /// From the pool, or not started.
    Reused,
    /// Connecting, with this deadline.
    Making(Option<Instant>),
    /// Connected at this time.
    Made(Instant),
}

impl Attempt {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            connection: Mutex::new(Connection::Reused),
            task: Mutex::default(),
            interim: AtomicU32::new(0),
            too_many_interim: Notify::new(),
        }
    }

    /// Counts an interim response.
    pub(super) fn count_interim(&self) {
        if self.interim.fetch_add(1, Ordering::Relaxed) == MAX_INTERIM {
            self.too_many_interim.notify_one();
        }
    }

    /// Resolves when there are too many interim responses.
    pub(super) async fn too_many_interim(&self) {
        self.too_many_interim.notified().await;
    }

    pub(super) fn connection(&self) -> Connection {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, connection: Connection) {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// The place for the task of the connection that has been made and has none yet.
    pub(super) fn new_connection(&self) -> Option<ConnectionTask> {
        self.task().take()
    }

    fn task(&self) -> MutexGuard<'_, Option<ConnectionTask>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no connection. Nothing of the request was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectFailure {
    #[error("the host name cannot be resolved: {0}")]
    Dns(#[source] io::Error),
    #[error("connection refused")]
    Refused,
    #[error("connection timed out")]
    TimedOut,
    /// For example no route, or no permission.
    #[error("cannot connect: {0}")]
    Unreachable(#[source] io::Error),
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    #[error("TLS failed: {0}")]
    Tls(String),
}

/// Resolves names; its error type tells failed lookups from failed connections.
#[derive(Clone, Debug)]
struct Resolver(GaiResolver);

/// See [`Resolver`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ResolveError(#[source] io::Error);

impl Service<Name> for Resolver {
    type Response = <GaiResolver as Service<Name>>::Response;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ResolveError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ResolveError>> {
        self.0.poll_ready(cx).map_err(ResolveError)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.0.call(name);
        Box::pin(async move { resolving.await.map_err(ResolveError) })
    }
}

/// Makes TCP connections that notice their end at once.
#[derive(Clone)]
struct Tcp(HttpConnector<Resolver>);

impl Service<Uri> for Tcp {
    type Response = TokioIo<PromptTcpStream>;
    type Error = <HttpConnector<Resolver> as Service<Uri>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let connecting = self.0.call(target);
        Box::pin(async move {
            Ok(TokioIo::new(PromptTcpStream::new(
                connecting.await?.into_inner(),
            )))
        })
    }
}

type Tls = OnceLock<Result<HttpsConnector<Tcp>, String>>;

/// Connects, with TLS for https.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: Tcp,
    /// Created at the first https request: reading the system's certificates takes time and memory.
    tls: Arc<Tls>,
}

impl Connector {
    /// Trusts the system's certificate authorities (CAs).
    pub(super) fn new() -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self {
            tcp: Tcp(tcp),
            tls: Arc::default(),
        }
    }

    /// Trusts these certificate authorities only.
    #[cfg(test)]
    pub(super) fn trusting(roots: RootCertStore) -> Self {
        let this = Self::new();
        let _ = this.tls.set(https(roots, this.tcp.clone()));
        this
    }

    fn https(&self) -> Result<HttpsConnector<Tcp>, ConnectFailure> {
        let made = self.tls.get_or_init(|| {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!(%error, "a system CA certificate cannot be read");
            }
            let mut roots = RootCertStore::empty();
            let (usable, _) = roots.add_parsable_certificates(found.certs);
            if usable == 0 {
                return Err(
                    "no CA certificates found; install them or set SSL_CERT_FILE".to_owned(),
                );
            }
            https(roots, self.tcp.clone())
        });
        made.clone().map_err(ConnectFailure::Tls)
    }
}

fn https(roots: RootCertStore, tcp: Tcp) -> Result<HttpsConnector<Tcp>, String> {
    // Explicit: a process that links two providers has no default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnector::from((tcp, config)))
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<PromptTcpStream>>;
    type Error = ConnectFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFailure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let mut this = self.clone();
        // Called within the request's own future, whichever task continues with the result.
        let attempt = ATTEMPT.try_with(Arc::clone).ok();
        let limit = attempt.as_ref().and_then(|attempt| attempt.limit);
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        if let Some(attempt) = &attempt {
            attempt.is(Connection::Making(deadline));
        }
        Box::pin(async move {
            let connecting = async {
                if target.scheme() == Some(&Scheme::HTTPS) {
                    this.https()?.call(target).await.map_err(failure)
                } else {
                    let stream = this.tcp.call(target).await.map_err(|e| failure(e.into()))?;
                    Ok(MaybeHttpsStream::Http(stream))
                }
            };
            let connected = match deadline {
                Some(deadline) => late::by(deadline, connecting)
                    .await
                    .unwrap_or(Err(ConnectFailure::TimedOut)),
                None => connecting.await,
            };
            if let Some(attempt) = &attempt {
                attempt.is(Connection::Made(Instant::now()));
                *attempt.task() = connected.as_ref().ok().and_then(task_of);
            }
            connected
        })
    }
}

/// The task that will drive a connection; TLS passes it on.
fn task_of(stream: &MaybeHttpsStream<TokioIo<PromptTcpStream>>) -> Option<ConnectionTask> {
    let mut extras = http::Extensions::new();
    stream.connected().get_extras(&mut extras);
    extras.remove()
}

/// Classifies an error of the connectors.
fn failure(error: Box<dyn StdError + Send + Sync>) -> ConnectFailure {
    let mut next: Option<&(dyn StdError + 'static)> = Some(&*error);
    while let Some(error) = next {
        if let Some(ResolveError(error)) = error.downcast_ref() {
            return ConnectFailure::Dns(copy(error));
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return match error {
                rustls::Error::InvalidCertificate(_) => {
                    ConnectFailure::Certificate(error.to_string())
                }
                error => ConnectFailure::Tls(error.to_string()),
            };
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // TLS errors are wrapped in this type, possibly twice.
            if let Some(inner) = error.get_ref() {
                next = Some(inner);
                continue;
            }
            return match error.kind() {
                io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
                io::ErrorKind::TimedOut => ConnectFailure::TimedOut,
                // Connected, but not through TLS.
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => ConnectFailure::Tls(error.to_string()),
                _ => ConnectFailure::Unreachable(copy(error)),
            };
        }
        next = error.source();
    }
    // For example a host name that TLS cannot check, such as one with an underscore.
    ConnectFailure::Tls(error.to_string())
}

fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
