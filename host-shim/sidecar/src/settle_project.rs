//! Makes sure that Compose works on this root's containers, and gives them enough time to stop.

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
use crate::versions;

impl Operator<'_> {
    /// Stops the gateway and removes its container.
    ///
    /// # Errors
    ///
    /// Compose failed.
    pub fn down(&self) -> Result<()> {
        let before = self.settle_project()?;
        self.progress
            .step(&text!(en: "stopping the gateway", zh: "正在停止网关"));
        let timeout = self.time_to_stop(before.as_ref());
        let mut args = vec!["down"];
        args.extend(timeout.iter().flatten().map(String::as_str));
        self.compose(&args)
    }

    /// Arguments that make Compose give a running container the time its own version needs to stop,
    /// whatever the files say by now; none if it stops quickly anyway.
    pub(crate) fn time_to_stop(&self, container: Option<&Container>) -> Option<[String; 2]> {
        let running = container.filter(|container| container.status == "running")?;
        let (_, version) = running.image.rsplit_once(':')?;
        let grace = release::duration(versions::of(version).stop_grace)?.as_secs();
        // Compose's own default is 10 s, and the template's for old versions 30 s.
        if grace <= 30 {
            return None;
        }
        self.progress.step(&text!(
            en: "stopping {version}: waiting for running turns (up to {grace} s)",
            zh: "正在停止 {version}：等待正在运行的任务（最多 {grace} 秒）"
        ));
        Some(["--timeout".to_owned(), grace.to_string()])
    }

    /// Makes sure that Compose works on this root's containers: existing ones keep their project, and
    /// another root's are never taken over. Returns the existing container.
    ///
    /// # Errors
    ///
    /// The engine did not respond, or the project set by the user belongs to another root.
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
        let elsewhere = openclaw_os::files::real_path(elsewhere).unwrap_or(elsewhere.to_path_buf());
        let shown = elsewhere.display();
        // A copied root still has the name generated for the original.
        let made = source == Source::Folder || name == project::own_name(&elsewhere);
        if !made {
            return Err(error::project_taken(name, shown));
        }
        let own = project::own_name(self.root.path());
        doctor::set_env(self.root, dotenv::PROJECT, &own, self.files)?;
        self.engine.use_project(&own);
        self.progress.note(&text!(
            en: "The Compose project `{name}` belongs to {shown}; this root now uses `{own}` (COMPOSE_PROJECT_NAME in .env).",
            zh: "Compose 项目 `{name}` 属于 {shown}；本目录改用 `{own}`（.env 中的 COMPOSE_PROJECT_NAME）。"
        ));
        Ok(self.engine.own(containers))
    }
}
