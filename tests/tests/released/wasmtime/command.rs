//! Running openclaw-cli.wasm with the stock `wasmtime`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use openclaw_tests::program::{Ran, TOKEN};
use openclaw_tests::released::{RELEASED, WASMTIME, output, own_folder};

/// The command compiled ahead of time: compiling takes a second, and there are many runs.
static COMPILED: LazyLock<PathBuf> = LazyLock::new(|| {
    let compiled = own_folder("compiled").join("openclaw-cli.cwasm");
    output(
        Command::new(&*WASMTIME)
            .arg("compile")
            .arg(RELEASED.file("openclaw-cli.wasm"))
            .arg("--output")
            .arg(&compiled),
    );
    compiled
});

/// `wasmtime run` of the command with these options, to be given its own arguments.
pub fn wasmtime_run(options: &[&str]) -> Command {
    let mut command = Command::new(&*WASMTIME);
    command
        .args(["run", "--allow-precompiled"])
        .args(options)
        .arg(&*COMPILED)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a program to its end with this on stdin, on a thread of its own: the fake gateway must
/// go on.
pub async fn finish(mut command: Command, input: Vec<u8>) -> Ran {
    tokio::task::spawn_blocking(move || {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            // The program may end without reading everything.
            let _ = std::io::Write::write_all(&mut stdin, &input);
        });
        let ran = Ran::from(child.wait_with_output().unwrap());
        writer.join().unwrap();
        ran
    })
    .await
    .unwrap()
}

/// A run of the command, as it is to be.
pub struct Run {
    folders: Vec<String>,
    environment: Vec<(&'static str, String)>,
    input: Vec<u8>,
}

impl Run {
    /// With this machine's memory, and this gateway.
    pub fn at(url: &str) -> Self {
        Self {
            folders: vec!["/proc".to_owned(), "/sys/fs/cgroup".to_owned()],
            environment: vec![
                ("OPENCLAW_GATEWAY_URL", url.to_owned()),
                ("OPENCLAW_GATEWAY_TOKEN", TOKEN.to_owned()),
            ],
            input: Vec::new(),
        }
    }

    /// With these folders (`HOST::GUEST`) instead of this machine's.
    pub fn folders(mut self, folders: impl IntoIterator<Item = String>) -> Self {
        self.folders = folders.into_iter().collect();
        self
    }

    /// With this variable over the ones so far.
    pub fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
        self
    }

    /// With this on stdin.
    pub fn input(mut self, input: &[u8]) -> Self {
        self.input = input.to_vec();
        self
    }

    /// The command line, ready to start.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut options = vec!["-S", "http,inherit-env"];
        for folder in &self.folders {
            options.extend(["--dir", folder]);
        }
        let mut command = wasmtime_run(&options);
        command
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end.
    pub async fn run(self, arguments: &[&str]) -> Ran {
        finish(self.command(arguments), self.input).await
    }
}
