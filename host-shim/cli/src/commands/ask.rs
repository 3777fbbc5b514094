//! `ask`: one turn.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use host_shim::{MAX_ATTACHMENT_BYTES, TurnRequest};
use openclaw_render::{CliError, exit_of_turn, read_prompt};

use crate::approver::Approver;
use crate::args::{self, TurnOptions};
use crate::command_tools::CommandTools;
use crate::keyboard::Keyboard;
use crate::media_type;
use crate::output::follow;
use crate::saved_files::SavedFiles;
use crate::setup::Setup;
use crate::signals::Interrupts;

/// Asks once. The answer goes to stdout, all else to stderr.
pub async fn run(options: args::Ask, setup: Setup) -> Result<u8, CliError> {
    let locale = setup.locale;
    let mut room = MAX_ATTACHMENT_BYTES;
    let attachments: Vec<_> = options
        .attachments
        .iter()
        .map(|path| media_type::read(path, &mut room, locale))
        .collect::<Result<_, _>>()?;
    let tools = CommandTools::read(options.turn.tools.as_deref(), locale)?;
    let mut files = SavedFiles::in_folder(options.turn.save_files.as_deref(), locale)?;
    let text = read_prompt(&options.text, !attachments.is_empty(), locale)?;
    let plugin = setup.plugin().await?;
    let mut interrupts = Interrupts::listen(locale)?;
    let attended = io::stdin().is_terminal() && io::stderr().is_terminal() && !options.json;
    let mut keyboard;
    let approver = match (options.turn.yes, attended) {
        (true, _) => Approver::All,
        (false, false) => Approver::Nobody,
        (false, true) => {
            keyboard = Keyboard::stdin()?;
            Approver::Person(&mut keyboard)
        }
    };

    let mut request = request(text, options.turn, &tools, "ask");
    request.heavy = options.heavy;
    request.attachments = attachments;
    let interrupts = interrupts.for_turn();
    let turn = plugin.ask_with(request, Arc::new(tools));
    let end = follow(
        &plugin,
        turn,
        options.json,
        locale,
        approver,
        &mut files,
        interrupts,
    )
    .await?;
    // So that the log has all of it.
    plugin.close().await;
    let exit = exit_of_turn(&end, options.json, locale)?;
    files.all_saved()?;
    Ok(exit)
}

/// A request as the options ask for; its session is a new one unless they name one.
pub fn request(
    text: String,
    options: TurnOptions,
    tools: &CommandTools,
    kind: &str,
) -> TurnRequest {
    let mut request = TurnRequest::new(text);
    request.session = options.session.unwrap_or_else(|| new_session(kind));
    request.files = options.save_files.is_some();
    request.level = options.level.unwrap_or(request.level);
    request.instructions = options.instructions.unwrap_or_default();
    request.tools = tools.tools.clone();
    request
}

/// The name of a conversation that nobody has begun.
pub fn new_session(kind: &str) -> String {
    // A clock before 1970 only makes the name less telling; the process id keeps it apart.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!("host-shim-{kind}-{now}-{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_new_unless_named() {
        let options = |session: Option<&str>| TurnOptions {
            session: session.map(str::to_owned),
            level: None,
            instructions: None,
            tools: None,
            yes: false,
            save_files: None,
        };
        let session =
            |options| request("a".into(), options, &CommandTools::default(), "ask").session;
        assert_eq!(session(options(Some("s"))), "s");
        let new = session(options(None));
        assert!(new.starts_with("host-shim-ask-"), "{new}");
    }
}
