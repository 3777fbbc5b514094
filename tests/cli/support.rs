//! Running the program and the gateway that it talks to.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use openclaw_fake_gateway::FakeGateway;
use openclaw_tests::left::leave;
pub use openclaw_tests::program::{Ran, TOKEN};
use serde_json::Value;
use tempfile::TempDir;

/// After this a test hangs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A home for the program, shared by the tests: it keeps the compiled component.
static HOME: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().unwrap());

/// The program with these arguments and nothing of this process's environment that changes what it
/// does.
pub fn program<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-shim"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", HOME.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub fn run(mut command: Command) -> Ran {
    command.output().unwrap().into()
}

/// Runs it to its end with this on stdin.
pub fn run_with_input(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // The program may end without reading everything.
        let _ = stdin.write_all(&input);
    });
    let ran = child.wait_with_output().unwrap().into();
    writer.join().unwrap();
    ran
}

/// A fake gateway on a thread of its own.
pub struct Gateway {
    gateway: Arc<FakeGateway>,
    runtime: tokio::runtime::Handle,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl std::ops::Deref for Gateway {
    type Target = FakeGateway;

    fn deref(&self) -> &FakeGateway {
        &self.gateway
    }
}

impl Gateway {
    pub fn start() -> Self {
        let (send, started) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let gateway = Arc::new(FakeGateway::start(TOKEN).await.unwrap());
                send.send((gateway, tokio::runtime::Handle::current()))
                    .unwrap();
                let _ = stopped.await;
            });
        });
        let (gateway, runtime) = started.recv().unwrap();
        Self {
            gateway,
            runtime,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Waits for something of the gateway's.
    pub fn wait<F: Future>(&self, what: impl FnOnce(Arc<FakeGateway>) -> F) -> F::Output {
        let what = what(self.gateway.clone());
        self.runtime
            .block_on(async { tokio::time::timeout(LIMIT, what).await })
            .expect("the gateway waits for ever")
    }

    /// The program, set to this gateway by the environment.
    pub fn program<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = program(arguments);
        command
            .env("OPENCLAW_GATEWAY_URL", self.url())
            .env("OPENCLAW_GATEWAY_TOKEN", TOKEN);
        command
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A running `host-shim session`.
pub struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<Value>,
    err: Option<JoinHandle<String>>,
    /// Read and not yet expected.
    pending: Vec<Value>,
}

impl Session {
    /// Starts it and waits until it is ready.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let (send, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines() {
                let line = line.unwrap();
                leave("session", &line);
                assert!(!line.contains(TOKEN), "the token is shown: {line}");
                if send.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let err = child.stderr.take().unwrap();
        let err = std::thread::spawn(move || std::io::read_to_string(err).unwrap());
        let stdin = child.stdin.take();
        let mut session = Self {
            child,
            stdin,
            lines,
            err: Some(err),
            pending: Vec::new(),
        };
        let ready = session.next();
        assert_eq!(ready["event"], "ready", "{ready}");
        session
    }

    /// Of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes a request.
    pub fn send(&mut self, request: Value) {
        self.send_bytes(format!("{request}\n").as_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// The next event, whatever it is.
    pub fn next(&mut self) -> Value {
        if !self.pending.is_empty() {
            return self.pending.remove(0);
        }
        self.receive()
    }

    fn receive(&mut self) -> Value {
        self.lines.recv_timeout(LIMIT).unwrap_or_else(|error| {
            panic!("no further event ({error}); left are {:?}", self.pending)
        })
    }

    /// The next event of this request with this name; others are kept for later.
    pub fn event(&mut self, id: impl Into<Value>, event: &str) -> Value {
        let id = id.into();
        let is_it = |value: &Value| value["id"] == id && value["event"] == event;
        if let Some(at) = self.pending.iter().position(is_it) {
            return self.pending.remove(at);
        }
        loop {
            let value = self.receive();
            if is_it(&value) {
                return value;
            }
            self.pending.push(value);
        }
    }

    /// Asks and waits for the answer.
    pub fn call(&mut self, request: Value, event: &str) -> Value {
        let id = request["id"].clone();
        self.send(request);
        self.event(id, event)
    }

    /// Closes stdin and waits for the end: what was still said, the exit code, and stderr.
    pub fn end(mut self) -> (Vec<Value>, i32, String) {
        drop(self.stdin.take());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let mut rest = std::mem::take(&mut self.pending);
        rest.extend(self.lines.iter());
        let err = self.err.take().unwrap().join().unwrap();
        leave("session", &err);
        assert!(!err.contains(TOKEN) && !err.contains("panicked"), "{err}");
        (rest, code, err)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Only a test that failed leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file with this content; its path.
pub fn file(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A FIFO that nobody writes to; its path.
pub fn fifo(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    path.to_str().unwrap().to_owned()
}

/// What the terminal does to a program in its foreground.
#[cfg(unix)]
pub fn press_ctrl_c(child: &Child) {
    send_signal(child.id(), nix::sys::signal::Signal::SIGINT);
}

#[cfg(unix)]
pub fn send_signal(process: u32, signal: nix::sys::signal::Signal) {
    let process = nix::unistd::Pid::from_raw(i32::try_from(process).unwrap());
    nix::sys::signal::kill(process, signal).unwrap();
}
