//! Prints a reply as it arrives; run like `ask`.

use std::io::Write as _;

use host_shim::{Config, ConfigLoader, Event, Plugin, TurnRequest};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(ConfigLoader::new().process_env()?.finish()?).await
}

/// Streams from the gateway of `config`.
pub async fn run(config: Config) -> Result {
    let plugin = Plugin::builder().config(config).build().await?;
    let mut turn = plugin.ask(TurnRequest::new("What is new?"));
    while let Some(event) = turn.next_event().await {
        match event {
            Event::Delta { text } => {
                print!("{text}");
                std::io::stdout().flush()?;
            }
            Event::Notice(notice) => eprintln!("note: {}", notice.text),
            _ => {}
        }
    }
    // The gateway's final text: where it differs from the deltas, it is the right one.
    let reply = turn.reply().await?;
    println!();
    if let Some(usage) = reply.usage {
        eprintln!("output tokens: {}", usage.output_tokens);
    }
    Ok(())
}
