//! Starts the gateway and waits until it is healthy, or says why it is not.

use std::time::{Duration, Instant};

use openclaw_core::{fault::FaultCode, locale::Locale};
use openclaw_plugin::fault::Why;

use crate::address;
use crate::astrbot_container::network;
use crate::atomic_file::AtomicFiles;
use crate::doctor::{self, Facts, Scope};
use crate::dotenv::{self, Env};
use crate::engine::{Container, Engine, last_lines};
use crate::error::{self, Error, ErrorKind, Result};
use crate::layout::Root;
use crate::probe::{self, Probe};
use crate::process::Surroundings;
use crate::text::{Text, text};

/// Time limit of a Compose command, which may have to pull an image.
pub const COMPOSE_LIMIT: Duration = Duration::from_secs(1800);

/// Reports progress to people.
pub trait Progress {
    /// A step has begun; it replaces the previous one.
    fn step(&self, text: &Text);
    /// A message that stays visible.
    fn note(&self, text: &Text);
}

/// What a command works with.
pub struct Operator<'a> {
    /// The root.
    pub root: &'a Root,
    /// The engine.
    pub engine: &'a Engine,
    /// Programs and their environment.
    pub surroundings: &'a Surroundings,
    /// Atomic writes.
    pub files: AtomicFiles<'a>,
    /// Where progress is reported.
    pub progress: &'a dyn Progress,
    /// Longest wait until the gateway is healthy.
    pub wait: Duration,
}

impl std::fmt::Debug for Operator<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator")
            .field("root", self.root)
            .finish_non_exhaustive()
    }
}

impl Operator<'_> {
    /// Fails if a file of the root is missing or unusable.
    ///
    /// # Errors
    ///
    /// All checks that block the start, in one error.
    pub fn preflight(&self) -> Result<()> {
        let scope = Scope {
            root: self.root,
            surroundings: self.surroundings,
            plugin: None,
            astrbot: None,
            ask: false,
        };
        let mut facts = Facts::of_files_as(&scope, self.engine.flavour().dialect());
        facts.ask_compose(self.engine);
        let mut checks = doctor::diagnose(&facts);
        checks.retain(|check| check.blocks_start);
        let Some(first) = checks.first() else {
            return Ok(());
        };
        let all = |locale| {
            let details = checks.iter().map(|check| check.detail.get(locale));
            details.collect::<Vec<_>>().join("\n")
        };
        let what = Text::new(all(Locale::En), all(Locale::Zh));
        let texts = [what, first.cause.clone(), first.remedy.clone()];
        Err(Error::new(ErrorKind::NotReady, texts))
    }

    /// Creates the container from the current files (even if it exists, with `recreate`) and waits until
    /// the gateway is healthy and both probes succeed.
    ///
    /// # Errors
    ///
    /// Compose failed, the gateway did not become healthy (with the end of its log), or a probe failed.
    pub fn start(&self, recreate: bool, wait: Duration) -> Result<Container> {
        self.progress
            .step(&text!(en: "starting the container", zh: "正在启动容器"));
        let mut args = vec!["up", "-d"];
        if recreate {
            args.push("--force-recreate");
        }
        let before = self.settle_project()?;
        let timeout = self.time_to_stop(before.as_ref());
        args.extend(timeout.iter().flatten().map(String::as_str));
        network::ensure_for(self.engine, self.root)?;
        self.files.step("before-up");
        self.compose(&args)?;
        self.files.step("after-up");
        let container = self.wait_until_healthy(wait, before.as_ref())?;
        self.verify()?;
        if !address::of(self.root, &self.env()?).published {
            self.progress.note(&text!(
 en: "The compose file does not publish the gateway's port on this machine. Its health check succeeded; it was not probed from here.",
 zh: "compose 文件没有在本机发布网关的端口。健康检查已通过，未从本机探测。"));
        }
        Ok(container)
    }

    /// Runs a Compose command that must succeed; its output is masked.
    ///
    /// # Errors
    ///
    /// It failed; the error quotes its output.
    pub fn compose(&self, args: &[&str]) -> Result<()> {
        let run = self.engine.compose_run(args, COMPOSE_LIMIT);
        run.map(drop)
            .map_err(|error| error.map_what(|text| self.mask(text)))
    }

    fn wait_until_healthy(&self, wait: Duration, before: Option<&Container>) -> Result<Container> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            self.files.step("waiting");
            let container = self.engine.container()?.ok_or_else(error::container_gone)?;
            let elapsed = start.elapsed();
            let restarts_before = before
                .filter(|before| before.id == container.id)
                .map_or(0, |before| before.restarts);
            match judge(&container, restarts_before) {
                Verdict::Healthy => return Ok(container),
                Verdict::Failed(why) => return Err(self.with_log(why, &container)),
                // Without a health check, or before Docker makes its first one, the probes decide.
                Verdict::Unknown | Verdict::Serving if self.answers() => return Ok(container),
                Verdict::Unknown | Verdict::Serving | Verdict::Starting if elapsed >= wait => {
                    let seconds = wait.as_secs();
                    let why = text!(
                        en: "The gateway did not become healthy within {seconds} s.",
                        zh: "网关在 {seconds} 秒内未通过健康检查。");
                    return Err(self.with_log(why, &container));
                }
                Verdict::Unknown | Verdict::Serving | Verdict::Starting => {}
            }
            let seconds = elapsed.as_secs();
            self.progress.step(&text!(
 en: "waiting for the gateway to become healthy ({seconds} s; a cold start takes about 50 s)",
 zh: "正在等待网关通过健康检查（{seconds} 秒；冷启动约需 50 秒）"));
            std::thread::sleep(
                pause
                    .min(wait.saturating_sub(elapsed))
                    .max(Duration::from_millis(20)),
            );
            pause = (pause * 3 / 2).min(Duration::from_secs(2));
        }
    }

    /// Whether a container is healthy; before Docker's first health check the probes decide, as in
    /// [`Self::start`].
    pub(crate) fn is_well(&self, container: &Container) -> bool {
        let serving = container.status == "running" && container.health == "starting";
        container.is_healthy() || (serving && self.answers())
    }

    /// Whether both probes succeed; only known where the port is published on this machine.
    fn answers(&self) -> bool {
        let published = self
            .env()
            .is_ok_and(|env| address::of(self.root, &env).published);
        published && self.verify().is_ok()
    }

    /// The two probes, through the published port, without a model call.
    ///
    /// # Errors
    ///
    /// The gateway accepts requests without a token, rejects the token, or the endpoint is disabled.
    pub fn verify(&self) -> Result<()> {
        let address = address::of(self.root, &self.env()?);
        if !address.published {
            // Only its network can reach it.
            return Ok(());
        }
        let probes = [
            (None, text!(en: "without a token", zh: "不带令牌")),
            (
                Some(&address.token),
                text!(en: "with the token", zh: "带令牌"),
            ),
        ];
        for (token, how) in probes {
            let probe = probe::ask(address.port, token);
            let right = match token {
                None => probe.refuses_strangers(),
                Some(_) => probe.takes_the_token(),
            };
            if !right {
                return Err(unexpected(&probe, &how));
            }
        }
        Ok(())
    }

    /// The `.env`.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn env(&self) -> Result<Env> {
        dotenv::load(self.root, self.engine.flavour().dialect())
    }

    fn mask(&self, text: &str) -> String {
        address::secrets(self.root, &self.env().unwrap_or_default()).mask(text)
    }

    fn with_log(&self, why: Text, container: &Container) -> Error {
        let log = self.engine.log_tail(&container.id, 30).unwrap_or_default();
        let log = last_lines(&self.mask(&log), 12);
        let log = if log.trim().is_empty() { "-" } else { &log };
        error::not_healthy(&why, log)
    }
}

enum Verdict {
    Healthy,
    Starting,
    /// Running, before its first health check.
    Serving,
    /// Running, without a health check.
    Unknown,
    Failed(Text),
}

fn judge(container: &Container, restarts_before: u64) -> Verdict {
    let Container {
        status,
        health,
        exit_code,
        restarts,
        ..
    } = container;
    if container.oom_killed {
        return Verdict::Failed(
            text!(en: "The gateway was killed for lack of memory.", zh: "网关因内存不足被杀死。"),
        );
    }
    if restarts.saturating_sub(restarts_before) >= 3 {
        return Verdict::Failed(text!(
 en: "The gateway keeps exiting ({restarts} restarts, exit status {exit_code}).",
 zh: "网关反复退出（重启 {restarts} 次，退出码 {exit_code}）。"));
    }
    match (status.as_str(), health.as_str()) {
        ("running", "healthy") => Verdict::Healthy,
        ("running", "unhealthy") => {
            let answer = &container.health_output;
            Verdict::Failed(text!(
 en: "The gateway is running but its health check fails. {answer}",
 zh: "网关在运行，但健康检查失败。{answer}"))
        }
        ("running", "") => Verdict::Unknown,
        ("running", "starting") => Verdict::Serving,
        ("running" | "created" | "restarting" | "starting" | "initialized" | "configured", _) => {
            Verdict::Starting
        }
        (status, _) => Verdict::Failed(text!(
 en: "The container is {status} (exit status {exit_code}).",
 zh: "容器状态为 {status}（退出码 {exit_code}）。")),
    }
}

fn unexpected(probe: &Probe, how: &Text) -> Error {
    let advice = |why: &Why| {
        (
            Text::of(|locale| why.cause(locale)),
            Text::of(|locale| why.remedy(locale)),
        )
    };
    match probe {
        Probe::Answered { message, why, .. } if why.code == FaultCode::RequestRejected => {
            error::no_authentication(how, message)
        }
        Probe::Answered { message, why, .. } => {
            let (cause, remedy) = advice(why);
            error::probe_failed(why.code, how, message, &cause, &remedy)
        }
        Probe::Failed { error } => {
            let why = Why::from(FaultCode::NetworkOrUnreachable);
            let (cause, remedy) = advice(&why);
            error::no_answer(why.code, how, error, &cause, &remedy)
        }
    }
}
