//! Help texts shared by both command lines, in both languages.

use openclaw_core::config::KEYS;
use openclaw_core::locale::Locale;

/// A command, an option of every command (`.session`) or of one (`ask.json`), with its help in English and Chinese.
pub type HelpText = (&'static str, &'static str, &'static str);

/// Shared commands and options.
#[rustfmt::skip]
pub const HELP: &[HelpText] = &[
    ("", "Talks to an OpenClaw Gateway through the guarded plugin component.",
        "通过带防护的插件组件与 OpenClaw 网关对话。"),
    (".locale", "Language of texts; by default LC_ALL, LC_MESSAGES, LANG and LANGUAGE decide",
        "文字的语言；默认由 LC_ALL、LC_MESSAGES、LANG 和 LANGUAGE 决定"),
    ("ask", "Asks once and streams the answer", "提问一次，流式输出回答"),
    (".text", "What to ask; `-` reads stdin, as does no text if stdin is not a terminal",
        "要问的内容；写 -，或省略且标准输入不是终端时，从标准输入读取"),
    (".session", "Conversation to continue; a new one by default", "要继续的会话；默认新建"),
    (".level", "What the turn may do, from L0 (talk only, the default) to L4; the guards may lower it",
        "任务的权限级别，L0（仅对话，默认）到 L4；防护可能会降低它"),
    (".instructions", "Added to the agent's instructions", "附加的智能体指令"),
    (".heavy", "Marks the task as heavy", "标记为重任务"),
    ("ask.json", "Prints the events as JSON Lines", "以 JSON Lines 输出事件"),
    ("status", "Shows memory, breakers and turns", "显示内存、熔断与任务"),
    (".json", "Prints one JSON object", "输出一个 JSON 对象"),
    ("diagnose", "Checks the setup without calling a model; exits with an error if a check fails",
        "检查设置与网关，不调用模型；有检查未通过时退出码非 0"),
];

/// The help of a command or option.
pub fn help_text(table: &[HelpText], key: &str, locale: Locale) -> Option<&'static str> {
    let (_, en, zh) = table.iter().find(|(name, ..)| *name == key)?;
    Some(match locale {
        Locale::En => en,
        Locale::Zh => zh,
    })
}

/// The environment variables, one per line with what each sets.
pub fn variables(locale: Locale) -> String {
    let row = |name, title| format!("  {name:<28} {title}\n");
    let rows = KEYS
        .iter()
        .filter_map(|key| Some(row(key.env?, key.title(locale))));
    rows.collect()
}
