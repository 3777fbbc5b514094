//! How a turn is shown while it runs, and waited for.

use std::io::{self, IsTerminal as _, Write as _};

use host_shim::{Event, Fault, Locale, NoticeCode, Reply, Turn};

use super::interrupt::Interrupts;
use super::problem::Stop;
use super::session::protocol::{Id, Line};
use super::spinner::Spinner;
use super::tell;
use super::text::{pick, printable, say};

/// Where the events of a turn go.
pub trait View {
    /// The turn has been asked.
    fn start(&mut self) {}
    /// Something happened.
    fn event(&mut self, event: &Event) -> io::Result<()>;
    /// The user wants the turn to end.
    fn cancelling(&mut self) {}
    /// The user does not wait for its end.
    fn give_up(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// It has ended.
    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()>;
}

/// Follows a turn to its end. The first Ctrl-C cancels it, the second stops waiting for it; so does
/// a reader of stdout that leaves.
pub async fn follow(
    mut turn: Turn,
    view: &mut dyn View,
    interrupts: &mut Interrupts,
) -> Result<Result<Reply, Fault>, Stop> {
    let _turn_runs = interrupts.for_turn();
    let mut reader_left = std::pin::pin!(reader_left());
    let mut cancelled = false;
    view.start();
    loop {
        tokio::select! {
            event = turn.next_event() => match event {
                Some(event) => view.event(&event)?,
                None => break,
            },
            () = interrupts.pressed() => {
                if cancelled {
                    view.give_up()?;
                    return Err(Stop::Interrupted);
                }
                cancelled = true;
                turn.cancel();
                view.cancelling();
            }
            () = &mut reader_left => return Err(Stop::ReaderGone),
        }
    }
    let end = turn.reply().await;
    view.end(&end)?;
    Ok(end)
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

/// Elsewhere a write tells.
#[cfg(not(target_os = "linux"))]
async fn reader_left() {
    std::future::pending().await
}

/// The events as JSON Lines of the session protocol; the turn's id is 1.
#[derive(Debug, Default)]
pub struct Lines;

impl View for Lines {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match Line::event(&Id::one(), event) {
            Some(line) => write_line(&line),
            None => Ok(()),
        }
    }

    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()> {
        write_line(&Line::end(&Id::one(), end))
    }
}

/// One JSON object and a line break to stdout, at once.
pub fn write_line(line: &Line) -> io::Result<()> {
    // Not written as a whole first: it may be as long as the longest answer.
    let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
    serde_json::to_writer(&mut out, line)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The answer on stdout, all else on stderr. A terminal shows the answer as it comes, and a correction
/// below it; a pipe or file gets the text once, when it is final.
pub struct Person {
    locale: Locale,
    /// Of stdout: what could change the terminal is not printed to it.
    terminal: bool,
    spinner: Option<Spinner>,
    /// The deltas so far.
    shown: String,
    /// The cursor stands behind a piece of the answer.
    mid_line: bool,
    /// The user has been told that the final text is another one.
    correction_told: bool,
}

impl Person {
    /// For a reader of this language.
    pub fn new(locale: Locale) -> Self {
        Self {
            locale,
            terminal: io::stdout().is_terminal(),
            spinner: None,
            shown: String::new(),
            mid_line: false,
            correction_told: false,
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if !text.is_empty() {
            self.mid_line = !text.ends_with('\n');
        }
        let mut out = io::stdout().lock();
        if self.terminal {
            out.write_all(printable(text).as_bytes())?;
        } else {
            out.write_all(text.as_bytes())?;
        }
        out.flush()
    }

    /// A line on stderr, below what stands on the terminal.
    fn remark(&mut self, text: &str) {
        self.spinner = None;
        let dim = anstyle::Style::new().dimmed();
        let start = if self.terminal && self.mid_line {
            "\n"
        } else {
            ""
        };
        self.mid_line &= !self.terminal;
        tell(&format!("{start}{dim}· {}{dim:#}\n", printable(text)));
    }

    /// Ends the line that has been begun.
    fn end_line(&mut self) -> io::Result<()> {
        if self.mid_line {
            self.write("\n")
        } else {
            Ok(())
        }
    }

    fn wait(&mut self, text: &'static str) {
        self.spinner = Some(Spinner::start(text));
    }
}

impl View for Person {
    fn start(&mut self) {
        self.shown.clear();
        self.mid_line = false;
        self.correction_told = false;
        self.wait(pick(self.locale, "waiting for the gateway", "等待网关"));
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Delta { text } => {
                self.shown.push_str(text);
                if self.terminal {
                    self.spinner = None;
                    self.write(text)?;
                }
            }
            Event::ToolCall(call) => {
                let text = format!("{} {}", call.name, call.arguments);
                self.remark(&say!(self.locale, "tool: {text}", "工具：{text}"));
            }
            Event::ToolEnded {
                succeeded: true, ..
            } => {}
            Event::ToolEnded { .. } => {
                self.remark(pick(self.locale, "the tool failed", "工具执行失败"));
            }
            Event::Notice(notice) => {
                self.correction_told |= notice.code == NoticeCode::AnswerCorrected;
                self.remark(&notice.text);
                if self.shown.is_empty() || !self.terminal {
                    self.wait(pick(self.locale, "waiting", "等待中"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn cancelling(&mut self) {
        let text = pick(
            self.locale,
            "cancelling; Ctrl-C again quits at once",
            "正在取消；再按一次 Ctrl-C 立即退出",
        );
        self.remark(text);
    }

    fn give_up(&mut self) -> io::Result<()> {
        self.spinner = None;
        if !self.terminal {
            let shown = std::mem::take(&mut self.shown);
            self.write(&shown)?;
        }
        self.end_line()
    }

    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()> {
        self.spinner = None;
        let reply = match end {
            Ok(reply) => reply,
            // What had arrived of the answer is all that there will be.
            Err(_) => return self.give_up(),
        };
        if !self.terminal {
            self.write(&reply.text)?;
            return self.end_line();
        }
        // The final text is the answer; the deltas may have been something else.
        match reply.text.strip_prefix(&self.shown) {
            Some(rest) => self.write(rest)?,
            None => {
                if !self.correction_told {
                    self.remark(pick(
                        self.locale,
                        "The gateway corrected its answer. Final version:",
                        "网关更正了回答，最终版本：",
                    ));
                }
                self.end_line()?;
                self.write(&reply.text)?;
            }
        }
        self.end_line()
    }
}
