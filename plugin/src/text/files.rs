//! Texts about files that the agent sends.

use openclaw_core::level::Level;
use openclaw_core::locale::{Locale, say};
use openclaw_core::workspace::OpenError;

use crate::host::Failure;
use crate::prelude::*;

/// Why a file was not sent.
pub(crate) enum NotSent {
    /// The path is none that is allowed.
    Path,
    /// The level that is needed, and the effective one.
    Level(Level, Level),
    /// There is too little memory.
    Memory,
    /// As many as may have been sent.
    TooMany(u32),
    /// It has more bytes than may be sent.
    TooLarge(usize),
    /// Its content is not what its name says, or not of a kind that is sent.
    Type,
    /// A gateway's token is in it.
    Token,
    /// It cannot be opened.
    Open(OpenError),
    /// It was not there in time.
    Late,
    /// The gateway does not provide it: its status.
    Status(u16),
    /// The gateway cannot be asked.
    Failed(Failure),
}

/// One line. `path` is printable; `failed` are the words for a failure.
pub(crate) fn file_not_sent(locale: Locale, path: &str, why: &NotSent, failed: &str) -> String {
    let why = match why {
        NotSent::Path => say!(locale,
            en: "the path must be relative, inside the workspace, and not hidden",
            zh: "必须是工作区内的相对路径，且不是隐藏文件"),
        NotSent::Level(needs, level) => say!(locale,
            en: "that needs {needs}, the level is {level}",
            zh: "需要 {needs}，当前级别为 {level}"),
        NotSent::Memory => say!(locale,
            en: "too little memory is available", zh: "可用内存不足"),
        NotSent::TooMany(most) => say!(locale,
            en: "at most {most} files are sent in a task", zh: "一个任务最多发送 {most} 个文件"),
        NotSent::TooLarge(most) => say!(locale,
            en: "it is larger than the {n} KiB that may still be sent",
            zh: "超过还可发送的 {n} KiB", n = most / 1024),
        NotSent::Type => say!(locale,
            en: "it is not an image or document, or not what its name says",
            zh: "不是图片或文档，或内容与文件名不符"),
        NotSent::Token => say!(locale,
            en: "it contains the gateway's token", zh: "其中含有网关令牌"),
        NotSent::Open(OpenError::NotFound) => say!(locale,
            en: "there is no such file in the workspace, or it is a link",
            zh: "工作区内没有这个文件，或它是链接"),
        NotSent::Open(OpenError::NotRegular) => say!(locale,
            en: "it is not a regular file", zh: "不是普通文件"),
        NotSent::Open(OpenError::NoRoot) => say!(locale,
            en: "this gateway version needs a shared workspace folder; none is configured, or it is not there",
            zh: "此网关版本需要共享的工作区目录，但尚未设置，或目录不存在"),
        NotSent::Open(_) => say!(locale, en: "it cannot be read", zh: "无法读取"),
        NotSent::Late => say!(locale, en: "it did not arrive in time", zh: "未能及时取得"),
        NotSent::Status(status) => say!(locale,
            en: "the gateway did not provide it (HTTP {status})", zh: "网关没有提供该文件（HTTP {status}）"),
        NotSent::Failed(_) => say!(locale,
            en: "the gateway did not provide it ({failed})", zh: "网关没有提供该文件（{failed}）"),
    };
    say!(locale, en: "File not sent (`{path}`): {why}.", zh: "文件未发送（`{path}`）：{why}。")
}

pub(crate) fn more_files_not_sent(locale: Locale, files: usize) -> String {
    say!(locale, en: "{files} more files not sent.", zh: "另有 {files} 个文件未发送。")
}
