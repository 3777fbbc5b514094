//! Who decides about tool calls that need approval, on a command line.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::time::Instant;

use host_shim::{
    ApprovalOutcome, ApprovalRequest, Decider, DeciderRole, DecisionError, Locale, Plugin, Turn,
};
use openclaw_core::locale::say;
use openclaw_render::{Style, call_line};

use crate::keyboard::Keyboard;
use crate::output::show;

/// Who decides.
#[derive(Debug)]
pub enum Approver<'a> {
    /// `--yes`: every call is approved.
    All,
    /// Every call is rejected at once.
    Nobody,
    /// The person at this keyboard, whose machine it is: asker and admin in one.
    Person(&'a mut Keyboard),
}

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// Wants to see the status first.
    Status,
    Unclear,
}

impl Answer {
    fn of(line: &str) -> Self {
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" | "是" | "好" | "确认" => Self::Yes,
            "" | "n" | "no" | "否" | "不" | "拒绝" => Self::No,
            "/status" | "/状态" => Self::Status,
            _ => Self::Unclear,
        }
    }
}

/// The requests of one turn.
pub struct Questions<'a> {
    approver: Approver<'a>,
    plugin: Plugin,
    turn_id: String,
    locale: Locale,
    /// The first one is being asked about.
    pending: VecDeque<(ApprovalRequest, Instant)>,
    /// The question stands on the last line of stderr.
    shown: bool,
}

impl<'a> Questions<'a> {
    /// For this turn.
    pub fn new(approver: Approver<'a>, plugin: &Plugin, turn: &Turn, locale: Locale) -> Self {
        Self {
            approver,
            plugin: plugin.clone(),
            turn_id: turn.id().to_owned(),
            locale,
            pending: VecDeque::new(),
            shown: false,
        }
    }

    /// Whether a person is to answer.
    pub fn waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Ends the question's line before something else is shown.
    pub fn make_room(&mut self) {
        if std::mem::take(&mut self.shown) {
            show("\n");
        }
    }

    /// Shows the question again.
    pub fn show(&mut self) {
        let Some((request, begun)) = self.pending.front() else {
            return;
        };
        if std::mem::replace(&mut self.shown, true) {
            return;
        }
        let left = request.expires_in.saturating_sub(begun.elapsed());
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let what = match request.calls.as_slice() {
            [call] => call_line(call),
            calls => calls
                .iter()
                .map(|call| call.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        };
        let question = say!(self.locale,
            en: "Run {what}? [y/N] ({seconds} s) ",
            zh: "执行 {what}？[y/N]（{seconds} 秒） ");
        show(&Style::coloured(self.locale).bold(&question));
    }

    /// A request has come, and is shown.
    pub async fn asked(&mut self, request: &ApprovalRequest, json: bool) {
        match &mut self.approver {
            Approver::All => self.decide(request.id.clone(), true, "--yes").await,
            Approver::Nobody => {
                if !json {
                    show(&say!(self.locale,
                        en: "This is not a terminal, so nobody can approve. Pass --yes to approve all tool calls, or use `host-shim chat`.\n",
                        zh: "当前不是终端，无法询问。可用 --yes 确认所有工具调用，或使用 `host-shim chat`。\n"));
                }
                self.decide(request.id.clone(), false, "host-shim").await;
            }
            Approver::Person(keyboard) => {
                if self.pending.is_empty() {
                    keyboard.forget_typed();
                }
                self.pending.push_back((request.clone(), Instant::now()));
            }
        }
    }

    /// A request has ended.
    pub fn ended(&mut self, outcome: &ApprovalOutcome) {
        self.pending.retain(|(request, _)| request.id != outcome.id);
    }

    /// The person's next line, for [`Questions::answered`]. Dropping the future loses nothing.
    pub async fn line(&mut self) -> io::Result<Option<String>> {
        match &mut self.approver {
            Approver::Person(keyboard) => keyboard.line().await,
            Approver::All | Approver::Nobody => std::future::pending().await,
        }
    }

    /// Does what a line says.
    pub async fn answered(&mut self, line: io::Result<Option<String>>) {
        // The line break that was typed; at the end of the input there is none.
        if matches!(line, Ok(Some(_))) && io::stdin().is_terminal() {
            self.shown = false;
        }
        let answer = match line {
            Ok(Some(line)) => Answer::of(&line),
            // Whoever has left cannot have meant yes.
            Ok(None) | Err(_) => Answer::No,
        };
        self.make_room();
        match answer {
            Answer::Yes | Answer::No => {
                if let Some((request, _)) = self.pending.pop_front() {
                    let who = user_name();
                    self.decide(request.id, answer == Answer::Yes, &who).await;
                }
                // What was typed before the next question was there is no answer to it.
                if let (Approver::Person(keyboard), false) =
                    (&mut self.approver, self.pending.is_empty())
                {
                    keyboard.forget_typed();
                }
            }
            Answer::Status => {
                let style = Style::coloured(self.locale);
                match self.plugin.status().await {
                    Ok(status) => show(&openclaw_render::status(&status, style)),
                    Err(fault) => show(&format!("{fault}\n")),
                }
            }
            Answer::Unclear => show(&say!(self.locale,
                en: "Please answer y or n.\n",
                zh: "请输入 y 或 n。\n")),
        }
        self.show();
    }

    async fn decide(&self, request: String, approve: bool, name: &str) {
        let by = Decider {
            name: name.to_owned(),
            role: DeciderRole::Admin,
        };
        let decided = self.plugin.decide(&self.turn_id, &request, approve, by);
        // Otherwise the turn's end says it.
        if let Err(DecisionError::Refused(error)) = decided.await {
            show(&format!("{}\n", error.message(self.locale)));
        }
    }
}

/// For the record.
fn user_name() -> String {
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter();
    let mut names = names.filter_map(|variable| std::env::var(variable).ok());
    names
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "terminal".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for (line, answer) in [
            ("y", Answer::Yes),
            (" YES ", Answer::Yes),
            ("是", Answer::Yes),
            ("", Answer::No),
            ("n", Answer::No),
            ("拒绝", Answer::No),
            ("/状态", Answer::Status),
            ("yes please", Answer::Unclear),
            ("yy", Answer::Unclear),
        ] {
            assert_eq!(Answer::of(line), answer, "{line}");
        }
    }
}
