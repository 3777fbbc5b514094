//! Implements [`Host`] on the component's imports.

use super::bindings::astr::openclaw::{memory_stat, tools, workspace};
use super::bindings::wasi::clocks::monotonic_clock;
use super::bindings::wasi::http::client;
use super::bindings::wasi::http::types::{
    ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme,
};
use super::bindings::{wit_future, wit_stream};
use crate::config::Gateway;
use crate::gateway::classify::Head;
use crate::gateway::request::PATH;
use crate::host::{AnswerBody, Failure, Host, Post};
use crate::prelude::*;
use crate::when_woken::WhenWoken;
use alloc::collections::VecDeque;
use core::cell::Cell;
use core::pin::{Pin, pin};
use core::time::Duration;
use futures::future::{Either, FusedFuture, FutureExt as _, select};
use openclaw_core::bindings::Times as _;
use openclaw_core::config::Timeouts;
use openclaw_core::guards::memory::Sample;
use openclaw_core::turn::ToolCall;
use openclaw_core::workspace::OpenError;
use wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult};

/// The host behind the imports.
pub(super) struct WasiHost;

const NANOS_PER_MS: u64 = 1_000_000;
/// Bytes per read of an answer.
const READ_BYTES: usize = 16 * 1024;
/// A smaller request fits the kernel's buffer, whatever the gateway does with it.
const KERNEL_BYTES: u64 = 64 * 1024;
/// Maximum bytes of an answer read during the upload.
const MAX_AHEAD_BYTES: usize = 1024 * 1024;
/// Time for the rest of a complete answer to arrive, so that its connection can be reused.
const FINISH_NS: u64 = 500 * NANOS_PER_MS;

impl Host for WasiHost {
    type Body = IncomingBody;

    fn now_ms(&self) -> u64 {
        monotonic_clock::now() / NANOS_PER_MS
    }

    async fn sleep_until_ms(&self, when: u64) {
        WhenWoken::new(monotonic_clock::wait_until(
            when.saturating_mul(NANOS_PER_MS),
        ))
        .await;
    }

    fn memory(&self) -> Result<Sample, String> {
        memory_stat::read().map(Sample::from)
    }

    async fn run_tool(&self, turn_id: &str, call: ToolCall) -> Result<String, String> {
        tools::run(turn_id.to_owned(), call.into()).await
    }

    async fn open(&self, path: &str, max_bytes: usize) -> Result<Vec<u8>, OpenError> {
        let opened = workspace::open(path.to_owned(), max_bytes as u64).await;
        opened.map_err(Into::into)
    }

    async fn get(
        &self,
        gateway: &Gateway,
        path: &str,
        timeouts: &Timeouts,
    ) -> Result<(Head, IncomingBody), Failure> {
        let entries = vec![authorization(gateway)];
        let (trailers, trailers_reader) = wit_future::new(|| Ok(None));
        let (request, _sent) = Request::new(
            fields(&entries)?,
            None,
            trailers_reader,
            Some(options(timeouts)?),
        );
        address(&request, &Method::Get, gateway, path)?;
        drop(trailers);
        let answered = client::send(request).await;
        answered.map(answer).map_err(|code| failure(code, true))
    }

    async fn post(&self, post: Post<'_>) -> Result<(Head, IncomingBody), Failure> {
        let length = post.body.map_or(2, |body| body.len());
        let (mut contents, contents_reader) = wit_stream::new();
        let (trailers, trailers_reader) = wit_future::new(|| Ok(None));
        let (request, sent) = Request::new(
            headers(&post, length)?,
            Some(contents_reader),
            trailers_reader,
            Some(options(post.timeouts)?),
        );
        address(&request, &Method::Post, post.gateway, PATH)?;

        let uploaded = Cell::new(length < KERNEL_BYTES);
        let upload = async {
            let mut taken = true;
            match post.body {
                None => taken = contents.write_all(b"{}".to_vec()).await.is_empty(),
                Some(body) => {
                    for chunk in body.chunks() {
                        if !contents.write_all(chunk).await.is_empty() {
                            taken = false;
                            break;
                        }
                    }
                }
            }
            drop(contents);
            post.sent.set(taken);
            // The answer may come before the upload ends, so do not wait for the trailers.
            drop(trailers);
            uploaded.set(taken || uploaded.get());
        };
        // The gateway may answer or reject before it has the whole request.
        let mut upload = pin!(upload.fuse());
        let mut answering = pin!(client::send(request));
        let answered = match select(answering.as_mut(), upload.as_mut()).await {
            Either::Left((answered, _)) => answered,
            Either::Right(((), answering)) => answering.await,
        };
        drop(sent);
        post.sent.set(post.sent.get() || answered.is_ok());
        let response = answered.map_err(|code| failure(code, uploaded.get()))?;
        let (head, mut body) = answer(response);
        // After an error the gateway does not want the rest; otherwise it may start to answer before it reads.
        if (200..300).contains(&head.status) && !upload.is_terminated() {
            body.read_while(upload).await;
        }
        Ok((head, body))
    }
}

/// Says where a request goes.
fn address(
    request: &Request,
    method: &Method,
    gateway: &Gateway,
    path: &str,
) -> Result<(), Failure> {
    let scheme = if gateway.origin.https {
        Scheme::Https
    } else {
        Scheme::Http
    };
    request
        .set_method(method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(&gateway.origin.authority)))
        .and_then(|()| request.set_path_with_query(Some(path)))
        .map_err(|()| Failure::NotSent("the host refuses the address".into()))
}

/// The head of a response, and its body.
fn answer(response: Response) -> (Head, IncomingBody) {
    let head = head(&response);
    let (done, done_reader) = wit_future::new(|| Ok(()));
    let (contents, end) = Response::consume_body(response, done_reader);
    let body = IncomingBody {
        contents,
        begun: false,
        ended: false,
        end: Some(end),
        done,
        ahead: VecDeque::new(),
    };
    (head, body)
}

type Field = (String, Vec<u8>);

fn authorization(gateway: &Gateway) -> Field {
    let value = gateway.authorization.clone().into_bytes();
    ("authorization".into(), value)
}

fn fields(entries: &[Field]) -> Result<Fields, Failure> {
    // Discard the error's text: it might quote a value.
    Fields::from_list(entries)
        .map_err(|_| Failure::NotSent("the host refuses the request's headers".into()))
}

fn headers(post: &Post<'_>, length: u64) -> Result<Fields, Failure> {
    let mut entries = vec![
        ("content-type".to_owned(), b"application/json".to_vec()),
        (
            "accept".to_owned(),
            b"text/event-stream, application/json".to_vec(),
        ),
        // Without this header any encoding is acceptable.
        ("accept-encoding".to_owned(), b"identity".to_vec()),
        ("content-length".to_owned(), length.to_string().into_bytes()),
    ];
    if post.authorized {
        entries.push(authorization(post.gateway));
    }
    if let Some(agent) = post.agent_id {
        entries.push(("x-openclaw-agent-id".into(), agent.as_bytes().to_vec()));
    }
    fields(&entries)
}

/// Timeouts, enforced by the host where supported.
fn options(timeouts: &Timeouts) -> Result<RequestOptions, Failure> {
    let nanos = |limit: Duration| Some(limit.millis().saturating_mul(NANOS_PER_MS));
    let options = RequestOptions::new();
    options
        .set_connect_timeout(nanos(timeouts.connect))
        .and_then(|()| options.set_first_byte_timeout(nanos(timeouts.first_byte)))
        .and_then(|()| options.set_between_bytes_timeout(nanos(timeouts.idle)))
        .map_err(|_| Failure::NotSent("the host cannot keep the time limits".into()))?;
    Ok(options)
}

fn head(response: &Response) -> Head {
    // One crossing for all of them.
    let fields = response.get_headers().copy_all();
    let field = |wanted: &str| {
        let mut fields = fields.iter();
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default()
    };
    Head {
        status: response.get_status_code(),
        content_type: field("content-type"),
        content_encoding: field("content-encoding"),
        allow: field("allow"),
        retry_after: field("retry-after"),
        date: field("date"),
        location: field("location"),
        www_authenticate: field("www-authenticate"),
        server: field("server"),
    }
}

/// Maps a host error code to a failure.
fn failure(code: ErrorCode, uploaded: bool) -> Failure {
    match code {
        ErrorCode::ConnectionRefused => Failure::NotSent("connection refused".into()),
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            Failure::NotSent("cannot resolve the host name".into())
        }
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
            Failure::NotSent("no route to the host".into())
        }
        ErrorCode::TlsProtocolError => {
            Failure::NotSent("TLS failed; check that it speaks https".into())
        }
        ErrorCode::TlsCertificateError => {
            Failure::NotSent("its TLS certificate is not trusted".into())
        }
        ErrorCode::TlsAlertReceived(_) => Failure::NotSent("TLS was refused".into()),
        ErrorCode::ConnectionTimeout => Failure::ConnectTimeout,
        ErrorCode::HttpResponseTimeout => Failure::FirstByteTimeout,
        ErrorCode::ConnectionReadTimeout => Failure::IdleTimeout,
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Failure::Denied,
        ErrorCode::ConnectionTerminated | ErrorCode::ConnectionWriteTimeout => Failure::Broken {
            why: "the connection was closed".into(),
            uploaded,
        },
        ErrorCode::HttpRequestBodySize(_) => Failure::TooLarge,
        ErrorCode::HttpResponseIncomplete => Failure::Broken {
            why: "the connection was closed in the middle of the answer".into(),
            uploaded,
        },
        ErrorCode::HttpProtocolError => Failure::NotHttp("the server does not speak HTTP".into()),
        ErrorCode::InternalError(why) => Failure::Broken {
            why: why.unwrap_or_else(|| "the host failed".into()),
            uploaded,
        },
        // The rest cannot occur with this client, or means an invalid head.
        _ => Failure::NotHttp("the answer breaks the rules of HTTP".into()),
    }
}

/// The body of an answer.
pub(super) struct IncomingBody {
    contents: StreamReader<u8>,
    /// Some content has arrived.
    begun: bool,
    /// The end of the contents has been reported, possibly with the last bytes. Reading again would trap.
    ended: bool,
    /// Resolves after the contents have ended, with the reason. None once read.
    end: Option<FutureReader<Result<Option<Fields>, ErrorCode>>>,
    /// Dropped with the body; the host may then close the connection.
    done: FutureWriter<Result<(), ErrorCode>>,
    /// Read during the upload and not consumed yet.
    ahead: VecDeque<Result<Option<Vec<u8>>, Failure>>,
}

impl IncomingBody {
    /// Reads the answer during the upload, since the gateway may wait for either. Gives up the upload once
    /// the answer is complete, or so long that it answers something else.
    async fn read_while(&mut self, mut upload: Pin<&mut impl FusedFuture<Output = ()>>) {
        let mut bytes = 0;
        while !upload.is_terminated() && bytes < MAX_AHEAD_BYTES {
            // A read in progress is completed even if the upload ends meanwhile.
            let piece = match select(pin!(self.read()), upload.as_mut()).await {
                Either::Left((piece, _)) => piece,
                Either::Right(((), piece)) => piece.await,
            };
            let last = !matches!(piece, Ok(Some(_)));
            bytes += piece
                .as_ref()
                .map_or(0, |piece| piece.as_ref().map_or(0, Vec::len));
            self.ahead.push_back(piece);
            if last {
                return;
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        while !self.ended {
            let (result, bytes) = self.contents.read(Vec::with_capacity(READ_BYTES)).await;
            self.ended = matches!(result, StreamResult::Dropped);
            if !bytes.is_empty() {
                self.begun = true;
                return Ok(Some(bytes));
            }
        }
        match self.end.take() {
            None => Ok(None),
            Some(end) => match end.await {
                Ok(_) => Ok(None),
                // HTTP worked so far, then broke off: stock wasmtime has no other code for it.
                Err(ErrorCode::HttpProtocolError) if self.begun => {
                    Err(failure(ErrorCode::HttpResponseIncomplete, true))
                }
                Err(code) => Err(failure(code, true)),
            },
        }
    }
}

impl AnswerBody for IncomingBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.ahead.pop_front() {
            Some(piece) => piece,
            None => self.read().await,
        }
    }

    fn finish(mut self) {
        wit_bindgen::spawn_local(async move {
            let rest = async { while let Ok(Some(_)) = self.chunk().await {} };
            select(pin!(rest), pin!(monotonic_clock::wait_for(FINISH_NS))).await;
            drop(self.done);
        });
    }
}
