//! A program on a terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Stage, left};

/// A program on a terminal of its own.
pub struct OnTerminal {
    child: std::process::Child,
    terminal: File,
    shown: Arc<Mutex<String>>,
}

impl OnTerminal {
    pub fn start(stage: &Stage, words: &[&str]) -> Self {
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
                left::leave("sidecar-terminal", &piece[..read]);
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

    /// Waits until the program shows this; returns what it has shown until then.
    pub fn shows(&mut self, words: &str) -> String {
        let begin = Instant::now();
        loop {
            let shown = self.shown.lock().unwrap().clone();
            if shown.contains(words) {
                return shown;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "no `{words}` in {shown}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the program asks this, and answers it.
    pub fn answers(&mut self, question: &str, answer: &str) -> &mut Self {
        self.shows(question);
        self.shown.lock().unwrap().clear();
        self.terminal.write_all(answer.as_bytes()).unwrap();
        self
    }

    pub fn ends(&mut self, status: i32) -> String {
        let status_now = self.child.wait().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let shown = self.shown.lock().unwrap().clone();
        assert_eq!(status_now.code(), Some(status), "{shown}");
        shown
    }
}
