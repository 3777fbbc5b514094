//! Reads and records HTTP/1.1 requests.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Largest accepted body in bytes, as in 2026.2.9.
pub(super) const MAX_BODY: usize = 20 * 1024 * 1024;
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// What the `Authorization` header of a request held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The gateway's token, as a bearer.
    Right,
    /// Something else.
    Wrong,
    /// There was none.
    Missing,
}

/// A request as it arrived. It holds no token.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Number of the request at this gateway, from 1.
    pub number: usize,
    /// Number of its connection, from 1.
    pub connection: usize,
    /// Such as `POST`.
    pub method: String,
    /// Path and query, such as `/v1/responses`.
    pub path: String,
    /// Names in lower case, in order. The value of `authorization` is replaced by `(right)` or
    /// `(wrong)`.
    pub headers: Vec<(String, String)>,
    /// What `Authorization` held.
    pub token: Token,
    /// The whole body; empty if it was over 20 MiB.
    pub body: Vec<u8>,
    /// The body as JSON; `None` if it is not JSON.
    pub json: Option<Value>,
    /// Whether it passes the gateway's checks (path, method, token, body): on a real gateway it would
    /// have cost a model call.
    pub reaches_agent: bool,
}

impl Recorded {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A request before it is numbered.
#[derive(Debug)]
pub(super) struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub token: Token,
    pub body: Vec<u8>,
    /// The body is over [`MAX_BODY`]; it was not read to its end.
    pub too_large: bool,
}

/// Reads the next request; `None` if the client closed the connection. `buffer` carries bytes read
/// beyond one request to the next.
pub(super) async fn read<S>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    right_token: &str,
) -> io::Result<Option<Request>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = loop {
        if let Some((request, used)) = parse_head(buffer, right_token)? {
            buffer.drain(..used);
            break request;
        }
        if buffer.len() > MAX_HEAD {
            return Err(invalid("the head is over 64 KiB"));
        }
        if !more(stream, buffer).await? {
            return Ok(None);
        }
    };
    let find = |name: &str| {
        request
            .headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.to_ascii_lowercase())
    };
    let chunked = find("transfer-encoding").is_some_and(|value| value.contains("chunked"));
    let length = find("content-length").map(|value| value.parse::<usize>());
    if find("expect").is_some_and(|value| value == "100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    if chunked {
        request.too_large = !read_chunks(stream, buffer, &mut request.body).await?;
    } else if let Some(length) = length {
        let length = length.map_err(|_| invalid("Content-Length is no number"))?;
        if length > MAX_BODY {
            request.too_large = true;
            return Ok(Some(request));
        }
        while buffer.len() < length {
            if !more(stream, buffer).await? {
                return Ok(None);
            }
        }
        request.body = buffer.drain(..length).collect();
    }
    Ok(Some(request))
}

/// Reads a chunked body and its trailer; false if it is over [`MAX_BODY`].
async fn read_chunks<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    body: &mut Vec<u8>,
) -> io::Result<bool> {
    loop {
        let size = loop {
            match httparse::parse_chunk_size(buffer) {
                Ok(httparse::Status::Complete((used, size))) => {
                    buffer.drain(..used);
                    break usize::try_from(size).unwrap_or(usize::MAX);
                }
                Ok(httparse::Status::Partial) => need(stream, buffer).await?,
                Err(_) => return Err(invalid("not a chunk size")),
            }
        };
        if size > MAX_BODY - body.len() {
            body.clear();
            return Ok(false);
        }
        while buffer.len() < size + 2 {
            need(stream, buffer).await?;
        }
        body.extend(buffer.drain(..size));
        if buffer.drain(..2).ne(*b"\r\n") {
            return Err(invalid("a chunk does not end with a line break"));
        }
        if size == 0 {
            return Ok(true);
        }
    }
}

fn parse_head(buffer: &[u8], right_token: &str) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let used = match head.parse(buffer) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(invalid(&error.to_string())),
    };
    let mut token = Token::Missing;
    let mut kept = Vec::new();
    for header in head.headers.iter() {
        let name = header.name.to_ascii_lowercase();
        let mut value = String::from_utf8_lossy(header.value).into_owned();
        if name == "authorization" {
            token = judge(&value, right_token);
            value = if token == Token::Right {
                "(right)"
            } else {
                "(wrong)"
            }
            .to_owned();
        }
        kept.push((name, value));
    }
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: head.path.unwrap_or_default().to_owned(),
        headers: kept,
        token,
        body: Vec::new(),
        too_large: false,
    };
    Ok(Some((request, used)))
}

/// The scheme is not case-sensitive, the token is (as in 2026.2.9).
fn judge(authorization: &str, right_token: &str) -> Token {
    match authorization.split_once(' ') {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("bearer") && token.trim() == right_token =>
        {
            Token::Right
        }
        _ => Token::Wrong,
    }
}

async fn need<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<()> {
    match more(stream, buffer).await? {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Reads available bytes; false at the end of the connection.
pub(super) async fn more<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
) -> io::Result<bool> {
    Ok(stream.read_buf(buffer).await? > 0)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("not an HTTP request: {what}"),
    )
}
