//! `upgrade` and `rollback`: to another version and back, so that a failure or a power loss at any
//! step ends on a state that worked.
//!
//! The order is: journal, restore point, image, files, container, health, probes, end of the
//! journal. Until the image is there nothing is changed; after that, whatever does not succeed goes
//! back to the restore point, in the same call or in the next one.

use std::time::{Duration, SystemTime};

use crate::compose_file;
use crate::doctor::set_env;
use crate::dotenv;
use crate::engine::Container;
use crate::error::{self, At, CHANGE, Error, Result};
use crate::journal::{self, Journal, Operation, Step};
use crate::layout::COMPOSE;
use crate::lifecycle::Operator;
use crate::read_file::{self, Content};
use crate::release::{self, is_pinned_version};
use crate::restore::{self, RestorePoint};
use crate::text::text;

/// How long to wait until the gateway is healthy, unless the caller says otherwise: a cold start on
/// a small machine and the health check's own patience.
pub const WAIT: Duration = Duration::from_secs(420);

/// How a change ended that did not simply fail.
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
    /// It did not work, and what ran before runs again.
    WentBack {
        /// The version that runs.
        from: String,
        /// The version that did not work.
        to: String,
        /// Why.
        why: Error,
    },
}

/// What is to change.
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
    /// Finishes or undoes what an earlier call left when it was cut off. With `start` a gateway that
    /// ran before runs again after it; otherwise only the files are brought back.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or the old state cannot be brought back.
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
                    en: "An earlier change from {from} to {to} was cut off before it changed anything.",
                    zh: "之前从 {from} 到 {to} 的变更在修改任何东西之前就中断了。"));
                self.abandon(&journal)
            }
            Step::Verified => {
                self.progress.note(&text!(
                    en: "An earlier change from {from} to {to} had succeeded; cleaning up.",
                    zh: "之前从 {from} 到 {to} 的变更已经成功；正在清理。"));
                self.finish(&journal)
            }
            Step::Switching | Step::Restored => {
                self.progress.note(&text!(
                    en: "An earlier change from {from} to {to} was cut off; going back to {from}.",
                    zh: "之前从 {from} 到 {to} 的变更中断了；正在回到 {from}。"));
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
        // What runs is what to go back to, also where .env was changed by hand since.
        let from = now_runs
            .as_ref()
            .and_then(|container| Some(container.image.rsplit_once(':')?.1))
            .filter(|version| is_pinned_version(version))
            .map_or(pinned, str::to_owned);
        if from == to && now_runs.as_ref().is_some_and(Container::is_healthy) {
            return Err(error::already_running(to));
        }
        if let Some(told) = release::not_brought_back(&from, to) {
            self.progress.note(&told);
        }
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
            self.give_time_to_stop(to)
        })
    }

    /// Gives the gateway the time to stop that a version takes: in `.env` where the compose file takes
    /// it from there, or else in the compose file, if it names less.
    fn give_time_to_stop(&self, version: &str) -> Result<()> {
        let grace = release::stop_grace(version);
        let path = self.root.join(COMPOSE);
        let text = read_file::read_text(&path).at(CHANGE, &path)?;
        if text.contains(dotenv::STOP_GRACE) {
            return match self.env()?.get(dotenv::STOP_GRACE) {
                Some(written) if written != grace => {
                    set_env(self.root, dotenv::STOP_GRACE, grace, self.files)
                }
                // Without a line there the compose file's own default holds, which is enough.
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

    /// Goes back to a restore point: the one of this name, or the newest that was healthy.
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
                en: "{to} does not read the conversations that {from} has stored; they stay in data/ for a later upgrade. A copy of data/ from before has to be put back by hand.",
                zh: "{to} 读不到 {from} 存储的会话；它们仍保留在 data/ 中，供以后再升级时使用。升级前的 data/ 备份需要手动放回。"));
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

    /// The journaled part that both share.
    fn change(&self, plan: Plan<'_>, apply: &dyn Fn() -> Result<()>) -> Result<Ended> {
        let before = plan.now_runs.as_ref();
        let point = restore::plan(
            self.root,
            &plan.from,
            before.is_some_and(Container::is_healthy),
            plan.operation == Operation::Rollback,
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
            .step(&text!(en: "making a restore point", zh: "正在建立恢复点"));
        journal.write(Step::Prepared, self.root, self.files)?;
        let prepared =
            restore::create(self.root, &point, self.files).and_then(|()| self.fetch(plan.image));
        if let Err(error) = prepared {
            // Nothing has changed, so nothing has to go back.
            self.abandon(journal)?;
            return Err(error);
        }
        journal.write(Step::Switching, self.root, self.files)?;
        let attempt = apply().and_then(|()| self.start(true, self.wait));
        match attempt {
            Ok(_) => {
                journal.write(Step::Verified, self.root, self.files)?;
                self.finish(journal)?;
                if let Err(error) = restore::prune(self.root, plan.keep, self.files) {
                    // The change has succeeded all the same.
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
                    en: "{to} did not work; going back to {from}.",
                    zh: "{to} 无法工作；正在回到 {from}。"));
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

    /// Ends a change that came to nothing. Its restore point is what runs, so it is nothing to go
    /// back to later.
    fn abandon(&self, journal: &Journal) -> Result<()> {
        restore::remove(self.root, &journal.restore_point, self.files)?;
        Journal::end(self.root, self.files)
    }

    fn go_back(&self, journal: &mut Journal, start: bool) -> Result<()> {
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
            .step(&text!(en: "bringing {from} back", zh: "正在恢复 {from}"));
        if !journal.was_running {
            self.down()?;
            return self.abandon(journal);
        }
        // What ran before is worth the usual patience, however short the caller's.
        let started = self.start(true, self.wait.max(WAIT));
        started.map_err(|error| {
            let (what, cause, remedy) = (error.what(), error.cause(), error.remedy());
            error::old_version_fails(from, what, cause, remedy).caused_by(error.clone())
        })?;
        self.abandon(journal)
    }
}
