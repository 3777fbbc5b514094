//! What people read.

use openclaw_core::config::Key;
use openclaw_core::{fault::FaultCode, locale::Locale};

use crate::bindings::astr::openclaw::gateway::Check;
use crate::bindings::astr::openclaw::guards::{Breaker, BreakerState, State};
use crate::bindings::astr::openclaw::memory_stat::Bound;
use crate::bindings::astr::openclaw::types::{Fault, GatewayName};
use crate::names;

/// One of two format strings, by locale, formatted. Both see the same variables.
macro_rules! say {
    ($locale:expr, $en:literal, $zh:literal $(, $($arg:tt)*)?) => {
        match $locale {
            openclaw_core::locale::Locale::En => format!($en $(, $($arg)*)?),
            openclaw_core::locale::Locale::Zh => format!($zh $(, $($arg)*)?),
        }
    };
}
pub(crate) use say;

/// One of two fixed texts, by locale.
pub fn pick(locale: Locale, en: &'static str, zh: &'static str) -> &'static str {
    match locale {
        Locale::En => en,
        Locale::Zh => zh,
    }
}

/// Text from outside as it may be shown on a terminal: control characters, which could move the
/// cursor or change the terminal, are replaced; line breaks and tabs stay.
pub fn printable(text: &str) -> String {
    let hostile = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.chars()
        .map(|c| if hostile(c) { '\u{fffd}' } else { c })
        .collect()
}

/// What happened, why, and what to do. The first line is the one that counts.
pub fn problem(
    locale: Locale,
    code: Option<FaultCode>,
    what: &str,
    cause: &str,
    remedy: &str,
) -> String {
    let code = code.map(|code| format!("[{code}]")).unwrap_or_default();
    let mut text = format!(
        "{}{code}: {}\n",
        pick(locale, "error", "错误"),
        printable(what)
    );
    for (name, line) in [
        (pick(locale, "cause", "原因"), cause),
        (pick(locale, "remedy", "处理"), remedy),
    ] {
        if !line.is_empty() {
            text.push_str(&format!("  {name}: {}\n", printable(line)));
        }
    }
    text
}

/// Why a turn ended without a reply.
pub fn fault(locale: Locale, fault: &Fault) -> String {
    let mut remedy = fault.remedy.clone();
    if let Some(milliseconds) = fault.retry_after_ms {
        let seconds = milliseconds.div_ceil(1000);
        remedy.push_str(&say!(
            locale,
            " Again possible in {seconds} s.",
            "可在 {seconds} 秒后重试。"
        ));
    }
    problem(
        locale,
        Some(names::fault(fault.code)),
        &fault.message,
        &fault.cause,
        &remedy,
    )
}

/// A setting that is missing or not allowed; with the variable that sets it.
pub fn config_error(locale: Locale, key: &str, message: &str) -> String {
    let code = FaultCode::ConfigInvalid;
    let variable = Key::find(key).and_then(|key| key.env);
    let place = variable
        .map(|name| format!(" ({name})"))
        .unwrap_or_default();
    let what = format!("{key}: {message}{place}");
    problem(
        locale,
        Some(code),
        &what,
        code.cause(locale),
        code.remedy(locale),
    )
}

/// What the guards know, in a few lines.
pub fn status(locale: Locale, state: &State) -> String {
    let mut out = String::new();
    let mut line = |en, zh, text: &str| out.push_str(&columns(pick(locale, en, zh), text));
    let memory = &state.memory;
    line(
        "memory",
        "内存",
        &match (memory.available, memory.total) {
            (Some(available), Some(total)) => {
                let (available, total) = (available >> 20, total >> 20);
                let bound = match memory.bounded_by {
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
            _ => {
                let why = memory.unreadable.as_deref().unwrap_or_default();
                say!(locale, "cannot be read: {why}", "无法读取：{why}")
            }
        },
    );
    let heavy = match memory.heavy_allowed {
        true => pick(locale, "allowed", "允许"),
        false => pick(locale, "refused", "拒绝"),
    };
    line("heavy tasks", "重任务", heavy);
    let cap = names::level(memory.level_cap);
    line("highest level", "最高级别", cap.as_str());
    let of = |gateway| {
        let found = state.breakers.iter().find(|one| one.gateway == gateway);
        found.map(|found| breaker(locale, found))
    };
    let not_set = pick(locale, "no gateway is set", "未设置网关");
    let primary = of(GatewayName::Primary);
    line("breaker", "熔断", primary.as_deref().unwrap_or(not_set));
    if let Some(backup) = of(GatewayName::Backup) {
        line("backup's breaker", "备用熔断", &backup);
    }
    let (running, waiting) = (state.in_flight, state.queued);
    line(
        "turns",
        "任务",
        &say!(
            locale,
            "{running} running, {waiting} waiting",
            "{running} 个运行，{waiting} 个等待"
        ),
    );
    let counted = &state.counters;
    line(
        "so far",
        "累计",
        &say!(
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
        ),
    );
    out
}

fn breaker(locale: Locale, breaker: &Breaker) -> String {
    let failures = breaker.failures;
    let seconds = breaker.retry_after_ms.div_ceil(1000);
    match breaker.state {
        BreakerState::Closed => say!(
            locale,
            "closed ({failures} failures in a row)",
            "关闭（连续失败 {failures} 次）"
        ),
        BreakerState::Open => say!(
            locale,
            "open, a trial in {seconds} s",
            "打开，{seconds} 秒后试探"
        ),
        BreakerState::HalfOpen => pick(
            locale,
            "half-open: one trial is let through",
            "半开：放行一次试探",
        )
        .to_owned(),
    }
}

/// A name and what it is, on a line.
fn columns(name: &str, text: &str) -> String {
    const COLUMN: usize = 18;
    // Chinese characters are two columns wide.
    let width: usize = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    let gap = COLUMN.saturating_sub(width);
    format!("{name}{:gap$}{}\n", "", printable(text))
}

/// What the diagnosis found; what is wrong has its cause and remedy below it, unless those of the
/// same fault stand there already.
pub fn diagnosis(locale: Locale, checks: &[Check]) -> String {
    let mut out = String::new();
    let mut explained = Vec::new();
    for check in checks {
        let detail = printable(&check.detail);
        let Some(code) = check.wrong.map(names::fault) else {
            out.push_str(&format!("✓ {:<16} {detail}\n", check.name));
            continue;
        };
        out.push_str(&format!("✗ {:<16} {code}: {detail}\n", check.name));
        if explained.contains(&code) {
            continue;
        }
        explained.push(code);
        for (name, text) in [
            (pick(locale, "cause", "原因"), &check.cause),
            (pick(locale, "remedy", "处理"), &check.remedy),
        ] {
            out.push_str(&format!("    {name}: {}\n", printable(text)));
        }
    }
    out
}

/// The help.
pub fn help(locale: Locale) -> String {
    let mut text = pick(locale, HELP_EN, HELP_ZH).to_owned();
    let mut codes: Vec<_> = FaultCode::ALL
        .iter()
        // A trap is the runtime's to tell: it ends this program too.
        .filter(|code| !matches!(code, FaultCode::ConfigInvalid | FaultCode::PluginTrapped))
        .map(|code| (code.exit_code(), code.as_str()))
        .collect();
    codes.sort_unstable();
    for (status, code) in codes {
        text.push_str(&format!("  {status:>3}  {code}\n"));
    }
    text
}

const HELP_EN: &str = "\
Talks to an OpenClaw Gateway through the guarded plugin component.

Usage: openclaw-cli.wasm [--locale en|zh] COMMAND

  ask [TEXT]          asks once and streams the answer; -, or nothing where stdin is no terminal,
                      reads the text from stdin
      --session NAME       the talk to go on with; without it a new one
      --level L0..L4       how much the turn may do (default L0, talk only)
      --heavy              marks the task as heavy
      --instructions TEXT  added to the agent's instructions
      --json               prints the events as JSON Lines
  status [--json]     shows memory and what the guards make of it
  diagnose [--json]   looks for what is wrong, without a model call; fails if something is

Environment: OPENCLAW_GATEWAY_URL, OPENCLAW_GATEWAY_TOKEN, OPENCLAW_GATEWAY_BACKUP_URL,
  OPENCLAW_GATEWAY_AGENT_ID (default main); LC_ALL, LC_MESSAGES, LANG, LANGUAGE
Folders: /proc and /sys/fs/cgroup, for the available memory; without them it counts as short

Example:
  wasmtime run -S http,inherit-env --dir /proc --dir /sys/fs/cgroup openclaw-cli.wasm ask ping

Exit codes:
    0  all went well
    1  another error
    2  wrong arguments, input or settings (config_invalid)
";

const HELP_ZH: &str = "\
通过带防护的插件组件与 OpenClaw 网关对话。

用法：openclaw-cli.wasm [--locale en|zh] 命令

  ask [文本]          提问一次并流式输出回答；写 -，或省略文本且标准输入不是终端时，从标准输入读取
      --session 名称       要继续的会话；省略则新建
      --level L0..L4       任务的权限级别（默认 L0，仅对话）
      --heavy              标记为重任务
      --instructions 文本  附加给智能体的说明
      --json               以 JSON Lines 输出事件
  status [--json]     显示内存以及防护状态
  diagnose [--json]   检查哪里有问题，不调用模型；有问题时以失败退出

环境变量：OPENCLAW_GATEWAY_URL、OPENCLAW_GATEWAY_TOKEN、OPENCLAW_GATEWAY_BACKUP_URL、
  OPENCLAW_GATEWAY_AGENT_ID（默认 main）；LC_ALL、LC_MESSAGES、LANG、LANGUAGE
文件夹：/proc 与 /sys/fs/cgroup，用于读取可用内存；没有它们则按内存不足处理

示例：
  wasmtime run -S http,inherit-env --dir /proc --dir /sys/fs/cgroup openclaw-cli.wasm ask ping

退出码：
    0  成功
    1  其他错误
    2  参数、输入或设置有误（config_invalid）
";

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
