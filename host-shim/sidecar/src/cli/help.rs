//! The Chinese help of commands and arguments, by their path.

use clap::Command;
use openclaw_core::locale::Locale;

/// The Chinese help of a command or argument, such as `init.force`. Paths start below `sidecar`, whose own
/// text has the empty path.
pub fn chinese(path: &str) -> Option<&'static str> {
    let own = match path {
        "" => "安装、检查、启动、升级和回滚 AstrBot 旁边的 OpenClaw 网关",
        "root" => "边车的目录",
        "init" => "创建目录和文件，并生成强令牌；不覆盖任何文件",
        "init.force" => "替换与模板不同的文件并保留备份；.env 不会被替换",
        "init.port" => "网关在本机回环地址上的端口",
        "init.astrbot_container" => "AstrBot 在该容器中运行：让它能访问网关",
        "init.network" => "与 --astrbot-container 一起使用：共用的网络；默认由边车新建",
        "astrbot" => "让 AstrBot 的容器能访问网关：建立共用网络，不重启 AstrBot",
        "astrbot.container" => "AstrBot 的容器，即 `docker ps` 中的名称",
        "astrbot.network" => "共用的网络；默认由边车新建",
        "model" => "选择模型服务：常用服务、任意 OpenAI 兼容地址，或沿用 AstrBot 的服务商",
        "model.service" => "常用服务的名称（见 --list），或 custom（需要 --base-url）",
        "model.base_url" => "服务的基础 URL，例如 https://llm.example.com/v1",
        "model.model" => "服务中的模型名称；默认为 --list 中的第一个",
        "model.api" => "调用该服务的接口类型",
        "model.key_env" => "从该环境变量读取密钥；不写名称则使用该服务的惯用变量",
        "model.key_file" => "从只含密钥的文件读取；- 表示标准输入",
        "model.keep_loopback" => "网关不在容器中运行：保留回环地址",
        "model.dry_run" => "只显示将要进行的修改",
        "model.json" => "输出一个 JSON 对象",
        "model.list" => "改为列出常用服务",
        "doctor" => "检查文件、设置、容器引擎、容器、端口、令牌、内存、磁盘和系统时间",
        "doctor.json" => "输出一个 JSON 对象",
        "doctor.fix" => "执行安全的修复：创建缺少的内容、收紧权限、在没有令牌时写入令牌",
        "doctor.dry_run" => "与 --fix 一起使用：只列出将要进行的修复",
        "doctor.plugin_config" => "要比较的插件配置：AstrBot 的 JSON 或 host-shim 的 TOML",
        "doctor.astrbot" => "AstrBot 的数据目录，用于比较模型服务的密钥",
        "doctor.ask" => "通过网关请求一次模型，以证明模型服务可用",
        "doctor.json_schema" => "改为输出 --json 结果的 JSON Schema",
        "up" => "启动网关并等待健康检查通过",
        "down" => "停止网关并删除容器；数据全部保留",
        "ps" => "显示容器",
        "logs" => "显示网关日志，令牌会脱敏",
        "logs.follow" => "持续显示新日志",
        "logs.tail" => "从末尾起显示的行数",
        "restart" => "重建容器，使 .env 和配置的修改生效",
        "upgrade" => "切换到另一个版本；未通过健康检查时自动回退",
        "upgrade.version" => "一个发行版，例如 2026.9.6",
        "rollback" => "回退到上次升级之前的版本，或某个恢复点",
        "rollback.to" => "要回退到的恢复点",
        "rollback.list" => "只列出恢复点",
        "print-config" => "输出连接本网关的插件设置，含令牌明文，可直接粘贴",
        "print-config.format" => "输出格式",
        "print-config.agent_id" => "负责回答的智能体",
        "manifest" => "输出 Kubernetes 清单：AstrBot 与作为原生边车容器的网关",
        "manifest.output" => "改为在该目录写入 astrbot.yaml 与 secret.yaml（权限 600，新令牌）",
        "manifest.namespace" => "命名空间",
        "manifest.gateway_version" => "网关版本；默认与模板相同",
        "manifest.astrbot_image" => "带标签的 AstrBot 镜像",
        other => return shared(other.rsplit('.').next()?),
    };
    Some(own)
}

/// What follows the help of the command at a path, with examples: English and Chinese.
const AFTER: &[(&str, &str, &str)] = &[
    (
        "init",
        "\
Examples:
  host-shim sidecar init --root /opt/openclaw
  host-shim sidecar init --from-astrbot /opt/AstrBot/data
  host-shim sidecar init --astrbot-container astrbot --from-astrbot
  host-shim sidecar init --force          after an update of this program",
        "\
示例：
  host-shim sidecar init --root /opt/openclaw
  host-shim sidecar init --from-astrbot /opt/AstrBot/data
  host-shim sidecar init --astrbot-container astrbot --from-astrbot
  host-shim sidecar init --force          更新本程序之后",
    ),
    (
        "astrbot",
        "\
Example:
  host-shim sidecar astrbot --container astrbot",
        "\
示例：
  host-shim sidecar astrbot --container astrbot",
    ),
    (
        "model",
        "\
Examples:
  host-shim sidecar model                     asks for everything
  DEEPSEEK_API_KEY=… host-shim sidecar model --service deepseek --key-env
  host-shim sidecar model --service qwen --model qwen-plus --key-file key.txt
  host-shim sidecar model --service ollama --model qwen3:8b
  host-shim sidecar model --base-url https://llm.example.com/v1 --model mine \\
      --key-file -
  host-shim sidecar model --from-astrbot /opt/AstrBot/data --provider my-id
The key goes only to .env; the config changes only between the command's own
markers. A restore point is made first.",
        "\
示例：
  host-shim sidecar model                     逐项询问
  DEEPSEEK_API_KEY=… host-shim sidecar model --service deepseek --key-env
  host-shim sidecar model --service qwen --model qwen-plus --key-file key.txt
  host-shim sidecar model --service ollama --model qwen3:8b
  host-shim sidecar model --base-url https://llm.example.com/v1 --model mine \\
      --key-file -
  host-shim sidecar model --from-astrbot /opt/AstrBot/data --provider my-id
密钥只写入 .env；配置文件只有本命令标记之间的内容会改变。修改前会创建恢复点。",
    ),
    (
        "doctor",
        "\
Examples:
  host-shim sidecar doctor
  host-shim sidecar doctor --fix --dry-run
  host-shim sidecar doctor --ask              with one model call
  host-shim sidecar doctor --astrbot /opt/AstrBot/data --plugin-config \\
      /opt/AstrBot/data/config/astrbot_plugin_openclaw_config.json",
        "\
示例：
  host-shim sidecar doctor
  host-shim sidecar doctor --fix --dry-run
  host-shim sidecar doctor --ask              请求一次模型
  host-shim sidecar doctor --astrbot /opt/AstrBot/data --plugin-config \\
      /opt/AstrBot/data/config/astrbot_plugin_openclaw_config.json",
    ),
    (
        "up",
        "\
Examples:
  host-shim sidecar up
  host-shim sidecar up --wait 900             on a slow machine
Ctrl-C only ends the waiting: the gateway goes on starting.",
        "\
示例：
  host-shim sidecar up
  host-shim sidecar up --wait 900             较慢的机器
按 Ctrl-C 只会停止等待，网关会继续启动。",
    ),
    (
        "logs",
        "\
Examples:
  host-shim sidecar logs --tail 20
  host-shim sidecar logs --follow             ends with Ctrl-C",
        "\
示例：
  host-shim sidecar logs --tail 20
  host-shim sidecar logs --follow             按 Ctrl-C 结束",
    ),
    (
        "upgrade",
        "\
Examples:
  host-shim sidecar upgrade 2026.9.6
  host-shim sidecar upgrade 2026.9.6 --wait 900 --keep 10",
        "\
示例：
  host-shim sidecar upgrade 2026.9.6
  host-shim sidecar upgrade 2026.9.6 --wait 900 --keep 10",
    ),
    (
        "rollback",
        "\
Examples:
  host-shim sidecar rollback                  to before the last upgrade
  host-shim sidecar rollback --list
  host-shim sidecar rollback --to 20261127T080000Z-2026.2.9",
        "\
示例：
  host-shim sidecar rollback                  回到上次升级之前
  host-shim sidecar rollback --list
  host-shim sidecar rollback --to 20261127T080000Z-2026.2.9",
    ),
    (
        "print-config",
        "\
Examples:
  host-shim sidecar print-config
  host-shim sidecar print-config --format env > gateway.env
  host-shim sidecar print-config --format level-agents --agent-id amy",
        "\
示例：
  host-shim sidecar print-config
  host-shim sidecar print-config --format env > gateway.env
  host-shim sidecar print-config --format level-agents --agent-id amy",
    ),
    (
        "manifest",
        "\
Examples:
  host-shim sidecar manifest --output k8s
  host-shim sidecar manifest --gateway-version 2026.9.6 | less",
        "\
示例：
  host-shim sidecar manifest --output k8s
  host-shim sidecar manifest --gateway-version 2026.9.6 | less",
    ),
];

/// What follows the help of a command at this path; `None` for nothing.
pub fn after(path: &str, locale: Locale) -> Option<&'static str> {
    let (_, en, zh) = AFTER.iter().find(|(command, ..)| *command == path)?;
    Some(match locale {
        Locale::En => en,
        Locale::Zh => zh,
    })
}

/// The command `sidecar`, or the program that has its commands, with examples after their help.
pub fn with_examples(command: Command, locale: Locale) -> Command {
    AFTER.iter().fold(command, |command, (path, ..)| {
        let text = after(path, locale).unwrap_or_default();
        command.mut_subcommand(path, |command| command.after_help(text))
    })
}

/// Arguments shared by several commands.
fn shared(argument: &str) -> Option<&'static str> {
    match argument {
        "wait" => Some("等待健康检查通过的最长秒数"),
        "from_astrbot" => {
            Some("沿用 AstrBot 数据目录中的模型服务；不写目录时使用 AstrBot 容器挂载的数据目录")
        }
        "provider" => Some("与 --from-astrbot 一起使用：AstrBot 中服务商的 id"),
        "keep" => Some("保留的恢复点数量；最新的健康恢复点总会保留"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Parser};

    use crate::cli::SidecarArgs;

    use super::*;

    #[test]
    fn every_command_and_argument_has_a_chinese_text() {
        fn check(command: &Command, path: &str) {
            assert!(chinese(path).is_some(), "{path}");
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let key = if path.is_empty() {
                    id.to_owned()
                } else {
                    format!("{path}.{id}")
                };
                assert!(chinese(&key).is_some(), "{key}");
            }
            for sub in command.get_subcommands() {
                check(sub, sub.get_name());
            }
        }
        check(&SidecarArgs::augment_args(Command::new("sidecar")), "");
    }

    #[derive(Debug, Parser)]
    #[command(name = "host-shim sidecar")]
    struct Sidecar {
        #[command(flatten)]
        args: SidecarArgs,
    }

    /// Examples that are no commands are worse than none.
    #[test]
    fn every_example_is_a_command_of_this_program() {
        let mut tried = 0;
        for (path, en, zh) in AFTER {
            let examples = |text: &str| -> Vec<String> {
                let joined = text.replace("\\\n      ", "");
                let lines = joined.lines().filter_map(|line| {
                    let (_, command) = line.split_once("host-shim sidecar ")?;
                    // What follows two spaces explains it.
                    let command = command.trim().split("   ").next()?;
                    Some(command.split(['>', '|']).next()?.trim().to_owned())
                });
                lines.collect()
            };
            assert_eq!(examples(en), examples(zh), "{path}");
            for example in examples(en) {
                let words = ["sidecar"].into_iter().chain(example.split_whitespace());
                let parsed = Sidecar::try_parse_from(words);
                assert!(parsed.is_ok(), "{example}: {parsed:?}");
                assert_eq!(example.split(' ').next(), Some(*path));
                tried += 1;
            }
            for text in [en, zh] {
                let wide = text
                    .lines()
                    .find(|line| openclaw_core::wrap::width(line) > 80);
                assert_eq!(wide, None);
            }
        }
        assert!(tried > 20, "{tried}");
    }
}
