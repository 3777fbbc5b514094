//! The installed container engine and Compose: Docker with Compose v2 or v1, or Podman.

mod container;
mod detect;
mod errors;

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::compose_file;
use crate::dotenv;
use crate::error::{self, Error, Result};
use crate::layout::{COMPOSE, Root};
use crate::process::{self, Output, RunError, Surroundings};
use crate::project;
use crate::system_advice;

pub(crate) use self::container::networks;
pub use self::container::{Container, Networks};
pub use self::detect::{Flavour, Presence, detect};

/// Time limit for a query to the engine.
const QUESTION: Duration = Duration::from_secs(15);
/// The label with a container's service name.
const SERVICE_LABEL: &str = "com.docker.compose.service";

/// An engine that answers, and the root it works on.
#[derive(Debug)]
pub struct Engine {
    flavour: Flavour,
    surroundings: Surroundings,
    root: Root,
    service: String,
    /// The project that Compose must use, if set.
    project: RefCell<Option<String>>,
}

impl Engine {
    /// The engine of this machine.
    ///
    /// # Errors
    ///
    /// There is none, no Compose for it, or it does not run; each with what to do.
    pub fn find(surroundings: &Surroundings, root: &Root) -> Result<Self> {
        let presence = detect(surroundings, root);
        match presence {
            Presence::Running { flavour, .. } => {
                Ok(Self::new(flavour, surroundings.clone(), root.clone()))
            }
            other => Err(other
                .missing()
                .unwrap_or_else(|| error::no_engine(&system_advice::install_engine()))),
        }
    }

    /// An engine that is known to be available.
    pub fn new(flavour: Flavour, surroundings: Surroundings, root: Root) -> Self {
        Self {
            flavour,
            surroundings,
            project: RefCell::new(None),
            service: compose_file::service_name(&root),
            root,
        }
    }

    /// The name of the gateway's service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Makes all later Compose commands use this project.
    pub fn use_project(&self, name: &str) {
        self.project.replace(Some(name.to_owned()));
    }

    /// The Compose in use.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// A Compose command for the root's compose file, not yet started.
    pub fn compose(&self, args: &[&str]) -> std::process::Command {
        let mut words = self.flavour.words().to_vec();
        words.extend(["-f", COMPOSE]);
        words.extend(args);
        let mut command = self.surroundings.command(&words, self.root.path());
        let chosen = self.project.borrow().clone();
        let env = dotenv::load(&self.root, self.flavour.dialect()).unwrap_or_default();
        let written = || env.get(dotenv::PROJECT).map(str::to_owned);
        if let Some(profiles) = compose_file::profiles(&self.root, &env) {
            command.env(compose_file::PROFILES, profiles);
        }
        // The .env wins over the shell, as for the other variables.
        if let Some(name) = chosen.or_else(written) {
            command.env(dotenv::PROJECT, name);
        }
        command
    }

    /// Runs a Compose command that must succeed.
    ///
    /// # Errors
    ///
    /// It failed; the error quotes its output.
    pub fn compose_run(&self, args: &[&str], limit: Duration) -> Result<Output> {
        let name = format!("{} {}", self.flavour.name(), args.join(" "));
        succeed(&name, process::run(self.compose(args), limit))
    }

    /// Asks Compose whether it accepts the root's compose file.
    ///
    /// # Errors
    ///
    /// It rejects the file (its output), or it could not be run.
    pub fn check_compose_file(&self) -> Result<(), String> {
        match process::run(self.compose(&["config", "-q"]), QUESTION) {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(last_lines(&output.all(), 3)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Runs a command of the engine itself.
    ///
    /// # Errors
    ///
    /// It could not be run; a nonzero exit status is not an error here.
    pub fn ask(&self, args: &[&str]) -> Result<Output, RunError> {
        self.ask_with_input(args, "")
    }

    /// As [`Self::ask`], with this text on stdin, where a secret is not seen.
    ///
    /// # Errors
    ///
    /// It could not be run; a nonzero exit status is not an error here.
    pub fn ask_with_input(&self, args: &[&str], input: &str) -> Result<Output, RunError> {
        let mut words = vec![self.flavour.engine()];
        words.extend(args);
        // Before `init` the root does not exist.
        let folder = detect::existing_folder(&self.root);
        let command = self.surroundings.command(&words, &folder);
        process::run_with_input(command, input, QUESTION)
    }

    /// What the engine says of all containers, or of those named; those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// The engine did not respond, or its answer could not be read.
    pub fn describe(&self, names: &[&str]) -> Result<Vec<Value>> {
        let mut words = vec!["inspect", "--type", "container"];
        let list;
        match names {
            [] => {
                list = succeed("docker ps", self.ask(&["ps", "-a", "-q", "--no-trunc"]))?.stdout;
                words.extend(list.split_whitespace());
            }
            names => words.extend(names),
        }
        let Some(first) = words.get(3) else {
            return Ok(Vec::new());
        };
        let output = self.ask(&words).map_err(silent)?;
        // One that does not exist, or has gone in the meantime, makes it fail; the others are described.
        if !output.status.success() && output.stdout.trim().is_empty() {
            return Ok(Vec::new());
        }
        let value: Value = serde_json::from_str(&output.stdout)
            .map_err(|error| error::unknown_description(&error, first).caused_by(error))?;
        Ok(value.as_array().cloned().unwrap_or_default())
    }

    /// Whether an image is on this machine.
    ///
    /// # Errors
    ///
    /// The engine did not respond.
    pub fn has_image(&self, image: &str) -> Result<bool> {
        let question = ["image", "inspect", "--format", "{{.Id}}", image];
        Ok(self.ask(&question).map_err(silent)?.status.success())
    }

    /// Pulls an image; a nonzero exit status is not an error here. Uses the engine and not Compose,
    /// because the version is not in `.env` yet and not every Compose lets the environment override it.
    ///
    /// # Errors
    ///
    /// It could not be run.
    pub fn pull(&self, image: &str, limit: Duration) -> Result<Output, RunError> {
        let words = [self.flavour.engine(), "pull", image];
        process::run(self.surroundings.command(&words, self.root.path()), limit)
    }

    /// The gateway's container of this root, running or not; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The engine did not respond, or its answer could not be read.
    pub fn container(&self) -> Result<Option<Container>> {
        Ok(self.own(self.containers()?))
    }

    /// The container of this root among all gateways' containers: a running one before an exited one,
    /// and a newer one before an older one.
    pub fn own(&self, containers: Vec<Container>) -> Option<Container> {
        let own = containers.into_iter().filter(|each| self.is_own(each));
        own.max_by(|one, other| one.rank().cmp(&other.rank()))
    }

    /// Another root's gateway in the project of this name: Compose would take it for this root's.
    pub fn intruder<'a>(
        &self,
        containers: &'a [Container],
        project: &str,
    ) -> Option<&'a Container> {
        containers.iter().find(|each| {
            let elsewhere = Path::new(&each.working_dir);
            each.project == project
                && !each.one_off
                && !each.working_dir.is_empty()
                && !self.is_own(each)
                // A root that was moved no longer has files at its old path.
                && elsewhere.join(COMPOSE).exists()
        })
    }

    fn is_own(&self, container: &Container) -> bool {
        if container.one_off {
            return false;
        }
        if container.working_dir.is_empty() {
            // Old versions of Compose do not label the folder; only the project is known.
            let env = dotenv::load(&self.root, self.flavour.dialect()).unwrap_or_default();
            return container.project.is_empty()
                || container.project == project::of(&self.root, &env, None).0;
        }
        let same = |path: &Path| {
            openclaw_os::files::real_path(path).is_ok_and(|path| path == self.root.path())
        };
        let folder = Path::new(&container.working_dir);
        folder == self.root.path()
            || same(folder)
            || container.config_files.split(',').any(|file| {
                let file = folder.join(file);
                file.file_name().is_some_and(|name| name == COMPOSE)
                    && file.parent().is_some_and(same)
            })
    }

    /// Every container of a service of the gateway's name, of whatever root.
    ///
    /// # Errors
    ///
    /// The engine did not respond, or its answer could not be read.
    pub fn containers(&self) -> Result<Vec<Container>> {
        // By label, which every flavour sets, because the output of `compose ps` differs. Not by the
        // folder's label, which may be a link to the same folder.
        let service = format!("label={SERVICE_LABEL}={}", self.service);
        let list = ["ps", "-a", "-q", "--no-trunc", "--filter", &service];
        let output = succeed("docker ps", self.ask(&list))?;
        let ids: Vec<&str> = output.stdout.split_whitespace().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let described = self.describe(&ids)?;
        Ok(described.iter().map(container::read).collect())
    }

    /// How often the kernel killed something in the container for lack of memory, in the last day; 0 if
    /// the engine does not say.
    pub fn oom_events(&self, id: &str) -> usize {
        if self.flavour.engine() == "podman" {
            // Podman does not restart containers immediately, so their state keeps the kill.
            return 0;
        }
        // The state is reset at the next start, and `restart: unless-stopped` restarts immediately.
        let container = format!("container={id}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let until = now.unwrap_or_default().as_secs().to_string();
        let filters = ["--filter", &container, "--filter", "event=oom"];
        let mut question = vec!["events", "--since", "24h", "--until", &until];
        question.extend(filters.into_iter().chain(["--format", "{{.ID}}"]));
        match self.ask(&question) {
            Ok(output) if output.status.success() => output.stdout.lines().count(),
            _ => 0,
        }
    }

    /// The last lines of the gateway's log, both outputs.
    ///
    /// # Errors
    ///
    /// The engine did not respond.
    pub fn log_tail(&self, id: &str, lines: usize) -> Result<String> {
        let lines = lines.to_string();
        let output = self.ask(&["logs", "--tail", &lines, id]).map_err(silent)?;
        Ok(output.all())
    }
}

fn succeed(name: &str, result: Result<Output, RunError>) -> Result<Output> {
    let output = result.map_err(silent)?;
    if output.status.success() {
        return Ok(output);
    }
    let words = last_lines(&output.all(), 12);
    Err(match errors::names_a_taken_port(&words) {
        true => errors::port_in_use(name, words, &system_advice::who_has_the_port()),
        false => error::command_failed(name, output.status, words),
    })
}

fn silent(error: RunError) -> Error {
    error::engine_silent(&error, &system_advice::check_engine()).caused_by(error)
}

/// The last lines of a text.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
