//! Reports for people: what the guards know, what the diagnosis found, what a component is.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use host_shim::{Bound, Breaker, BreakerState, ComponentInfo, Diagnosis, Locale, Status};

use super::text::{pick, printable, say};

const GREEN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
const RED: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const YELLOW: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

// Writing to a string cannot fail, so the results of `write!` are dropped below.

/// What the guards know, in a few lines.
pub fn status(status: &Status, locale: Locale) -> String {
    let mut out = String::new();
    let memory = &status.memory;
    let seen = match (memory.available, memory.total, &memory.unreadable) {
        (Some(available), Some(total), _) => {
            let (available, total) = (available >> 20, total >> 20);
            let bound = match memory.bound {
                Some(Bound::Container) => pick(locale, "container", "容器"),
                _ => pick(locale, "machine", "整机"),
            };
            let seen = say!(
                locale,
                "{available} MiB available of {total} MiB ({bound})",
                "可用 {available} MiB，共 {total} MiB（{bound}）"
            );
            match &memory.estimated {
                None => seen,
                Some(why) => {
                    say!(
                        locale,
                        "{seen}, an estimate: {why}",
                        "{seen}，估算值：{why}"
                    )
                }
            }
        }
        (_, _, reason) => {
            let reason = reason.as_deref().unwrap_or_default();
            say!(locale, "cannot be read: {reason}", "无法读取：{reason}")
        }
    };
    line(&mut out, pick(locale, "memory", "内存"), &seen);
    let heavy = if memory.heavy_allowed {
        format!("{GREEN}{}{GREEN:#}", pick(locale, "allowed", "允许"))
    } else {
        format!("{RED}{}{RED:#}", pick(locale, "refused", "拒绝"))
    };
    line(&mut out, pick(locale, "heavy tasks", "重任务"), &heavy);
    line(
        &mut out,
        pick(locale, "highest level", "最高级别"),
        memory.level_cap.as_str(),
    );
    let breakers = &status.breakers;
    let not_set = pick(locale, "no gateway is set", "未设置网关");
    let primary = breakers
        .primary
        .as_ref()
        .map(|breaker| self::breaker(breaker, locale));
    line(
        &mut out,
        pick(locale, "breaker", "熔断"),
        primary.as_deref().unwrap_or(not_set),
    );
    if let Some(backup) = &breakers.backup {
        let name = pick(locale, "backup's breaker", "备用熔断");
        line(&mut out, name, &breaker(backup, locale));
    }
    let (running, waiting) = (status.in_flight, status.queued);
    let turns = say!(
        locale,
        "{running} running, {waiting} waiting",
        "{running} 个运行，{waiting} 个等待"
    );
    line(&mut out, pick(locale, "turns", "任务"), &turns);
    let counted = &status.counters;
    let so_far = say!(
        locale,
        "{} asked: {} completed, {} failed, {} refused, {} cancelled; tools: {} run, {} denied",
        "共 {}：完成 {}，失败 {}，拒绝 {}，取消 {}；工具：运行 {}，拒绝 {}",
        counted.turns,
        counted.completed,
        counted.failed,
        counted.refused,
        counted.cancelled,
        counted.tool_calls,
        counted.tool_denials,
    );
    line(&mut out, pick(locale, "so far", "累计"), &so_far);
    out
}

/// The name of a state, in its colour.
pub fn breaker_state(state: BreakerState, locale: Locale) -> String {
    let (colour, name) = match state {
        BreakerState::Closed => (GREEN, pick(locale, "closed", "关闭")),
        BreakerState::Open => (RED, pick(locale, "open", "打开")),
        BreakerState::HalfOpen => (YELLOW, pick(locale, "half-open", "半开")),
    };
    format!("{colour}{name}{colour:#}")
}

fn breaker(breaker: &Breaker, locale: Locale) -> String {
    let state = breaker_state(breaker.state, locale);
    let failures = breaker.failures;
    let seconds = breaker.retry_after.as_secs_f64().ceil();
    let more = match breaker.state {
        BreakerState::Closed => {
            say!(
                locale,
                " ({failures} failures in a row)",
                "（连续失败 {failures} 次）"
            )
        }
        BreakerState::Open => say!(locale, ", a trial in {seconds} s", "，{seconds} 秒后试探"),
        BreakerState::HalfOpen => {
            pick(locale, ": one trial is let through", "：放行一次试探").to_owned()
        }
    };
    state + &more
}

/// What the diagnosis found; what is wrong has its cause and remedy below it, unless the same
/// stand there already.
pub fn diagnosis(diagnosis: &Diagnosis, locale: Locale) -> String {
    let mut out = String::new();
    let mut explained = Vec::new();
    for check in &diagnosis.checks {
        let (mark, code) = match check.code {
            None => (format!("{GREEN}✓{GREEN:#}"), String::new()),
            Some(code) => (format!("{RED}✗{RED:#}"), format!("{RED}{code}{RED:#}: ")),
        };
        let detail = printable(&check.detail);
        let _ = writeln!(
            out,
            "{mark} {BOLD}{:<16}{BOLD:#} {code}{detail}",
            check.name
        );
        let why = (check.code, &check.cause);
        if check.code.is_none() || explained.contains(&why) {
            continue;
        }
        explained.push(why);
        for (name, text) in [
            (pick(locale, "cause", "原因"), &check.cause),
            (pick(locale, "remedy", "处理"), &check.remedy),
        ] {
            let _ = writeln!(out, "    {DIM}{name}:{DIM:#} {}", printable(text));
        }
    }
    out
}

/// What a component is.
pub fn component(info: &ComponentInfo, locale: Locale) -> String {
    let mut out = String::new();
    line(&mut out, pick(locale, "world", "世界"), &info.world);
    line(&mut out, pick(locale, "version", "版本"), &info.version);
    let size = info.size;
    line(
        &mut out,
        pick(locale, "size", "大小"),
        &say!(locale, "{size} bytes", "{size} 字节"),
    );
    line(&mut out, "sha256", &info.sha256);
    for (name, interfaces) in [
        (pick(locale, "imports", "导入"), &info.imports),
        (pick(locale, "exports", "导出"), &info.exports),
    ] {
        let mut name = name;
        for interface in interfaces {
            line(&mut out, name, &printable(interface));
            name = "";
        }
    }
    out
}

/// A name and what it is, in columns.
fn line(out: &mut String, name: &str, text: &str) {
    const COLUMN: usize = 18;
    // Chinese characters are two columns wide.
    let width: usize = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    let gap = COLUMN.saturating_sub(width);
    let _ = writeln!(out, "{BOLD}{name}{BOLD:#}{:gap$}{text}", "");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use host_shim::{Breakers, Check, Counters, FaultCode, Level, MemoryState};

    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn state() -> Status {
        Status {
            breakers: Breakers {
                primary: Some(Breaker {
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
            counters: Counters {
                turns: 5,
                failed: 2,
                ..Counters::default()
            },
        }
    }

    #[test]
    fn status_is_told_in_both_languages() {
        let text = plain(&status(&state(), Locale::En));
        for part in [
            "349 MiB available of 2048 MiB (container)",
            "refused",
            "L1",
            "open, a trial in 60 s",
        ] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
        assert!(text.contains("1 running, 2 waiting"), "{text}");
        let text = plain(&status(&state(), Locale::Zh));
        for part in [
            "可用 349 MiB，共 2048 MiB（容器）",
            "60 秒后试探",
            "1 个运行，2 个等待",
        ] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
    }

    #[test]
    fn memory_that_cannot_be_read_and_no_gateway_are_said() {
        let mut state = state();
        state.memory.available = None;
        state.memory.unreadable = Some("no /proc".to_owned());
        state.breakers.primary = None;
        let text = plain(&status(&state, Locale::En));
        assert!(text.contains("cannot be read: no /proc"), "{text}");
        assert!(text.contains("no gateway is set"), "{text}");
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
        let text = plain(&diagnosis(&Diagnosis { checks }, Locale::En));
        assert_eq!(
            text,
            "✓ memory           600 MiB\n\
             ✗ token-primary    auth_failed: 401\n    cause: because\n    remedy: do this\n\
             ✗ token-backup     auth_failed: 401\n"
        );
    }
}
