//! Questions on a terminal: a line, a number, a secret. They go to stderr, so that results on stdout stay
//! clean.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use openclaw_core::locale::Locale;

use crate::error::{At, READ, Result};
use crate::model::errors;
use crate::text::{Text, text};

/// How often a number that is none may be given.
const TRIES: usize = 3;

/// Whether somebody is there to answer.
pub(super) fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line; without the white space around it.
///
/// # Errors
///
/// The input has ended.
pub(super) fn line(question: &Text, locale: Locale) -> Result<String> {
    eprint!("{}", question.get(locale));
    // A terminal that cannot be flushed cannot be read either.
    let _ = io::stderr().flush();
    let mut line = String::new();
    let read = io::stdin()
        .read_line(&mut line)
        .at(READ, Path::new("stdin"))?;
    match read {
        0 => Err(errors::not_chosen()),
        _ => Ok(line.trim().to_owned()),
    }
}

/// Asks for one of several by number; an empty line is the default, or no choice.
///
/// # Errors
///
/// Nothing was chosen.
pub(super) fn choice(
    question: &Text,
    titles: &[Text],
    default: Option<usize>,
    locale: Locale,
) -> Result<usize> {
    eprintln!("{}", question.get(locale));
    for (n, title) in titles.iter().enumerate() {
        eprintln!("{:>4}  {}", n + 1, title.get(locale));
    }
    let last = titles.len();
    let ask = match default.map(|default| default + 1) {
        Some(default) => {
            text!(en: "Number (Enter: {default}): ", zh: "编号（直接回车：{default}）：")
        }
        None => text!(en: "Number (Enter: none): ", zh: "编号（直接回车：不选）："),
    };
    for _ in 0..TRIES {
        let answer = line(&ask, locale)?;
        if answer.is_empty() {
            return default.ok_or_else(errors::not_chosen);
        }
        match answer.parse::<usize>() {
            Ok(number) if (1..=last).contains(&number) => return Ok(number - 1),
            _ => {
                let again = text!(en: "Please enter a number from 1 to {last}.", zh: "请输入 1 到 {last} 之间的数字。");
                eprintln!("{}", again.get(locale));
            }
        }
    }
    Err(errors::not_chosen())
}

/// Asks for a secret without showing it.
///
/// # Errors
///
/// The input has ended.
pub(super) fn secret(question: &Text, locale: Locale) -> Result<String> {
    eprint!("{}", question.get(locale));
    let _ = io::stderr().flush();
    console::Term::stderr()
        .read_secure_line()
        .at(READ, Path::new("stdin"))
}
