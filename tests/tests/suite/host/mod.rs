//! The plugin as its callers hold it: its life, its limits, and what happens when the component is stopped.

mod approvals;
mod broken_promises;
mod callers;
mod handle;
mod hostile;
mod life;
#[cfg(target_os = "linux")]
mod memory;
mod starvation;
mod tools;
mod traps;
mod turns;

use std::sync::Arc;

use host_shim::{Bound, Clock, Config, Event, Fault, Plugin, PluginBuilder, Reply, Sample, Turn};
use openclaw_fake_gateway::FakeGateway;
use openclaw_tests::rig::{TOKEN, cache_dir, within};
use serde_json::json;

/// Runs a test's future; the plugin's own thread does not need it.
fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(within(test))
}

fn config(url: &str) -> Config {
    openclaw_tests::rig::config(url, json!({}))
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
        .cache_dir(cache_dir())
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

async fn collect(turn: Turn) -> (Vec<Event>, Result<Reply, Fault>) {
    let all = openclaw_tests::rig::collect(turn).await;
    (all.events, all.end)
}

fn deltas(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Delta { text } => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

/// A tool that always gives this output.
fn tool(output: &'static str) -> Arc<dyn host_shim::ToolRunner> {
    Arc::new(
        move |_: &str, _: host_shim::ToolCall| -> futures::future::BoxFuture<'static, _> {
            Box::pin(async move { Ok(output.to_owned()) })
        },
    )
}
