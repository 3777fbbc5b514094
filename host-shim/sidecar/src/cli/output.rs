//! Output to stdout, and Compose's output with secrets masked.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

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
            std::thread::spawn(move || copy_masked(pipe, &mut io::stderr(), &env))
        });
        if let Some(pipe) = child.stdout.take() {
            copy_masked(pipe, &mut io::stdout(), &env);
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
fn copy_masked(from: impl io::Read, to: &mut impl Write, env: &Env) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = env.mask(&String::from_utf8_lossy(&line));
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

/// Writes a result to stdout. A reader that has gone, such as `head`, is not an error.
pub(super) fn out(text: &str) -> Result<u8> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).at(WRITE, Path::new("stdout"))
        }
        _ => Ok(OK),
    }
}
