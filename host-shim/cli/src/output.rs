//! How a turn is shown while it runs, and waited for.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use host_shim::{Event, Fault, Locale, Plugin, Reply, Turn};
use indicatif::{ProgressBar, ProgressStyle};
use openclaw_core::exit;
use openclaw_core::locale::say;
use openclaw_render::{CliError, HumanOutput, JsonOutput, Style, TurnOutput};

use crate::approver::{Approver, Questions};
use crate::saved_files::SavedFiles;
use crate::signals::TurnInterrupts;

/// Follows a turn of this plugin to its end; the approver decides about its approval requests, and its files are
/// saved. The first Ctrl-C
/// cancels it, the second stops waiting for it; so does a reader of stdout that leaves.
pub async fn follow(
    plugin: &Plugin,
    mut turn: Turn,
    json: bool,
    locale: Locale,
    approver: Approver<'_>,
    files: &mut SavedFiles,
    mut interrupts: TurnInterrupts<'_>,
) -> Result<Result<Reply, Fault>, CliError> {
    let terminal = io::stdout().is_terminal();
    let mut output: Box<dyn TurnOutput> = if json {
        Box::new(JsonOutput(io::stdout()))
    } else {
        let style = Style::coloured(locale);
        Box::new(HumanOutput::new(
            style,
            terminal,
            io::stdout(),
            anstream::stderr(),
        ))
    };
    let mut questions = Questions::new(approver, plugin, &turn, locale);
    let mut reader_left = std::pin::pin!(reader_left());
    let mut cancelled = false;
    let mut answered = false;
    let mut spinner = Spinner(None);
    if !json {
        spinner.start(say!(locale, en: "Waiting for the gateway", zh: "等待网关"));
    }
    loop {
        tokio::select! {
            event = turn.next_event() => match event {
                Some(event) => {
                    let delta = matches!(event, Event::Delta { .. });
                    answered |= delta;
                    // A pipe is written to at the end.
                    if terminal || !delta {
                        spinner.stop();
                        questions.make_room();
                    }
                    if let Event::ApprovalEnded(outcome) = &event {
                        questions.ended(outcome);
                    }
                    output.event(&event)?;
                    if let Event::File(file) = &event
                        && let Some(said) = files.save(file)
                    {
                        output.remark(&said);
                    }
                    if let Event::ApprovalRequested(request) = &event {
                        questions.asked(request, json).await;
                    }
                    if questions.waiting() {
                        questions.show();
                    } else if matches!(event, Event::Notice(_)) && !json && !(answered && terminal) {
                        spinner.start(say!(locale, en: "Waiting", zh: "等待中"));
                    }
                }
                None => break,
            },
            line = questions.line(), if questions.waiting() => questions.answered(line).await,
            () = interrupts.pressed() => {
                spinner.stop();
                questions.make_room();
                if cancelled {
                    output.give_up()?;
                    return Err(CliError::Interrupted);
                }
                cancelled = true;
                turn.cancel();
                output.remark(&say!(locale,
                    en: "Cancelling. Press Ctrl-C again to quit now.",
                    zh: "正在取消。再按一次 Ctrl-C 立即退出。"));
            }
            () = &mut reader_left => return Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
        }
    }
    let end = turn.reply().await;
    spinner.stop();
    questions.make_room();
    output.end(&end)?;
    Ok(end)
}

/// A sign of life on stderr while nothing comes; nothing where stderr is no terminal.
struct Spinner(Option<ProgressBar>);

impl Spinner {
    /// Turns beside this text, with the time that has passed.
    fn start(&mut self, text: String) {
        self.stop();
        if io::stderr().is_terminal() {
            let bar = ProgressBar::new_spinner().with_message(text);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            self.0 = Some(bar);
        }
    }

    fn stop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Shows people something beside the output. That nobody reads it is no reason to stop.
pub fn show(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Prints a text to stdout, styled where a terminal shows it.
pub fn print(text: &str) -> Result<u8, CliError> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(exit::OK)
}

/// Resolves when stdout is a pipe or socket that nobody reads any more. What is printed only at the
/// end would not notice before.
#[cfg(target_os = "linux")]
async fn reader_left() {
    use std::os::fd::AsFd as _;
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    if let Ok(stdout) = io::stdout().as_fd().try_clone_to_owned() {
        // SAFETY: the duplicate is open, and nobody else has it: it is closed with its owner, which is
        // the registration.
        let watched = unsafe { AsyncFd::register_with_interest(stdout, Interest::ERROR) };
        // It fails for a file, which has no reader.
        if let Ok(watched) = watched
            && watched.ready(Interest::ERROR).await.is_ok()
        {
            return;
        }
    }
    std::future::pending().await
}

/// Elsewhere a write fails.
#[cfg(not(target_os = "linux"))]
async fn reader_left() {
    std::future::pending().await
}
