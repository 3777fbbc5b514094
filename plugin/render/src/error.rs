//! Why a command ended early, for people: what happened, why, and what to do.

use std::io::{self, Write};
use std::time::Duration;

use openclaw_core::exit;
use openclaw_core::fault::Fault;
use openclaw_core::fault::FaultCode;
use openclaw_core::locale::{Locale, say};

use crate::style::{Style, printable};

/// Why a command ended early.
#[derive(Debug)]
#[non_exhaustive]
pub enum CliError {
    /// The command failed.
    Failure(Box<Failure>),
    /// Stdout is not writable.
    Output(io::Error),
    /// The user pressed Ctrl-C twice.
    Interrupted,
}

impl CliError {
    /// Prints the error to stderr and returns the exit code. A closed stdout ends the command without an error.
    pub fn show(&self, style: Style, err: &mut impl Write) -> u8 {
        let failure = match self {
            Self::Interrupted => return FaultCode::Cancelled.exit_code(),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return exit::OK,
            Self::Output(error) => {
                let what = say!(style.locale,
                    en: "cannot write the output: {error}",
                    zh: "无法写入输出：{error}");
                &Failure::other(what, "")
            }
            Self::Failure(failure) => failure,
        };
        // If stderr is closed, nobody reads this.
        let _ = err.write_all(failure.text(style).as_bytes());
        failure.exit
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// A failed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Exit code of the program.
    pub exit: u8,
    /// The fault code, if it is a fault.
    pub code: Option<FaultCode>,
    /// What happened.
    pub what: String,
    /// Why; empty if `what` says it.
    pub cause: String,
    /// What to do; empty if `what` says it.
    pub remedy: String,
}

impl Failure {
    /// Invalid arguments or input.
    pub fn usage(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            exit: exit::USAGE,
            code: None,
            what: what.into(),
            cause: String::new(),
            remedy: remedy.into(),
        }
    }

    /// Any failure without its own exit code.
    pub fn other(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            exit: exit::OTHER,
            ..Self::usage(what, remedy)
        }
    }

    /// A fault, with the table's cause and remedy.
    pub fn of_code(code: FaultCode, what: impl Into<String>, locale: Locale) -> Self {
        Self {
            exit: code.exit_code(),
            code: Some(code),
            what: what.into(),
            cause: code.cause(locale).into(),
            remedy: code.remedy(locale).into(),
        }
    }

    /// A failed turn or plugin call.
    pub fn fault(fault: &Fault, locale: Locale) -> Self {
        let mut remedy = fault.remedy.clone();
        if let Some(after) = fault.retry_after {
            let seconds = whole_seconds(after);
            remedy += &say!(locale,
                en: " Retry in {seconds} s.",
                zh: "可在 {seconds} 秒后重试。");
        }
        Self {
            cause: fault.cause.clone(),
            remedy,
            ..Self::of_code(fault.code, fault.message.as_str(), locale)
        }
    }

    /// A missing or invalid setting. `what` names it; `places` lists what sets it, such as a flag and an
    /// environment variable.
    pub fn setting(what: &str, places: &[&str], locale: Locale) -> Self {
        let places = match places {
            [] => String::new(),
            places => format!(" ({})", places.join(", ")),
        };
        Self::of_code(FaultCode::ConfigInvalid, format!("{what}{places}"), locale)
    }

    /// A few lines for people; the first is the most important.
    pub fn text(&self, style: Style) -> String {
        let locale = style.locale;
        let code = self.code.map(|code| format!("[{code}]"));
        let error = say!(locale, en: "error", zh: "错误") + &code.unwrap_or_default();
        let colon = say!(locale, en: ": ", zh: "：");
        let mut lines = format!(
            "{}{colon}{}\n",
            style.bold_red(&error),
            printable(&self.what)
        );
        lines += &cause_and_remedy(style, "  ", &self.cause, &self.remedy);
        lines
    }
}

/// Cause and remedy on a line each; empty ones are omitted.
pub(crate) fn cause_and_remedy(style: Style, indent: &str, cause: &str, remedy: &str) -> String {
    let locale = style.locale;
    [
        (say!(locale, en: "cause: ", zh: "原因："), cause),
        (say!(locale, en: "remedy: ", zh: "处理："), remedy),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| format!("{indent}{}{}\n", style.dim(&name), printable(text)))
    .collect()
}

/// Rounded up, so that a retry is not too early.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_what_happened_why_and_what_to_do_and_cannot_move_the_cursor() {
        let fault = Fault {
            code: FaultCode::RateLimited,
            message: "slow\u{1b}[2J down".to_owned(),
            cause: "why".to_owned(),
            remedy: "wait.".to_owned(),
            partial_text: String::new(),
            retry_after: Some(Duration::from_millis(1500)),
            http_status: Some(429),
        };
        let text = |locale| Failure::fault(&fault, locale).text(Style::plain(locale));
        assert_eq!(
            text(Locale::En),
            "error[rate_limited]: slow\u{fffd}[2J down\n  cause: why\n  \
             remedy: wait. Retry in 2 s.\n"
        );
        assert!(text(Locale::Zh).contains("可在 2 秒后重试"));
    }
}
