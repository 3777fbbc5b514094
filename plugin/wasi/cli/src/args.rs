//! Parses the command line: a subset of `host-shim`'s, with the same names.

use std::ffi::OsString;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Error, Parser, ValueExt as _};
use openclaw_core::level::Level;
use openclaw_core::locale::{Locale, say};
use openclaw_core::named::UnknownName;
use openclaw_render::Failure;

/// The command to run.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask once and stream the answer.
    Ask(Ask),
    /// Show the guard state.
    Status,
    /// Run the diagnosis.
    Diagnose,
    /// Show the help.
    Help,
    /// Show the version.
    Version,
}

/// Arguments of `ask`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The prompt, word by word; `-`, or nothing if stdin is not a terminal, reads it from stdin.
    pub text: Vec<String>,
    /// The conversation to continue; none for a new one.
    pub session: Option<String>,
    /// The requested level; none for the lowest.
    pub level: Option<Level>,
    /// Treat the turn as heavy.
    pub heavy: bool,
    /// Appended to the agent's instructions.
    pub instructions: String,
}

/// The parsed command line, except `--locale`, which is read earlier.
#[derive(Debug, PartialEq, Eq)]
pub struct Args {
    /// Print JSON instead of text.
    pub json: bool,
    /// The command to run.
    pub command: Command,
}

/// Parses the arguments, without the program's name.
///
/// # Errors
///
/// The arguments are invalid.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    locale: Locale,
) -> Result<Args, Failure> {
    let bad = |error: Error| wrong(parser_error(error, locale), locale);
    let mut parser = Parser::from_args(arguments);
    let mut ask = Ask::default();
    // An option of `ask` as given; other commands reject it.
    let mut of_ask: Option<String> = None;
    let (mut json, mut help, mut version) = (false, false, false);
    while let Some(argument) = parser.next().map_err(bad)? {
        match argument {
            Short('h') | Long("help") => help = true,
            Short('V') | Long("version") => version = true,
            Long("json") => json = true,
            Long("heavy") => {
                ask.heavy = true;
                of_ask = Some("--heavy".to_owned());
            }
            Long(name @ ("locale" | "session" | "level" | "instructions")) => {
                let option = format!("--{name}");
                let value = parser.value().and_then(|value| value.string());
                let value = value.map_err(bad)?;
                let unknown = |error| wrong(unknown_name(&option, &error, locale), locale);
                match option.as_str() {
                    "--locale" => {
                        value.parse::<Locale>().map_err(unknown)?;
                        continue;
                    }
                    "--session" => ask.session = Some(value),
                    "--level" => ask.level = Some(value.parse().map_err(unknown)?),
                    _ => ask.instructions = value,
                }
                of_ask = Some(option);
            }
            Value(word) => ask.text.push(word.string().map_err(bad)?),
            other => return Err(bad(other.unexpected())),
        }
    }
    let command = match (help, version) {
        (true, _) => Command::Help,
        (false, true) => Command::Version,
        (false, false) => command(ask, of_ask, locale)?,
    };
    Ok(Args { json, command })
}

/// The command named by the first word.
fn command(mut ask: Ask, of_ask: Option<String>, locale: Locale) -> Result<Command, Failure> {
    if ask.text.is_empty() {
        let what = say!(locale,
            en: "no command given; use ask, status or diagnose",
            zh: "缺少命令；可用的命令：ask、status、diagnose");
        return Err(wrong(what, locale));
    }
    let name = ask.text.remove(0);
    let argument = ask.text.first().or(of_ask.as_ref());
    let command = match (name.as_str(), argument) {
        ("ask", _) => Command::Ask(ask),
        ("status", None) => Command::Status,
        ("diagnose", None) => Command::Diagnose,
        ("help", None) => Command::Help,
        ("status" | "diagnose" | "help", Some(argument)) => {
            let what = say!(locale,
                en: "`{name}` does not take {argument}",
                zh: "命令 {name} 不接受“{argument}”");
            return Err(wrong(what, locale));
        }
        _ => {
            let what = say!(locale,
                en: "unknown command `{name}`; use ask, status or diagnose",
                zh: "未知命令 {name}；可用的命令：ask、status、diagnose");
            return Err(wrong(what, locale));
        }
    };
    Ok(command)
}

fn wrong(what: String, locale: Locale) -> Failure {
    Failure::usage(what, say!(locale, en: "See --help.", zh: "请参阅 --help。"))
}

fn unknown_name(option: &str, error: &UnknownName, locale: Locale) -> String {
    let (name, allowed) = (&error.name, error.allowed.join("、"));
    say!(locale,
        en: "{option}: {error}",
        zh: "参数 {option} 不接受“{name}”；可用的值：{allowed}")
}

fn parser_error(error: Error, locale: Locale) -> String {
    match error {
        Error::MissingValue {
            option: Some(option),
        } => say!(locale, en: "{option} needs a value", zh: "参数 {option} 缺少值"),
        Error::UnexpectedOption(option) => {
            say!(locale, en: "unknown option {option}", zh: "未知参数 {option}")
        }
        Error::UnexpectedValue { option, .. } => {
            say!(locale, en: "{option} takes no value", zh: "参数 {option} 不带值")
        }
        Error::NonUnicodeValue(argument) => {
            let argument = argument.to_string_lossy();
            say!(locale,
                en: "`{argument}` is not UTF-8 text",
                zh: "参数“{argument}”不是 UTF-8 文本")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str], locale: Locale) -> Result<Args, Failure> {
        super::parse(words.iter().map(OsString::from), locale)
    }

    #[track_caller]
    fn parsed(words: &[&str]) -> (bool, Command) {
        let args = parse(words, Locale::En).unwrap();
        (args.json, args.command)
    }

    #[test]
    fn ask_takes_words_and_options_in_any_order() {
        let wanted = Ask {
            text: vec!["say".to_owned(), "ping".to_owned()],
            level: Some(Level::Act),
            heavy: true,
            ..Ask::default()
        };
        assert_eq!(
            parsed(&["ask", "--level", "L2", "say", "ping", "--heavy"]),
            (false, Command::Ask(wanted))
        );
    }

    #[test]
    fn options_may_stand_before_the_command_and_after_two_dashes_all_is_text() {
        let wanted = Ask {
            text: vec!["--help".to_owned()],
            ..Ask::default()
        };
        assert_eq!(
            parsed(&["--locale=zh", "ask", "--json", "--", "--help"]),
            (true, Command::Ask(wanted))
        );
    }

    #[test]
    fn reports() {
        assert_eq!(parsed(&["status", "--json"]), (true, Command::Status));
        assert_eq!(parsed(&["diagnose"]), (false, Command::Diagnose));
        assert_eq!(parsed(&["help"]).1, Command::Help);
        assert_eq!(parsed(&["ask", "-h"]).1, Command::Help);
        assert_eq!(parsed(&["-V"]).1, Command::Version);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_allowed_in_both_languages() {
        for (words, says) in [
            (&[][..], "ask"),
            (&["sing"], "sing"),
            (&["ask", "--level", "L9"], "L9"),
            (&["ask", "--level", "L9"], "L4"),
            (&["ask", "--level"], "--level"),
            (&["ask", "--loud"], "--loud"),
            (&["ask", "--json=yes"], "--json"),
            (&["--locale", "fr", "status"], "fr"),
            (&["status", "now"], "now"),
            (&["status", "--heavy"], "--heavy"),
            (&["diagnose", "--session", "a"], "--session"),
        ] {
            for locale in [Locale::En, Locale::Zh] {
                let what = parse(words, locale).unwrap_err().what;
                assert!(what.contains(says), "{words:?}: {what}");
            }
        }
    }
}
