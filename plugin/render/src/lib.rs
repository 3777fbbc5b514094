//! Output of both command lines: turns, status, diagnosis and faults, as text and JSON Lines, in English and
//! Chinese. `host-shim` and the WASI command share it, so their output is identical. Also the JSON Lines that
//! `host-shim session` reads.
#![deny(missing_docs)]

mod approval;
mod error;
mod help;
mod human;
mod json;
mod prompt;
mod report;
pub mod session;
mod style;

use std::ffi::OsString;
use std::io;

use openclaw_core::exit;
use openclaw_core::fault::Fault;
use openclaw_core::fault::FaultCode;
use openclaw_core::locale::{Locale, say};
use openclaw_core::turn::{Event, Reply};

pub use approval::call_line;
pub use error::{CliError, Failure};
pub use help::{HELP, HelpText, help_text, variables};
pub use human::HumanOutput;
pub use json::{Body, Id, JsonOutput, Line, write_line};
pub use prompt::read_prompt;
pub use report::{
    breaker_state, diagnosis, diagnosis_without_turns, exit_of_diagnosis, no_gateway, status,
    status_without_turns,
};
pub use style::{Style, printable};

/// Shows the events of a turn.
pub trait TurnOutput {
    /// Shows an event.
    ///
    /// # Errors
    ///
    /// Stdout is not writable.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Shows the end. The caller prints a fault itself, see [`Failure::fault`].
    ///
    /// # Errors
    ///
    /// Stdout is not writable.
    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()>;

    /// Shows a remark beside the answer; not in JSON.
    fn remark(&mut self, _text: &str) {}

    /// Stops waiting for the end and shows what has arrived of the answer.
    ///
    /// # Errors
    ///
    /// Stdout is not writable.
    fn give_up(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The exit code of a command that ran a turn. With JSON, a fault has already been written.
///
/// # Errors
///
/// The fault, for display.
pub fn exit_of_turn(
    end: &Result<Reply, Fault>,
    json: bool,
    locale: Locale,
) -> Result<u8, CliError> {
    match end {
        Ok(_) => Ok(exit::OK),
        Err(fault) if json => Ok(fault.code.exit_code()),
        Err(fault) => Err(Failure::fault(fault, locale).into()),
    }
}

/// The exit codes for `--help`, one per line: the general ones, `more`, and those of `faults`.
pub fn exit_codes(
    locale: Locale,
    more: &[(u8, String)],
    faults: impl Fn(FaultCode) -> bool,
) -> String {
    let usage = say!(locale,
        en: "wrong arguments, input or settings (config_invalid)",
        zh: "参数、输入或设置有误（config_invalid）");
    let general = [
        (exit::OK, say!(locale, en: "success", zh: "成功")),
        (exit::OTHER, say!(locale, en: "other error", zh: "其他错误")),
        (exit::USAGE, usage),
    ];
    let codes = FaultCode::ALL.iter().copied();
    let codes = codes.filter(|code| *code != FaultCode::ConfigInvalid && faults(*code));
    let mut codes: Vec<_> = codes
        .map(|code| (code.exit_code(), code.to_string()))
        .collect();
    codes.sort_unstable();
    let rows = general.iter().chain(more).chain(&codes);
    rows.map(|(code, meaning)| format!("  {code:>3}  {meaning}\n"))
        .collect()
}

/// The language in `--locale`, if given. Read before parsing, so that help and errors use it.
pub fn locale_of_arguments(arguments: impl IntoIterator<Item = OsString>) -> Option<Locale> {
    let mut arguments = arguments
        .into_iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--locale") {
            Some("") => arguments.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        if let Some(Ok(locale)) = value.map(|value| value.parse()) {
            return Some(locale);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_name_every_fault() {
        for locale in [Locale::En, Locale::Zh] {
            let list = exit_codes(locale, &[(3, "more".to_owned())], |_| true);
            for code in FaultCode::ALL {
                assert!(list.contains(code.as_str()), "{code}");
            }
            assert!(list.contains("    3  more\n") && list.contains("   10  auth_failed\n"));
        }
        let some = exit_codes(Locale::En, &[], |code| code != FaultCode::PluginTrapped);
        assert!(!some.contains("plugin_trapped"), "{some}");
    }

    #[test]
    fn the_locale_is_found_in_the_arguments() {
        let of = |words: &[&str]| locale_of_arguments(words.iter().map(OsString::from));
        assert_eq!(of(&["status", "--locale", "zh"]), Some(Locale::Zh));
        assert_eq!(of(&["--locale=en", "ask"]), Some(Locale::En));
        assert_eq!(of(&["ask", "--", "--locale", "zh"]), None);
        assert_eq!(of(&["ask", "--locale"]), None);
        assert_eq!(of(&["ask", "--locale", "fr"]), None);
    }
}
