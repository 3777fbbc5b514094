//! The command line's grammar: a subset of `host-shim`'s, with the same names.

use std::ffi::OsString;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt as _};
use openclaw_core::level::Level;
use openclaw_core::locale::Locale;

use crate::mistake::Mistake;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask once and stream the answer.
    Ask(Ask),
    /// Show what the guards know.
    Status {
        /// As one JSON object.
        json: bool,
    },
    /// Look for what is wrong.
    Diagnose {
        /// As one JSON object.
        json: bool,
    },
    /// Show the help.
    Help,
    /// Show the version.
    Version,
}

/// Arguments of `ask`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// What to ask, word by word; `-`, or nothing where stdin is no terminal, reads it from stdin.
    pub text: Vec<String>,
    /// The talk to go on with; none for a new one.
    pub session: Option<String>,
    /// The level asked for; none for the lowest.
    pub level: Option<Level>,
    /// Known to be heavy.
    pub heavy: bool,
    /// Added to the agent's instructions.
    pub instructions: String,
    /// Events as JSON Lines instead of text.
    pub json: bool,
}

/// The whole command line.
#[derive(Debug, PartialEq, Eq)]
pub struct Args {
    /// The language of texts, if told.
    pub locale: Option<Locale>,
    /// What to do.
    pub command: Command,
}

/// Reads the arguments, without the program's name.
///
/// # Errors
///
/// What is wrong with them.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Args, Mistake> {
    let mut parser = Parser::from_args(arguments);
    let mut locale = None;
    let mut json = false;
    let mut ask = Ask::default();
    // Options of `ask` alone, as they were given: other commands refuse them.
    let mut of_ask: Option<String> = None;
    let mut words: Vec<String> = Vec::new();
    let (mut help, mut version) = (false, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => help = true,
            Short('V') | Long("version") => version = true,
            Long("json") => json = true,
            Long("locale") => locale = Some(language(parser.value()?.string()?)?),
            Long("heavy") => {
                ask.heavy = true;
                of_ask = Some("--heavy".to_owned());
            }
            Long(name @ ("session" | "level" | "instructions")) => {
                let name = format!("--{name}");
                let value = parser.value()?.string()?;
                match name.as_str() {
                    "--session" => ask.session = Some(value),
                    "--level" => {
                        let level = value.parse().map_err(|_| Mistake::UnknownLevel(value))?;
                        ask.level = Some(level);
                    }
                    _ => ask.instructions = value,
                }
                of_ask = Some(name);
            }
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let command = command(help, version, json, ask, of_ask, words)?;
    Ok(Args { locale, command })
}

/// The language that the arguments name, if any: mistakes in the others are told in it.
pub fn language_of(arguments: impl IntoIterator<Item = OsString>) -> Option<Locale> {
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
        if let Some(Ok(locale)) = value.map(language) {
            return Some(locale);
        }
    }
    None
}

fn command(
    help: bool,
    version: bool,
    json: bool,
    ask: Ask,
    of_ask: Option<String>,
    mut words: Vec<String>,
) -> Result<Command, Mistake> {
    if help {
        return Ok(Command::Help);
    }
    if version {
        return Ok(Command::Version);
    }
    if words.is_empty() {
        return Err(Mistake::NoCommand);
    }
    let name = words.remove(0);
    if name == "ask" {
        return Ok(Command::Ask(Ask {
            text: words,
            json,
            ..ask
        }));
    }
    let result = match name.as_str() {
        "status" => Command::Status { json },
        "diagnose" => Command::Diagnose { json },
        "help" => Command::Help,
        _ => return Err(Mistake::UnknownCommand(name)),
    };
    match (words.into_iter().next(), of_ask) {
        (None, None) => Ok(result),
        (Some(argument), _) => Err(Mistake::NotTaken {
            command: name,
            argument,
        }),
        (None, Some(option)) => Err(Mistake::OnlyAsk {
            command: name,
            option,
        }),
    }
}

fn language(name: String) -> Result<Locale, Mistake> {
    match name.as_str() {
        "en" => Ok(Locale::En),
        "zh" => Ok(Locale::Zh),
        _ => Err(Mistake::UnknownLanguage(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, Mistake> {
        super::parse(words.iter().map(OsString::from))
    }

    #[track_caller]
    fn command(words: &[&str]) -> Command {
        parse(words).unwrap().command
    }

    #[test]
    fn ask_takes_words_and_options_in_any_order() {
        let Command::Ask(ask) = command(&["ask", "--level", "L2", "say", "ping", "--heavy"]) else {
            panic!("not ask");
        };
        assert_eq!(ask.text, ["say", "ping"]);
        assert_eq!(
            (ask.level, ask.heavy, ask.json),
            (Some(Level::Act), true, false)
        );
    }

    #[test]
    fn options_may_stand_before_the_command_and_after_two_dashes_all_is_text() {
        let args = parse(&["--locale=zh", "ask", "--json", "--", "--help"]).unwrap();
        assert_eq!(args.locale, Some(Locale::Zh));
        let wanted = Ask {
            text: vec!["--help".to_owned()],
            json: true,
            ..Ask::default()
        };
        assert_eq!(args.command, Command::Ask(wanted));
    }

    #[test]
    fn reports() {
        assert_eq!(
            command(&["status", "--json"]),
            Command::Status { json: true }
        );
        assert_eq!(command(&["diagnose"]), Command::Diagnose { json: false });
        assert_eq!(command(&["help"]), Command::Help);
        assert_eq!(command(&["ask", "-h"]), Command::Help);
        assert_eq!(command(&["-V"]), Command::Version);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (words, says) in [
            (&[][..], "ask"),
            (&["sing"], "sing"),
            (&["ask", "--level", "L9"], "L9"),
            (&["ask", "--level"], "--level"),
            (&["ask", "--loud"], "--loud"),
            (&["ask", "--json=yes"], "--json"),
            (&["--locale", "fr", "status"], "fr"),
            (&["status", "now"], "now"),
            (&["status", "--heavy"], "--heavy"),
            (&["diagnose", "--session", "a"], "--session"),
        ] {
            let mistake = parse(words).unwrap_err();
            for locale in [Locale::En, Locale::Zh] {
                let text = mistake.text(locale);
                assert!(text.contains(says), "{words:?}: {text}");
            }
        }
    }

    #[test]
    fn mistakes_are_told_in_the_language_that_the_arguments_name() {
        let of = |words: &[&str]| language_of(words.iter().map(OsString::from));
        assert_eq!(of(&["status", "--locale", "zh", "now"]), Some(Locale::Zh));
        assert_eq!(of(&["--locale=en", "ask"]), Some(Locale::En));
        assert_eq!(of(&["ask", "--", "--locale", "zh"]), None);
        assert_eq!(of(&["ask", "--locale"]), None);
        assert_eq!(of(&["ask", "--locale", "fr"]), None);
    }
}
