//! Progress for people: a spinner on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use openclaw_core::locale::Locale;

use crate::lifecycle::Progress;
use crate::text::Text;

/// Progress on stderr.
#[derive(Debug)]
pub struct Terminal {
    locale: Locale,
    /// On a terminal only.
    bar: Option<ProgressBar>,
    /// The last step without its numbers, so that a log does not get a line every second.
    last: Mutex<String>,
}

impl Terminal {
    /// For this process's stderr.
    pub fn new(locale: Locale) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            locale,
            bar,
            last: Mutex::new(String::new()),
        }
    }

    /// Removes the spinner.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Terminal {
    fn step(&self, text: &Text) {
        let message = text.get(self.locale);
        if let Some(bar) = &self.bar {
            bar.set_message(message.to_owned());
            return;
        }
        let stem: String = message.chars().filter(|c| !c.is_ascii_digit()).collect();
        // A poisoned lock still holds a valid text.
        let mut last = self
            .last
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if *last != stem {
            *last = stem;
            eprintln!("{message}");
        }
    }

    fn note(&self, text: &Text) {
        let message = text.get(self.locale);
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{message}")),
            None => eprintln!("{message}"),
        }
    }
}
