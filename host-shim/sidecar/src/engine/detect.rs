//! Detects the installed engine and Compose.

use super::{QUESTION, errors, last_lines};
use crate::error::{self, Error};
use crate::interpolate::Dialect;
use crate::layout::Root;
use crate::process::{self, Surroundings};
use crate::system_advice;

/// Which Compose drives the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flavour {
    /// `docker compose`.
    ComposeV2,
    /// `docker-compose` version 1.
    ComposeV1,
    /// `docker-compose` version 2 or later.
    StandAlone,
    /// `podman-compose`.
    PodmanCompose,
}

impl Flavour {
    /// What to look for, in order of preference.
    const WANTED: [Self; 3] = [Self::ComposeV2, Self::ComposeV1, Self::PodmanCompose];

    /// The command that runs it.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::ComposeV2 => &["docker", "compose"],
            Self::ComposeV1 | Self::StandAlone => &["docker-compose"],
            Self::PodmanCompose => &["podman-compose"],
        }
    }

    /// The engine's own command.
    pub fn engine(self) -> &'static str {
        match self {
            Self::ComposeV2 | Self::ComposeV1 | Self::StandAlone => "docker",
            Self::PodmanCompose => "podman",
        }
    }

    /// How it reads the root's files.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::ComposeV2 | Self::StandAlone => Dialect::Go,
            Self::ComposeV1 | Self::PodmanCompose => Dialect::Python,
        }
    }

    /// Its name, for people.
    pub fn name(self) -> String {
        self.words().join(" ")
    }
}

/// Which engine and Compose are available.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// Neither docker nor podman is on the search path.
    NoEngine,
    /// An engine is installed, but no Compose for it.
    NoCompose {
        /// `docker` or `podman`.
        engine: &'static str,
    },
    /// An engine and a Compose are installed, but the engine does not respond.
    NotRunning {
        /// The Compose that would be used.
        flavour: Flavour,
        /// The engine's output.
        error: String,
    },
    /// Everything is available.
    Running {
        /// The Compose in use.
        flavour: Flavour,
        /// The engine's version.
        version: String,
    },
}

impl Presence {
    /// How the Compose that is there reads the root's files; as the newest does if there is none.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::NotRunning { flavour, .. } | Self::Running { flavour, .. } => flavour.dialect(),
            Self::NoEngine | Self::NoCompose { .. } => Dialect::default(),
        }
    }

    /// Why there is no engine to use; `None` if there is one.
    pub fn missing(&self) -> Option<Error> {
        Some(match self {
            Self::NoEngine => error::no_engine(&system_advice::install_engine()),
            Self::NoCompose { engine } => {
                error::no_compose(engine, &system_advice::install_compose())
            }
            Self::NotRunning { flavour, error } if errors::names_a_denial(error) => {
                let (why, remedy) = (system_advice::why_denied(), system_advice::may_use_engine());
                errors::denied(flavour.engine(), last_lines(error, 3), &why, &remedy)
            }
            Self::NotRunning { flavour, error } => {
                let engine = flavour.engine();
                let remedy = system_advice::start_engine(engine);
                error::engine_not_running(engine, last_lines(error, 3), &remedy)
            }
            Self::Running { .. } => return None,
        })
    }
}

/// Looks for an engine and a Compose: the first pair whose engine answers wins.
pub fn detect(surroundings: &Surroundings, root: &Root) -> Presence {
    let folder = existing_folder(root);
    let mut engine = None;
    let mut silent = None;
    for flavour in Flavour::WANTED {
        if surroundings.find(flavour.engine()).is_none() {
            continue;
        }
        engine = engine.or(Some(flavour.engine()));
        let there = match flavour {
            // The command may be installed without the Compose plugin; then it fails.
            Flavour::ComposeV2 => {
                let command = surroundings.command(&["docker", "compose", "version"], &folder);
                process::run(command, QUESTION).is_ok_and(|output| output.status.success())
            }
            _ => surroundings.find(flavour.words()[0]).is_some(),
        };
        if !there {
            continue;
        }
        let flavour = match flavour {
            Flavour::ComposeV1 if is_later(surroundings, &folder) => Flavour::StandAlone,
            other => other,
        };
        // Podman has no server, and fails when asked for its version.
        let question = match flavour.engine() {
            "podman" => ["podman", "info", "--format", "{{.Version.Version}}"],
            engine => [engine, "version", "--format", "{{.Server.Version}}"],
        };
        match process::run(surroundings.command(&question, &folder), QUESTION) {
            Ok(output) if output.status.success() => {
                return Presence::Running {
                    flavour,
                    version: output.stdout.trim().to_owned(),
                };
            }
            Ok(output) => silent = silent.or(Some((flavour, output.all()))),
            Err(error) => silent = silent.or(Some((flavour, error.to_string()))),
        }
    }
    match (engine, silent) {
        (None, _) => Presence::NoEngine,
        (Some(_), Some((flavour, error))) => Presence::NotRunning { flavour, error },
        (Some(engine), None) => Presence::NoCompose { engine },
    }
}

/// Whether `docker-compose` is of a later version than the first, which reads files otherwise.
fn is_later(surroundings: &Surroundings, folder: &std::path::Path) -> bool {
    let command = surroundings.command(&["docker-compose", "version", "--short"], folder);
    process::run(command, QUESTION).is_ok_and(|output| {
        let version = output.stdout.trim().trim_start_matches('v').to_owned();
        let major = version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok());
        output.status.success() && major.is_some_and(|major: u32| major >= 2)
    })
}

/// The root, or the nearest folder above it that exists: a program needs one to start in.
pub(super) fn existing_folder(root: &Root) -> std::path::PathBuf {
    root.path()
        .ancestors()
        .find(|folder| folder.is_dir())
        .unwrap_or(std::path::Path::new("/"))
        .to_path_buf()
}
