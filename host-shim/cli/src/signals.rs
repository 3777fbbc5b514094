//! Ctrl-C: cancels the turn first, quits second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use host_shim::{FaultCode, Locale};
use openclaw_core::locale::say;
use openclaw_render::{CliError, Failure};
use tokio::sync::mpsc;

/// Ctrl-C as a stream. While no turn runs it ends the program as it always does.
pub struct Interrupts {
    pressed: mpsc::UnboundedReceiver<()>,
    turn_runs: Arc<AtomicBool>,
}

/// While this lives, Ctrl-C is for the turn.
pub struct TurnRuns(Arc<AtomicBool>);

impl Drop for TurnRuns {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Interrupts {
    /// From now on Ctrl-C comes here.
    pub fn listen(locale: Locale) -> Result<Self, CliError> {
        let cannot = |error: std::io::Error| {
            let what = say!(locale,
                en: "cannot listen for Ctrl-C: {error}",
                zh: "无法监听 Ctrl-C：{error}");
            Failure::other(what, "")
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(cannot)?;
        let mut presses = {
            let _entered = runtime.enter();
            ctrl_c().map_err(cannot)?
        };
        let turn_runs = Arc::new(AtomicBool::new(false));
        let (press, pressed) = mpsc::unbounded_channel();
        let runs = turn_runs.clone();
        // A thread of its own: the line editor blocks the main one.
        std::thread::Builder::new()
            .name("ctrl-c".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    while presses.recv().await.is_some() {
                        if !runs.load(Ordering::SeqCst) || press.send(()).is_err() {
                            std::process::exit(FaultCode::Cancelled.exit_code().into());
                        }
                    }
                });
            })
            .map_err(cannot)?;
        Ok(Self { pressed, turn_runs })
    }

    /// A turn begins: earlier presses are forgotten.
    pub fn for_turn(&mut self) -> TurnRuns {
        while self.pressed.try_recv().is_ok() {}
        self.turn_runs.store(true, Ordering::SeqCst);
        TurnRuns(self.turn_runs.clone())
    }

    /// The next press.
    pub async fn pressed(&mut self) {
        if self.pressed.recv().await.is_none() {
            // The thread is gone, so there will be none.
            std::future::pending::<()>().await;
        }
    }
}

/// Every press from now on. Must be called within a Tokio runtime.
#[cfg(unix)]
fn ctrl_c() -> std::io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

/// Every press from now on. Must be called within a Tokio runtime.
#[cfg(windows)]
fn ctrl_c() -> std::io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}
