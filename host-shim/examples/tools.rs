//! Lets the model call a tool of this program; run like `ask`.

use std::sync::Arc;

use futures::future::BoxFuture;
use host_shim::{Approval, Config, ConfigLoader, Level, Plugin, Tool, ToolCall, TurnRequest};
use serde_json::json;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(ConfigLoader::new().process_env()?.finish()?).await
}

/// Asks the gateway of `config` with one tool.
pub async fn run(config: Config) -> Result {
    let plugin = Plugin::builder().config(config).build().await?;
    let mut request = TurnRequest::new("How warm is it in Beijing?");
    request.level = Level::ReadOnly;
    request.tools.push(Tool {
        name: "temperature".into(),
        description: "The temperature in a city, in °C".into(),
        parameters: json!({
            "type": "object",
            "properties": { "city": { "type": "string" } },
            "required": ["city"],
        })
        .to_string(),
        level: Level::ReadOnly,
        approval: Approval::None,
    });
    let turn = plugin.ask_with(request, Arc::new(temperature));
    println!("{}", turn.reply().await?.text);
    Ok(())
}

/// An error's text goes to the model too.
fn temperature(
    _turn_id: &str,
    call: ToolCall,
) -> BoxFuture<'static, std::result::Result<String, String>> {
    Box::pin(async move {
        let arguments = call.arguments_object().map_err(|error| error.to_string())?;
        let city = arguments.get("city").and_then(|city| city.as_str());
        let city = city.ok_or("`city` must be a string")?;
        Ok(json!({ "city": city, "celsius": 21 }).to_string())
    })
}
