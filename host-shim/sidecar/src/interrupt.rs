//! Ctrl-C and `kill`: says what goes on without this program, and ends it. What is written on disk survives
//! that at any time, as it does a power loss.

use std::sync::{Arc, Mutex, PoisonError};

use openclaw_core::locale::Locale;

use crate::text::Text;

/// What to say when the user ends this program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<Mutex<Option<Text>>>);

impl Interrupt {
    /// Watches for SIGINT and SIGTERM for the rest of the process's life; `clear` removes what is on the
    /// terminal. The exit status is 128 and the signal's number.
    #[cfg(unix)]
    pub fn watch(locale: Locale, clear: impl Fn() + Send + 'static) -> Self {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let what = Self::default();
        // Without it the signals end this program as ever.
        if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) {
            let what = what.clone();
            std::thread::spawn(move || {
                if let Some(signal) = signals.forever().next() {
                    clear();
                    if let Some(text) = &*what.0.lock().unwrap_or_else(PoisonError::into_inner) {
                        eprintln!("\n{}", crate::cli::wrapped_for_stderr(text.get(locale)));
                    }
                    std::process::exit(128 + signal);
                }
            });
        }
        what
    }

    /// Elsewhere the system ends this program without a word.
    #[cfg(not(unix))]
    pub fn watch(_: Locale, _: impl Fn() + Send + 'static) -> Self {
        Self::default()
    }

    /// What to say from now on; `None` for nothing.
    pub fn says(&self, text: Option<Text>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}
