//! How a turn is shown while it runs, and waited for.

use std::io::{self, IsTerminal as _, Write as _};

use host_shim::{Event, Fault, Locale, Reply, Turn};

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
    /// It has ended.
    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()>;
}

/// Follows a turn to its end. The first Ctrl-C cancels it, the second stops waiting for it.
pub async fn follow(
    mut turn: Turn,
    view: &mut dyn View,
    interrupts: &mut Interrupts,
) -> Result<Result<Reply, Fault>, Stop> {
    let _turn_runs = interrupts.for_turn();
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
                    return Err(Stop::Interrupted);
                }
                cancelled = true;
                turn.cancel();
                view.cancelling();
            }
        }
    }
    let end = turn.reply().await;
    view.end(&end)?;
    Ok(end)
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

/// The answer on stdout as it comes; all else on stderr.
pub struct Person {
    locale: Locale,
    /// Of stdout: what could change the terminal is not printed to it.
    terminal: bool,
    spinner: Option<Spinner>,
    /// The deltas so far.
    shown: String,
    /// The cursor stands behind a piece of the answer.
    mid_line: bool,
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
        self.wait(pick(self.locale, "waiting for the gateway", "等待网关"));
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Delta { text } => {
                self.spinner = None;
                self.shown.push_str(text);
                self.write(text)?;
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
                self.remark(&notice.text);
                if self.shown.is_empty() {
                    self.wait(pick(self.locale, "waiting", "等待中"));
                }
            }
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

    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()> {
        self.spinner = None;
        let Ok(reply) = end else {
            return self.end_line();
        };
        // The reply's text is what holds; the deltas may have been something else.
        match reply.text.strip_prefix(&self.shown) {
            Some(rest) => self.write(rest)?,
            None => {
                self.remark(pick(
                    self.locale,
                    "the gateway corrected its answer; what holds is:",
                    "网关更正了回答，以下为准：",
                ));
                self.end_line()?;
                self.write(&reply.text)?;
            }
        }
        self.end_line()
    }
}
