//! Requests over loopback, against servers that do one thing.

mod batches;
mod failing_cases;
mod kept;
mod limits;
mod tls;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use openclaw_core::origin::Origin;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use crate::http::*;

/// Long enough for anything on loopback.
const AMPLE: Duration = Duration::from_secs(60);
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

fn client(url: &str) -> HttpClient {
    let allowed = AllowList::default();
    allowed.set([Origin::parse(url).unwrap()]);
    HttpClient::new(allowed)
}

fn post(url: &str) -> http::Request<WasiBody> {
    let body = Full::new(Bytes::from_static(b"{}")).map_err(|never| match never {});
    http::Request::post(format!("{url}/v1/responses"))
        .header("content-length", "2")
        .body(body.boxed_unsync())
        .unwrap()
}

async fn ask(url: &str, options: RequestOptions) -> Result<(u16, Bytes), Error> {
    ask_with(&client(url), url, options).await
}

async fn ask_with(
    client: &HttpClient,
    url: &str,
    options: RequestOptions,
) -> Result<(u16, Bytes), Error> {
    let answer = client.send(post(url), options).await?;
    let status = answer.status().as_u16();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

/// A URL where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

// Issue 15: a hostile component names its path itself; who is connected to and named as the host is on the list.
#[test]
fn no_path_leads_to_another_host() {
    run(async {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let url = server(move |mut stream| {
            let tell = tell.clone();
            async move {
                loop {
                    let _ = tell.send(read_request(&mut stream).await?);
                    stream.write_all(b"HTTP/1.1 204 X\r\n\r\n").await?;
                }
            }
        })
        .await;
        let authority = url.strip_prefix("http://").unwrap();
        let client = client(&url);
        for path in [
            "//evil.example/x",
            "/http://evil.example/",
            "/@evil.example",
            "/%0d%0ahost:%20evil.example",
            "*",
        ] {
            let target = http::Uri::builder()
                .scheme("http")
                .authority(authority)
                .path_and_query(path);
            let Ok(target) = target.build() else { continue };
            let mut request = post(&url);
            *request.uri_mut() = target;
            client.send(request, OPTIONS).await.unwrap();
            let head = told.recv().await.unwrap();
            let line = head.lines().next().unwrap();
            assert!(line.starts_with("post /") || path == "*", "{line}");
            assert!(
                head.contains(&format!("\r\nhost: {authority}\r\n")),
                "{head}"
            );
            assert_eq!(head.matches("\r\nhost:").count(), 1, "{head}");
        }
        for target in ["http://evil.example/", "/v1/responses", "evil.example:80"] {
            let mut request = post(&url);
            *request.uri_mut() = target.parse().unwrap();
            client.send(request, OPTIONS).await.unwrap_err();
        }
        assert!(told.try_recv().is_err());
    });
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
        let elsewhere = client("http://127.0.0.1:1");
        let error = ask_with(&elsewhere, &url, OPTIONS).await.unwrap_err();
        assert!(matches!(error, Error::HttpRequestDenied), "{error}");
        let error = ask(&url, OPTIONS).await.unwrap_err();
        assert!(matches!(error, Error::ConnectionRefused), "{error}");
        let https = url.replace("http:", "https:");
        let error = ask_with(&client(&url), &https, OPTIONS).await.unwrap_err();
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
        let client = client(&url);
        let answer = client.send(post(&url), OPTIONS).await.unwrap();
        drop(answer);
        closings.recv().await.unwrap();

        let sending = client.send(post(&format!("{url}/silent")), OPTIONS);
        assert!(tokio::time::timeout(SHORT, sending).await.is_err());
        closings.recv().await.unwrap();
    });
}
