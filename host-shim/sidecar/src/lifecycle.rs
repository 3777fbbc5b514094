//! Starting the gateway and waiting until it is healthy, or telling why it is not.

use std::time::{Duration, Instant};

use openclaw_core::{fault::FaultCode, locale::Locale};
use openclaw_plugin::gateway::classify::Why;

use crate::address;
use crate::atomic_file::AtomicFiles;
use crate::doctor::{self, Check, Facts, Scope, Status};
use crate::dotenv::{self, Env};
use crate::engine::{Container, Engine, last_lines};
use crate::layout::Root;
use crate::probe::{self, Probe};
use crate::process::Surroundings;
use crate::text::{Problem, Text, text};

/// Longest run of a Compose command; making a container may pull its image.
pub const COMPOSE_LIMIT: Duration = Duration::from_secs(1800);

/// Tells people what is going on.
pub trait Progress {
    /// A step has begun; it takes the place of the one before.
    fn step(&self, text: &Text);
    /// Something that stays to be read.
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
    /// AtomicFiles writes.
    pub files: AtomicFiles<'a>,
    /// Where people read what is going on.
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
    /// Refuses to go on while a file of the root is missing or unusable.
    ///
    /// # Errors
    ///
    /// The first checks that are wrong, all in one problem.
    pub fn preflight(&self) -> Result<(), Problem> {
        let scope = Scope {
            root: self.root,
            surroundings: self.surroundings,
            plugin: None,
        };
        let mut facts = Facts::of_files_as(&scope, self.engine.flavour().dialect());
        facts.ask_compose(self.engine);
        const BLOCKING: [&str; 11] = [
            "root",
            "files",
            "env",
            "env-token",
            "version",
            "config",
            "config-mode",
            "config-auth",
            "config-endpoint",
            "compose-file",
            "bind",
        ];
        let wrong: Vec<Check> = doctor::diagnose(&facts)
            .into_iter()
            .filter(|check| check.status == Status::Wrong && BLOCKING.contains(&check.name))
            // The gateway starts with another token; which one it takes is known.
            .filter(|check| check.problem != Some("token_in_config"))
            .collect();
        let Some(first) = wrong.first() else {
            return Ok(());
        };
        let join = |pick: fn(&Check) -> &Text| {
            Text::new(
                wrong
                    .iter()
                    .map(|check| pick(check).en.as_str())
                    .collect::<Vec<_>>()
                    .join("\n"),
                wrong
                    .iter()
                    .map(|check| pick(check).zh.as_str())
                    .collect::<Vec<_>>()
                    .join("\n"),
            )
        };
        Err(Problem::new(
            join(|check| &check.detail),
            first.cause.clone(),
            first.remedy.clone(),
        ))
    }

    /// Makes the container from the files as they are, anew if `recreate`, and waits until the
    /// gateway is healthy and both probes say so.
    ///
    /// # Errors
    ///
    /// Compose failed, the gateway did not get healthy (with the end of its own log), or a probe
    /// found it unusable.
    pub fn start(&self, recreate: bool, wait: Duration) -> Result<Container, Problem> {
        self.progress
            .step(&text!("starting the container", "正在启动容器"));
        let mut args = vec!["up", "-d"];
        if recreate {
            args.push("--force-recreate");
        }
        let before = self.settle_project()?;
        let timeout = self.time_to_stop(before.as_ref());
        args.extend(timeout.iter().flatten().map(String::as_str));
        self.files.step("before-up");
        self.compose(&args)?;
        self.files.step("after-up");
        let container = self.wait_until_healthy(wait, before.as_ref())?;
        self.verify()?;
        if !address::of(self.root, &self.env()?).published {
            self.progress.note(&text!(
                "The compose file publishes no port of the gateway on this machine: its health check has succeeded, and it was not probed from here.",
                "compose 文件没有在本机发布网关的端口：健康检查已通过，未从本机探测。"
            ));
        }
        Ok(container)
    }

    /// Runs a Compose command and wants it to succeed; what it says is masked.
    ///
    /// # Errors
    ///
    /// It failed; the problem has its words.
    pub fn compose(&self, args: &[&str]) -> Result<(), Problem> {
        match self.engine.compose_run(args, COMPOSE_LIMIT) {
            Ok(_) => Ok(()),
            Err(mut problem) => {
                problem.what = Text::new(self.mask(&problem.what.en), self.mask(&problem.what.zh));
                Err(problem)
            }
        }
    }

    fn wait_until_healthy(
        &self,
        wait: Duration,
        before: Option<&Container>,
    ) -> Result<Container, Problem> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            self.files.step("waiting");
            let container = self.engine.container()?.ok_or_else(gone)?;
            let elapsed = start.elapsed();
            let restarts_before = before
                .filter(|before| before.id == container.id)
                .map_or(0, |before| before.restarts);
            match judge(&container, restarts_before) {
                Verdict::Healthy => return Ok(container),
                Verdict::Failed(why) => return Err(self.with_log(why, &container)),
                // Without a health check the probes decide.
                Verdict::Unknown if self.verify().is_ok() => return Ok(container),
                Verdict::Unknown | Verdict::Starting if elapsed >= wait => {
                    let seconds = wait.as_secs();
                    return Err(self.with_log(
                        text!(
                            "The gateway was not healthy within {seconds} s.",
                            "网关在 {seconds} 秒内没有变为健康。"
                        ),
                        &container,
                    ));
                }
                Verdict::Unknown | Verdict::Starting => {}
            }
            let seconds = elapsed.as_secs();
            self.progress.step(&text!(
                "waiting until the gateway is healthy ({seconds} s; a cold start takes about 50 s)",
                "正在等待网关变为健康（{seconds} 秒；冷启动约需 50 秒）"
            ));
            std::thread::sleep(
                pause
                    .min(wait.saturating_sub(elapsed))
                    .max(Duration::from_millis(20)),
            );
            pause = (pause * 3 / 2).min(Duration::from_secs(2));
        }
    }

    /// The two probes, through the published port, without a model call.
    ///
    /// # Errors
    ///
    /// The gateway takes strangers, refuses the token, or the endpoint is off.
    pub fn verify(&self) -> Result<(), Problem> {
        let address = address::of(self.root, &self.env()?);
        if !address.published {
            // Only others of its network reach it.
            return Ok(());
        }
        let port = address.port;
        match probe::ask(port, None) {
            Probe::Answered {
                code: FaultCode::AuthFailed,
                texts: None,
                ..
            } => {}
            other => return Err(unexpected(&other, &text!("without a token", "不带令牌"))),
        }
        match probe::ask(port, Some(&address.token)) {
            Probe::Answered {
                status: 400,
                code: FaultCode::RequestRejected,
                ..
            } => Ok(()),
            other => Err(unexpected(&other, &text!("with the token", "带令牌"))),
        }
    }

    /// The `.env`.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn env(&self) -> Result<Env, Problem> {
        dotenv::load(self.root, self.engine.flavour().dialect())
    }

    fn mask(&self, text: &str) -> String {
        address::secrets(self.root, &self.env().unwrap_or_default()).mask(text)
    }

    fn with_log(&self, why: Text, container: &Container) -> Problem {
        let log = self.engine.log_tail(&container.id, 30).unwrap_or_default();
        let log = last_lines(&self.mask(&log), 12);
        let log = if log.trim().is_empty() {
            "-".to_owned()
        } else {
            log
        };
        Problem::new(
            Text::new(
                format!("{} The container's own log ends:\n{log}", why.en),
                format!("{}容器日志的末尾：\n{log}", why.zh),
            ),
            text!(
                "The gateway could not start with its present config, version or memory.",
                "网关无法以当前的配置、版本或内存启动。"
            ),
            text!(
                "Mend what the log names; `host-shim sidecar doctor` looks at the rest.",
                "请按日志修复；`host-shim sidecar doctor` 可检查其余部分。"
            ),
        )
    }
}

enum Verdict {
    Healthy,
    Starting,
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
        return Verdict::Failed(text!(
            "The gateway was killed for memory.",
            "网关因内存不足被杀死。"
        ));
    }
    if restarts.saturating_sub(restarts_before) >= 3 {
        return Verdict::Failed(text!(
            "The gateway ends again and again ({restarts} restarts, exit status {exit_code}).",
            "网关反复退出（重启 {restarts} 次，退出码 {exit_code}）。"
        ));
    }
    match (status.as_str(), health.as_str()) {
        ("running", "healthy") => Verdict::Healthy,
        ("running", "unhealthy") => {
            let answer = &container.health_output;
            Verdict::Failed(text!(
                "The gateway runs and its health check fails. {answer}",
                "网关在运行，但健康检查失败。{answer}"
            ))
        }
        ("running", "") => Verdict::Unknown,
        ("running" | "created" | "restarting" | "starting" | "initialized" | "configured", _) => {
            Verdict::Starting
        }
        (status, _) => Verdict::Failed(text!(
            "The container is {status}, exit status {exit_code}.",
            "容器状态为 {status}，退出码 {exit_code}。"
        )),
    }
}

fn gone() -> Problem {
    Problem::new(
        text!("The gateway's container is gone.", "网关的容器不见了。"),
        text!(
            "Somebody removed it meanwhile, or Compose made it under another project.",
            "它被他人删除，或 Compose 以其他项目名创建了它。"
        ),
        text!(
            "Run `docker ps -a`, then the command again.",
            "请运行 `docker ps -a` 查看，然后重试。"
        ),
    )
}

fn unexpected(probe: &Probe, how: &Text) -> Problem {
    let (en, zh) = (&how.en, &how.zh);
    match probe {
        Probe::Answered {
            message,
            code: FaultCode::RequestRejected,
            ..
        } => Problem::new(
            text!(
                "The gateway answered a probe {en}: {message}",
                "网关对{zh}的探测的应答：{message}"
            ),
            text!(
                "It takes requests without a token: its authentication is off.",
                "它接受不带令牌的请求：认证被关闭。"
            ),
            text!(
                "Set gateway.auth.mode to \"token\".",
                "请把 gateway.auth.mode 设为 \"token\"。"
            ),
        ),
        Probe::Answered {
            message,
            code,
            texts,
            ..
        } => {
            let why = Why {
                code: *code,
                texts: *texts,
            };
            Problem::new(
                text!(
                    "{code}: the gateway answered a probe {en}: {message}",
                    "{code}：网关对{zh}的探测的应答：{message}"
                ),
                Text::new(why.cause(Locale::En), why.cause(Locale::Zh)),
                Text::new(why.remedy(Locale::En), why.remedy(Locale::Zh)),
            )
        }
        Probe::Failed { error } => {
            let code = FaultCode::NetworkOrUnreachable;
            Problem::new(
                text!(
                    "{code}: no answer to a probe {en}: {error}",
                    "{code}：对{zh}的探测没有应答：{error}"
                ),
                Text::cause_of(code),
                Text::remedy_of(code),
            )
        }
    }
}
