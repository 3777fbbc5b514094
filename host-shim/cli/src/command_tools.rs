//! `--tools FILE`: programs that the model may call.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use host_shim::config::KEYS;
use host_shim::{Locale, Tool, ToolCall, ToolRunner};
use openclaw_core::locale::say;
use openclaw_core::turn::MAX_TOOL_OUTPUT_BYTES;
use openclaw_os::family::Family;
use openclaw_render::Failure;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

/// Time limit of a tool that sets none.
const DEFAULT_LIMIT: Duration = Duration::from_secs(60);

/// The end of a failed tool's stderr that the model gets, in bytes.
const MAX_STDERR: usize = 4096;

/// How often it is checked whether a program has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The tools of a file. Their calls run programs.
#[derive(Clone, Debug, Default)]
pub struct CommandTools {
    /// As they are offered to the model.
    pub tools: Vec<Tool>,
    programs: HashMap<String, Arc<Program>>,
}

/// The program of one tool.
#[derive(Debug)]
struct Program {
    command: Vec<String>,
    limit: Duration,
}

/// What a tool of the file has beside a [`Tool`]'s fields.
#[derive(Deserialize)]
struct Extra {
    command: Vec<String>,
    timeout_seconds: Option<f64>,
}

impl CommandTools {
    /// Reads a file; without one there are no tools.
    pub fn read(path: Option<&Path>, locale: Locale) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let name = path.display();
        let text = match std::fs::metadata(path) {
            // A pipe would be waited for.
            Ok(found) if !found.is_file() => Err("not a regular file".to_owned()),
            Ok(_) => std::fs::read_to_string(path).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        text.and_then(|text| Self::parse(&text)).map_err(|error| {
            Failure::usage(
                say!(locale,
                    en: "cannot use the tools in {name}: {error}",
                    zh: "无法使用 {name} 中的工具：{error}"),
                say!(locale,
                    en: "`host-shim ask --help` shows the format.",
                    zh: "格式见 `host-shim ask --help`。"),
            )
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let list: Vec<Map<String, Value>> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut all = Self::default();
        for (at, mut fields) in list.into_iter().enumerate() {
            let own = ["command", "timeout_seconds"].into_iter();
            let own = own.filter_map(|key| Some((key.to_owned(), fields.remove(key)?)));
            let extra: Extra = typed(own.collect(), at)?;
            let tool: Tool = typed(fields, at)?;
            if extra.command.is_empty() {
                return Err(format!("[{at}].command: it is empty"));
            }
            let limit = match extra.timeout_seconds {
                None => DEFAULT_LIMIT,
                Some(seconds) => Duration::try_from_secs_f64(seconds)
                    .ok()
                    .filter(|limit| !limit.is_zero())
                    .ok_or_else(|| format!("[{at}].timeout_seconds: must be over 0"))?,
            };
            let program = Arc::new(Program {
                command: extra.command,
                limit,
            });
            if all.programs.insert(tool.name.clone(), program).is_some() {
                return Err(format!("[{at}].name: there are two tools `{}`", tool.name));
            }
            all.tools.push(tool);
        }
        Ok(all)
    }
}

fn typed<T: serde::de::DeserializeOwned>(
    fields: Map<String, Value>,
    at: usize,
) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        match error.path().to_string().as_str() {
            "." => format!("[{at}]: {}", error.inner()),
            path => format!("[{at}].{path}: {}", error.inner()),
        }
    })
}

impl ToolRunner for CommandTools {
    fn run(&self, _turn: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        let Some(program) = self.programs.get(&call.name).cloned() else {
            return std::future::ready(Err(format!("there is no tool `{}`", call.name))).boxed();
        };
        async move {
            let mut running = Running::start(&program.command, call.arguments)
                .map_err(|error| format!("cannot run `{}`: {error}", program.command[0]))?;
            let ended = tokio::time::timeout(program.limit, &mut running.ended).await;
            let seconds = program.limit.as_secs_f64();
            // Dropping it kills the program.
            ended
                .map_err(|_| format!("the tool timed out after {seconds} s and was stopped"))?
                .unwrap_or_else(|_| Err("the tool's thread ended".to_owned()))
        }
        .boxed()
    }
}

/// A program under way, with what it has started. Dropping it kills all of them.
struct Running {
    family: Shared,
    ended: oneshot::Receiver<Result<String, String>>,
}

impl Running {
    fn start(command: &[String], input: String) -> std::io::Result<Self> {
        let mut program = Command::new(&command[0]);
        program
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // The model chooses the arguments, and gets the output.
        for key in KEYS.iter().filter(|key| key.is_secret()) {
            key.env.map(|variable| program.env_remove(variable));
        }
        let mut family = Family::start(&mut program)?;
        let head = family.head();
        let pipes = (head.stdin.take(), head.stdout.take(), head.stderr.take());
        let family = Arc::new(Mutex::new(Some(family)));
        lock(&UNDER_WAY).retain(|other| other.strong_count() > 0);
        lock(&UNDER_WAY).push(Arc::downgrade(&family));
        let (answer, ended) = oneshot::channel();
        let running = Self {
            family: family.clone(),
            ended,
        };
        std::thread::Builder::new()
            .name("tool".to_owned())
            .spawn(move || {
                let _ = answer.send(outcome(&family, pipes, &input)); // Given up meanwhile.
            })?;
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill(&self.family);
    }
}

/// A program; none once it has been reaped, because its number may be another's then.
type Shared = Arc<Mutex<Option<Family>>>;

/// Every program that may be running.
static UNDER_WAY: Mutex<Vec<Weak<Mutex<Option<Family>>>>> = Mutex::new(Vec::new());

/// Kills every program of this process; for its end, which no destructor sees.
pub fn kill_all() {
    for family in lock(&UNDER_WAY).drain(..) {
        family.upgrade().inspect(|family| kill(family));
    }
}

/// Kills the program and its family, also those that outlive it. Whoever waits for it reaps it.
fn kill(family: &Mutex<Option<Family>>) {
    if let Some(family) = lock(family).as_mut() {
        family.kill();
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

type Pipes = (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>);

/// Feeds the program and waits for its end; on a thread of its own.
fn outcome(family: &Mutex<Option<Family>>, pipes: Pipes, input: &str) -> Result<String, String> {
    let (stdin, stdout, stderr) = pipes;
    let (output, complaint) = std::thread::scope(|scope| {
        scope.spawn(|| {
            // It need not read its arguments.
            stdin.map(|mut stdin| stdin.write_all(input.as_bytes()))
        });
        let complaint = scope.spawn(|| tail(stderr));
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            // One byte more says that it is too long.
            let mut stdout = stdout.take(MAX_TOOL_OUTPUT_BYTES as u64 + 1);
            let _ = stdout.read_to_end(&mut output); // What there is.
        }
        if output.len() > MAX_TOOL_OUTPUT_BYTES {
            kill(family);
        }
        (output, complaint.join().unwrap_or_default())
    });
    let status = wait(family)?;
    let mut output = String::from_utf8_lossy(&output).into_owned();
    // The host refuses what is too long.
    if status.success() || output.len() > MAX_TOOL_OUTPUT_BYTES {
        let end = output.trim_end_matches(['\r', '\n']).len();
        output.truncate(end);
        return Ok(output);
    }
    let said = [complaint.trim(), output.trim()];
    let said = said.into_iter().find(|text| !text.is_empty());
    Err(format!("{status}: {}", said.unwrap_or("it said nothing")))
}

/// Reaps it, without holding it while it runs, so that it can be killed.
fn wait(family: &Mutex<Option<Family>>) -> Result<ExitStatus, String> {
    loop {
        let mut held = lock(family);
        let status = held.as_mut().map(Family::try_wait).transpose();
        match status.map_err(|error| error.to_string())?.flatten() {
            Some(status) => {
                *held = None;
                return Ok(status);
            }
            None => drop(held),
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The end of what is written there.
fn tail(stderr: Option<ChildStderr>) -> String {
    let mut kept = Vec::new();
    let mut piece = [0; MAX_STDERR];
    if let Some(mut stderr) = stderr {
        while let Ok(read @ 1..) = stderr.read(&mut piece) {
            kept.extend_from_slice(&piece[..read]);
            let excess = kept.len().saturating_sub(MAX_STDERR);
            kept.drain(..excess);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
#[path = "command_tools_tests.rs"]
mod tests;
