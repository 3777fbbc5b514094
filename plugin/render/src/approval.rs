//! Approval requests for people.

use openclaw_core::approval::{
    Approval, ApprovalOutcome, ApprovalRequest, Decision, PendingApproval,
};
use openclaw_core::locale::{Locale, say};
use openclaw_core::printable::{is_disguise, is_printable};
use openclaw_core::turn::ToolCall;

use crate::error::whole_seconds;

/// A tool call on one line, whole and without what a terminal would obey or what would disguise it.
pub fn call_line(call: &ToolCall) -> String {
    let text = format!("{} {}", call.name, call.arguments);
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if is_printable(c) && !is_disguise(c) => c,
            _ => '\u{fffd}',
        })
        .collect()
}

/// Who may approve, and until when; then each call on a line of its own.
pub(crate) fn asked(request: &ApprovalRequest, locale: Locale) -> Vec<String> {
    let seconds = whole_seconds(request.expires_in);
    let head = match request.approver {
        Approval::Admin => say!(locale,
            en: "waiting up to {seconds} s for an admin's approval of:",
            zh: "等待管理员确认（{seconds} 秒内）："),
        _ => say!(locale,
            en: "waiting up to {seconds} s for approval of:",
            zh: "等待确认（{seconds} 秒内）："),
    };
    let calls = request.calls.iter().map(call_line);
    std::iter::once(head).chain(calls).collect()
}

/// How a request ended.
pub(crate) fn ended(outcome: &ApprovalOutcome, locale: Locale) -> String {
    let by = match outcome.by.as_str() {
        "" => String::new(),
        by => say!(locale, en: " by {by}", zh: "（{by}）"),
    };
    match outcome.decision {
        Decision::Approved => say!(locale, en: "approved{by}", zh: "已确认{by}"),
        Decision::Rejected => say!(locale, en: "rejected{by}; not run", zh: "已拒绝{by}，不会执行"),
        Decision::Expired => say!(locale,
            en: "no answer in time; not run",
            zh: "未在时限内确认，不会执行"),
    }
}

/// A pending request in the status.
pub(crate) fn pending(request: &PendingApproval, locale: Locale) -> String {
    let (tools, seconds) = (request.tools.join(", "), whole_seconds(request.expires_in));
    match request.approver {
        Approval::Admin => say!(locale,
            en: "{tools}: waiting for an admin, {seconds} s left",
            zh: "{tools}：等待管理员确认，剩余 {seconds} 秒"),
        _ => say!(locale,
            en: "{tools}: waiting for approval, {seconds} s left",
            zh: "{tools}：等待确认，剩余 {seconds} 秒"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_cannot_fake_a_line_or_disguise_its_arguments() {
        let call = ToolCall {
            id: "c".to_owned(),
            name: "wipe".to_owned(),
            arguments: "{\"a\":\n1}\r\u{1b}[2J\u{202e}x".to_owned(),
        };
        assert_eq!(call_line(&call), "wipe {\"a\": 1} \u{fffd}[2J\u{fffd}x");
    }
}
