//! What the component costs, beside a native client in the same run:
//!
//! ```sh
//! cargo bench --profile release --bench turn
//! ```
//!
//! (The profile of everything else: without it cargo builds wasmtime once more.)
//!
//! The peer is what a Rust program without guards would do: hyper's pooled client, the
//! `eventsource-stream` crate, and `serde_json`. Both ask the same gateway on the loopback, which
//! answers at once, so what is measured is the clients.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::ItemsCount;
use eventsource_stream::Eventsource as _;
use futures::{StreamExt as _, stream};
use host_shim::{Event, Plugin, TurnRequest};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use openclaw_tests::rig;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Deltas of an answer.
const DELTAS: [usize; 3] = [1, 200, 5_000];

fn main() {
    divan::main();
}

/// The gateway, the plugin and the peer.
struct Bench {
    runtime: Runtime,
    url: String,
    plugin: Plugin,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Bench {
    fn new(deltas: usize) -> Self {
        let url = gateway(deltas);
        let runtime = runtime();
        let plugin = Plugin::builder()
            .config(rig::config(&url, json!({})))
            .cache_dir(rig::cache_dir())
            .memory(rig::PretendMemory::default())
            .build();
        let plugin = runtime
            .block_on(plugin)
            .expect("the embedded component loads");
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            runtime,
            url,
            plugin,
            client,
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A gateway on a thread of its own that gives every request the same answer, an event a chunk.
fn gateway(deltas: usize) -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || runtime().block_on(serve(deltas, &sender)));
    receiver.recv().expect("a gateway")
}

async fn serve(deltas: usize, url: &std::sync::mpsc::Sender<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    url.send(format!("http://{address}")).expect("a bench");
    let answer = Arc::new(answer(deltas));
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).expect("a socket");
        let answer = answer.clone();
        let serve = service_fn(move |request: Request<Incoming>| {
            let answer = answer.clone();
            async move {
                request.into_body().collect().await?;
                let frames = (0..answer.len())
                    .map(move |at| Ok::<_, Infallible>(Frame::data(answer[at].clone())));
                let response = Response::builder()
                    .header(header::CONTENT_TYPE, "text/event-stream")
                    .body(StreamBody::new(stream::iter(frames)));
                Ok::<_, hyper::Error>(response.expect("a response"))
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), serve));
    }
}

fn answer(deltas: usize) -> Vec<Bytes> {
    let event = |value: Value| {
        let name = value["type"].as_str().expect("a type");
        Bytes::from(format!("event: {name}\ndata: {value}\n\n"))
    };
    let response = |status: &str| json!({ "id": "resp_1", "status": status, "output": [], "usage": { "input_tokens": 1, "output_tokens": deltas, "total_tokens": deltas + 1 } });
    let text = "word ".repeat(deltas);
    let created = json!({ "type": "response.created", "response": response("in_progress") });
    let delta =
        json!({ "type": "response.output_text.delta", "item_id": "msg_1", "delta": "word " });
    let done = json!({ "type": "response.output_text.done", "item_id": "msg_1", "text": text });
    let completed = json!({ "type": "response.completed", "response": response("completed") });
    std::iter::once(event(created))
        .chain(std::iter::repeat_n(event(delta), deltas))
        .chain([
            event(done),
            event(completed),
            Bytes::from("data: [DONE]\n\n"),
        ])
        .collect()
}

/// A turn through the component, guards and all.
#[divan::bench(args = DELTAS)]
fn component(bencher: Bencher, deltas: usize) {
    let bench = Bench::new(deltas);
    bencher.counter(ItemsCount::new(deltas)).bench_local(|| {
        bench.runtime.block_on(async {
            let mut turn = bench.plugin.ask(TurnRequest::new("ping"));
            let mut text = String::new();
            while let Some(event) = turn.next_event().await {
                if let Event::Delta { text: more } = event {
                    text.push_str(&more);
                }
            }
            let reply = turn.reply().await.expect("a reply");
            assert_eq!((text.len(), reply.text), (5 * deltas, text));
        });
    });
}

/// The same request and answer by the native client.
#[divan::bench(args = DELTAS)]
fn native(bencher: Bencher, deltas: usize) {
    let bench = Bench::new(deltas);
    bencher.counter(ItemsCount::new(deltas)).bench_local(|| {
        bench.runtime.block_on(async {
            let body = json!({ "model": "openclaw:main", "stream": true, "input": "ping", "user": "someone" });
            let request = Request::post(format!("{}/v1/responses", bench.url))
                .header(header::AUTHORIZATION, format!("Bearer {}", rig::TOKEN))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::from(body.to_string()))
                .expect("a request");
            let answer = bench.client.request(request).await.expect("an answer");
            let mut events = answer.into_body().into_data_stream().eventsource();
            let (mut text, mut end) = (String::new(), String::new());
            while let Some(event) = events.next().await {
                let event = event.expect("an event");
                match event.event.as_str() {
                    "response.output_text.delta" => {
                        let data: Value = serde_json::from_str(&event.data).expect("JSON");
                        text.push_str(data["delta"].as_str().expect("a delta"));
                    }
                    "response.output_text.done" => {
                        let data: Value = serde_json::from_str(&event.data).expect("JSON");
                        end = data["text"].as_str().expect("a text").to_owned();
                    }
                    _ => {}
                }
            }
            assert_eq!((text.len(), end), (5 * deltas, text));
        });
    });
}

/// What a status costs, which AstrBot's page asks for again and again.
#[divan::bench]
fn status(bencher: Bencher) {
    let bench = Bench::new(1);
    bencher.bench_local(|| {
        let status = bench.runtime.block_on(bench.plugin.status());
        assert_eq!(status.expect("a status").in_flight, 0);
    });
}
