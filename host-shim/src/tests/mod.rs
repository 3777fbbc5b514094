//! The plugin as a whole: the real component in the real host, against a fake gateway.

mod handle;
mod hostile;
mod life;
mod tools;
mod traps;
mod turns;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::{Bound, Clock, Config, Event, Plugin, PluginBuilder, Reply, Sample, Turn};
use openclaw_fake_gateway::FakeGateway;

const TOKEN: &str = "a-token-for-tests";

/// Runs a test's future; the plugin's own thread does not need it.
fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let limit = std::time::Duration::from_secs(60);
        tokio::time::timeout(limit, test)
            .await
            .expect("the test hangs")
    })
}

/// The component is compiled once for all tests of a run.
fn cache() -> PathBuf {
    static CACHE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let dir = CACHE.get_or_init(|| tempfile::tempdir().unwrap());
    dir.path().join("cache")
}

fn config(url: &str) -> Config {
    Config {
        gateway_primary_url: url.to_owned(),
        gateway_bearer_token: TOKEN.into(),
        ..Config::default()
    }
}

fn plenty() -> Result<Sample, String> {
    Ok(Sample {
        available: 4 << 30,
        total: 8 << 30,
        bound: Bound::Machine,
        estimated: None,
    })
}

/// A plugin with plenty of memory and a clock that can be moved.
fn builder() -> PluginBuilder {
    Plugin::builder()
        .cache_dir(cache())
        .memory(plenty)
        .clock(Clock::adjustable())
}

async fn gateway() -> FakeGateway {
    FakeGateway::start(TOKEN).await.unwrap()
}

/// A gateway and a plugin that talks to it.
async fn pair() -> (FakeGateway, Plugin) {
    let gateway = gateway().await;
    let plugin = builder()
        .config(config(&gateway.url()))
        .build()
        .await
        .unwrap();
    (gateway, plugin)
}

async fn collect(mut turn: Turn) -> (Vec<Event>, Result<Reply, crate::Fault>) {
    let mut events = Vec::new();
    while let Some(event) = turn.next_event().await {
        events.push(event);
    }
    (events, turn.reply().await)
}

fn deltas(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Delta { text } => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

/// A tool that always gives this output.
fn tool(output: &'static str) -> Arc<dyn crate::ToolRunner> {
    Arc::new(
        move |_: &str, _: crate::ToolCall| -> futures::future::BoxFuture<'static, _> {
            Box::pin(async move { Ok(output.to_owned()) })
        },
    )
}
