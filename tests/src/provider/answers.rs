//! Answers in the format of the streaming OpenAI completions API.

use std::io;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use http_body_util::StreamBody;
use hyper::Response;
use hyper::body::Frame;
use serde_json::{Value, json};

use super::Body;

pub(super) fn chunk(delta: Value, finish_reason: Value) -> Value {
    json!({ "id": "chatcmpl-stand-in", "object": "chat.completion.chunk", "created": 1_795_331_802,
        "model": "fake-1", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }] })
}

pub(super) fn deltas<'a>(
    pieces: impl IntoIterator<Item = &'a str>,
) -> BoxStream<'static, io::Result<Value>> {
    let chunks: Vec<_> = pieces
        .into_iter()
        .map(|piece| {
            Ok(chunk(
                json!({ "role": "assistant", "content": piece }),
                Value::Null,
            ))
        })
        .collect();
    futures::stream::iter(chunks).boxed()
}

/// The finish reason and the usage after `before`.
pub(super) fn finish(
    before: BoxStream<'static, io::Result<Value>>,
    reason: &str,
) -> BoxStream<'static, io::Result<Value>> {
    let mut usage = chunk(json!({}), Value::Null);
    usage["choices"] = json!([]);
    usage["usage"] = json!({ "prompt_tokens": 123, "completion_tokens": 7, "total_tokens": 130 });
    let end = [Ok(chunk(json!({}), reason.into())), Ok(usage)];
    before.chain(futures::stream::iter(end)).boxed()
}

/// Server-sent events, ended by `[DONE]`.
pub(super) fn stream(chunks: BoxStream<'static, io::Result<Value>>) -> Response<Body> {
    let done = futures::stream::once(async { Ok("data: [DONE]\n\n".to_owned()) });
    let events = chunks
        .map(|chunk| chunk.map(|chunk| format!("data: {chunk}\n\n")))
        .chain(done);
    respond(200, "text/event-stream", events.boxed())
}

pub(super) fn error(status: u16, message: &str) -> Response<Body> {
    let body = json!({ "error": { "message": message, "type": "stand_in", "code": status } });
    let body = futures::stream::once(async move { Ok(body.to_string()) });
    respond(status, "application/json", body.boxed())
}

pub(super) fn respond(
    status: u16,
    content_type: &str,
    body: BoxStream<'static, io::Result<String>>,
) -> Response<Body> {
    let frames = body.map(|piece| piece.map(|piece| Frame::data(Bytes::from(piece))));
    let mut response = Response::new(StreamBody::new(frames.boxed()));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = content_type.parse() {
        response
            .headers_mut()
            .insert(hyper::header::CONTENT_TYPE, value);
    }
    response
}
