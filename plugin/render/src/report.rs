//! Status and diagnosis for people.

use openclaw_core::exit;
use openclaw_core::guards::memory::Bound;
use openclaw_core::locale::{Locale, say};
use openclaw_core::status::{Breaker, BreakerState, Check, Diagnosis, MemoryState, Status};

use crate::approval;
use crate::error::{cause_and_remedy, whole_seconds};
use crate::style::{Style, printable};

/// Guard state, one line per item.
pub fn status(status: &Status, style: Style) -> String {
    general_rows(status, style) + &turn_rows(status, style)
}

/// The status of a process that has run no turn: its breakers and counters say nothing about the process that
/// people mean, so a line says where those are.
pub fn status_without_turns(status: &Status, style: Style) -> String {
    let locale = style.locale;
    let elsewhere = match status.breakers.primary {
        Some(_) => say!(locale,
            en: "known only to the process that runs them (in AstrBot: /助手 诊断)",
            zh: "只有执行任务的进程知道（在 AstrBot 中：/助手 诊断）"),
        None => say!(locale, en: "no gateway configured", zh: "未配置网关"),
    };
    let name = say!(locale, en: "breaker, turns", zh: "熔断、任务");
    general_rows(status, style) + &style.row(&name, &elsewhere)
}

fn general_rows(status: &Status, style: Style) -> String {
    let locale = style.locale;
    let mut out = String::new();
    let mut row = |name: String, text: &str| out += &style.row(&name, text);
    row(
        say!(locale, en: "memory", zh: "内存"),
        &memory(&status.memory, locale),
    );
    let heavy = if status.memory.heavy_allowed {
        style.green(&say!(locale, en: "allowed", zh: "允许"))
    } else {
        style.red(&say!(locale, en: "refused", zh: "拒绝"))
    };
    row(say!(locale, en: "heavy tasks", zh: "重任务"), &heavy);
    row(
        say!(locale, en: "highest level", zh: "最高级别"),
        status.memory.level_cap.as_str(),
    );
    row(
        say!(locale, en: "levels", zh: "级别"),
        &if status.level_agents {
            say!(locale,
                en: "limit the gateway's own tools too (level agents)",
                zh: "也限制网关自带的工具（级别智能体）")
        } else {
            say!(locale, en: "limit the caller's tools only", zh: "只限制调用方的工具")
        },
    );
    out
}

fn turn_rows(status: &Status, style: Style) -> String {
    let locale = style.locale;
    let mut out = String::new();
    let mut row = |name: String, text: &str| out += &style.row(&name, text);
    let primary = match &status.breakers.primary {
        Some(primary) => breaker(primary, style),
        None => say!(locale, en: "no gateway configured", zh: "未配置网关"),
    };
    row(say!(locale, en: "breaker", zh: "熔断"), &primary);
    if let Some(backup) = &status.breakers.backup {
        row(
            say!(locale, en: "backup breaker", zh: "备用熔断"),
            &breaker(backup, style),
        );
    }
    row(
        say!(locale, en: "turns", zh: "任务"),
        &say!(locale,
            en: "{} running, {} waiting",
            zh: "{} 个运行，{} 个等待",
            status.in_flight, status.queued),
    );
    for request in &status.approvals {
        row(
            say!(locale, en: "approval", zh: "待确认"),
            &printable(&approval::pending(request, locale)),
        );
    }
    let counted = &status.counters;
    row(
        say!(locale, en: "so far", zh: "累计"),
        &say!(locale,
            en: "{} asked: {} completed, {} failed, {} refused, {} cancelled; tools: {} run, {} denied",
            zh: "共 {}：完成 {}，失败 {}，拒绝 {}，取消 {}；工具：运行 {}，拒绝 {}",
            counted.turns, counted.completed, counted.failed, counted.refused, counted.cancelled,
            counted.tool_calls, counted.tool_denials),
    );
    out
}

fn memory(memory: &MemoryState, locale: Locale) -> String {
    let (Some(available), Some(total)) = (memory.available, memory.total) else {
        let reason = printable(memory.unreadable.as_deref().unwrap_or_default());
        return say!(locale, en: "cannot be read: {reason}", zh: "无法读取：{reason}");
    };
    let (available, total) = (available >> 20, total >> 20);
    let bound = match memory.bound {
        Some(Bound::Container) => say!(locale, en: "container", zh: "容器"),
        _ => say!(locale, en: "machine", zh: "整机"),
    };
    let mut seen = say!(locale,
        en: "{available} MiB available of {total} MiB ({bound})",
        zh: "可用 {available} MiB，共 {total} MiB（{bound}）");
    if let Some(reason) = &memory.estimated {
        let reason = printable(reason);
        seen += &say!(locale, en: ", an estimate: {reason}", zh: "，估算值：{reason}");
    }
    seen
}

/// A breaker's state, in its colour.
pub fn breaker_state(state: BreakerState, style: Style) -> String {
    let locale = style.locale;
    match state {
        BreakerState::Closed => style.green(&say!(locale, en: "closed", zh: "关闭")),
        BreakerState::Open => style.red(&say!(locale, en: "open", zh: "打开")),
        BreakerState::HalfOpen => style.yellow(&say!(locale, en: "half-open", zh: "半开")),
    }
}

fn breaker(breaker: &Breaker, style: Style) -> String {
    let locale = style.locale;
    let (failures, seconds) = (breaker.failures, whole_seconds(breaker.retry_after));
    breaker_state(breaker.state, style)
        + &match breaker.state {
            BreakerState::Closed => say!(locale,
                en: " ({failures} failures in a row)",
                zh: "（连续失败 {failures} 次）"),
            BreakerState::Open => say!(locale,
                en: ", next trial in {seconds} s",
                zh: "，{seconds} 秒后试探"),
            BreakerState::HalfOpen => say!(locale,
                en: ": one trial turn is allowed",
                zh: "：放行一次试探"),
        }
}

/// The diagnosis, one line per check. A failed check is followed by its cause and remedy, unless the same
/// were just printed.
pub fn diagnosis(diagnosis: &Diagnosis, style: Style) -> String {
    checks(diagnosis.checks.iter(), style)
}

/// The diagnosis of a process that has run no turn, without its breakers, see [`status_without_turns`].
pub fn diagnosis_without_turns(diagnosis: &Diagnosis, style: Style) -> String {
    let breaker = |check: &&Check| check.name.starts_with("breaker-");
    checks(
        diagnosis.checks.iter().filter(|check| !breaker(check)),
        style,
    )
}

fn checks<'a>(checks: impl Iterator<Item = &'a Check>, style: Style) -> String {
    let mut out = String::new();
    let mut explained = Vec::new();
    for check in checks {
        let name = style.bold(&format!("{:<16}", check.name));
        let detail = printable(&check.detail);
        let Some(code) = check.code else {
            out += &format!("{} {name} {detail}\n", style.green("✓"));
            continue;
        };
        let (mark, code) = (style.red("✗"), style.red(code.as_str()));
        out += &format!("{mark} {name} {code}: {detail}\n");
        let why = (check.code, &check.cause);
        if !explained.contains(&why) {
            explained.push(why);
            out += &cause_and_remedy(style, "    ", &check.cause, &check.remedy);
        }
    }
    out
}

/// The exit code of the first failed check.
pub fn exit_of_diagnosis(diagnosis: &Diagnosis) -> u8 {
    let wrong = diagnosis.checks.iter().find_map(|check| check.code);
    wrong.map_or(exit::OK, |code| code.exit_code())
}

/// Says which setting is missing, and what sets it.
pub fn no_gateway(key: &str, places: &[&str], locale: Locale) -> String {
    let places = places.join(", ");
    say!(locale,
        en: "no gateway configured: set {key} ({places})\n",
        zh: "未配置网关：请设置 {key}（{places}）\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use openclaw_core::approval::{Approval, PendingApproval};
    use openclaw_core::fault::FaultCode;
    use openclaw_core::level::Level;
    use openclaw_core::status::{Breakers, Counters};
    use openclaw_core::turn::GatewayName;

    use super::*;

    fn state() -> Status {
        Status {
            breakers: Breakers {
                primary: Some(Breaker {
                    gateway: GatewayName::Primary,
                    state: BreakerState::Open,
                    failures: 2,
                    retry_after: Duration::from_millis(59_001),
                }),
                backup: None,
            },
            memory: MemoryState {
                available: Some(349 << 20),
                total: Some(2048 << 20),
                bound: Some(Bound::Container),
                unreadable: None,
                estimated: None,
                level_cap: Level::ReadOnly,
                heavy_allowed: false,
            },
            in_flight: 1,
            queued: 2,
            approvals: vec![],
            level_agents: false,
            counters: Counters {
                turns: 5,
                failed: 2,
                ..Counters::default()
            },
        }
    }

    #[test]
    fn status_has_a_line_for_each_guard_in_both_languages() {
        assert_eq!(
            status(&state(), Style::plain(Locale::En)),
            "memory            349 MiB available of 2048 MiB (container)\n\
             heavy tasks       refused\n\
             highest level     L1\n\
             levels            limit the caller's tools only\n\
             breaker           open, next trial in 60 s\n\
             turns             1 running, 2 waiting\n\
             so far            5 asked: 0 completed, 2 failed, 0 refused, 0 cancelled; tools: 0 run, 0 denied\n"
        );
        let text = status(&state(), Style::plain(Locale::Zh));
        for part in [
            "可用 349 MiB，共 2048 MiB（容器）",
            "60 秒后试探",
            "1 个运行，2 个等待",
        ] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
    }

    #[test]
    fn pending_approvals_and_level_agents_are_shown() {
        let mut state = state();
        state.level_agents = true;
        for (approver, tools) in [(Approval::Asker, "note"), (Approval::Admin, "wipe")] {
            state.approvals.push(PendingApproval {
                turn_id: "turn-1".to_owned(),
                id: "a1".to_owned(),
                approver,
                tools: vec![tools.to_owned(), tools.to_owned()],
                expires_in: Duration::from_millis(1),
            });
        }
        let text = status(&state, Style::plain(Locale::En));
        let part = "\
            approval          note, note: waiting for approval, 1 s left\n\
            approval          wipe, wipe: waiting for an admin, 1 s left\n";
        assert!(text.contains(part), "{text}");
        let part = "levels            limit the gateway's own tools too (level agents)\n";
        assert!(text.contains(part), "{text}");
        let text = status(&state, Style::plain(Locale::Zh));
        for part in ["wipe, wipe：等待管理员确认，剩余 1 秒", "级别智能体"] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
    }

    #[test]
    fn memory_that_cannot_be_read_and_no_gateway_are_shown() {
        let mut state = state();
        state.memory.available = None;
        state.memory.unreadable = Some("no /proc".to_owned());
        state.breakers.primary = None;
        let text = status(&state, Style::plain(Locale::En));
        assert!(text.contains("cannot be read: no /proc"), "{text}");
        assert!(text.contains("no gateway configured"), "{text}");
    }

    #[test]
    fn a_check_that_failed_has_cause_and_remedy_below_it_once() {
        let well = Check {
            name: "memory".to_owned(),
            code: None,
            detail: "600 MiB".to_owned(),
            cause: String::new(),
            remedy: String::new(),
        };
        let wrong = |name: &str| Check {
            name: name.to_owned(),
            code: Some(FaultCode::AuthFailed),
            detail: "401".to_owned(),
            cause: "because".to_owned(),
            remedy: "do this".to_owned(),
        };
        let checks = vec![well, wrong("token-primary"), wrong("token-backup")];
        assert_eq!(
            diagnosis(&Diagnosis { checks }, Style::plain(Locale::En)),
            "✓ memory           600 MiB\n\
             ✗ token-primary    auth_failed: 401\n    cause: because\n    remedy: do this\n\
             ✗ token-backup     auth_failed: 401\n"
        );
    }
}
