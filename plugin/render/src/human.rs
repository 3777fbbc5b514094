//! Shows a turn to people.

use std::io::{self, Write};

use openclaw_core::fault::Fault;
use openclaw_core::locale::say;
use openclaw_core::turn::{Event, NoticeCode, Reply};

use crate::style::{Style, printable};
use crate::{TurnOutput, approval};

/// Writes the answer to stdout and everything else to stderr. A terminal shows the answer as it streams, with
/// any correction below; a pipe or file gets the final text once.
#[derive(Debug)]
pub struct HumanOutput<O, E> {
    style: Style,
    terminal: bool,
    out: O,
    err: E,
    /// The deltas so far.
    shown: String,
    /// The cursor is after an incomplete line of the answer.
    mid_line: bool,
    /// The correction has been announced by a notice.
    correction_told: bool,
}

impl<O: Write, E: Write> HumanOutput<O, E> {
    /// Writes to `out` and `err`. `terminal`: stdout is a terminal, so control characters are removed.
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

    /// Ends an incomplete line.
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
            Event::ApprovalRequested(request) => {
                for line in approval::asked(request, locale) {
                    self.remark(&line);
                }
            }
            Event::ApprovalEnded(outcome) => self.remark(&approval::ended(outcome, locale)),
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

    /// Writes a line to stderr, below the answer on a terminal.
    fn remark(&mut self, text: &str) {
        let start = if self.terminal && self.mid_line {
            "\n"
        } else {
            ""
        };
        self.mid_line &= !self.terminal;
        let line = self.style.dim(&format!("· {}", printable(text)));
        // A closed stderr is not an error.
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
    use openclaw_core::approval::{Approval, ApprovalOutcome, ApprovalRequest, Decision};
    use openclaw_core::level::Level;
    use openclaw_core::locale::Locale;
    use openclaw_core::turn::{GatewayName, ToolCall};

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
    fn approvals_are_shown_beside_the_answer_in_both_languages() {
        let call = |n| ToolCall {
            id: "c".to_owned(),
            name: "wipe".to_owned(),
            arguments: format!(r#"{{"disk":{n}}}"#),
        };
        let asked = |approver| {
            Event::ApprovalRequested(ApprovalRequest {
                id: "a1".to_owned(),
                approver,
                calls: vec![call(1), call(2)],
                expires_in: std::time::Duration::from_secs(300),
            })
        };
        let ended = |decision, by: &str| {
            let (id, by) = ("a1".to_owned(), by.to_owned());
            Event::ApprovalEnded(ApprovalOutcome { id, decision, by })
        };
        let shown = |locale, event: Event| {
            let mut err = Vec::new();
            let mut output = HumanOutput::new(Style::plain(locale), false, Vec::new(), &mut err);
            output.event(&event).unwrap();
            String::from_utf8(err).unwrap()
        };
        assert_eq!(
            shown(Locale::En, asked(Approval::Admin)),
            "· waiting up to 300 s for an admin's approval of:\n· wipe {\"disk\":1}\n· wipe {\"disk\":2}\n"
        );
        assert_eq!(
            shown(Locale::Zh, asked(Approval::Asker)),
            "· 等待确认（300 秒内）：\n· wipe {\"disk\":1}\n· wipe {\"disk\":2}\n"
        );
        for (event, text) in [
            (ended(Decision::Approved, "Ann"), "· approved by Ann\n"),
            (
                ended(Decision::Rejected, "\u{1b}"),
                "· rejected by \u{fffd}; not run\n",
            ),
            (
                ended(Decision::Expired, ""),
                "· no answer in time; not run\n",
            ),
        ] {
            assert_eq!(shown(Locale::En, event), text);
        }
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
