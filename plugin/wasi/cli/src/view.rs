//! How a turn is shown: the answer on stdout, all else on stderr; or JSON Lines. A terminal shows the
//! answer as it comes, and a correction below it; a pipe or file gets the text once, when it is final.

use std::io::{self, IsTerminal as _, Write as _};

use openclaw_core::locale::Locale;

use crate::bindings::astr::openclaw::types::{Event, Fault, NoticeCode, Reply};
use crate::json;
use crate::text::{self, pick, say};

/// Shows one turn.
pub struct View {
    locale: Locale,
    json: bool,
    /// Of stdout: what could change the terminal is not printed to it.
    terminal: bool,
    /// The deltas so far.
    shown: String,
    /// The cursor stands behind a piece of the answer.
    mid_line: bool,
    /// The user has been told that the final text is another one.
    correction_told: bool,
}

impl View {
    /// For a reader of this language, or for a program.
    pub fn new(locale: Locale, json: bool) -> Self {
        Self {
            locale,
            json,
            terminal: io::stdout().is_terminal(),
            shown: String::new(),
            mid_line: false,
            correction_told: false,
        }
    }

    /// Something happened.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        if self.json {
            return json::event(event).map_or(Ok(()), |value| print(&line(&value)));
        }
        match event {
            Event::Delta(text) => {
                self.shown.push_str(text);
                if self.terminal {
                    self.answer(text)?;
                }
            }
            Event::ToolStarted(call) => {
                let text = format!("{} {}", call.name, call.arguments);
                self.remark(&say!(self.locale, "tool: {text}", "工具：{text}"));
            }
            Event::ToolEnded(outcome) if outcome.succeeded => {}
            Event::ToolEnded(_) => {
                self.remark(pick(self.locale, "the tool failed", "工具执行失败"));
            }
            Event::Notice(notice) => {
                self.correction_told |= notice.code == NoticeCode::AnswerCorrected;
                self.remark(&notice.text);
            }
        }
        Ok(())
    }

    /// It has ended.
    pub fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()> {
        if self.json {
            return print(&line(&json::end(end)));
        }
        match end {
            Ok(reply) => self.reply(&reply.text),
            Err(fault) => {
                // What had arrived of the answer is all that there will be.
                if !self.terminal {
                    let shown = std::mem::take(&mut self.shown);
                    self.answer(&shown)?;
                }
                self.end_line()?;
                complain(&text::fault(self.locale, fault));
                Ok(())
            }
        }
    }

    /// The final text is the answer; the deltas may have been something else.
    fn reply(&mut self, text: &str) -> io::Result<()> {
        if !self.terminal {
            self.answer(text)?;
            return self.end_line();
        }
        match text.strip_prefix(&self.shown) {
            Some(rest) => self.answer(rest)?,
            None => {
                if !self.correction_told {
                    self.remark(pick(
                        self.locale,
                        "The gateway corrected its answer. Final version:",
                        "网关更正了回答，最终版本：",
                    ));
                }
                self.end_line()?;
                self.answer(text)?;
            }
        }
        self.end_line()
    }

    fn answer(&mut self, text: &str) -> io::Result<()> {
        if !text.is_empty() {
            self.mid_line = !text.ends_with('\n');
        }
        if self.terminal {
            print(&text::printable(text))
        } else {
            print(text)
        }
    }

    /// A line on stderr, below what stands on the terminal.
    fn remark(&mut self, text: &str) {
        let start = if self.terminal && self.mid_line {
            "\n"
        } else {
            ""
        };
        self.mid_line &= !self.terminal;
        complain(&format!("{start}· {}\n", text::printable(text)));
    }

    /// Ends the line that has been begun.
    fn end_line(&mut self) -> io::Result<()> {
        if self.mid_line {
            self.answer("\n")
        } else {
            Ok(())
        }
    }
}

/// One JSON object on a line.
pub fn line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

/// To stdout, at once.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Tells people something beside the output. That nobody reads it is no reason to stop.
pub fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
