//! The program on a terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::pty::openpty;

use openclaw_tests::left::leave;

use crate::support::{LIMIT, TOKEN};

/// The program on a terminal.
pub struct Terminal {
    pub child: Child,
    keyboard: File,
    pub screen: Arc<Mutex<String>>,
}

impl Terminal {
    pub fn start(mut command: Command) -> Self {
        let pty = openpty(None, None).unwrap();
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let child = command
            .env("TERM", "xterm")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        // As long as anybody holds an end of it, the terminal stays open.
        drop((command, pty.slave));
        let keyboard = File::from(pty.master);
        let mut reader = keyboard.try_clone().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = screen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // An error is the end: the program has closed its side.
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                leave("terminal", &bytes[..read]);
                shown
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        Self {
            child,
            keyboard,
            screen,
        }
    }

    /// Waits until this stands on the screen, and forgets everything up to it.
    pub fn shows(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let mut screen = self.screen.lock().unwrap();
            assert!(!screen.contains(TOKEN), "the token is shown: {screen}");
            if let Some(at) = screen.find(text) {
                return screen.drain(..at + text.len()).collect();
            }
            assert!(begun.elapsed() < LIMIT, "{text:?} never came: {screen:?}");
            drop(screen);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    pub fn ends_with(mut self, code: i32) {
        assert_eq!(
            self.child.wait().unwrap().code(),
            Some(code),
            "{:?}",
            self.screen
        );
    }
}
