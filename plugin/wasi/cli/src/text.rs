//! What people read.

use openclaw_plugin::exit;
use openclaw_plugin::fault::{FaultCode, Locale};

use crate::bindings::astr::openclaw::gateway::Check;
use crate::bindings::astr::openclaw::guards::{BreakerState, State};
use crate::bindings::astr::openclaw::memory_stat::Bound;
use crate::bindings::astr::openclaw::types::Fault;
use crate::config::VARIABLES;
use crate::names;

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
    let mut what = fault.message.clone();
    if let Some(status) = fault.http_status {
        what.push_str(&format!(" (HTTP {status})"));
    }
    let mut remedy = fault.remedy.clone();
    if let Some(seconds) = fault
        .retry_after_ms
        .map(|milliseconds| milliseconds.div_ceil(1000))
    {
        remedy.push_str(&match locale {
            Locale::En => format!(" Again possible in {seconds} s."),
            Locale::Zh => format!("可在 {seconds} 秒后重试。"),
        });
    }
    problem(
        locale,
        Some(names::fault(fault.code)),
        &what,
        &fault.cause,
        &remedy,
    )
}

/// A setting that is missing or not allowed; with the variable that sets it.
pub fn config_error(locale: Locale, key: &str, message: &str) -> String {
    let code = FaultCode::ConfigInvalid;
    let place = VARIABLES
        .iter()
        .find(|(_, of)| *of == key)
        .map(|(variable, _)| format!(" ({variable})"))
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

/// All that the guards know, a line each.
pub fn status(locale: Locale, state: &State) -> String {
    let memory = &state.memory;
    let cap = names::level(memory.level_cap);
    let mut lines = vec![match (memory.available, memory.total) {
        (Some(available), Some(total)) => {
            let of = match memory.bounded_by {
                Some(Bound::Container) => pick(locale, "of this container", "容器限制"),
                _ => pick(locale, "of this machine", "整机"),
            };
            let (available, total) = (available >> 20, total >> 20);
            match locale {
                Locale::En => format!("memory: {available} of {total} MiB available ({of})"),
                Locale::Zh => format!("内存：可用 {available} MiB，共 {total} MiB（{of}）"),
            }
        }
        _ => {
            let why = memory.unreadable.as_deref().unwrap_or_default();
            match locale {
                Locale::En => format!("memory: cannot be read ({why})"),
                Locale::Zh => format!("内存：无法读取（{why}）"),
            }
        }
    }];
    let heavy = match memory.heavy_allowed {
        true => pick(locale, "allowed", "允许"),
        false => pick(locale, "refused", "拒绝"),
    };
    lines.push(match locale {
        Locale::En => format!("level: at most {cap}; heavy tasks: {heavy}"),
        Locale::Zh => format!("级别：最高 {cap}；重任务：{heavy}"),
    });
    lines.extend(state.breakers.iter().map(|breaker| {
        let name = names::gateway(breaker.gateway);
        let stands = match breaker.state {
            BreakerState::Closed => pick(locale, "closed", "关闭（正常）"),
            BreakerState::Open => pick(locale, "open", "打开（暂停）"),
            BreakerState::HalfOpen => pick(locale, "half open", "半开（试探）"),
        };
        let (failures, seconds) = (breaker.failures, breaker.retry_after_ms.div_ceil(1000));
        match locale {
            Locale::En => {
                format!("breaker of {name}: {stands}, failures {failures}, trial in {seconds} s")
            }
            Locale::Zh => format!("熔断 {name}：{stands}，连续失败 {failures}，{seconds} 秒后试探"),
        }
    }));
    lines.push(match locale {
        Locale::En => format!(
            "turns: {} running, {} waiting",
            state.in_flight, state.queued
        ),
        Locale::Zh => format!("任务：{} 个运行，{} 个等待", state.in_flight, state.queued),
    });
    lines
        .iter()
        .map(|line| format!("{}\n", printable(line)))
        .collect()
}

/// What the diagnosis found, a check a line, with cause and remedy below those that are not well.
pub fn diagnosis(locale: Locale, checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let Some(code) = check.wrong else {
            text.push_str(&format!(
                "ok    {}: {}\n",
                check.name,
                printable(&check.detail)
            ));
            continue;
        };
        let code = names::fault(code);
        let detail = printable(&check.detail);
        text.push_str(&format!("WRONG {} [{code}]: {detail}\n", check.name));
        for (name, line) in [
            (pick(locale, "cause", "原因"), &check.cause),
            (pick(locale, "remedy", "处理"), &check.remedy),
        ] {
            text.push_str(&format!("      {name}: {}\n", printable(line)));
        }
    }
    text
}

/// The help.
pub fn help(locale: Locale) -> String {
    let mut text = pick(locale, HELP_EN, HELP_ZH).to_owned();
    let mut codes: Vec<_> = FaultCode::ALL
        .iter()
        .map(|code| (exit::of_fault(*code), code.as_str()))
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

  ask [TEXT]          asks once and streams the answer; without TEXT, or with -, it is read from stdin
      --session NAME       the talk to go on with; without it a new one
      --level L0..L4       how much the turn may do (default L0, talk only)
      --heavy              marks the task as heavy
      --instructions TEXT  added to the agent's instructions
      --json               prints the events as JSON Lines
  status [--json]     shows memory and what the guards make of it
  diagnose [--json]   looks for what is wrong, without a model call; fails if something is

Environment: OPENCLAW_GATEWAY_URL, OPENCLAW_GATEWAY_TOKEN, OPENCLAW_GATEWAY_BACKUP_URL,
  OPENCLAW_GATEWAY_AGENT_ID (default main); LC_ALL, LC_MESSAGES, LANG
Folders: /proc and /sys/fs/cgroup, for the available memory; without them it counts as short

Example:
  wasmtime run -S http,inherit-env --dir /proc --dir /sys/fs/cgroup openclaw-cli.wasm ask ping

Exit codes:
    0  all went well
    1  another error
";

const HELP_ZH: &str = "\
通过带防护的插件组件与 OpenClaw 网关对话。

用法：openclaw-cli.wasm [--locale en|zh] 命令

  ask [文本]          提问一次并流式输出回答；省略文本或写 - 时从标准输入读取
      --session 名称       要继续的会话；省略则新建
      --level L0..L4       任务的权限级别（默认 L0，仅对话）
      --heavy              标记为重任务
      --instructions 文本  附加给智能体的说明
      --json               以 JSON Lines 输出事件
  status [--json]     显示内存以及防护状态
  diagnose [--json]   检查哪里有问题，不调用模型；有问题时以失败退出

环境变量：OPENCLAW_GATEWAY_URL、OPENCLAW_GATEWAY_TOKEN、OPENCLAW_GATEWAY_BACKUP_URL、
  OPENCLAW_GATEWAY_AGENT_ID（默认 main）；LC_ALL、LC_MESSAGES、LANG
文件夹：/proc 与 /sys/fs/cgroup，用于读取可用内存；没有它们则按内存不足处理

示例：
  wasmtime run -S http,inherit-env --dir /proc --dir /sys/fs/cgroup openclaw-cli.wasm ask ping

退出码：
    0  成功
    1  其他错误
";

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
