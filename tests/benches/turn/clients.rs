//! The two Rust clients: the plugin, and what a Rust program without guards would do.

use std::time::{Duration, Instant};

use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures::StreamExt as _;
use host_shim::{Event, Plugin, TurnRequest};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, header};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use openclaw_tests::rig;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::gateway::Work;

/// A client that can do turns.
pub trait Turns {
    /// One turn to its end. Returns how long the first delta took.
    ///
    /// # Panics
    ///
    /// When the answer is not what was asked for.
    fn turn(&self, work: Work) -> impl Future<Output = Duration>;
}

/// The component in its host, guards and all.
pub struct Component(pub Plugin);

impl Component {
    /// With the embedded component, from the cache of machine code; `limit` for answers in bytes.
    pub fn load(runtime: &Runtime, url: &str, limit: u64) -> Self {
        let config = json!({ "queue_length": 64, "max_answer_bytes": limit });
        let plugin = Plugin::builder()
            .config(rig::config(url, config))
            .cache_dir(rig::cache_dir())
            .build();
        Self(
            runtime
                .block_on(plugin)
                .expect("the embedded component loads"),
        )
    }
}

impl Turns for Component {
    async fn turn(&self, work: Work) -> Duration {
        let started = Instant::now();
        let mut turn = self.0.ask(TurnRequest::new(work.input()));
        let (mut text, mut length, mut first) = (String::new(), 0, None);
        // Whose memory is measured keeps no copy of its own.
        let keeps = work.deltas * work.bytes < 5_000_000;
        while let Some(event) = turn.next_event().await {
            if let Event::Delta { text: more } = event {
                first.get_or_insert_with(|| started.elapsed());
                length += more.len();
                if keeps {
                    text.push_str(&more);
                }
            }
        }
        let reply = turn.reply().await.expect("a reply");
        assert_eq!(
            (length, reply.text.len()),
            (work.deltas * work.bytes, length)
        );
        assert!(!keeps || reply.text == text);
        first.unwrap_or_default()
    }
}

/// hyper's pooled client, the `eventsource-stream` crate, and `serde_json`.
pub struct Native {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl Native {
    /// For this gateway.
    pub fn new(url: &str) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            url: format!("{url}/v1/responses"),
        }
    }
}

impl Turns for Native {
    async fn turn(&self, work: Work) -> Duration {
        let started = Instant::now();
        let body = json!({ "model": "openclaw:main", "stream": true, "input": work.input(), "user": "someone" });
        let request = Request::post(&self.url)
            .header(header::AUTHORIZATION, format!("Bearer {}", rig::TOKEN))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_string()))
            .expect("a request");
        let answer = self.client.request(request).await.expect("an answer");
        let mut events = answer.into_body().into_data_stream().eventsource();
        let (mut text, mut end, mut first) = (String::new(), String::new(), None);
        while let Some(event) = events.next().await {
            let event = event.expect("an event");
            match event.event.as_str() {
                "response.output_text.delta" => {
                    first.get_or_insert_with(|| started.elapsed());
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
        assert_eq!(text.len(), work.deltas * work.bytes);
        assert!(end == text);
        first.unwrap_or_default()
    }
}
