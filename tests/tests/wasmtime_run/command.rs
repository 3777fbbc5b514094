//! Running openclaw-cli.wasm with the stock `wasmtime`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

/// The gateways' token. No output may ever hold it.
pub const TOKEN: &str = "c0ffee-never-shown-c0ffee";

/// What the tests run, made once.
pub struct Made {
    /// The stock program.
    pub wasmtime: PathBuf,
    /// The released components, and the command compiled ahead of time.
    pub folder: TempDir,
}

impl Made {
    /// A released component.
    pub fn component(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// `wasmtime` from the cache and the components as `cargo xtask dist` releases them.
pub static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let wasmtime = PathBuf::from(output(&mut Command::new(
        repository().join("tests/setup/wasmtime.sh"),
    )));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    output(
        Command::new(cargo)
            .current_dir(repository())
            .args(["xtask", "dist", "--out"])
            .arg(folder.path()),
    );
    // Compiling takes a second, and there are many runs.
    output(
        Command::new(&wasmtime)
            .arg("compile")
            .arg(folder.path().join("openclaw-cli.wasm"))
            .arg("--output")
            .arg(folder.path().join("openclaw-cli.cwasm")),
    );
    Made { wasmtime, folder }
});

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the repository")
}

/// Stdout of a program that must succeed; its stderr is the test's.
pub fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
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

    /// The command line, ready to start: as the README has it, but compiled ahead of time.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&MADE.wasmtime);
        command.args(["run", "-S", "http,inherit-env", "--allow-precompiled"]);
        for folder in &self.folders {
            command.args(["--dir", folder]);
        }
        command
            .arg(MADE.component("openclaw-cli.cwasm"))
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub async fn run(self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        // On a thread of its own: the scripted gateway must go on.
        tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            std::io::Write::write_all(&mut stdin, &self.input).unwrap();
            drop(stdin);
            Ran::from(child.wait_with_output().unwrap())
        })
        .await
        .unwrap()
    }
}

/// What a run left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The lines of stdout as JSON.
    pub fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// That it ended with this exit code, and said all of this on stderr.
    #[track_caller]
    pub fn failed(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for words in says {
            assert!(self.err.contains(words), "no `{words}` in {self:?}");
        }
    }
}

impl From<std::process::Output> for Ran {
    fn from(output: std::process::Output) -> Self {
        let ran = Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(
            !ran.out.contains(TOKEN) && !ran.err.contains(TOKEN),
            "the token is shown: {ran:?}"
        );
        assert!(!ran.err.contains("wasm backtrace"), "a trap: {ran:?}");
        ran
    }
}
