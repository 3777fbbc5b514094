//! Requests over loopback, against servers that do one thing.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::connect::Connector;
use super::*;

/// Long enough for anything on loopback.
const AMPLE: Duration = Duration::from_secs(20);
/// Short enough to wait for.
const SHORT: Duration = Duration::from_millis(40);

const OPTIONS: RequestOptions = RequestOptions {
    connect_timeout: Some(AMPLE),
    first_byte_timeout: Some(AMPLE),
    between_bytes_timeout: Some(AMPLE),
};

fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(AMPLE, test)
            .await
            .expect("the test hangs")
    })
}

/// Reads a request's head, which it returns in lower case, and a body of the length that it names.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.split_once("content-length: ").map_or(0, |(_, rest)| {
        rest.split("\r\n").next().unwrap().parse().unwrap()
    });
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(head)
}

/// A server that gives every connection to `serve`, and its URL.
async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    url
}

/// A server that answers every request with the same bytes, then does as told.
async fn answering(bytes: &'static str, then: Then) -> String {
    server(move |mut stream| async move {
        loop {
            read_request(&mut stream).await?;
            stream.write_all(bytes.as_bytes()).await?;
            match then {
                Then::GoOn => {}
                Then::Close => return stream.shutdown().await,
                Then::Reset => return stream.set_zero_linger(),
                Then::Wait => std::future::pending::<()>().await,
            }
        }
    })
    .await
}

#[derive(Clone, Copy)]
enum Then {
    GoOn,
    Close,
    Reset,
    Wait,
}

fn outgoing(url: &str) -> Outgoing {
    let allowed = AllowList::default();
    allowed.set([url.parse().unwrap()]);
    Outgoing::new(allowed)
}

fn post(url: &str) -> http::Request<WasiBody> {
    let body = Full::new(Bytes::from_static(b"{}")).map_err(|never| match never {});
    http::Request::post(format!("{url}/v1/responses"))
        .header("content-length", "2")
        .body(body.boxed_unsync())
        .unwrap()
}

async fn ask(url: &str, options: RequestOptions) -> Result<(u16, Bytes), Error> {
    ask_with(&outgoing(url), url, options).await
}

async fn ask_with(
    outgoing: &Outgoing,
    url: &str,
    options: RequestOptions,
) -> Result<(u16, Bytes), Error> {
    let answer = outgoing.send(post(url), options).await?;
    let status = answer.status().as_u16();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

/// A URL where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn an_answer_comes_through() {
    run(async {
        let url = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::GoOn).await;
        assert_eq!(
            ask(&url, OPTIONS).await.unwrap(),
            (200, Bytes::from_static(b"ok"))
        );
    });
}

#[test]
fn a_redirect_is_an_answer_like_any_other() {
    run(async {
        let head = "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n";
        let answer = Box::leak(format!("{head}Content-Length: 0\r\n\r\n").into_boxed_str());
        let url = answering(answer, Then::GoOn).await;
        assert_eq!(ask(&url, OPTIONS).await.unwrap().0, 307);
    });
}

#[test]
fn what_is_not_on_the_list_is_denied_without_a_connection() {
    run(async {
        let url = nobody().await;
        let elsewhere = outgoing("http://127.0.0.1:1");
        let error = ask_with(&elsewhere, &url, OPTIONS).await.unwrap_err();
        assert!(matches!(error, Error::HttpRequestDenied), "{error}");
        let error = ask(&url, OPTIONS).await.unwrap_err();
        assert!(matches!(error, Error::ConnectionRefused), "{error}");
        let https = url.replace("http:", "https:");
        let error = ask_with(&outgoing(&url), &https, OPTIONS)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::HttpRequestDenied), "{error}");
    });
}

#[test]
fn refused_is_only_what_certainly_sent_nothing() {
    run(async {
        for then in [Then::Close, Then::Reset] {
            let url = answering("", then).await;
            let error = ask(&url, OPTIONS).await.unwrap_err();
            assert!(matches!(error, Error::ConnectionTerminated), "{error}");
        }
        // Closed before it could read anything: the request may have been on its way.
        let url = server(|stream| async move { stream.set_zero_linger() }).await;
        let error = ask(&url, OPTIONS).await.unwrap_err();
        assert!(matches!(error, Error::ConnectionTerminated), "{error}");
    });
}

#[test]
fn a_name_that_does_not_exist_is_told() {
    run(async {
        // `.invalid` never exists (RFC 2606); no server is asked on a machine without a network.
        let error = ask("http://gateway.invalid:18789", OPTIONS)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::DnsError { .. }), "{error}");
    });
}

#[test]
fn a_connection_that_is_not_made_in_time_is_told() {
    run(async {
        // A full backlog: the system takes no more connections, and nobody accepts.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        while let Ok(Ok(stream)) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
            held.push(stream);
            assert!(held.len() < 100, "the backlog does not fill");
        }
        let options = RequestOptions {
            connect_timeout: Some(SHORT),
            ..OPTIONS
        };
        let error = ask(&format!("http://{address}"), options)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ConnectionTimeout), "{error}");
        // The first byte's time begins with the connection, so it is not what is over.
        let options = RequestOptions {
            connect_timeout: Some(3 * SHORT),
            first_byte_timeout: Some(SHORT / 4),
            ..OPTIONS
        };
        let error = ask(&format!("http://{address}"), options)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ConnectionTimeout), "{error}");
    });
}

#[test]
fn silence_before_and_within_an_answer_is_told_apart() {
    run(async {
        let first = RequestOptions {
            first_byte_timeout: Some(SHORT),
            ..OPTIONS
        };
        let between = RequestOptions {
            between_bytes_timeout: Some(SHORT),
            ..OPTIONS
        };
        let silent = answering("", Then::Wait).await;
        let error = ask(&silent, first).await.unwrap_err();
        assert!(matches!(error, Error::HttpResponseTimeout), "{error}");
        for begun in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        ] {
            let url = answering(begun, Then::Wait).await;
            let error = ask(&url, between).await.unwrap_err();
            assert!(
                matches!(error, Error::ConnectionReadTimeout),
                "{begun:?}: {error}"
            );
        }
        // Half a head is no first byte of an answer that could be used.
        let url = answering("HTTP/1.1 200 OK\r\nContent-", Then::Wait).await;
        let error = ask(&url, first).await.unwrap_err();
        assert!(matches!(error, Error::HttpResponseTimeout), "{error}");
    });
}

#[test]
fn the_limit_between_pieces_does_not_run_while_nobody_reads() {
    run(async {
        let url = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::GoOn).await;
        let options = RequestOptions {
            between_bytes_timeout: Some(SHORT),
            ..OPTIONS
        };
        let answer = outgoing(&url).send(post(&url), options).await.unwrap();
        tokio::time::sleep(3 * SHORT).await;
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    });
}

#[test]
fn the_limit_between_pieces_begins_anew_with_each() {
    run(async {
        let url = server(|mut stream| async move {
            read_request(&mut stream).await?;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
                .await?;
            for _ in 0..6 {
                tokio::time::sleep(SHORT).await;
                stream.write_all(b"x").await?;
            }
            Ok(())
        })
        .await;
        let options = RequestOptions {
            between_bytes_timeout: Some(4 * SHORT),
            ..OPTIONS
        };
        assert_eq!(ask(&url, options).await.unwrap().1, "xxxxxx");
    });
}

#[test]
fn an_answer_that_breaks_off_is_incomplete() {
    run(async {
        for (answer, then) in [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
                Then::Close,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhal\r\n",
                Then::Close,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
                Then::Reset,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhal\r\n",
                Then::Reset,
            ),
        ] {
            let url = answering(answer, then).await;
            let error = ask(&url, OPTIONS).await.unwrap_err();
            assert!(
                matches!(error, Error::HttpResponseIncomplete),
                "{answer:?}: {error}"
            );
        }
    });
}

#[test]
fn what_is_not_http_is_a_protocol_error() {
    run(async {
        for answer in [
            "nonsense\r\n\r\n",
            "SSH-2.0-OpenSSH_9.9\r\n",
            "HTTP/1.1 abc OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
        ] {
            let url = answering(answer, Then::Close).await;
            let error = ask(&url, OPTIONS).await.unwrap_err();
            assert!(
                matches!(error, Error::HttpProtocolError),
                "{answer:?}: {error}"
            );
        }
    });
}

#[test]
fn a_dropped_request_and_a_dropped_answer_close_their_connection() {
    run(async {
        let (closed, mut closings) = tokio::sync::mpsc::unbounded_channel();
        let url = server(move |mut stream| {
            let closed = closed.clone();
            async move {
                let head = read_request(&mut stream).await?;
                if !head.contains("/silent") {
                    let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nha";
                    stream.write_all(begun).await?;
                }
                let _ = stream.read_u8().await;
                closed.send(()).map_err(io::Error::other)
            }
        })
        .await;
        let outgoing = outgoing(&url);
        let answer = outgoing.send(post(&url), OPTIONS).await.unwrap();
        drop(answer);
        closings.recv().await.unwrap();

        let sending = outgoing.send(post(&format!("{url}/silent")), OPTIONS);
        assert!(tokio::time::timeout(SHORT, sending).await.is_err());
        closings.recv().await.unwrap();
    });
}

#[test]
fn connections_are_kept_and_one_that_was_closed_meanwhile_is_replaced() {
    run(async {
        let (opened, mut openings) = tokio::sync::mpsc::unbounded_channel();
        let url = server(move |mut stream| {
            opened.send(()).unwrap();
            async move {
                // Two requests a connection, and then it closes without having said so.
                for _ in 0..2 {
                    read_request(&mut stream).await?;
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                        .await?;
                }
                stream.shutdown().await
            }
        })
        .await;
        let outgoing = outgoing(&url);
        for _ in 0..6 {
            assert_eq!(ask_with(&outgoing, &url, OPTIONS).await.unwrap().1, "ok");
        }
        drop(outgoing);
        let mut connections = 0;
        while openings.try_recv().is_ok() {
            connections += 1;
        }
        assert_eq!(connections, 3);
    });
}

fn certificate() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(include_bytes!("testdata/cert.pem")).unwrap()
}

fn acceptor() -> tokio_rustls::TlsAcceptor {
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("testdata/key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate()], key)
        .unwrap();
    Arc::new(config).into()
}

async fn answer_once(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    read_request(&mut stream).await?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .await?;
    stream.flush().await
}

/// An https server, and its URL.
async fn https_server() -> String {
    let acceptor = acceptor();
    let url = server(move |stream| {
        let accepting = acceptor.accept(stream);
        async move { answer_once(accepting.await?).await }
    })
    .await;
    url.replace("http:", "https:")
}

fn trusting(url: &str, roots: &[CertificateDer<'static>]) -> Outgoing {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.iter().cloned());
    let allowed = AllowList::default();
    allowed.set([url.parse().unwrap()]);
    Outgoing::with(Connector::trusting(store), allowed)
}

#[test]
fn https_with_a_trusted_certificate_works() {
    run(async {
        let url = https_server().await;
        let outgoing = trusting(&url, &[certificate()]);
        assert_eq!(ask_with(&outgoing, &url, OPTIONS).await.unwrap().1, "ok");
    });
}

#[test]
fn a_certificate_that_is_not_trusted_is_told() {
    run(async {
        let url = https_server().await;
        let error = ask_with(&trusting(&url, &[]), &url, OPTIONS)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::TlsCertificateError), "{error}");
    });
}

#[test]
fn https_to_what_does_not_speak_it_is_a_tls_error() {
    run(async {
        for then in [Then::GoOn, Then::Close, Then::Reset] {
            let url = server(move |mut stream| async move {
                let _ = stream.read_u8().await;
                match then {
                    Then::Reset => stream.set_zero_linger(),
                    Then::Close => stream.shutdown().await,
                    _ => stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await,
                }
            })
            .await
            .replace("http:", "https:");
            let outgoing = trusting(&url, &[certificate()]);
            let error = ask_with(&outgoing, &url, OPTIONS).await.unwrap_err();
            assert!(matches!(error, Error::TlsProtocolError), "{error}");
        }
    });
}
