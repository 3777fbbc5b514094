//! Output to stdout, and Compose's output with secrets masked.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use console::Term;
use openclaw_core::wrap::wrap;

use super::{FAILED, OK, Session};
use crate::dotenv::Env;
use crate::error::{At, RUN_COMPOSE, Result, WRITE};

impl Session<'_> {
    /// Runs a Compose command, of the gateway's service if `service`, whose output is for people, line
    /// by line, the secrets masked.
    pub(super) fn pass_through(&self, words: &[&str], service: bool) -> Result<u8> {
        let engine = self.engine()?;
        // Another root's log would show its secrets.
        if let Some(own) = engine.container()?.filter(|own| !own.project.is_empty()) {
            engine.use_project(&own.project);
        }
        let mut words = words.to_vec();
        if service {
            words.push(engine.service());
        }
        let env = crate::address::secrets(&self.root, &self.env().unwrap_or_default());
        let mut child = engine
            .compose(&words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .at(RUN_COMPOSE, self.root.path())?;
        let errors = child.stderr.take().map(|pipe| {
            let env = env.clone();
            std::thread::spawn(move || {
                copy_masked(pipe, &mut io::stderr(), &env, Term::stderr().is_term())
            })
        });
        if let Some(pipe) = child.stdout.take() {
            copy_masked(pipe, &mut io::stdout(), &env, Term::stdout().is_term());
        }
        if let Some(errors) = errors {
            // A thread that panicked has nothing more to print.
            let _ = errors.join();
        }
        let status = child.wait().at(RUN_COMPOSE, self.root.path())?;
        Ok(if status.success() { OK } else { FAILED })
    }
}

/// Copies lines with the secrets masked, until the input or the reader of the output is gone.
fn copy_masked(from: impl io::Read, to: &mut impl Write, env: &Env, colours: bool) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = env.mask(&String::from_utf8_lossy(&line));
        let text = if colours {
            text
        } else {
            without_colours(&text)
        };
        if to
            .write_all(text.as_bytes())
            .and_then(|()| to.flush())
            .is_err()
        {
            return;
        }
        line.clear();
    }
}

/// A line without escape sequences for colours, which a file or another program does not want.
fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let end = after.find(|c: char| ('@'..='~').contains(&c));
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    out.push_str(rest);
    out
}

/// The width that stdout is wrapped at and whether it shows colours; neither where it is no terminal.
pub(super) fn terminal() -> (Option<usize>, bool) {
    let terminal = Term::stdout();
    (
        columns(&terminal),
        terminal.is_term() && console::colors_enabled(),
    )
}

/// A message for stderr: on a terminal, wrapped with a hanging indent.
pub(crate) fn wrapped_for_stderr(text: &str) -> String {
    wrapped_for(&Term::stderr(), text)
}

/// A text for stdout: on a terminal, each line wrapped with a hanging indent.
pub fn wrapped_for_stdout(text: &str) -> String {
    wrapped_for(&Term::stdout(), text)
}

fn wrapped_for(terminal: &Term, text: &str) -> String {
    let Some(columns) = columns(terminal) else {
        return text.to_owned();
    };
    let lines = text.split('\n').map(|line| {
        let indent = line.len() - line.trim_start_matches(' ').len();
        wrap(line, columns, &" ".repeat(indent + 2))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A terminal's width, within what is still readable.
fn columns(terminal: &Term) -> Option<usize> {
    let size = terminal
        .size_checked()
        .map_or(80, |(_, columns)| usize::from(columns));
    let size = if size == 0 { 80 } else { size };
    terminal.is_term().then_some(size.clamp(40, 100))
}

/// Writes a result to stdout. A reader that has gone, such as `head`, is not an error.
pub(super) fn out(text: &str) -> Result<u8> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).at(WRITE, Path::new("stdout"))
        }
        _ => Ok(OK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // N17 of issue 13: `logs` into a file kept them.
    #[test]
    fn colours_go_where_no_terminal_shows_them() {
        for (line, plain) in [
            (
                "\u{1b}[36mopenclaw-gateway-1  |\u{1b}[0m ready\n",
                "openclaw-gateway-1  | ready\n",
            ),
            ("a\u{1b}[1;31mb\u{1b}[K", "ab"),
            ("cut \u{1b}[3", "cut "),
        ] {
            assert_eq!(without_colours(line), plain);
        }
    }
}
