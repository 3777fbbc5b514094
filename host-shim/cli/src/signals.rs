//! Ctrl-C: cancels the turn first, quits second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use host_shim::{FaultCode, Locale};
use openclaw_core::locale::say;
use openclaw_render::{CliError, Failure};
use tokio::sync::mpsc;

use crate::command_tools;

/// Ctrl-C as a stream. While no turn runs it ends the program as it always does.
pub struct Interrupts {
    pressed: mpsc::UnboundedReceiver<()>,
    turn_runs: Arc<AtomicBool>,
}

/// While this lives, Ctrl-C is for the turn.
pub struct TurnInterrupts<'a>(&'a mut Interrupts);

impl TurnInterrupts<'_> {
    /// The next press.
    pub async fn pressed(&mut self) {
        if self.0.pressed.recv().await.is_none() {
            // The thread is gone, so there will be none.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for TurnInterrupts<'_> {
    fn drop(&mut self) {
        self.0.turn_runs.store(false, Ordering::SeqCst);
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
        let (mut presses, ended) = {
            let _entered = runtime.enter();
            (ctrl_c().map_err(cannot)?, asked_to_end().map_err(cannot)?)
        };
        let turn_runs = Arc::new(AtomicBool::new(false));
        let (press, pressed) = mpsc::unbounded_channel();
        let runs = turn_runs.clone();
        // A thread of its own: the line editor blocks the main one.
        std::thread::Builder::new()
            .name("ctrl-c".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    let mut ended = std::pin::pin!(ended);
                    loop {
                        tokio::select! {
                            pressed = presses.recv() => if pressed.is_none() {
                                break;
                            } else if !runs.load(Ordering::SeqCst) || press.send(()).is_err() {
                                leave(FaultCode::Cancelled.exit_code().into());
                            },
                            status = &mut ended => leave(status),
                        }
                    }
                });
            })
            .map_err(cannot)?;
        Ok(Self { pressed, turn_runs })
    }

    /// Call it before the turn is asked for, so that no press of a running turn ends the program. Earlier presses are
    /// forgotten.
    pub fn for_turn(&mut self) -> TurnInterrupts<'_> {
        while self.pressed.try_recv().is_ok() {}
        self.turn_runs.store(true, Ordering::SeqCst);
        TurnInterrupts(self)
    }
}

/// Ends the program, and the tools that it runs.
fn leave(status: i32) -> ! {
    command_tools::kill_all();
    std::process::exit(status)
}

/// The exit status once the program is asked to end, or its terminal is closed. Must be called within a Tokio
/// runtime.
#[cfg(unix)]
fn asked_to_end() -> std::io::Result<impl Future<Output = i32>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        let signal = tokio::select! {
            _ = terminate.recv() => SignalKind::terminate(),
            _ = hang_up.recv() => SignalKind::hangup(),
        };
        128 + signal.as_raw_value()
    })
}

/// As on Unix: Ctrl-Break, which ends what ignores Ctrl-C; the console is closed, the user logs off, or the machine is shut
/// down, which leaves a program a few seconds.
#[cfg(windows)]
fn asked_to_end() -> std::io::Result<impl Future<Output = i32>> {
    use openclaw_os::console::End;
    use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_logoff, ctrl_shutdown};
    let (mut pressed, mut closed) = (ctrl_break()?, ctrl_close()?);
    let (mut left, mut shut) = (ctrl_logoff()?, ctrl_shutdown()?);
    Ok(async move {
        let end = tokio::select! {
            _ = pressed.recv() => End::Break,
            _ = closed.recv() => End::Close,
            _ = left.recv() => End::Close,
            _ = shut.recv() => End::Close,
        };
        end.exit_status()
    })
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
