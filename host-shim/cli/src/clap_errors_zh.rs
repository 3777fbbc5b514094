//! What is wrong with the arguments, in Chinese: the parser itself speaks English only.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use openclaw_core::named::UnknownName;

/// The error in Chinese; none for help and version, and for what has no text here.
pub fn in_chinese(error: &clap::Error) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("、"),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let what = match error.kind() {
        ErrorKind::InvalidValue => {
            let allowed = context(ContextKind::ValidValue);
            match (
                context(ContextKind::InvalidValue).as_str(),
                allowed.as_str(),
            ) {
                ("", _) => format!("参数 {argument} 缺少值"),
                (value, "") => format!("参数 {argument} 不接受“{value}”"),
                (value, allowed) => format!("参数 {argument} 不接受“{value}”；可用的值：{allowed}"),
            }
        }
        ErrorKind::ValueValidation => {
            let value = context(ContextKind::InvalidValue);
            let why = match error.source() {
                Some(why) => match why.downcast_ref::<UnknownName>() {
                    Some(unknown) => format!("；可用的值：{}", unknown.allowed.join("、")),
                    None => format!("：{why}"),
                },
                None => String::new(),
            };
            format!("参数 {argument} 不接受“{value}”{why}")
        }
        ErrorKind::UnknownArgument => {
            let hint = context(ContextKind::SuggestedArg);
            match hint.is_empty() {
                true => format!("未知参数 {argument}"),
                false => format!("未知参数 {argument}；是否想用 {hint}？"),
            }
        }
        ErrorKind::InvalidSubcommand => {
            format!("未知命令 {}", context(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => format!("缺少参数 {argument}"),
        ErrorKind::MissingSubcommand => "缺少命令".to_owned(),
        ErrorKind::ArgumentConflict => {
            format!(
                "参数 {argument} 不能与 {} 同时使用",
                context(ContextKind::PriorArg)
            )
        }
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8 文本".to_owned(),
        _ => return None,
    };
    Some(format!("错误：{what}\n\n用 --help 查看用法。\n"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::Cli;

    fn said(arguments: &[&str]) -> Option<String> {
        let arguments = ["host-shim"].iter().chain(arguments);
        in_chinese(&Cli::try_parse_from(arguments).unwrap_err())
    }

    #[test]
    fn common_mistakes_are_told_in_chinese() {
        for (arguments, part) in [
            (
                &["ask", "--level", "L9", "hi"][..],
                "不接受“L9”；可用的值：L0、L1",
            ),
            (
                &["ask", "--levl", "L1"],
                "未知参数 --levl；是否想用 --level？",
            ),
            (&["fly"], "未知命令 fly"),
            (
                &["--locale", "fr", "status"],
                "不接受“fr”；可用的值：en、zh",
            ),
            (&["compile", "a.wasm"], "缺少参数 <OUT.cwasm>"),
            (&["ask", "--session"], "缺少值"),
        ] {
            let said = said(arguments).unwrap();
            assert!(said.contains(part), "{arguments:?}: {said}");
        }
    }

    #[test]
    fn help_is_left_alone() {
        assert_eq!(said(&["--help"]), None);
        assert_eq!(said(&["--version"]), None);
    }
}
