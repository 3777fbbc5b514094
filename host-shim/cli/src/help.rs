//! What `--help` adds to the grammar: examples, exit codes, the session protocol, and all of it in
//! Chinese.

use clap::{Arg, ArgAction, Command};
use openclaw_core::locale::{Locale, say};
use openclaw_render::{HELP, HelpText, exit_codes, help_text, variables};

use crate::commands::chat;
use crate::commands::session::help::{SESSION_EN, SESSION_ZH};

const EXAMPLES_EN: &str = "
  export OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=…
  host-shim diagnose                          check the setup
  host-shim ask 'Hello!'                      one turn, streamed
  host-shim ask --level L1 'What do you remember?'     L1: tools that only read
  git diff | host-shim ask --instructions 'Review this change.'
  host-shim ask --attach cat.png 'What is this?'
  host-shim chat --session notes              a conversation that is remembered
  printf '{\"id\":1,\"op\":\"status\"}\\n' | host-shim session
";

const EXAMPLES_ZH: &str = "
  export OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=…
  host-shim diagnose                          检查设置
  host-shim ask '你好！'                       问一次，流式回答
  host-shim ask --level L1 '你记得什么？'                 L1：可用只读工具
  git diff | host-shim ask --instructions '审查这个改动。'
  host-shim ask --attach cat.png '这是什么？'
  host-shim chat --session notes              有记忆的对话
  printf '{\"id\":1,\"op\":\"status\"}\\n' | host-shim session
";

const ASK_EN: &str = "
  host-shim ask --session notes --level L1 'Go on.'
  host-shim ask --attach cat.png 'What is this?'
  host-shim ask --json hi | jq -r 'select(.event == \"completed\").text'
  host-shim ask --level L1 --tools tools.json 'How full is the disk?'

tools.json lists programs that the model may call. They get the arguments as
JSON on stdin and print the output. One with `approval` (\"asker\" or \"admin\")
is asked about on the terminal first; without a terminal it is not run, unless
--yes is passed:
  [{\"name\": \"disk_usage\", \"level\": \"L1\",
    \"description\": \"How full the disks are\",
    \"parameters\": {\"type\": \"object\", \"properties\": {}},
    \"approval\": \"asker\", \"command\": [\"df\", \"-h\"], \"timeout_seconds\": 10}]
";

const ASK_ZH: &str = "
  host-shim ask --session notes --level L1 '继续。'
  host-shim ask --attach cat.png '这是什么？'
  host-shim ask --json 你好 | jq -r 'select(.event == \"completed\").text'
  host-shim ask --level L1 --tools tools.json '磁盘用了多少？'

tools.json 列出模型可以调用的程序：参数以 JSON 从标准输入传入，标准输出即为
结果。带 `approval`（\"asker\" 或 \"admin\"）的会先在终端询问；没有终端时
不执行，除非使用 --yes：
  [{\"name\": \"disk_usage\", \"description\": \"磁盘使用情况\", \"level\": \"L1\",
    \"parameters\": {\"type\": \"object\", \"properties\": {}},
    \"approval\": \"asker\", \"command\": [\"df\", \"-h\"], \"timeout_seconds\": 10}]
";

/// What only this command line has, as [`HELP`].
#[rustfmt::skip]
const OWN: &[HelpText] = &[
    ("help", "Shows this help, or that of a command", "显示本帮助或某个命令的帮助"),
    (".help", "Shows help", "显示帮助"),
    (".version", "Shows the version", "显示版本"),
    ("help.command", "Command to explain", "要了解的命令"),
    (".config", "Settings, as TOML or JSON", "设置文件，TOML 或 JSON"),
    (".gateway_url", "Gateway, such as http://127.0.0.1:18789", "网关地址，例如 http://127.0.0.1:18789"),
    (".backup_url", "Gateway to use when the primary is unavailable", "备用网关：主网关不可用时才会使用"),
    (".agent", "OpenClaw agent that answers", "负责回答的 OpenClaw 智能体"),
    (".level_agents", "The level picks the agent, so that it limits the gateway's own tools too; the gateway must have these agents",
        "由级别决定哪个智能体回答，从而也限制网关自带的工具；网关须已有这些智能体"),
    (".token_file", "File with nothing but the gateway's token", "只含网关令牌的文件"),
    (".component", "Plugin component, or the output of `compile`, to run instead of the built-in one",
        "要运行的插件组件（或 compile 的产物），代替内置的组件"),
    (".workspace", "Folder where the gateway's agents make files, if this machine shares it; OpenClaw before August 2026 needs it for --save-files and the session's `files`",
        "网关的智能体生成文件的目录（与本机共享时）；2026 年 8 月之前的 OpenClaw 需要它，--save-files 和 session 的 `files` 才能取得文件"),
    (".verbose", "Logs to stderr; twice for details and timings", "日志输出到标准错误；写两次则附带细节与耗时"),
    (".tools", "JSON list of programs that the model may call; `ask --help` shows one",
        "模型可以调用的程序列表（JSON），示例见 `ask --help`"),
    (".yes", "Approves every tool call without asking", "不询问，确认所有工具调用"),
    (".save_files", "Lets the agent send files, from L2 on, and saves them here; nothing is overwritten",
        "允许智能体发送文件（需要 L2 及以上）并保存到此目录，不覆盖已有文件"),
    ("ask.attachments", "Image or file to send along; repeatable", "一并发送的图片或文件；可多次指定"),
    ("chat", "Starts an interactive chat", "交互式对话"),
    ("session", "Speaks JSON Lines on stdin and stdout, for scripts and tests",
        "在标准输入输出上使用 JSON Lines，供脚本与测试使用"),
    ("inspect", "Shows a component's version, imports and exports", "显示组件的版本、导入与导出"),
    ("inspect.file", "Component; by default the one that the other commands run",
        "组件文件；默认为其他命令运行的组件"),
    ("demo", "Shows the guards and faults with a fake gateway; needs no network",
        "用模拟网关演示防护与故障，不需要网络"),
    ("faults", "Prints the table of faults", "输出故障表"),
    ("guards", "Prints the table of guards with the limits in force", "输出防护表与当前生效的限值"),
    (".markdown", "Prints Markdown", "输出 Markdown"),
    ("compile", "Compiles a component ahead of time", "预先编译组件"),
    ("compile.input", "Component", "组件文件"),
    ("compile.output", "Where to write the compiled artifact", "编译产物的路径"),
    ("compile.target", "Target of the host-shim or wheel that will run it, such as aarch64-unknown-linux-gnu; default: this machine's",
        "要运行它的 host-shim 或 wheel 的目标平台，例如 aarch64-unknown-linux-gnu；默认为本机"),
    ("completions", "Prints a completion script for a shell", "输出 shell 的补全脚本"),
    ("completions.shell", "Shell", "shell 的种类"),
    ("sidecar", "Sets up, checks, starts, upgrades and rolls back the OpenClaw gateway beside AstrBot",
        "安装、检查、启动、升级和回滚 AstrBot 旁边的 OpenClaw 网关"),
];

/// The help of the command at this place in the grammar, or of an argument of it. English texts of the
/// sidecar's are none: they are in its grammar.
fn text(path: &str, argument: Option<&str>, locale: Locale) -> Option<&'static str> {
    let of = |key: &str| help_text(HELP, key, locale).or_else(|| help_text(OWN, key, locale));
    let (key, any) = match argument {
        None => (path.to_owned(), None),
        Some(id) => (join(path, id), Some(format!(".{id}"))),
    };
    let sidecar = || match (key.strip_prefix("sidecar."), locale) {
        (Some(key), Locale::Zh) => openclaw_sidecar::cli::help::chinese(key),
        _ => None,
    };
    of(&key).or_else(sidecar).or_else(|| of(any.as_deref()?))
}

/// The grammar with its help texts in the locale.
pub fn localized(command: Command, locale: Locale) -> Command {
    let command = localize(command, "", locale);
    let pick = |en, zh| match locale {
        Locale::En => en,
        Locale::Zh => zh,
    };
    let went_back = say!(locale,
        en: "sidecar: an upgrade or rollback failed; the previous version runs again",
        zh: "sidecar：升级或回滚未成功，已恢复到之前的版本");
    let codes = exit_codes(
        locale,
        &[(openclaw_sidecar::cli::WENT_BACK, went_back)],
        |_| true,
    );
    let title = say!(locale, en: "Exit codes:", zh: "退出码：");
    let codes = format!("{title}\n{}", codes.trim_end());
    let examples = |examples| say!(locale, en: "Examples:", zh: "示例：") + examples;
    let ask = format!("{}\n{codes}", examples(pick(ASK_EN, ASK_ZH)));
    let title = say!(locale, en: "In the conversation:", zh: "对话中的命令：");
    let asked = say!(locale,
        en: "Before a tool of --tools with `approval` runs, the chat shows the call and asks\n\
             [y/N]; /status answers there too. No answer in time, Ctrl-C and the end of the\n\
             input mean no.",
        zh: "运行 --tools 中带 `approval` 的工具之前，会显示调用内容并询问 [y/N]，此时也可以\n\
             输入 /状态。超时、Ctrl-C 和输入结束都视为拒绝。");
    let chat = format!("{title}\n{}\n\n{asked}", chat::help(locale).trim_end());
    let variables = variables(locale);
    let settings = say!(locale,
        en: "\
Settings come from flags, then the environment, then the --config file. The
token has no flag because other users can read command lines.

Environment:
{variables}",
        zh: "\
设置的优先级：命令行参数 > 环境变量 > --config 文件。令牌不能作为参数，因为其他
用户能看到命令行。

环境变量：
{variables}");
    let all = examples(pick(EXAMPLES_EN, EXAMPLES_ZH));
    let command = command.mut_subcommand("sidecar", |sidecar| {
        openclaw_sidecar::cli::help::with_examples(sidecar, locale)
    });
    command
        .after_help(format!("{settings}\n{all}\n{codes}"))
        .mut_subcommand("ask", |command| command.after_help(ask))
        .mut_subcommand("chat", |command| command.after_help(chat))
        .mut_subcommand("session", |command| {
            command.after_help(pick(SESSION_EN, SESSION_ZH))
        })
        .mut_subcommand("diagnose", |command| command.after_help(codes))
}

/// The texts of a command and of all below it; in Chinese also what clap writes itself in English.
fn localize(mut command: Command, path: &str, locale: Locale) -> Command {
    let (chinese, in_root) = (locale == Locale::Zh, path.is_empty());
    if chinese {
        // Those that clap adds by itself cannot be translated.
        let flag = |name, short, action| Arg::new(name).short(short).long(name).action(action);
        command = command
            .disable_help_flag(true)
            .arg(flag("help", 'h', ArgAction::Help))
            .subcommand_help_heading("命令")
            .subcommand_value_name("命令")
            .help_template("{about}\n\n用法：{usage}\n\n{all-args}{after-help}");
        if in_root {
            command =
                command
                    .disable_version_flag(true)
                    .arg(flag("version", 'V', ArgAction::Version));
        }
    }
    if let Some(about) = text(path, None, locale) {
        command = command.about(about);
    }
    command = command.mut_args(|argument| {
        let heading = match (
            argument.is_positional(),
            in_root && argument.is_global_set(),
        ) {
            (true, _) => "参数",
            (false, true) => "全局选项",
            (false, false) => "选项",
        };
        let argument = match text(path, Some(argument.get_id().as_str()), locale) {
            Some(text) => argument.help(text),
            None => argument,
        };
        if chinese {
            argument.help_heading(heading)
        } else {
            argument
        }
    });
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        let path = join(path, &name);
        command = command.mut_subcommand(name, |sub| localize(sub, &path, locale));
    }
    command
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn the_grammar_holds_in_both_languages() {
        localized(Cli::command(), Locale::En).debug_assert();
        localized(Cli::command(), Locale::Zh).debug_assert();
    }

    #[test]
    fn every_command_and_argument_is_explained_in_both_languages() {
        fn check(command: &Command, path: &str) {
            assert!(command.get_about().is_some(), "no text for `{path}`");
            for argument in command.get_arguments() {
                let id = argument.get_id();
                assert!(argument.get_help().is_some(), "no text for `{path}` {id}");
                let chinese = text(path, Some(id.as_str()), Locale::Zh);
                assert!(chinese.is_some(), "no Chinese text for `{path}` {id}");
            }
            assert!(
                text(path, None, Locale::Zh).is_some(),
                "no Chinese text for `{path}`"
            );
            for sub in command.get_subcommands() {
                check(sub, &join(path, sub.get_name()));
            }
        }
        for locale in [Locale::En, Locale::Zh] {
            check(&localized(Cli::command(), locale), "");
        }
    }

    #[test]
    fn commands_explain_what_their_options_do_not() {
        for locale in [Locale::En, Locale::Zh] {
            let mut root = localized(Cli::command(), locale);
            let mut help = |name: &str| {
                let command = root.find_subcommand_mut(name).unwrap();
                command.render_help().to_string()
            };
            for name in ["ask", "diagnose"] {
                assert!(help(name).contains("10  auth_failed"), "{name}");
            }
            assert!(help("ask").contains("host-shim ask --attach cat.png"));
            assert!(help("ask").contains("\"command\": [\"df\""));
            assert!(help("chat").contains("[y/N]"));
            assert!(help("chat").contains(&say!(locale, en: "/diagnose", zh: "/诊断")));
            let session = help("session");
            for word in [
                "tool-result",
                "available_mib",
                "advance",
                "completed",
                "decide",
                "approval-ended",
                "not_permitted",
                "quoted {sender, text}",
            ] {
                assert!(session.contains(word), "{word} is missing:\n{session}");
            }
        }
    }

    // N10 of issue 13: clap breaks its own texts for the terminal, and these are broken already.
    #[test]
    fn what_is_broken_by_hand_fits_into_80_columns() {
        fn check(command: &Command, wide: &mut Vec<String>) {
            let after = command.get_after_help().map(ToString::to_string);
            let lines = after.iter().flat_map(|after| after.lines());
            let lines = lines.filter(|line| openclaw_core::wrap::width(line) > 80);
            wide.extend(lines.map(str::to_owned));
            for sub in command.get_subcommands() {
                check(sub, wide);
            }
        }
        let mut wide = Vec::new();
        for locale in [Locale::En, Locale::Zh] {
            check(&localized(Cli::command(), locale), &mut wide);
        }
        assert!(wide.is_empty(), "{}", wide.join("\n"));
    }

    // N2 of issue 13: at L0 the agent is told to use no tools.
    #[test]
    fn an_example_that_needs_tools_has_a_level() {
        for line in EXAMPLES_EN.lines().chain(EXAMPLES_ZH.lines()) {
            let needs = line.contains("do you remember") || line.contains("你记得");
            assert!(!needs || line.contains("--level"), "{line}");
        }
    }

    #[test]
    fn help_lists_examples_and_exit_codes_in_the_locale() {
        let english = localized(Cli::command(), Locale::En)
            .render_help()
            .to_string();
        assert!(
            english.contains("Examples:") && english.contains("10  auth_failed"),
            "{english}"
        );
        let chinese = localized(Cli::command(), Locale::Zh)
            .render_help()
            .to_string();
        for text in ["用法：", "退出码：", "示例：", "全局选项", "显示本帮助"] {
            assert!(chinese.contains(text), "{text} is missing:\n{chinese}");
        }
        for english in ["Usage", "Options:", "Commands:", "Print"] {
            assert!(!chinese.contains(english), "{english} is in:\n{chinese}");
        }
    }
}
