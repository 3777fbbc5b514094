//! The prompts on a real terminal.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use openclaw_sidecar::dotenv::PROVIDER_KEY;

use super::common::Stage;
use super::{KEY, astrbot, config, fixture};

/// A program on a terminal of its own.
struct OnTerminal {
    child: std::process::Child,
    terminal: File,
    shown: Arc<Mutex<String>>,
}

impl OnTerminal {
    fn start(stage: &Stage, words: &[&str]) -> Self {
        let pty = nix::pty::openpty(None, None).unwrap();
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut command = stage.command(words);
        command.stdin(end()).stdout(Stdio::null()).stderr(end());
        let child = command.spawn().unwrap();
        let terminal = File::from(pty.master);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut reader, seen) = (terminal.try_clone().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut piece) {
                seen.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&piece[..read]));
            }
        });
        Self {
            child,
            terminal,
            shown,
        }
    }

    /// Waits until the program asks this, and answers it.
    fn answers(&mut self, question: &str, answer: &str) -> &mut Self {
        let begin = Instant::now();
        while !self.shown.lock().unwrap().contains(question) {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "no `{question}` in {}",
                self.shown.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        self.shown.lock().unwrap().clear();
        self.terminal.write_all(answer.as_bytes()).unwrap();
        self
    }

    fn ends(&mut self, status: i32) -> String {
        let status_now = self.child.wait().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let shown = self.shown.lock().unwrap().clone();
        assert_eq!(status_now.code(), Some(status), "{shown}");
        shown
    }
}

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
