//! The command line's grammar: a subset of `host-shim`'s, with the same names.

use std::ffi::OsString;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt as _};
use openclaw_plugin::fault::Locale;
use openclaw_plugin::level::Level;

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
    /// What to ask; none reads it from stdin.
    pub text: Option<String>,
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
/// One sentence that names the argument and what is allowed.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Args, String> {
    let mut parser = Parser::from_args(arguments);
    let mut locale = None;
    let mut json = false;
    let mut ask = Ask::default();
    // Options of `ask` alone, as they were given: other commands refuse them.
    let mut of_ask: Option<String> = None;
    let mut words: Vec<String> = Vec::new();
    let (mut help, mut version) = (false, false);
    while let Some(argument) = parser.next().map_err(said)? {
        match argument {
            Short('h') | Long("help") => help = true,
            Short('V') | Long("version") => version = true,
            Long("json") => json = true,
            Long("locale") => locale = Some(language(&value(&mut parser, "--locale")?)?),
            Long("heavy") => {
                ask.heavy = true;
                of_ask = Some("--heavy".to_owned());
            }
            Long(name @ ("session" | "level" | "instructions")) => {
                let name = format!("--{name}");
                let value = value(&mut parser, &name)?;
                match name.as_str() {
                    "--session" => ask.session = Some(value),
                    "--level" => {
                        ask.level = Some(value.parse().map_err(|e| format!("--level: {e}"))?)
                    }
                    _ => ask.instructions = value,
                }
                of_ask = Some(name);
            }
            Value(word) => words.push(word.string().map_err(said)?),
            other => {
                return Err(format!(
                    "{}; --help lists what is allowed",
                    said(other.unexpected())
                ));
            }
        }
    }
    let command = command(help, version, json, ask, of_ask, words)?;
    Ok(Args { locale, command })
}

fn command(
    help: bool,
    version: bool,
    json: bool,
    ask: Ask,
    of_ask: Option<String>,
    mut words: Vec<String>,
) -> Result<Command, String> {
    if help {
        return Ok(Command::Help);
    }
    if version {
        return Ok(Command::Version);
    }
    if words.is_empty() {
        return Err("no command; there are ask, status and diagnose".to_owned());
    }
    let name = words.remove(0);
    if name == "ask" {
        let text = words.join(" ");
        let text = (!text.is_empty() && text != "-").then_some(text);
        return Ok(Command::Ask(Ask { text, json, ..ask }));
    }
    let command = match name.as_str() {
        "status" => Command::Status { json },
        "diagnose" => Command::Diagnose { json },
        "help" => Command::Help,
        _ => {
            return Err(format!(
                "unknown command `{name}`; there are ask, status and diagnose"
            ));
        }
    };
    match (words.first(), of_ask) {
        (None, None) => Ok(command),
        (Some(word), _) => Err(format!("`{name}` takes no `{word}`")),
        (None, Some(option)) => Err(format!("`{name}` takes no {option}, only `ask` does")),
    }
}

fn value(parser: &mut Parser, name: &str) -> Result<String, String> {
    let value = parser.value().map_err(said)?;
    value
        .into_string()
        .map_err(|_| format!("{name}: the value is not UTF-8 text"))
}

fn language(name: &str) -> Result<Locale, String> {
    match name {
        "en" => Ok(Locale::En),
        "zh" => Ok(Locale::Zh),
        _ => Err(format!(
            "--locale: unknown language `{name}`; allowed are en and zh"
        )),
    }
}

fn said(error: lexopt::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, String> {
        super::parse(words.iter().map(OsString::from))
    }

    #[track_caller]
    fn command(words: &[&str]) -> Command {
        parse(words).unwrap().command
    }

    #[test]
    fn ask_joins_its_words() {
        let Command::Ask(ask) = command(&["ask", "--level", "L2", "say", "ping", "--heavy"]) else {
            panic!("not ask");
        };
        assert_eq!(ask.text.as_deref(), Some("say ping"));
        assert_eq!(
            (ask.level, ask.heavy, ask.json),
            (Some(Level::Act), true, false)
        );
    }

    #[test]
    fn ask_without_text_or_with_a_dash_reads_stdin() {
        for words in [&["ask"][..], &["ask", "-"]] {
            assert_eq!(command(words), Command::Ask(Ask::default()));
        }
    }

    #[test]
    fn options_may_stand_before_the_command_and_after_two_dashes_all_is_text() {
        let args = parse(&["--locale=zh", "ask", "--json", "--", "--help"]).unwrap();
        assert_eq!(args.locale, Some(Locale::Zh));
        let wanted = Ask {
            text: Some("--help".to_owned()),
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
            (&[][..], "ask, status and diagnose"),
            (&["sing"], "`sing`"),
            (&["ask", "--level", "L9"], "L9"),
            (&["ask", "--level"], "--level"),
            (&["ask", "--loud"], "--loud"),
            (&["ask", "--json=yes"], "--json"),
            (&["--locale", "fr", "status"], "fr"),
            (&["status", "now"], "now"),
            (&["status", "--heavy"], "--heavy"),
            (&["diagnose", "--session", "a"], "--session"),
        ] {
            let error = parse(words).unwrap_err();
            assert!(error.contains(says), "{words:?}: {error}");
        }
    }
}
