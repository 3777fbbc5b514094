//! The help text.

use openclaw_core::fault::FaultCode;
use openclaw_core::locale::{Locale, say};
use openclaw_render::{HELP, exit_codes, help_text, variables};

/// Syntax of each command and option in English and Chinese, and its key in the help table.
const ROWS: [(&str, &str, &str); 10] = [
    ("ask [TEXT]", "ask [文本]", "ask"),
    ("  TEXT", "  文本", ".text"),
    ("  --session NAME", "  --session 名称", ".session"),
    ("  --level L0..L4", "  --level L0..L4", ".level"),
    (
        "  --instructions TEXT",
        "  --instructions 文本",
        ".instructions",
    ),
    ("  --heavy", "  --heavy", ".heavy"),
    ("  --json", "  --json", "ask.json"),
    ("status [--json]", "status [--json]", "status"),
    ("diagnose [--json]", "diagnose [--json]", "diagnose"),
    ("--locale en|zh", "--locale en|zh", ".locale"),
];

/// The help text.
pub fn text(locale: Locale) -> String {
    let of = |key| help_text(HELP, key, locale).unwrap_or_default();
    let rows = ROWS.map(|(en, zh, key)| {
        let name = match locale {
            Locale::En => en,
            Locale::Zh => zh,
        };
        // Chinese characters are two columns wide.
        let width: usize = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
        let gap = 22_usize.saturating_sub(width);
        format!("  {name}{:gap$}{}\n", "", of(key))
    });
    let usage = say!(locale,
        en: "Usage: openclaw-cli.wasm [--locale en|zh] COMMAND",
        zh: "用法：openclaw-cli.wasm [--locale en|zh] 命令");
    let variables = variables(locale);
    let surroundings = say!(locale,
        en: "\
Environment:
{variables}
Folders: /proc and /sys/fs/cgroup, to read the available memory; without them it counts as short

Example:
  wasmtime run -S http,inherit-env --dir /proc --dir /sys/fs/cgroup openclaw-cli.wasm ask ping

Exit codes:",
        zh: "\
环境变量：
{variables}
文件夹：/proc 与 /sys/fs/cgroup，用于读取可用内存；没有它们则按内存不足处理

示例：
  wasmtime run -S http,inherit-env --dir /proc --dir /sys/fs/cgroup openclaw-cli.wasm ask ping

退出码：");
    // The runtime reports a trap, which ends this program too.
    let codes = exit_codes(locale, &[], |code| code != FaultCode::PluginTrapped);
    let (about, rows) = (of(""), rows.concat());
    format!("{about}\n\n{usage}\n\n{rows}\n{surroundings}\n{codes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_option_is_explained_in_both_languages() {
        for locale in [Locale::En, Locale::Zh] {
            let help = text(locale);
            for (.., key) in ROWS {
                let text = help_text(HELP, key, locale).unwrap();
                assert!(help.contains(text), "{key}");
            }
            assert!(help.contains(" 10  auth_failed\n"), "{help}");
        }
    }
}
