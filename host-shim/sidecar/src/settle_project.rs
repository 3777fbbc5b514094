//! Whose containers Compose works on, and how long they may take to stop.

use std::path::Path;

use crate::compose_file;
use crate::doctor;
use crate::dotenv;
use crate::engine::Container;
use crate::error::{self, Result};
use crate::lifecycle::Operator;
use crate::project::{self, Source};
use crate::release;
use crate::text::text;

impl Operator<'_> {
    /// Stops the gateway and removes its container.
    ///
    /// # Errors
    ///
    /// Compose failed.
    pub fn down(&self) -> Result<()> {
        let before = self.settle_project()?;
        let timeout = self.time_to_stop(before.as_ref());
        let mut args = vec!["down"];
        args.extend(timeout.iter().flatten().map(String::as_str));
        self.compose(&args)
    }

    /// Words for Compose that give a container that runs the time to stop that its own version takes,
    /// whatever the files say by now; none where it ends at once anyway.
    pub(crate) fn time_to_stop(&self, container: Option<&Container>) -> Option<[String; 2]> {
        let running = container.filter(|container| container.status == "running")?;
        let (_, version) = running.image.rsplit_once(':')?;
        let grace = release::duration(release::stop_grace(version))?.as_secs();
        // Compose's own default is 10 s, and the template's for old versions 30 s.
        if grace <= 30 {
            return None;
        }
        self.progress.step(&text!(
            en: "stopping {version}: it waits for running turns (at most {grace} s)",
            zh: "正在停止 {version}：等待正在运行的任务（最多 {grace} 秒）"
        ));
        Some(["--timeout".to_owned(), grace.to_string()])
    }

    /// Sees to it that Compose works on this root's own containers: those that there are keep their
    /// project, and another root's are never taken over. Gives the container that there is.
    ///
    /// # Errors
    ///
    /// The engine did not answer, or the project that the user has named is another root's.
    pub fn settle_project(&self) -> Result<Option<Container>> {
        let containers = self.engine.containers()?;
        let env = self.env()?;
        let named = compose_file::project_name(self.root, &env);
        let (name, source) = project::of(self.root, &env, named.as_deref());
        let Some(other) = self.engine.intruder(&containers, &name).cloned() else {
            let own = self.engine.own(containers);
            if let Some(own) = own.as_ref().filter(|own| !own.project.is_empty()) {
                self.engine.use_project(&own.project);
            }
            return Ok(own);
        };
        let elsewhere = Path::new(&other.working_dir);
        let elsewhere = elsewhere.canonicalize().unwrap_or(elsewhere.to_path_buf());
        let shown = elsewhere.display();
        // A copy of a root has the name that was made for the original.
        let made = source == Source::Folder || name == project::own_name(&elsewhere);
        if !made {
            return Err(error::project_taken(name, shown));
        }
        let own = project::own_name(self.root.path());
        doctor::set_env(self.root, dotenv::PROJECT, &own, self.files)?;
        self.engine.use_project(&own);
        self.progress.note(&text!(
            en: "The Compose project `{name}` is the one of {shown}; this root's is now `{own}` (COMPOSE_PROJECT_NAME in .env).",
            zh: "Compose 项目 `{name}` 属于 {shown}；本目录改用 `{own}`（.env 中的 COMPOSE_PROJECT_NAME）。"
        ));
        Ok(self.engine.own(containers))
    }
}
