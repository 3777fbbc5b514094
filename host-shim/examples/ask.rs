//! Asks one question and prints the whole reply.
//!
//! ```sh
//! export OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=...
//! cargo run --release --features compiler --example ask
//! ```

use host_shim::{Config, ConfigLoader, Plugin, TurnRequest};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(ConfigLoader::new().process_env()?.finish()?).await
}

/// Asks the gateway of `config`.
pub async fn run(config: Config) -> Result {
    let plugin = Plugin::builder().config(config).build().await?;
    let reply = plugin.ask(TurnRequest::new("What is new?")).reply().await?;
    println!("{}", reply.text);
    plugin.close().await;
    Ok(())
}
