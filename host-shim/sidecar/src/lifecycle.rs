//! Starts the gateway and waits until it is healthy, or says why it is not.

use std::time::Duration;

use openclaw_core::{fault::FaultCode, locale::Locale};
use openclaw_plugin::fault::Why;

use crate::address;
use crate::astrbot_container::network;
use crate::atomic_file::AtomicFiles;
use crate::doctor::{self, Facts, Scope};
use crate::dotenv::{self, Env};
use crate::engine::{Container, Engine};
use crate::error::{self, Error, ErrorKind, Result};
use crate::journal;
use crate::layout::Root;
use crate::probe::{self, Probe};
use crate::process::Surroundings;
use crate::read_file::Content;
use crate::text::{Text, text};

/// Time limit of a Compose command, which may have to pull an image.
pub const COMPOSE_LIMIT: Duration = Duration::from_secs(1800);

/// Reports progress to people.
pub trait Progress {
    /// A step has begun, or goes on; it replaces the previous one.
    fn step(&self, text: &Text);
    /// What to say if the user ends this program from here on.
    fn if_interrupted(&self, text: Text);
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
        // A switch to another version says itself what becomes of it.
        let alone = matches!(journal::read(self.root), Content::Missing);
        let interrupted = |text: Text| {
            if alone {
                self.progress.if_interrupted(text);
            }
        };
        self.progress
            .step(&text!(en: "creating the container", zh: "正在创建容器"));
        interrupted(text!(
            en: "Stopped while Compose was creating the container. To go on: host-shim sidecar up",
            zh: "已中止：Compose 正在创建容器。如需继续：host-shim sidecar up"));
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
        interrupted(text!(
            en: "No longer waiting; the gateway goes on starting in the background.\n  is it ready?  host-shim sidecar doctor\n  its log:      host-shim sidecar logs --follow\n  stop it:      host-shim sidecar down",
            zh: "已不再等待；网关仍在后台启动。\n  查看是否就绪：host-shim sidecar doctor\n  查看日志：    host-shim sidecar logs --follow\n  停止网关：    host-shim sidecar down"));
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

    pub(crate) fn mask(&self, text: &str) -> String {
        address::secrets(self.root, &self.env().unwrap_or_default()).mask(text)
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
