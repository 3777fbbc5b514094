//! A root with a stand-in engine and a stand-in gateway, for one test.

// Each test file uses its part of this.
#![allow(dead_code)]

#[path = "../../../../tests/src/left.rs"]
pub mod left;
pub mod terminal;

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openclaw_sidecar::atomic_file::AtomicFiles;
use openclaw_sidecar::dotenv::{self, Env};
use openclaw_sidecar::init::init;
use openclaw_sidecar::interpolate::Dialect;
use openclaw_sidecar::layout::Root;
use openclaw_sidecar::model::{self, Files, Model, services};
use openclaw_sidecar::secret::Token;

/// What the stand-in gateway answers to a POST with and without the token.
#[derive(Clone, Debug)]
pub struct Answers {
    pub without_token: (u16, &'static str),
    pub with_token: (u16, &'static str),
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            without_token: (401, UNAUTHORIZED),
            with_token: (400, BAD_BODY),
        }
    }
}

/// The gateway's body of a 401, as recorded.
pub const UNAUTHORIZED: &str = r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#;
/// The gateway's body of the 400 on an empty object, as recorded.
pub const BAD_BODY: &str = r#"{"error":{"message":"model: Invalid input: expected string, received undefined","type":"invalid_request_error"}}"#;

/// A root that `init` made, an engine and a gateway that play what the test says.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub root: Root,
    pub port: u16,
    pub answers: Arc<Mutex<Answers>>,
}

impl Stage {
    /// A whole root with a running, healthy container of the pinned version.
    pub fn running() -> Self {
        let stage = Self::new();
        stage.file("images/2026.2.9", "");
        stage.file("container", "2026.2.9\n");
        stage
    }

    /// A whole root, nothing started. The gateway listens all the same: what a probe gets is not
    /// what these tests are about.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        let root = {
            fs::create_dir(&root).unwrap();
            Root::new(&root).unwrap()
        };
        init(&root, false, "t", AtomicFiles::new(&|_| {})).unwrap();
        fs::create_dir_all(folder.path().join("standin")).unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let env = root.join(".env");
        let text = dotenv::set(
            &fs::read_to_string(&env).unwrap(),
            dotenv::PORT,
            &port.to_string(),
        );
        fs::write(&env, dotenv::set(&text, dotenv::TOKEN, left::TOKEN)).unwrap();
        let answers = Arc::new(Mutex::new(Answers::default()));
        serve(listener, root.join(".env"), answers.clone());
        let stage = Self {
            folder,
            root,
            port,
            answers,
        };
        stage.flavour("compose-v2");
        stage
    }

    /// Gives the root a model provider: this machine's port on which the stand-in gateway listens, which is enough
    /// for a connection.
    pub fn with_model(&self, keep_loopback: bool) {
        self.with_model_at(self.port, keep_loopback);
    }

    /// Gives the root a model provider on a port of this machine.
    pub fn with_model_at(&self, port: u16, keep_loopback: bool) {
        let service = services::service(services::CUSTOM).unwrap();
        let url = format!("http://127.0.0.1:{port}/v1");
        let chosen = Model::of(service, service.api, &url, Some("fake-1")).unwrap();
        let files = Files::read(&self.root).unwrap();
        let key = Token::new("sk-0123456789abcdef");
        let plan = model::plan(&files, &chosen, Some(&key), keep_loopback).unwrap();
        plan.apply(&self.root, AtomicFiles::new(&|_| {}), None)
            .unwrap();
    }

    /// Which engine and Compose are on the search path.
    pub fn flavour(&self, flavour: &str) {
        self.file("flavour", flavour);
        let bin = self.folder.path().join("bin");
        let names: &[&str] = match flavour {
            "compose-v2" => &["docker"],
            "compose-v1" => &["docker", "docker-compose"],
            "podman" => &["podman", "podman-compose"],
            "none" => &[],
            "no-compose" => &["docker"],
            other => panic!("{other}"),
        };
        for name in ["docker", "docker-compose", "podman", "podman-compose"] {
            let path = bin.join(name);
            let _ = fs::remove_file(&path);
            if names.contains(&name) {
                std::os::unix::fs::symlink(stand_in(), path).unwrap();
            }
        }
    }

    /// A file of the stand-in engine.
    pub fn file(&self, name: &str, content: &str) {
        let path = self.standin().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Whether the stand-in engine has such a file.
    pub fn has(&self, name: &str) -> bool {
        self.standin().join(name).exists()
    }

    pub fn standin(&self) -> PathBuf {
        self.folder.path().join("standin")
    }

    /// The search path with the stand-in and what a shell script needs, and no real engine.
    pub fn path(&self) -> OsString {
        let bin = self.folder.path().join("bin");
        for tool in [
            "sh", "cat", "sed", "tail", "wc", "mkdir", "rm", "seq", "grep", "basename", "pwd",
            "sleep",
        ] {
            let link = bin.join(tool);
            if !link.exists() {
                let real = ["/usr/bin", "/bin"]
                    .iter()
                    .map(|folder| Path::new(folder).join(tool));
                let real = real.into_iter().find(|path| path.exists()).unwrap();
                std::os::unix::fs::symlink(real, link).unwrap();
            }
        }
        bin.into_os_string()
    }

    /// A command of the program over this root.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openclaw-sidecar"));
        command
            .args(words)
            .arg("--root")
            .arg(self.root.path())
            .arg("--locale=en")
            .env("PATH", self.path())
            .env("STANDIN", self.standin());
        command
    }

    /// Runs a command of the program over this root to its end.
    pub fn run(&self, words: &[&str]) -> Run {
        Run::by(words, self.command(words).output().unwrap())
    }

    /// Replaces a text in one of the root's files.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    pub fn env(&self) -> Env {
        Env::parse(&fs::read_to_string(self.root.join(".env")).unwrap()).unwrap()
    }

    /// The version that `.env` names, and the one of the container.
    pub fn versions(&self) -> (String, Option<String>) {
        let container = fs::read_to_string(self.standin().join("container")).ok();
        (
            self.env()
                .get(dotenv::VERSION)
                .unwrap_or_default()
                .to_owned(),
            container.map(|version| version.trim().to_owned()),
        )
    }

    /// The calls of the stand-in engine so far.
    pub fn calls(&self) -> String {
        fs::read_to_string(self.standin().join("calls")).unwrap_or_default()
    }
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Run {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self::by(&[], output)
    }

    /// The same of a command with these words; what `print-config` prints is the token's place, if it succeeds.
    pub fn by(words: &[&str], output: Output) -> Self {
        let run = Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        let shows = words.contains(&"print-config") && run.status == Some(0);
        left::leave(if shows { "print-config" } else { "sidecar" }, &run.stdout);
        left::leave("sidecar", &run.stderr);
        run
    }

    /// The run, wanted to end with this status.
    #[track_caller]
    pub fn ends(self, status: i32) -> Self {
        assert_eq!(
            self.status,
            Some(status),
            "{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The run, wanted to say this on stderr.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(
            self.stderr.contains(words),
            "no `{words}` in:\n{}",
            self.stderr
        );
        self
    }
}

/// A named pipe that nobody writes into.
pub fn make_pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

pub fn stand_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-in-docker/docker")
}

/// Answers as a gateway with the token of this `.env`, until the test process ends.
fn serve(listener: TcpListener, env: PathBuf, answers: Arc<Mutex<Answers>>) {
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &env, &answers);
        }
    });
}

fn answer(mut stream: TcpStream, env: &Path, answers: &Mutex<Answers>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    while !bytes.windows(6).any(|window| window == b"\r\n\r\n{}") {
        let read = stream.read(&mut piece).ok()?;
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&piece[..read]);
    }
    let request = String::from_utf8_lossy(&bytes).into_owned();
    let text = fs::read_to_string(env).ok()?;
    let older = || Env::parse_as(&text, Dialect::Python, &dotenv::shell);
    let token = Env::parse(&text).or_else(|_| older()).ok()?.token();
    let with_token = !token.expose().is_empty() && request.contains(token.expose());
    let answers = answers.lock().ok()?.clone();
    let (status, body) = if with_token {
        answers.with_token
    } else {
        answers.without_token
    };
    let kind = if body.starts_with('<') {
        "text/html"
    } else {
        "application/json"
    };
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}
