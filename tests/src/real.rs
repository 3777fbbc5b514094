//! The real component in the real host, asking a real gateway, which asks the stand-in provider.

use host_shim::{Plugin, Turn, TurnRequest};
use serde_json::{Value, json};
use std::time::Duration;

use crate::provider::Provider;
use crate::real_gateway::{Options, RealGateway};
use crate::rig::{Outcome, TOKEN, cache_dir, collect, config};

/// The first turn after a start has taken 18 seconds on a quiet machine.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A plugin and all that it needs.
pub struct Real {
    /// The gateway.
    pub gateway: RealGateway,
    /// Its model provider.
    pub provider: Provider,
    /// The plugin under test.
    pub plugin: Plugin,
}

impl Real {
    /// Starts all three; `change` changes the gateway's options. Takes as long as
    /// [`RealGateway::start`].
    pub async fn start(change: impl FnOnce(&mut Options)) -> Self {
        let provider = Provider::start().await.expect("a free port");
        let mut options = Options::new(TOKEN, &provider.url());
        change(&mut options);
        let start = tokio::task::spawn_blocking(move || RealGateway::start(&options));
        let gateway = start.await.expect("no panic");
        let gateway = gateway.unwrap_or_else(|error| panic!("{error}"));
        let plugin = plugin(&gateway).await;
        Self {
            gateway,
            provider,
            plugin,
        }
    }

    /// Begins a turn of this session.
    pub fn begin(&self, session: &str, text: &str) -> Turn {
        self.plugin.ask(TurnRequest {
            session: session.to_owned(),
            ..TurnRequest::new(text)
        })
    }

    /// A whole turn of this session.
    pub async fn run(&self, session: &str, text: &str) -> Outcome {
        ended(self.begin(session, text)).await
    }

    /// A whole turn.
    pub async fn ask(&self, request: TurnRequest) -> Outcome {
        ended(self.plugin.ask(request)).await
    }

    /// The newest model call.
    pub fn model_call(&self) -> Value {
        self.provider.calls().pop().expect("a model call")
    }
}

/// A plugin that asks this gateway, with a queue of its own.
pub async fn plugin(gateway: &RealGateway) -> Plugin {
    Plugin::builder()
        .config(config(&gateway.url(), json!({})))
        .cache_dir(cache_dir())
        .build()
        .await
        .expect("the embedded component loads")
}

/// Reads a turn to its end; panics if that takes longer than [`PATIENCE`].
pub async fn ended(turn: Turn) -> Outcome {
    patiently(collect(turn)).await
}

/// The future's output; panics if it takes longer than [`PATIENCE`].
pub async fn patiently<F: Future>(future: F) -> F::Output {
    let output = tokio::time::timeout(PATIENCE, future).await;
    output.expect("it hangs")
}
