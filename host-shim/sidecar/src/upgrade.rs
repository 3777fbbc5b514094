//! `upgrade` and `rollback`: to another version and back, so that a failure or a power loss at any
//! step ends on a state that worked.
//!
//! The order is: journal, restore point, image, files, container, health, probes, end of the
//! journal. Until the image is there nothing is changed; after that, whatever does not succeed goes
//! back to the restore point, in the same call or in the next one.

use std::time::{Duration, SystemTime};

use crate::compose_file;
use crate::doctor::{Content, set_env};
use crate::dotenv::{self, is_pinned_version};
use crate::journal::{self, Journal, Operation, Step};
use crate::layout::{COMPOSE, KEPT};
use crate::lifecycle::Operator;
use crate::read_file;
use crate::release;
use crate::restore::{self, RestorePoint};
use crate::text::{Problem, Text, text};

/// How long to wait until the gateway is healthy, unless the caller says otherwise: a cold start on
/// a small machine and the health check's own patience.
pub const WAIT: Duration = Duration::from_secs(420);

/// How a change ended that did not simply fail.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// The new version runs, is healthy and answers the probes.
    Changed {
        /// The version before.
        from: String,
        /// The version now.
        to: String,
    },
    /// It did not work, and what ran before runs again.
    WentBack {
        /// The version that runs.
        from: String,
        /// The version that did not work.
        to: String,
        /// Why.
        why: Problem,
    },
}

impl Operator<'_> {
    /// Finishes or undoes what an earlier call left when it was cut off. With `start` a gateway that
    /// ran before runs again after it; otherwise only the files are brought back.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or the old state cannot be brought back.
    pub fn recover(&self, start: bool) -> Result<(), Problem> {
        let mut journal = match journal::read(self.root) {
            Content::Missing => return Ok(()),
            Content::Good(journal) => journal,
            Content::Bad(error) | Content::Unreadable(error) => {
                return Err(Problem::new(
                    text!(
                        "The journal cannot be read: {error}",
                        "无法读取日志记录：{error}"
                    ),
                    text!(
                        "It was changed by hand, or the disk failed.",
                        "它被手动改过，或磁盘出错。"
                    ),
                    text!(
                        "Look at {KEPT}/journal.json; if it is worthless, remove it and run `host-shim sidecar rollback --list`.",
                        "请查看 {KEPT}/journal.json；如果已无用，删除它并运行 `host-shim sidecar rollback --list`。"
                    ),
                ));
            }
        };
        let (from, to) = (journal.from.clone(), journal.to.clone());
        match journal.step {
            Step::Prepared => {
                self.progress.note(&text!(
                    "An earlier change from {from} to {to} was cut off before it changed anything.",
                    "之前从 {from} 到 {to} 的变更在修改任何东西之前就中断了。"
                ));
                self.abandon(&journal)
            }
            Step::Verified => {
                self.progress.note(&text!(
                    "An earlier change from {from} to {to} had succeeded; cleaning up.",
                    "之前从 {from} 到 {to} 的变更已经成功；正在清理。"
                ));
                self.finish(&journal)
            }
            Step::Switching | Step::Restored => {
                self.progress.note(&text!(
                    "An earlier change from {from} to {to} was cut off; going back to {from}.",
                    "之前从 {from} 到 {to} 的变更中断了；正在回到 {from}。"
                ));
                self.go_back(&mut journal, start)
            }
        }
    }

    /// Goes to another version.
    ///
    /// # Errors
    ///
    /// The version names no single release or is already running, a file is unusable, or the image
    /// cannot be had: nothing has changed. Or the old state could not be brought back: the problem
    /// says so, and the next call tries again.
    pub fn upgrade(&self, to: &str, now: SystemTime, keep: usize) -> Result<Ended, Problem> {
        if !is_pinned_version(to) {
            return Err(Problem::new(
                text!(
                    "`{to}` names no single release.",
                    "`{to}` 不是确定的发行版。"
                ),
                text!(
                    "A moving tag such as `latest` cannot be gone back to.",
                    "`latest` 这样会变化的标签无法回退。"
                ),
                text!(
                    "Name a release, such as 2026.9.6.",
                    "请指定一个发行版，例如 2026.9.6。"
                ),
            ));
        }
        self.preflight()?;
        let image = self.image(to)?;
        let container = self.engine.container()?;
        let running = container
            .as_ref()
            .is_some_and(|container| container.status == "running");
        let healthy = container
            .as_ref()
            .is_some_and(|container| container.health == "healthy");
        let pinned = self
            .env()?
            .get(dotenv::VERSION)
            .unwrap_or_default()
            .to_owned();
        // What runs is what to go back to, also where .env was changed by hand since.
        let from = container
            .as_ref()
            .and_then(|container| Some(container.image.rsplit_once(':')?.1))
            .filter(|version| is_pinned_version(version))
            .map_or(pinned, str::to_owned);
        if from == to && healthy {
            return Err(Problem::new(
                text!(
                    "{to} is already running and healthy.",
                    "{to} 已在运行且健康。"
                ),
                Text::default(),
                text!("Nothing to do.", "无需处理。"),
            ));
        }
        if let Some(told) = release::not_brought_back(&from, to) {
            self.progress.note(&told);
        }
        let point = restore::plan(self.root, &from, healthy, false, now);
        let mut journal = Journal {
            operation: Operation::Upgrade,
            from,
            to: to.to_owned(),
            restore_point: point.id.clone(),
            used: None,
            was_running: running,
            step: Step::Prepared,
        };
        let apply = || {
            set_env(self.root, dotenv::VERSION, to, self.files)?;
            self.give_time_to_stop(to)
        };
        self.change(&mut journal, &point, &image, keep, &apply)
    }

    /// Gives the gateway the time to stop that a version takes: in `.env` where the compose file takes
    /// it from there, or else in the compose file, if it names less.
    fn give_time_to_stop(&self, version: &str) -> Result<(), Problem> {
        let grace = release::stop_grace(version);
        let path = self.root.join(COMPOSE);
        let failed = |error: &std::io::Error| Problem::io(&text!("change", "修改"), &path, error);
        let text = read_file::read_text(&path).map_err(|error| failed(&error))?;
        if text.contains(dotenv::STOP_GRACE) {
            return match self.env()?.get(dotenv::STOP_GRACE) {
                Some(written) if written == grace => Ok(()),
                // Without a line there the compose file's own default holds, which is enough.
                None => Ok(()),
                Some(_) => set_env(self.root, dotenv::STOP_GRACE, grace, self.files),
            };
        }
        match compose_file::with_stop_grace(&text, grace) {
            Some(text) => self
                .files
                .write(&path, text.as_bytes(), 0o644)
                .map_err(|error| failed(&error)),
            None => Ok(()),
        }
    }

    /// Goes back to a restore point: the one of this name, or the newest that was healthy.
    ///
    /// # Errors
    ///
    /// There is no such restore point, or as [`Self::upgrade`].
    pub fn rollback(
        &self,
        to: Option<&str>,
        now: SystemTime,
        keep: usize,
    ) -> Result<Ended, Problem> {
        let target = self.target(to)?;
        let image = self.image(&target.version)?;
        let container = self.engine.container()?;
        let running = container
            .as_ref()
            .is_some_and(|container| container.status == "running");
        let healthy = container
            .as_ref()
            .is_some_and(|container| container.health == "healthy");
        let from = self
            .env()?
            .get(dotenv::VERSION)
            .unwrap_or("unknown")
            .to_owned();
        if release::not_brought_back(&target.version, &from).is_some() {
            let to = &target.version;
            self.progress.note(&text!(
                "{to} does not read the conversations that {from} has stored; they stay in data/ for a later upgrade. A copy of data/ from before has to be put back by hand.",
                "{to} 读不到 {from} 存储的会话；它们仍保留在 data/ 中，供以后再升级时使用。升级前的 data/ 备份需要手动放回。"
            ));
        }
        let point = restore::plan(self.root, &from, healthy, true, now);
        let mut journal = Journal {
            operation: Operation::Rollback,
            from,
            to: target.version.clone(),
            restore_point: point.id.clone(),
            used: Some(target.id.clone()),
            was_running: running,
            step: Step::Prepared,
        };
        let apply = || restore::restore(self.root, &target.id, self.files);
        self.change(&mut journal, &point, &image, keep, &apply)
    }

    fn target(&self, to: Option<&str>) -> Result<RestorePoint, Problem> {
        let points = restore::list(self.root)?;
        let found = match to {
            Some(id) => points.iter().find(|point| point.id == id),
            None => restore::last_good(&points),
        };
        found.cloned().ok_or_else(|| match to {
            Some(id) => Problem::new(
                text!("There is no restore point `{id}`.", "没有恢复点 `{id}`。"),
                Text::default(),
                text!("`host-shim sidecar rollback --list` shows those that there are.", "`host-shim sidecar rollback --list` 会列出现有的恢复点。"),
            ),
            None => Problem::new(
                text!("There is nothing to go back to.", "没有可以回退的恢复点。"),
                text!("An upgrade makes a restore point; none of those that are left was healthy.", "升级时会建立恢复点；现有的恢复点中没有健康的。"),
                text!("Name one of `host-shim sidecar rollback --list` with --to, or upgrade to a version that you know.", "请用 --to 指定 `host-shim sidecar rollback --list` 中的一个，或升级到你确定可用的版本。"),
            ),
        })
    }

    /// The journaled part that both share.
    fn change(
        &self,
        journal: &mut Journal,
        point: &RestorePoint,
        image: &str,
        keep: usize,
        apply: &dyn Fn() -> Result<(), Problem>,
    ) -> Result<Ended, Problem> {
        self.progress
            .step(&text!("making a restore point", "正在建立恢复点"));
        journal.write(Step::Prepared, self.root, self.files)?;
        let prepared =
            restore::create(self.root, point, self.files).and_then(|()| self.fetch(image));
        if let Err(problem) = prepared {
            // Nothing has changed, so nothing has to go back.
            self.abandon(journal)?;
            return Err(problem);
        }
        journal.write(Step::Switching, self.root, self.files)?;
        let attempt = apply().and_then(|()| self.start(true, self.wait));
        match attempt {
            Ok(_) => {
                journal.write(Step::Verified, self.root, self.files)?;
                self.finish(journal)?;
                if let Err(problem) = restore::prune(self.root, keep, self.files) {
                    // The change has succeeded all the same.
                    self.progress.note(&problem.what);
                }
                Ok(Ended::Changed {
                    from: journal.from.clone(),
                    to: journal.to.clone(),
                })
            }
            Err(why) => {
                let (from, to) = (journal.from.clone(), journal.to.clone());
                self.progress.note(&text!(
                    "{to} did not work; going back to {from}.",
                    "{to} 无法工作；正在回到 {from}。"
                ));
                self.go_back(journal, true)?;
                Ok(Ended::WentBack { from, to, why })
            }
        }
    }

    /// Ends a change that has succeeded.
    fn finish(&self, journal: &Journal) -> Result<(), Problem> {
        if let Some(used) = &journal.used {
            restore::remove(self.root, used, self.files)?;
        }
        Journal::end(self.root, self.files)
    }

    /// Ends a change that came to nothing. Its restore point is what runs, so it is nothing to go
    /// back to later.
    fn abandon(&self, journal: &Journal) -> Result<(), Problem> {
        restore::remove(self.root, &journal.restore_point, self.files)?;
        Journal::end(self.root, self.files)
    }

    fn go_back(&self, journal: &mut Journal, start: bool) -> Result<(), Problem> {
        let from = journal.from.clone();
        if journal.step != Step::Restored {
            restore::restore(self.root, &journal.restore_point, self.files)?;
            // From here on the files are the user's again: a later call does not overwrite them.
            journal.write(Step::Restored, self.root, self.files)?;
        }
        if !start {
            return self.abandon(journal);
        }
        self.progress
            .step(&text!("bringing {from} back", "正在恢复 {from}"));
        if !journal.was_running {
            self.down()?;
            return self.abandon(journal);
        }
        // What ran before is worth the usual patience, however short the caller's.
        self.start(true, self.wait.max(WAIT)).map_err(|problem| {
            let (en, zh) = (&problem.what.en, &problem.what.zh);
            Problem::new(
                Text::new(
                    format!(
                        "The files of {from} are back, and it does not get healthy either: {en}"
                    ),
                    format!("{from} 的文件已恢复，但它也没有变为健康：{zh}"),
                ),
                problem.cause.clone(),
                Text::new(
                    format!("{} Then run `host-shim sidecar up`.", problem.remedy.en),
                    format!("{}然后运行 `host-shim sidecar up`。", problem.remedy.zh),
                ),
            )
        })?;
        self.abandon(journal)
    }
}
