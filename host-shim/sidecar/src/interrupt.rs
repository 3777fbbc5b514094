//! Ctrl-C and `kill`: says what goes on without this program, and ends it. What is written on disk survives
//! that at any time, as it does a power loss.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use openclaw_core::locale::Locale;

use crate::text::Text;

/// What to say when the user ends this program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    text: Arc<Mutex<Option<Text>>>,
    /// Whether a signal has come.
    ending: Arc<AtomicBool>,
}

impl Interrupt {
    /// Watches for SIGINT and SIGTERM for the rest of the process's life; `clear` removes what is on the
    /// terminal. The exit status is 128 and the signal's number.
    #[cfg(unix)]
    pub fn watch(locale: Locale, clear: impl Fn() + Send + 'static) -> Self {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;

        let what = Self::default();
        // A second signal ends it at once, whatever the first waits for.
        let ending = &what.ending;
        for signal in [SIGINT, SIGTERM] {
            let status = 128 + signal;
            let shut = flag::register_conditional_shutdown(signal, status, Arc::clone(ending));
            let _ = shut.and_then(|_| flag::register(signal, Arc::clone(ending)));
        }
        // Without it the signals end this program as ever.
        if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) {
            let what = what.text.clone();
            std::thread::spawn(move || {
                if let Some(signal) = signals.forever().next() {
                    clear();
                    tell(&what, locale);
                    std::process::exit(128 + signal);
                }
            });
        }
        what
    }

    /// Watches for Ctrl-C, Ctrl-Break and the end of the console in the same way; the exit status is as on Unix.
    #[cfg(not(unix))]
    pub fn watch(locale: Locale, clear: impl Fn() + Send + Sync + 'static) -> Self {
        let what = Self::default();
        let told = what.clone();
        let _ = openclaw_os::console::on_end(move |end| {
            // A second one does not wait for what the first waits for.
            if !told.ending.swap(true, Ordering::Relaxed) {
                clear();
                tell(&told.text, locale);
            }
            std::process::exit(end.exit_status());
        });
        what
    }

    /// What to say from now on; `None` for nothing.
    pub fn says(&self, text: Option<Text>) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    /// Waits for the end of this program if a signal has come: it has ended the commands under way, too, and their
    /// failure is none to tell.
    pub fn ends(&self) {
        while self.ending.load(Ordering::Relaxed) {
            std::thread::park();
        }
    }
}

/// Says what goes on. Even if nobody reads it any more, this program must end.
fn tell(text: &Mutex<Option<Text>>, locale: Locale) {
    if let Some(text) = &*text.lock().unwrap_or_else(PoisonError::into_inner) {
        let text = crate::cli::wrapped_for_stderr(text.get(locale));
        let _ = writeln!(std::io::stderr(), "\n{text}");
    }
}
