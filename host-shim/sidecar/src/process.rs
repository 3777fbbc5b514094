//! Runs another program with a time limit and captures its output.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use openclaw_os::family::without_window;
use wait_timeout::ChildExt;

/// A program's result.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Output {
    /// Both outputs as one text, stderr last.
    pub fn all(&self) -> String {
        [self.stdout.trim(), self.stderr.trim()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Why a program gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It could not be started or watched.
    #[error("{program}: {error}")]
    Io {
        /// Its name.
        program: String,
        /// The system's error.
        error: io::Error,
    },
    /// It was still running at its time limit and was killed.
    #[error("{program} did not end within {} s", limit.as_secs())]
    TimedOut {
        /// Its name.
        program: String,
        /// The limit.
        limit: Duration,
    },
}

/// Where programs are found and which environment they get.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The search path; `None` for this process's.
    pub path: Option<OsString>,
    /// Variables set for every program, overriding this process's.
    pub set: Vec<(OsString, OsString)>,
}

impl Surroundings {
    /// The path of a program, if it is on the search path.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        let path = self.path.clone().or_else(|| std::env::var_os("PATH"));
        which::which_in(program, path, "/").ok()
    }

    /// A command in `folder`. The variables that Compose substitutes are removed, so that the `.env`
    /// decides and not what the shell exports.
    pub fn command(&self, words: &[&str], folder: &Path) -> Command {
        let (program, rest) = words.split_first().unwrap_or((&"false", &[]));
        let found = self.find(program).unwrap_or_else(|| PathBuf::from(program));
        let mut command = Command::new(found);
        command.args(rest).current_dir(folder);
        // Otherwise Compose would take the folder from the shell, which may have followed a link, and
        // label containers with that path.
        command.env("PWD", folder);
        for key in crate::templates::compose_variables() {
            command.env_remove(key);
        }
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        for (key, value) in &self.set {
            command.env(key, value);
        }
        command
    }
}

/// Runs a command until it exits or reaches the time limit, without stdin.
///
/// # Errors
///
/// It could not be started, or was killed at the limit.
pub fn run(command: Command, limit: Duration) -> Result<Output, RunError> {
    run_with_input(command, "", limit)
}

/// As [`run`], with this text on stdin, where other users cannot see it.
///
/// # Errors
///
/// It could not be started, or was killed at the limit.
pub fn run_with_input(
    mut command: Command,
    input: &str,
    limit: Duration,
) -> Result<Output, RunError> {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let io = |error| RunError::Io {
        program: program.clone(),
        error,
    };
    let mut child = without_window(&mut command)
        .stdin(match input {
            "" => Stdio::null(),
            _ => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(io)?;
    if let Some(mut pipe) = child.stdin.take() {
        let input = input.to_owned();
        // A thread, because a program that does not read would block us; one that has ended says why itself.
        std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    }
    // Drain both pipes, or a program that writes a lot would block forever.
    let out = child.stdout.take().map(drain);
    let err = child.stderr.take().map(drain);
    let status = match child.wait_timeout(limit).map_err(io)? {
        Some(status) => status,
        None => {
            child.kill().map_err(io)?;
            child.wait().map_err(io)?;
            return Err(RunError::TimedOut { program, limit });
        }
    };
    let text = |reader: Option<std::thread::JoinHandle<String>>| {
        reader
            .and_then(|reader| reader.join().ok())
            .unwrap_or_default()
    };
    Ok(Output {
        status,
        stdout: text(out),
        stderr: text(err),
    })
}

fn drain(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A broken pipe ends the output; keep what arrived.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn output_and_status_come_back() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let output = run(command, Duration::from_secs(10)).unwrap();
        assert_eq!(output.all(), "out\nerr");
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    fn the_input_is_read_and_one_that_nobody_reads_does_no_harm() {
        let output = run_with_input(Command::new("cat"), "secret", Duration::from_secs(10));
        assert_eq!(output.unwrap().stdout, "secret");
        let long = "x".repeat(1 << 20);
        let output = run_with_input(Command::new("true"), &long, Duration::from_secs(10));
        assert!(output.unwrap().status.success());
    }

    #[test]
    fn a_program_that_hangs_is_stopped_at_its_limit() {
        let mut command = Command::new("sleep");
        command.arg("30");
        let error = run(command, Duration::from_millis(50)).unwrap_err();
        assert!(matches!(error, RunError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let error = run(Command::new("/nowhere/docker"), Duration::from_secs(1)).unwrap_err();
        assert!(matches!(error, RunError::Io { .. }), "{error}");
    }
}
