//! Asks a person before the model's tool call runs; run like `ask`.

use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;

use futures::future::BoxFuture;
use host_shim::{
    Approval, ApprovalRequest, Config, ConfigLoader, Decider, DeciderRole, Level, Plugin, Tool,
    ToolCall, ToolRunner, TurnRequest, Verdict,
};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let config = ConfigLoader::new().process_env()?.finish()?;
    run(config, || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.is_ok() && line.trim() == "y"
    })
    .await
}

/// Asks the gateway of `config` with one tool; `yes` waits for the person's answer.
pub async fn run(config: Config, yes: fn() -> bool) -> Result {
    let plugin = Plugin::builder().config(config).build().await?;
    let mut request = TurnRequest::new("Delete draft.txt.");
    request.level = Level::Act;
    request.tools.push(Tool {
        name: "delete".into(),
        description: "Deletes a draft".into(),
        parameters: r#"{"type":"object","properties":{"name":{"type":"string"}}}"#.into(),
        level: Level::Act,
        approval: Approval::Asker,
    });
    let turn = plugin.ask_with(request, Arc::new(Drafts { yes }));
    println!("{}", turn.reply().await?.text);
    Ok(())
}

struct Drafts {
    yes: fn() -> bool,
}

impl ToolRunner for Drafts {
    fn run(
        &self,
        _turn_id: &str,
        call: ToolCall,
    ) -> BoxFuture<'static, std::result::Result<String, String>> {
        // A real tool would delete it.
        Box::pin(async move { Ok(format!("deleted: {}", call.arguments)) })
    }

    /// Whoever sits at the terminal is the one who asked. No answer in time means no.
    fn approve(
        &self,
        _turn_id: &str,
        request: ApprovalRequest,
    ) -> Option<BoxFuture<'static, Verdict>> {
        for call in &request.calls {
            println!("{} {}", call.name, call.arguments);
        }
        print!("Run this? [y/N] ({} s) ", request.expires_in.as_secs());
        let yes = self.yes;
        Some(Box::pin(async move {
            let _ = io::stdout().flush(); // The question is seen late then.
            // Waiting for a key blocks, so not on the plugin's thread.
            let approve = tokio::task::spawn_blocking(yes).await.unwrap_or(false);
            let by = Decider {
                name: "terminal".into(),
                role: DeciderRole::Asker,
            };
            Verdict { approve, by }
        }))
    }
}
