//! Progress for people: one line that changes on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use openclaw_core::locale::Locale;

use crate::interrupt::Interrupt;
use crate::lifecycle::Progress;
use crate::text::Text;

/// How often a long step is repeated in the output where there is no terminal.
const AGAIN: Duration = Duration::from_secs(30);

/// Progress on stderr.
#[derive(Debug)]
pub struct Terminal {
    locale: Locale,
    /// On a terminal only.
    bar: Option<ProgressBar>,
    step: Mutex<Option<Step>>,
    interrupt: Interrupt,
}

/// The step that is under way.
#[derive(Debug)]
struct Step {
    /// Its text without numbers, so that a log does not get a line for every layer of an image.
    stem: String,
    began: Instant,
    told: Instant,
}

impl Terminal {
    /// For this process's stderr.
    pub fn new(locale: Locale) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let shown = bar.clone();
        let clear = move || shown.iter().for_each(ProgressBar::finish_and_clear);
        Self {
            locale,
            bar,
            step: Mutex::new(None),
            interrupt: Interrupt::watch(locale, clear),
        }
    }

    /// Removes the spinner.
    pub fn end(&self) {
        self.interrupt.ends();
        self.interrupt.says(None);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Terminal {
    fn step(&self, text: &Text) {
        let message = text.get(self.locale);
        let stem: String = message.chars().filter(|c| !c.is_ascii_digit()).collect();
        let now = Instant::now();
        // A poisoned lock still holds a valid step.
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = step.as_mut().filter(|step| step.stem == stem);
        if let Some(bar) = &self.bar {
            if under_way.is_none() {
                bar.reset_elapsed();
            }
            bar.set_message(message.to_owned());
        }
        match under_way {
            Some(step) if self.bar.is_some() || now - step.told < AGAIN => {}
            Some(step) => {
                step.told = now;
                let seconds = (now - step.began).as_secs();
                eprintln!("{message} ({seconds} s)");
            }
            None => {
                if self.bar.is_none() {
                    eprintln!("{message}");
                }
                *step = Some(Step {
                    stem,
                    began: now,
                    told: now,
                });
            }
        }
    }

    fn if_interrupted(&self, text: Text) {
        self.interrupt.says(Some(text));
    }

    fn note(&self, text: &Text) {
        let message = text.get(self.locale);
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{message}")),
            None => eprintln!("{message}"),
        }
    }
}
