//! What went wrong, as people are told: what happened, why, what to do.

use std::io;

use host_shim::{AttachmentError, ConfigError, Fault, FaultCode, LoadError, Locale};

use super::exit;
use super::text::{pick, printable, say};

/// Why a command ends before its end.
#[derive(Debug)]
pub enum Stop {
    /// Something is wrong; it is told on stderr.
    Problem(Box<Problem>),
    /// Nobody reads the output any more: the end, and nothing to tell.
    ReaderGone,
    /// The user pressed Ctrl-C a second time.
    Interrupted,
}

/// What went wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The exit code of the program.
    pub exit: u8,
    /// A name for programs, such as a fault code.
    pub code: Option<&'static str>,
    /// What happened.
    pub what: String,
    /// Why; empty if `what` says it.
    pub cause: String,
    /// What to do; empty if `what` says it.
    pub remedy: String,
}

impl Problem {
    /// Wrong arguments or input.
    pub fn usage(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            exit: exit::USAGE,
            code: None,
            what: what.into(),
            cause: String::new(),
            remedy: remedy.into(),
        }
    }

    /// Anything else.
    pub fn other(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            exit: exit::OTHER,
            ..Self::usage(what, remedy)
        }
    }

    /// The end of a turn or of a call to the plugin.
    pub fn fault(fault: &Fault, locale: Locale) -> Self {
        let mut remedy = fault.remedy.clone();
        if let Some(after) = fault.retry_after {
            let seconds = after.as_secs_f64().ceil();
            remedy.push_str(&say!(
                locale,
                " Again possible in {seconds} s.",
                "可在 {seconds} 秒后重试。"
            ));
        }
        Self {
            exit: fault.code.exit_code(),
            code: Some(fault.code.as_str()),
            what: fault.message.clone(),
            cause: fault.cause.clone(),
            remedy,
        }
    }

    /// A wrong setting.
    pub fn config(error: &ConfigError, locale: Locale) -> Self {
        let code = FaultCode::ConfigInvalid;
        let place = match error.key() {
            Some("gateway_primary_url") => " (--gateway-url, OPENCLAW_GATEWAY_URL)",
            Some("gateway_backup_url") => " (--backup-url, OPENCLAW_GATEWAY_BACKUP_URL)",
            Some("gateway_bearer_token") => " (OPENCLAW_GATEWAY_TOKEN, --token-file)",
            Some("gateway_bearer_token_file") => " (--token-file)",
            Some("gateway_agent_id") => " (--agent, OPENCLAW_GATEWAY_AGENT_ID)",
            _ => "",
        };
        Self {
            exit: code.exit_code(),
            code: Some(code.as_str()),
            what: error.text(locale) + place,
            cause: code.cause(locale).to_owned(),
            remedy: code.remedy(locale).to_owned(),
        }
    }

    /// A component that cannot be run.
    pub fn load(error: &LoadError, locale: Locale) -> Self {
        match error {
            LoadError::Config(error) => Self::config(error, locale),
            LoadError::Fault(fault) => Self::fault(fault, locale),
            LoadError::Unreadable { .. }
            | LoadError::NotAComponent { .. }
            | LoadError::OtherWorld { .. }
            | LoadError::Artifact { .. } => Self::usage(
                error.to_string(),
                pick(
                    locale,
                    "Give a plugin component built from this project, or leave it out to use the one built in.",
                    "请给出由本项目构建的插件组件，或省略它以使用内置组件。",
                ),
            ),
            _ => Self::other(error.to_string(), ""),
        }
    }

    /// A file that cannot be attached.
    pub fn attachment(error: &AttachmentError, locale: Locale) -> Self {
        match error {
            AttachmentError::Unreadable { path, source } => Self::usage(
                say!(
                    locale,
                    "the attachment {path} cannot be read: {source}",
                    "无法读取附件 {path}：{source}",
                    path = path.display(),
                ),
                pick(
                    locale,
                    "Check the path and its permissions; nothing was asked.",
                    "请检查路径与权限；尚未发送任何请求。",
                ),
            ),
            AttachmentError::NotAFile { path } => Self::usage(
                say!(
                    locale,
                    "the attachment {path} is not a regular file but a directory, pipe or device",
                    "附件 {path} 不是普通文件，而是目录、管道或设备",
                    path = path.display(),
                ),
                pick(
                    locale,
                    "Attach files one by one; nothing was asked.",
                    "请逐个附加文件；尚未发送任何请求。",
                ),
            ),
            AttachmentError::TooLarge { path, bytes } => {
                let code = FaultCode::RequestTooLarge;
                Self {
                    exit: code.exit_code(),
                    code: Some(code.as_str()),
                    what: say!(
                        locale,
                        "the attachment {path} has {bytes} bytes",
                        "附件 {path} 有 {bytes} 字节",
                        path = path.display(),
                    ),
                    cause: code.cause(locale).to_owned(),
                    remedy: code.remedy(locale).to_owned(),
                }
            }
            error => Self::usage(error.to_string(), ""),
        }
    }

    /// Several lines for people; the first is the one that counts.
    pub fn lines(&self, locale: Locale) -> String {
        let red = anstyle::Style::new()
            .bold()
            .fg_color(Some(anstyle::AnsiColor::Red.into()));
        let dim = anstyle::Style::new().dimmed();
        let error = pick(locale, "error", "错误");
        let code = self
            .code
            .map(|code| format!("[{code}]"))
            .unwrap_or_default();
        let mut lines = format!("{red}{error}{code}{red:#}: {}\n", printable(&self.what));
        for (name, text) in [
            (pick(locale, "cause", "原因"), &self.cause),
            (pick(locale, "remedy", "处理"), &self.remedy),
        ] {
            if !text.is_empty() {
                lines.push_str(&format!("  {dim}{name}:{dim:#} {}\n", printable(text)));
            }
        }
        lines
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Errors of writing to stdout or stderr.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Problem::other(format!("cannot write the output: {error}"), "").into(),
        }
    }
}
