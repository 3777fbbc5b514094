//! A turn for people.

use std::io::{self, Write};

use openclaw_core::fault::Fault;
use openclaw_core::locale::say;
use openclaw_core::turn::{Event, NoticeCode, Reply};

use crate::TurnOutput;
use crate::style::{Style, printable};

/// The answer on stdout, all else on stderr. A terminal shows the answer as it comes, and a correction
/// below it; a pipe or file gets the text once, when it is final.
#[derive(Debug)]
pub struct HumanOutput<O, E> {
    style: Style,
    terminal: bool,
    out: O,
    err: E,
    /// The deltas so far.
    shown: String,
    /// The cursor stands behind part of a line of the answer.
    mid_line: bool,
    /// A notice has said that the final text differs from the streamed one.
    correction_told: bool,
}

impl<O: Write, E: Write> HumanOutput<O, E> {
    /// Writes to stdout `out` and stderr `err`. `terminal`: stdout is one, so nothing that could change
    /// it is written there.
    pub fn new(style: Style, terminal: bool, out: O, err: E) -> Self {
        Self {
            style,
            terminal,
            out,
            err,
            shown: String::new(),
            mid_line: false,
            correction_told: false,
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if !text.is_empty() {
            self.mid_line = !text.ends_with('\n');
        }
        if self.terminal {
            self.out.write_all(printable(text).as_bytes())?;
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        self.out.flush()
    }

    /// Ends the line that has been begun.
    fn end_line(&mut self) -> io::Result<()> {
        if self.mid_line {
            self.write("\n")?;
        }
        Ok(())
    }
}

impl<O: Write, E: Write> TurnOutput for HumanOutput<O, E> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let locale = self.style.locale;
        match event {
            Event::Delta { text } => {
                self.shown.push_str(text);
                if self.terminal {
                    self.write(text)?;
                }
            }
            Event::ToolCall(call) => {
                let text = format!("{} {}", call.name, call.arguments);
                self.remark(&say!(locale, en: "tool: {text}", zh: "工具：{text}"));
            }
            Event::ToolEnded {
                succeeded: false, ..
            } => {
                self.remark(&say!(locale, en: "the tool failed", zh: "工具执行失败"));
            }
            Event::Notice(notice) => {
                self.correction_told |= notice.code == NoticeCode::AnswerCorrected;
                self.remark(&notice.text);
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()> {
        let Ok(reply) = end else {
            return self.give_up();
        };
        if !self.terminal {
            self.write(&reply.text)?;
            return self.end_line();
        }
        // The final text is authoritative; the deltas may have differed.
        match reply.text.strip_prefix(&self.shown) {
            Some(rest) => self.write(rest)?,
            None => {
                if !self.correction_told {
                    self.remark(&say!(self.style.locale,
                        en: "The gateway corrected its answer. Final version:",
                        zh: "网关更正了回答，最终版本："));
                }
                self.end_line()?;
                self.write(&reply.text)?;
            }
        }
        self.end_line()
    }

    /// A line on stderr, below what stands on the terminal.
    fn remark(&mut self, text: &str) {
        let start = if self.terminal && self.mid_line {
            "\n"
        } else {
            ""
        };
        self.mid_line &= !self.terminal;
        let line = self.style.dim(&format!("· {}", printable(text)));
        // A closed stderr is no reason to stop.
        let _ = writeln!(self.err, "{start}{line}");
    }

    fn give_up(&mut self) -> io::Result<()> {
        if !self.terminal {
            let shown = std::mem::take(&mut self.shown);
            self.write(&shown)?;
        }
        self.end_line()
    }
}

#[cfg(test)]
mod tests {
    use openclaw_core::level::Level;
    use openclaw_core::locale::Locale;
    use openclaw_core::turn::GatewayName;

    use super::*;

    fn shown(terminal: bool, deltas: &[&str], text: &str) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = HumanOutput::new(Style::plain(Locale::En), terminal, &mut out, &mut err);
        for text in deltas {
            let text = (*text).to_owned();
            output.event(&Event::Delta { text }).unwrap();
        }
        let reply = Reply {
            text: text.to_owned(),
            response_id: String::new(),
            level: Level::Talk,
            gateway: GatewayName::Primary,
            usage: None,
        };
        output.end(&Ok(reply)).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(out), text(err))
    }

    #[test]
    fn a_terminal_gets_the_rest_or_the_correction_and_a_pipe_the_final_text() {
        let corrected = "· The gateway corrected its answer. Final version:\n";
        for (deltas, text, out, err) in [
            (&["a ", "b"][..], "a b", "a b\n", ""),
            (&["a "], "a b", "a b\n", ""),
            (&["a"], "b\n", "ab\n", corrected),
            (&["a\u{1b}"], "a\u{1b}", "a\u{fffd}\n", ""),
        ] {
            let (seen, remarks) = shown(true, deltas, text);
            assert_eq!(
                (seen.as_str(), remarks.trim_start()),
                (out, err),
                "{deltas:?}"
            );
            let end = if text.ends_with('\n') { "" } else { "\n" };
            let piped = format!("{text}{end}");
            assert_eq!(shown(false, deltas, text), (piped, String::new()));
        }
    }
}
