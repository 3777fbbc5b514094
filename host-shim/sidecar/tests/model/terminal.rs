//! The prompts on a real terminal.

use std::fs;

use openclaw_sidecar::dotenv::PROVIDER_KEY;

use super::common::Stage;
use super::common::terminal::OnTerminal;
use super::{KEY, astrbot, config, fixture};

#[test]
fn on_a_terminal_it_asks_and_the_key_is_not_shown() {
    let stage = Stage::new();
    let mut terminal = OnTerminal::start(&stage, &["model"]);
    terminal
        .answers("Number (Enter: none): ", "99\n")
        .answers("from 1 to 11", "1\n")
        .answers("Model (Enter: deepseek-chat", "\n");
    terminal.answers("(not shown): ", &format!("{KEY}\n"));
    let shown = terminal.ends(0);
    assert!(!shown.contains(KEY), "{shown}");
    assert_eq!(stage.env().get(PROVIDER_KEY), Some(KEY));
    // A second time, Enter keeps the key.
    let mut terminal = OnTerminal::start(&stage, &["model"]);
    terminal
        .answers("Number", "1\n")
        .answers("Model", "deepseek-reasoner\n")
        .answers("keeps the one in .env", "\n");
    terminal.ends(0);
    assert_eq!(stage.env().get(PROVIDER_KEY), Some(KEY));
    assert_eq!(
        config(&stage)["agents"]["defaults"]["model"]["primary"],
        "sidecar_deepseek/deepseek-reasoner"
    );
    // Enter alone changes nothing.
    let mut terminal = OnTerminal::start(&stage, &["model"]);
    terminal.answers("Number", "\n");
    assert!(terminal.ends(1).contains("Nothing was chosen"));
}

#[test]
fn on_a_terminal_init_offers_it_and_astrbots_are_asked_by_number() {
    let stage = Stage::new();
    fs::remove_dir_all(stage.root.path()).unwrap();
    let mut terminal = OnTerminal::start(&stage, &["init"]);
    terminal.answers("Which model service", "\n");
    assert!(terminal.ends(0).contains("host-shim sidecar model --root"));
    // Without a key yet: later.
    let mut terminal = OnTerminal::start(&stage, &["init"]);
    terminal
        .answers("Which model service", "1\n")
        .answers("Model", "\n")
        .answers("(not shown): ", "\n");
    assert!(terminal.ends(0).contains("host-shim sidecar model --root"));
    // In a folder that is in use it locks once only.
    fs::create_dir(stage.root.join(".sidecar")).unwrap();
    let data = astrbot(&stage, &fixture("astrbot-4.29.1.json"));
    let mut terminal = OnTerminal::start(&stage, &["init", "--from-astrbot", &data]);
    terminal.answers("Number (Enter: 1): ", "\n");
    assert!(terminal.ends(0).contains("The gateway uses deepseek-chat"));
    let mut terminal = OnTerminal::start(&stage, &["init"]);
    assert!(terminal.ends(0).contains("Next: host-shim sidecar up"));
}
