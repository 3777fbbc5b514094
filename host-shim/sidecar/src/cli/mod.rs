//! The commands of `host-shim sidecar`.

mod args;
mod astrbot;
mod files;
mod guidance;
pub mod help;
mod model;
mod output;
mod prompt;

use std::time::{Duration, SystemTime};

use openclaw_core::locale::Locale;

pub use self::args::{Keep, SidecarArgs, SidecarCommand, Wait};
pub use self::astrbot::AstrBotArgs;
pub use self::model::{FromAstrBot, ModelArgs};
use self::output::out;
pub(crate) use self::output::wrapped_for_stderr;
pub use self::output::wrapped_for_stdout;
use crate::atomic_file::{AtomicFiles, Checkpoint};
use crate::doctor::{self, Facts, Scope};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::layout::Root;
use crate::lifecycle::Operator;
use crate::lock;
use crate::manifest;
use crate::process::Surroundings;
use crate::progress::Terminal;
use crate::restore;
use crate::text::{Text, text};
use crate::upgrade::{Ended, WAIT};

/// Success; for `doctor`: nothing is wrong.
pub const OK: u8 = 0;
/// Failure, with the reason on stderr; for `doctor`: something is wrong.
pub const FAILED: u8 = 1;
/// An upgrade or rollback failed, and the previous version runs again.
pub const WENT_BACK: u8 = 3;

/// What a command gets from its caller.
pub struct Host<'a> {
    /// Programs and their environment.
    pub surroundings: Surroundings,
    /// Called at every durable step.
    pub checkpoint: Checkpoint<'a>,
}

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// Runs a command in this process's environment; returns the exit status.
pub fn run(args: &SidecarArgs, locale: Locale) -> u8 {
    let host = Host {
        surroundings: Surroundings::default(),
        checkpoint: &|_| {},
    };
    run_with(args, locale, &host)
}

/// Runs a command; returns the exit status. Results go to stdout, messages to stderr.
pub fn run_with(args: &SidecarArgs, locale: Locale, host: &Host<'_>) -> u8 {
    let run = |root| Session { root, locale, host }.run(&args.command);
    Root::new(&args.root)
        .and_then(run)
        .unwrap_or_else(|error| failed(&error, locale))
}

fn failed(error: &Error, locale: Locale) -> u8 {
    let label = text!(en: "error: ", zh: "错误：");
    let text = format!("{}{}", label.get(locale), error.render(locale));
    eprintln!("{}", wrapped_for_stderr(&text));
    FAILED
}

/// One command being run.
struct Session<'a> {
    root: Root,
    locale: Locale,
    host: &'a Host<'a>,
}

impl Session<'_> {
    fn files(&self) -> AtomicFiles<'_> {
        AtomicFiles::new(self.host.checkpoint)
    }

    fn run(&self, command: &SidecarCommand) -> Result<u8> {
        match command {
            SidecarCommand::Init {
                force,
                port,
                astrbot_container,
                network,
                astrbot,
            } => self.init(
                *force,
                *port,
                (astrbot_container.as_deref(), network.as_deref()),
                astrbot,
            ),
            SidecarCommand::AstrBot(args) => self.astrbot(args),
            SidecarCommand::Model(args) => self.model(args),
            SidecarCommand::Doctor {
                json_schema: true, ..
            } => out(doctor::SCHEMA),
            SidecarCommand::Doctor {
                json,
                fix,
                dry_run,
                plugin_config,
                astrbot,
                ask,
                ..
            } => {
                let scope = Scope {
                    root: &self.root,
                    surroundings: &self.host.surroundings,
                    plugin: plugin_config.as_deref(),
                    astrbot: astrbot.as_deref(),
                    ask: *ask,
                };
                self.doctor(*json, *fix, *dry_run, &scope)
            }
            SidecarCommand::Up { wait } => self.start(wait.duration(), false),
            SidecarCommand::Restart { wait } => self.start(wait.duration(), true),
            SidecarCommand::Down => self.down(),
            SidecarCommand::Ps => self.pass_through(&["ps"], false),
            SidecarCommand::Logs { follow, tail } => {
                let tail = format!("--tail={tail}");
                let mut words = vec!["logs", &tail];
                if *follow {
                    words.push("--follow");
                }
                self.pass_through(&words, true)
            }
            SidecarCommand::Upgrade {
                version,
                wait,
                keep,
            } => self.changed(wait.duration(), |operator| {
                operator.upgrade(version, SystemTime::now(), keep.keep)
            }),
            SidecarCommand::Rollback { list: true, .. } => self.list(),
            SidecarCommand::Rollback { to, wait, keep, .. } => self
                .changed(wait.duration(), |operator| {
                    operator.rollback(to.as_deref(), SystemTime::now(), keep.keep)
                }),
            SidecarCommand::PrintConfig { format, agent_id } => {
                self.print_config(*format, agent_id)
            }
            SidecarCommand::Manifest {
                output,
                namespace,
                gateway_version,
                astrbot_image,
            } => {
                let mut options = manifest::defaults();
                options.namespace.clone_from(namespace);
                if let Some(version) = gateway_version {
                    options.version.clone_from(version);
                }
                if let Some(image) = astrbot_image {
                    options.astrbot_image.clone_from(image);
                }
                self.manifest(options, output.as_deref())
            }
        }
    }

    fn say(&self, text: &Text) {
        eprintln!("{}", wrapped_for_stderr(text.get(self.locale)));
    }

    fn doctor(&self, json: bool, fix: bool, dry_run: bool, scope: &Scope<'_>) -> Result<u8> {
        // With --fix, the model call shows whether it helped.
        let first = Scope {
            ask: scope.ask && !fix,
            ..scope.clone()
        };
        let mut facts = Facts::gather(&first);
        let mut checks = doctor::diagnose(&facts);
        let mut fixed = Vec::new();
        let fixes = Some(doctor::fixes(&checks)).filter(|_| fix);
        let fixes = fixes.unwrap_or_default();
        if dry_run {
            for fix in &fixes {
                let Text { en, zh } = fix.describe();
                self.say(&text!(en: "would {en}", zh: "将会{zh}"));
            }
        } else if !fixes.is_empty() || (fix && scope.ask) {
            let there = self.root.path().is_dir();
            let _lock = there.then(|| lock::lock(&self.root)).transpose()?;
            for fix in fixes {
                match fix.apply(&self.root, self.files(), &self.host.surroundings) {
                    Ok(()) => fixed.push(fix),
                    // The other fixes still help, and the report shows what is left.
                    Err(error) => eprintln!("{}", error.render(self.locale)),
                }
            }
            facts = Facts::gather(scope);
            checks = doctor::diagnose(&facts);
        }
        if json {
            let report = doctor::json(&facts, &checks, &fixed, self.locale);
            out(&format!("{report:#}\n"))?;
        } else {
            for fix in &fixed {
                let Text { en, zh } = fix.describe();
                self.say(&text!(en: "done: {en}", zh: "已完成：{zh}"));
            }
            let (columns, colours) = output::terminal();
            out(&doctor::render(&checks, self.locale, columns, colours))?;
        }
        Ok(match doctor::is_well(&checks) {
            true => OK,
            false => FAILED,
        })
    }

    fn engine(&self) -> Result<Engine> {
        Engine::find(&self.host.surroundings, &self.root)
    }

    /// Takes the lock, recovers from an interrupted operation, then does the work.
    fn operate<T>(
        &self,
        wait: Duration,
        start: bool,
        work: impl FnOnce(&Operator<'_>) -> Result<T>,
    ) -> Result<T> {
        let _lock = lock::lock(&self.root)?;
        let engine = self.engine()?;
        let terminal = Terminal::new(self.locale);
        let operator = Operator {
            root: &self.root,
            engine: &engine,
            surroundings: &self.host.surroundings,
            files: self.files(),
            progress: &terminal,
            wait,
        };
        let result = operator.recover(start).and_then(|()| work(&operator));
        terminal.end();
        result
    }

    fn start(&self, wait: Duration, recreate: bool) -> Result<u8> {
        let container = self.operate(wait, true, |operator| {
            operator.preflight()?;
            operator.fetch_own()?;
            operator.start(recreate, operator.wait)
        })?;
        let image = container.image;
        let port = self.port()?;
        self.say(&text!(
 en: "The gateway is healthy: {image} at http://127.0.0.1:{port}; both probes succeeded.",
 zh: "网关运行正常：{image}，地址 http://127.0.0.1:{port}；两项探测均通过。"));
        let problem = self.problem_of_the_model();
        if !recreate {
            self.tell_settings()?;
        }
        self.tell_next_step(problem.as_ref(), recreate)?;
        Ok(OK)
    }

    fn down(&self) -> Result<u8> {
        self.operate(WAIT, false, |operator| {
            operator.progress.if_interrupted(text!(
                en: "Stopped waiting; the gateway may still be finishing its turns. Run `host-shim sidecar down` again to be sure.",
                zh: "已不再等待；网关可能仍在完成任务。请再次运行 `host-shim sidecar down` 确认已停止。"));
            operator.down()
        })?;
        self.say(
            &text!(en: "The gateway is stopped; its data is kept.", zh: "网关已停止；数据已保留。"),
        );
        Ok(OK)
    }

    fn changed(
        &self,
        wait: Duration,
        work: impl FnOnce(&Operator<'_>) -> Result<Ended>,
    ) -> Result<u8> {
        match self.operate(wait, true, work)? {
            Ended::Changed { from, to } => {
                self.say(&text!(
 en: "{to} is running and healthy (before: {from}). To go back: `host-shim sidecar rollback`.",
 zh: "{to} 已在运行且状态健康（之前：{from}）。如需回退：`host-shim sidecar rollback`。"));
                self.tell_next_step(self.problem_of_the_model().as_ref(), true)?;
                Ok(OK)
            }
            Ended::WentBack { from, to, why } => {
                eprintln!("{}", why.render(self.locale));
                self.say(&text!(
 en: "{to} did not work; {from} is running again.",
 zh: "{to} 无法正常工作；{from} 已恢复运行。"));
                Ok(WENT_BACK)
            }
        }
    }

    fn list(&self) -> Result<u8> {
        let points = restore::list(&self.root)?;
        let mut table = String::new();
        for point in &points {
            let mark = match point.good {
                _ if point.before_rollback => {
                    text!(en: "created by a rollback", zh: "由回退创建")
                }
                _ if point.before_settings => {
                    text!(en: "before a change of settings", zh: "修改设置之前")
                }
                true => text!(en: "was healthy", zh: "当时健康"),
                false => text!(en: "was not healthy", zh: "当时不健康"),
            };
            table.push_str(&format!(
                "{}  {}  {}  {}\n",
                point.id,
                point.version,
                point.created,
                mark.get(self.locale)
            ));
        }
        if points.is_empty() {
            self.say(&text!(en: "There are no restore points; an upgrade creates one.", zh: "没有恢复点；升级时会创建。"));
        }
        out(&table)
    }

    fn port(&self) -> Result<u16> {
        Ok(crate::address::of(&self.root, &self.env()?).port)
    }

    fn env(&self) -> Result<crate::dotenv::Env> {
        crate::dotenv::load(&self.root, Default::default())
    }
}
