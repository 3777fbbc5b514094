//! What `--help` adds to the grammar: examples, exit codes, the session protocol, and all of it in
//! Chinese.

use clap::{Arg, ArgAction, Command};
use openclaw_core::locale::Locale;

use super::text::pick;
use super::{chat, exit};

const SETTINGS_EN: &str = "\
Settings: flags, before the environment (OPENCLAW_GATEWAY_URL, OPENCLAW_GATEWAY_BACKUP_URL,
OPENCLAW_GATEWAY_TOKEN, OPENCLAW_GATEWAY_AGENT_ID), before the file of --config.
The token is never a flag: a command line can be read by others.";

const SETTINGS_ZH: &str = "\
设置的优先级：参数，其次环境变量（OPENCLAW_GATEWAY_URL、OPENCLAW_GATEWAY_BACKUP_URL、
OPENCLAW_GATEWAY_TOKEN、OPENCLAW_GATEWAY_AGENT_ID），最后是 --config 的文件。
令牌不能作为参数：命令行会被其他用户看到。";

const EXAMPLES_EN: &str = "
  export OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=…
  host-shim diagnose                          is everything in place?
  host-shim ask 'What is in my workspace?'    one turn, streamed
  git diff | host-shim ask --instructions 'Review this change.'
  host-shim ask --attach cat.png 'What is this?'
  host-shim chat --session notes              a talk that is remembered
  printf '{\"id\":1,\"op\":\"status\"}\\n' | host-shim session
";

const EXAMPLES_ZH: &str = "
  export OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=…
  host-shim diagnose                          一切就绪了吗？
  host-shim ask '我的工作区里有什么？'            问一次，流式回答
  git diff | host-shim ask --instructions '审查这个改动。'
  host-shim ask --attach cat.png '这是什么？'
  host-shim chat --session notes              有记忆的对话
  printf '{\"id\":1,\"op\":\"status\"}\\n' | host-shim session
";

const DEMO_EN: &str = "\
  host-shim demo                              the guards and faults, without a gateway
";

const DEMO_ZH: &str = "\
  host-shim demo                              不需要网关，演示防护与故障
";

const ASK_EN: &str = "
  host-shim ask 'What is in my workspace?'
  git diff | host-shim ask --instructions 'Review this change.'
  host-shim ask --attach cat.png 'What is this?'
  host-shim ask --session notes --level L1 'Go on.'
  host-shim ask --json hi | jq -r 'select(.event == \"completed\").text'
";

const ASK_ZH: &str = "
  host-shim ask '我的工作区里有什么？'
  git diff | host-shim ask --instructions '审查这个改动。'
  host-shim ask --attach cat.png '这是什么？'
  host-shim ask --session notes --level L1 '继续。'
  host-shim ask --json 你好 | jq -r 'select(.event == \"completed\").text'
";

const SESSION_EN: &str = "\
One JSON object a line, in UTF-8. A request has an `id` (a string or a number), which its events
carry, and an `op`:
  ask          text; and perhaps session, level (\"L0\" to \"L4\"), heavy, instructions,
               attachments [{path} or {media_type, data (base64), filename?}],
               tools [{name, description, parameters, level}]
  tool-result  turn (the ask's id), call, and output or error
  cancel       turn
  status, diagnose, reset (closes the breakers)
  memory       available_mib (a number pretends, null: the real one) or unreadable: true
  advance      seconds: moves the clock that the guards see
  quit         the end, as is that of the input: what runs is cancelled
Events have the request's `id` and an `event`: ready at first; for an ask delta, tool-call and
notice, then one completed or fault; for the others done, status, diagnosis, or error.

Example:
  printf '{\"id\":1,\"op\":\"ask\",\"text\":\"hi\"}\\n' | (cat; sleep 60) | host-shim session";

const SESSION_ZH: &str = "\
每行一个 UTF-8 的 JSON 对象。请求含有 `id`（字符串或数字，其事件带有同样的 id）和 `op`：
  ask          text；可选 session、level（\"L0\" 到 \"L4\"）、heavy、instructions、
               attachments [{path} 或 {media_type, data（base64）, filename?}]、
               tools [{name, description, parameters, level}]
  tool-result  turn（ask 的 id）、call，以及 output 或 error
  cancel       turn
  status、diagnose、reset（关闭熔断）
  memory       available_mib（数字为假装，null 恢复真实值）或 unreadable: true
  advance      seconds：拨动防护所见的时钟
  quit         结束；输入结束也一样：正在运行的任务会被取消
事件含有请求的 `id` 和 `event`：首先是 ready；ask 对应 delta、tool-call、notice，
最后是一个 completed 或 fault；其他对应 done、status、diagnosis 或 error。

示例：
  printf '{\"id\":1,\"op\":\"ask\",\"text\":\"你好\"}\\n' | (cat; sleep 60) | host-shim session";

/// The grammar with its help texts in the locale.
pub fn dress(command: Command, locale: Locale) -> Command {
    let command = match locale {
        Locale::En => command,
        Locale::Zh => chinese_root(command),
    };
    let examples = |examples| format!("{}{examples}", pick(locale, "Examples:", "示例："));
    let demo = match cfg!(feature = "demo") {
        true => pick(locale, DEMO_EN, DEMO_ZH),
        false => "",
    };
    let exit_codes = || {
        let codes = exit::list(locale);
        let title = pick(locale, "Exit codes:", "退出码：");
        format!("{title}\n{}", codes.trim_end())
    };
    let ask = examples(pick(locale, ASK_EN, ASK_ZH)) + "\n" + &exit_codes();
    let chat = format!(
        "{}\n{}",
        pick(locale, "In the talk:", "对话中的命令："),
        chat::help(locale).trim_end()
    );
    command
        .after_help(format!(
            "{}\n\n{}{}\n{}",
            pick(locale, SETTINGS_EN, SETTINGS_ZH),
            examples(pick(locale, EXAMPLES_EN, EXAMPLES_ZH)),
            demo,
            exit_codes(),
        ))
        .mut_subcommand("ask", |command| command.after_help(ask))
        .mut_subcommand("chat", |command| command.after_help(chat))
        .mut_subcommand("session", |command| {
            command.after_help(pick(locale, SESSION_EN, SESSION_ZH))
        })
        .mut_subcommand("diagnose", |command| command.after_help(exit_codes()))
}

/// Help and version as arguments of our own, because those that clap adds by itself cannot be
/// translated.
fn chinese_root(command: Command) -> Command {
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version);
    chinese(command.disable_version_flag(true).arg(version), "")
}

fn chinese(mut command: Command, path: &str) -> Command {
    let about = chinese_text(path);
    if let Some(about) = about {
        command = command.about(about);
    }
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help);
    command = command
        .disable_help_flag(true)
        .arg(help)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .help_template("{about}\n\n用法：{usage}\n\n{all-args}{after-help}");
    let in_root = path.is_empty();
    command = command.mut_args(|argument| {
        let key = match argument.get_id().as_str() {
            "help" | "version" => argument.get_id().to_string(),
            id => join(path, id),
        };
        let heading = if argument.is_positional() {
            "参数"
        } else if in_root && argument.is_global_set() {
            "全局选项"
        } else {
            "选项"
        };
        match chinese_text(&key) {
            Some(text) => argument.help(text).help_heading(heading),
            None => argument.help_heading(heading),
        }
    });
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        let path = join(path, &name);
        command = command.mut_subcommand(name, |sub| chinese(sub, &path));
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

/// The Chinese help of a command or of an argument, by its place in the grammar.
fn chinese_text(key: &str) -> Option<&'static str> {
    Some(match key {
        "" => "通过带防护的插件组件与 OpenClaw 网关对话。",
        "help" => "显示帮助",
        "help.command" => "要了解的命令",
        "version" => "显示版本",
        "config" => "设置文件，TOML 或 JSON",
        "gateway_url" => "网关地址，例如 http://127.0.0.1:18789",
        "backup_url" => "备用网关：主网关不可用时才会使用",
        "agent" => "负责回答的 OpenClaw 代理",
        "token_file" => "只含网关令牌的文件",
        "component" => "要运行的插件组件（或 compile 的产物），代替内置的组件",
        "locale" => "文字的语言；未指定时由 LC_ALL、LC_MESSAGES、LANG 和 LANGUAGE 决定",
        "verbose" => "把日志写到标准错误；写两次则更详细",
        "ask" => "问一次，流式输出回答",
        "ask.text" => "要问的内容；写 -，或省略且标准输入不是终端时，从标准输入读取",
        "ask.heavy" => "标记为重任务",
        "ask.attachments" => "一并发送的图片或文件；可多次给出",
        "ask.json" => "输出 JSON Lines 事件，而不是文字",
        "ask.session" | "chat.session" => "要继续的会话；未指定则新建",
        "ask.level" | "chat.level" => "任务的权限级别，L0（仅对话，默认）到 L4；防护可能会降低它",
        "ask.instructions" | "chat.instructions" => "附加给代理的指示",
        "chat" => "交互式对话",
        "session" => "在标准输入输出上使用 JSON Lines，供脚本与测试使用",
        "status" => "显示内存以及防护的判断",
        "diagnose" => "诊断：不调用模型；有问题时退出码不为 0",
        "inspect" => "显示组件的信息、导入与导出",
        "inspect.file" => "组件文件；省略则为其他命令将运行的组件",
        "status.json" | "diagnose.json" | "inspect.json" => "输出一个 JSON 对象",
        "demo" => "用脚本网关演示防护与故障，不需要网络",
        "faults" => "输出故障表",
        "guards" => "输出防护表与当前生效的限值",
        "faults.markdown" | "guards.markdown" => "以 README 使用的 Markdown 输出",
        "compile" => "预先编译组件",
        "compile.input" => "组件文件",
        "compile.output" => "编译产物写到哪里",
        "completions" => "输出 shell 的补全脚本",
        "completions.shell" => "哪种 shell",
        "sidecar" => return openclaw_sidecar::cli::help::chinese(""),
        _ => return openclaw_sidecar::cli::help::chinese(key.strip_prefix("sidecar.")?),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::args::Cli;
    use super::*;

    #[test]
    fn the_grammar_holds_in_both_languages() {
        dress(Cli::command(), Locale::En).debug_assert();
        dress(Cli::command(), Locale::Zh).debug_assert();
    }

    #[test]
    fn every_command_and_argument_has_a_chinese_text() {
        fn check(command: &Command, path: &str) {
            assert!(chinese_text(path).is_some(), "no Chinese text for `{path}`");
            for argument in command.get_arguments() {
                let key = join(path, argument.get_id().as_str());
                assert!(chinese_text(&key).is_some(), "no Chinese text for `{key}`");
            }
            for sub in command.get_subcommands() {
                check(sub, &join(path, sub.get_name()));
            }
        }
        check(&Cli::command(), "");
    }

    #[test]
    fn commands_explain_what_their_options_do_not() {
        for locale in [Locale::En, Locale::Zh] {
            let mut root = dress(Cli::command(), locale);
            let mut help = |name: &str| {
                let command = root.find_subcommand_mut(name).unwrap();
                command.render_help().to_string()
            };
            for name in ["ask", "diagnose"] {
                assert!(help(name).contains("10  auth_failed"), "{name}");
            }
            assert!(help("ask").contains("host-shim ask --attach cat.png"));
            assert!(help("chat").contains(pick(locale, "/diagnose", "/诊断")));
            let session = help("session");
            for word in ["tool-result", "available_mib", "advance", "completed"] {
                assert!(session.contains(word), "{word} is missing:\n{session}");
            }
        }
    }

    #[test]
    fn help_lists_examples_and_exit_codes_in_the_locale() {
        let english = dress(Cli::command(), Locale::En).render_help().to_string();
        assert!(
            english.contains("Examples:") && english.contains("10  auth_failed"),
            "{english}"
        );
        let chinese = dress(Cli::command(), Locale::Zh).render_help().to_string();
        for text in ["用法：", "退出码：", "示例：", "全局选项", "显示帮助"] {
            assert!(chinese.contains(text), "{text} is missing:\n{chinese}");
        }
        for english in ["Usage", "Options:", "Commands:", "Print"] {
            assert!(!chinese.contains(english), "{english} is in:\n{chinese}");
        }
    }
}
