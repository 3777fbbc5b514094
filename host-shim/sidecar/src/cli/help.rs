//! The Chinese help of commands and arguments, by their path.

/// The Chinese help of a command or argument, such as `init.force`. Paths start below `sidecar`, whose own
/// text has the empty path.
pub fn chinese(path: &str) -> Option<&'static str> {
    let own = match path {
        "" => "安装、检查、启动、升级和回滚 AstrBot 旁边的 OpenClaw 网关",
        "root" => "边车的目录",
        "init" => "创建目录和文件，并生成强令牌；不覆盖任何文件",
        "init.force" => "替换与模板不同的文件并保留备份；.env 不会被替换",
        "doctor" => "检查文件、设置、容器引擎、容器、端口、令牌、内存、磁盘和系统时间",
        "doctor.json" => "输出一个 JSON 对象",
        "doctor.fix" => "执行安全的修复：创建缺少的内容、收紧权限、在没有令牌时写入令牌",
        "doctor.dry_run" => "与 --fix 一起使用：只列出将要进行的修复",
        "doctor.plugin_config" => "要比较的插件配置：AstrBot 的 JSON 或 host-shim 的 TOML",
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
        "rollback" => "回退到上一个健康的恢复点",
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

/// Arguments shared by several commands.
fn shared(argument: &str) -> Option<&'static str> {
    match argument {
        "wait" => Some("等待健康检查通过的最长秒数"),
        "keep" => Some("保留的恢复点数量；最新的健康恢复点总会保留"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command};

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
        check(
            &super::super::SidecarArgs::augment_args(Command::new("sidecar")),
            "",
        );
    }
}
