//! `upgrade` and `rollback`: switch to another version and back. A failure or power loss at any step
//! ends in a state that worked.
//!
//! The order is: journal, restore point, image, files, container, health, probes, end of the journal.
//! Nothing changes before the image is available. After that, any failure rolls back to the restore
//! point, in the same call or in the next one.

use std::time::{Duration, SystemTime};

use crate::compose_file;
use crate::doctor::set_env;
use crate::dotenv;
use crate::engine::Container;
use crate::error::{self, At, CHANGE, Error, Result};
use crate::gateway_config;
use crate::init;
use crate::journal::{self, Journal, Operation, Step};
use crate::layout::{COMPOSE, CONFIG};
use crate::lifecycle::Operator;
use crate::read_file::{self, Content};
use crate::release::{self, is_pinned_version};
use crate::restore::{self, Before, RestorePoint};
use crate::text::{Text, text};
use crate::version_config;
use crate::versions;

/// How long to wait for the gateway to become healthy by default: a cold start on a small machine plus
/// the health check's own grace.
pub const WAIT: Duration = Duration::from_secs(420);

/// How an upgrade or rollback ended, unless it failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ended {
    /// The new version runs, is healthy and answers the probes.
    Changed {
        /// The version before.
        from: String,
        /// The version now.
        to: String,
    },
    /// It did not work, and the previous version runs again.
    WentBack {
        /// The version that runs.
        from: String,
        /// The version that did not work.
        to: String,
        /// Why.
        why: Error,
    },
}

/// What to change.
struct Plan<'a> {
    operation: Operation,
    from: String,
    to: &'a str,
    /// The restore point that is used up if it succeeds.
    used: Option<&'a str>,
    image: &'a str,
    now_runs: Option<Container>,
    now: SystemTime,
    /// How many restore points to keep.
    keep: usize,
}

impl Operator<'_> {
    /// Finishes or undoes an interrupted operation. With `start`, a gateway that ran before is started
    /// again; otherwise only the files are restored.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or the old state cannot be restored.
    pub fn recover(&self, start: bool) -> Result<()> {
        let mut journal = match journal::read(self.root) {
            Content::Missing => return Ok(()),
            Content::Good(journal) => journal,
            Content::Bad(error) | Content::Unreadable(error) => {
                return Err(error::journal_unreadable(error));
            }
        };
        let (from, to) = (journal.from.clone(), journal.to.clone());
        match journal.step {
            Step::Prepared => {
                self.progress.note(&text!(
                    en: "An earlier switch from {from} to {to} was interrupted before it changed anything.",
                    zh: "之前从 {from} 到 {to} 的切换在做任何修改之前就中断了。"));
                self.abandon(&journal)
            }
            Step::Verified => {
                self.progress.note(&text!(
                    en: "An earlier switch from {from} to {to} had succeeded; cleaning up.",
                    zh: "之前从 {from} 到 {to} 的切换已经成功；正在清理。"));
                self.finish(&journal)
            }
            Step::Switching | Step::Restored => {
                self.progress.note(&text!(
                    en: "An earlier switch from {from} to {to} was interrupted; rolling back to {from}.",
                    zh: "之前从 {from} 到 {to} 的切换被中断；正在回退到 {from}。"));
                self.go_back(&mut journal, start)
            }
        }
    }

    /// Switches to another version.
    ///
    /// # Errors
    ///
    /// The version is not a specific release or is already running, a file is unusable, or the image
    /// cannot be pulled: nothing has changed. Or the old state could not be restored: the error says so,
    /// and the next command tries again.
    pub fn upgrade(&self, to: &str, now: SystemTime, keep: usize) -> Result<Ended> {
        if !is_pinned_version(to) {
            return Err(error::not_one_release(to));
        }
        self.preflight()?;
        let image = self.image(to)?;
        let now_runs = self.engine.container()?;
        let pinned = self
            .env()?
            .get(dotenv::VERSION)
            .unwrap_or_default()
            .to_owned();
        // Roll back to what is running, even if .env was edited since.
        let from = now_runs
            .as_ref()
            .and_then(|container| Some(container.image.rsplit_once(':')?.1))
            .filter(|version| is_pinned_version(version))
            .map_or(pinned, str::to_owned);
        if from == to && now_runs.as_ref().is_some_and(|now| self.is_well(now)) {
            return Err(error::already_running(to));
        }
        if let Some(told) = release::not_brought_back(&from, to) {
            self.progress.note(&told);
        }
        let config = self.config_for(to)?;
        let memory = versions::of(&from).memory_limit;
        let plan = Plan {
            operation: Operation::Upgrade,
            from,
            to,
            used: None,
            image: &image,
            now_runs,
            now,
            keep,
        };
        self.change(plan, &|| {
            set_env(self.root, dotenv::VERSION, to, self.files)?;
            self.give_memory(memory, to)?;
            if let Some(config) = &config {
                let path = self.root.join(CONFIG);
                let written = self.files.write(&path, config.as_bytes(), 0o644);
                written.at(CHANGE, &path)?;
            }
            self.give_time_to_stop(to)
        })
    }

    /// The config as the version needs it, if that differs; tells the difference.
    fn config_for(&self, version: &str) -> Result<Option<String>> {
        let path = self.root.join(CONFIG);
        let text = read_file::read_text(&path).at(CHANGE, &path)?;
        let written = version_config::with_version(&text, version)
            .map_err(|error| error::config_not_writable(&error).caused_by(error))?;
        let config = gateway_config::parse(&written.text).unwrap_or_default();
        let refused = version_config::refused(&config, version);
        if !refused.is_empty() {
            return Err(error::config_not_for_version(version, refused.join(", ")));
        }
        if let Some(own) = version_config::overridden(&written, &config, version) {
            let Text { en, zh } = own;
            self.progress.note(&text!(
                en: "{CONFIG} sets these itself, so what {version} needs is not written: {en}",
                zh: "{CONFIG} 自行设置了以下内容，因此没有写入 {version} 所需的值：{zh}"));
        }
        if written
            .own
            .iter()
            .any(|own| own == version_config::AGENT_LIST)
        {
            self.progress.note(&text!(
                en: "{CONFIG} has its own agents, so none are written for the levels. To add them yourself: host-shim sidecar print-config --format level-agents",
                zh: "{CONFIG} 有自己的智能体，因此没有写入各级别的智能体。如需自行添加：host-shim sidecar print-config --format level-agents"));
        }
        if written.text == text {
            return Ok(None);
        }
        let header = format!("{CONFIG} ({version})");
        let shown = init::diff(CONFIG, &header, &text, &written.text).unwrap_or_default();
        let shown = self.env()?.mask(&shown);
        self.progress.note(&text!(
            en: "For {version}, the config changes between the host-shim markers:\n{shown}",
            zh: "为适配 {version}，配置中标记之间的内容将改为：\n{shown}"));
        Ok(Some(written.text))
    }

    /// Gives the gateway the memory a version needs, unless `.env` has another limit than the old one's.
    fn give_memory(&self, before: &str, version: &str) -> Result<()> {
        let needed = versions::of(version).memory_limit;
        match self.env()?.get(dotenv::MEMORY) {
            Some(limit) if limit == before && limit != needed => {
                set_env(self.root, dotenv::MEMORY, needed, self.files)
            }
            _ => Ok(()),
        }
    }

    /// Gives the gateway the time a version needs to stop: in `.env` if the compose file reads it from
    /// there, or else in the compose file, if that gives less.
    fn give_time_to_stop(&self, version: &str) -> Result<()> {
        let grace = versions::of(version).stop_grace;
        let path = self.root.join(COMPOSE);
        let text = read_file::read_text(&path).at(CHANGE, &path)?;
        if text.contains(dotenv::STOP_GRACE) {
            return match self.env()?.get(dotenv::STOP_GRACE) {
                Some(written) if written != grace => {
                    set_env(self.root, dotenv::STOP_GRACE, grace, self.files)
                }
                // Without a line there, the compose file's default applies, which is enough.
                _ => Ok(()),
            };
        }
        match compose_file::with_stop_grace(&text, grace) {
            Some(text) => {
                let written = self.files.write(&path, text.as_bytes(), 0o644);
                written.at(CHANGE, &path)
            }
            None => Ok(()),
        }
    }

    /// Returns to a restore point: the one with this id, or the newest healthy one.
    ///
    /// # Errors
    ///
    /// There is no such restore point, or as [`Self::upgrade`].
    pub fn rollback(&self, to: Option<&str>, now: SystemTime, keep: usize) -> Result<Ended> {
        let target = self.target(to)?;
        let image = self.image(&target.version)?;
        let now_runs = self.engine.container()?;
        let env = self.env()?;
        let from = env.get(dotenv::VERSION).unwrap_or("unknown").to_owned();
        if release::not_brought_back(&target.version, &from).is_some() {
            let to = &target.version;
            self.progress.note(&text!(
                en: "{to} cannot read the conversations stored by {from}; they stay in data/ for a later upgrade. To use a copy of data/ made before the upgrade, restore it by hand.",
                zh: "{to} 无法读取 {from} 存储的会话；它们仍保留在 data/ 中，供以后升级使用。升级前的 data/ 备份需要手动恢复。"));
        }
        let plan = Plan {
            operation: Operation::Rollback,
            from,
            to: &target.version,
            used: Some(&target.id),
            image: &image,
            now_runs,
            now,
            keep,
        };
        self.change(plan, &|| {
            restore::restore(self.root, &target.id, self.files)
        })
    }

    fn target(&self, to: Option<&str>) -> Result<RestorePoint> {
        let points = restore::list(self.root)?;
        let found = match to {
            Some(id) => points.iter().find(|point| point.id == id),
            None => restore::last_good(&points),
        };
        found.cloned().ok_or_else(|| match to {
            Some(id) => error::no_restore_point(id),
            None => error::nothing_to_go_back_to(),
        })
    }

    /// The journaled part, shared by both.
    fn change(&self, plan: Plan<'_>, apply: &dyn Fn() -> Result<()>) -> Result<Ended> {
        let before = plan.now_runs.as_ref();
        let point = restore::plan(
            self.root,
            &plan.from,
            before.is_some_and(|before| self.is_well(before)),
            match plan.operation {
                Operation::Upgrade => Before::Upgrade,
                Operation::Rollback => Before::Rollback,
            },
            plan.now,
        );
        let journal = &mut Journal {
            operation: plan.operation,
            from: plan.from,
            to: plan.to.to_owned(),
            restore_point: point.id.clone(),
            used: plan.used.map(str::to_owned),
            was_running: before.is_some_and(|container| container.status == "running"),
            step: Step::Prepared,
        };
        self.progress
            .step(&text!(en: "creating a restore point", zh: "正在创建恢复点"));
        journal.write(Step::Prepared, self.root, self.files)?;
        let prepared =
            restore::create(self.root, &point, self.files).and_then(|()| self.fetch(plan.image));
        if let Err(error) = prepared {
            // Nothing has changed, so there is nothing to undo.
            self.abandon(journal)?;
            return Err(error);
        }
        journal.write(Step::Switching, self.root, self.files)?;
        let (from, to) = (&journal.from, &journal.to);
        self.progress.if_interrupted(text!(
            en: "Stopped halfway from {from} to {to}. The next `host-shim sidecar up` rolls back to {from}.",
            zh: "已中止：从 {from} 到 {to} 的切换尚未完成。下次运行 `host-shim sidecar up` 时会回退到 {from}。"));
        let attempt = apply().and_then(|()| self.start(true, self.wait));
        match attempt {
            Ok(_) => {
                journal.write(Step::Verified, self.root, self.files)?;
                self.finish(journal)?;
                if let Err(error) = restore::prune(self.root, plan.keep, self.files) {
                    // The upgrade itself succeeded.
                    self.progress.note(error.what());
                }
                Ok(Ended::Changed {
                    from: journal.from.clone(),
                    to: journal.to.clone(),
                })
            }
            Err(why) => {
                let (from, to) = (journal.from.clone(), journal.to.clone());
                self.progress.note(&text!(
                    en: "{to} did not work; rolling back to {from}.",
                    zh: "{to} 无法正常工作；正在回退到 {from}。"));
                self.go_back(journal, true)?;
                Ok(Ended::WentBack { from, to, why })
            }
        }
    }

    /// Ends a change that has succeeded.
    fn finish(&self, journal: &Journal) -> Result<()> {
        if let Some(used) = &journal.used {
            restore::remove(self.root, used, self.files)?;
        }
        Journal::end(self.root, self.files)
    }

    /// Ends an operation without effect. Its restore point is the running state, so it is removed.
    fn abandon(&self, journal: &Journal) -> Result<()> {
        restore::remove(self.root, &journal.restore_point, self.files)?;
        Journal::end(self.root, self.files)
    }

    fn go_back(&self, journal: &mut Journal, start: bool) -> Result<()> {
        let from = journal.from.clone();
        self.progress.if_interrupted(text!(
            en: "Stopped while rolling back to {from}. The next `host-shim sidecar up` goes on with it.",
            zh: "已中止：正在回退到 {from}。下次运行 `host-shim sidecar up` 时会继续。"));
        if journal.step != Step::Restored {
            restore::restore(self.root, &journal.restore_point, self.files)?;
            // From here on the user may edit the files; a later command does not overwrite them.
            journal.write(Step::Restored, self.root, self.files)?;
        }
        if !start {
            return self.abandon(journal);
        }
        self.progress
            .step(&text!(en: "restoring {from}", zh: "正在恢复 {from}"));
        if !journal.was_running {
            self.down()?;
            return self.abandon(journal);
        }
        // Give the previous version the usual time, however short the caller's limit.
        let started = self.start(true, self.wait.max(WAIT));
        started.map_err(|error| {
            let (what, cause, remedy) = (error.what(), error.cause(), error.remedy());
            error::old_version_fails(from, what, cause, remedy).caused_by(error.clone())
        })?;
        self.abandon(journal)
    }
}
