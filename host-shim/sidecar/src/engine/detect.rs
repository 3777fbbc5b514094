//! What of an engine and a Compose is there.

use super::{QUESTION, last_lines};
use crate::interpolate::Dialect;
use crate::layout::Root;
use crate::process::{self, Surroundings};
use crate::text::{Problem, text};

/// Which Compose drives the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// `docker compose`.
    ComposeV2,
    /// `docker-compose` of the first version.
    ComposeV1,
    /// `docker-compose` of a later version.
    StandAlone,
    /// `podman-compose`.
    PodmanCompose,
}

impl Flavour {
    /// What to look for, the preferred one first.
    const WANTED: [Self; 3] = [Self::ComposeV2, Self::ComposeV1, Self::PodmanCompose];

    /// The words that start it.
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

    /// As people call it.
    pub fn name(self) -> String {
        self.words().join(" ")
    }
}

/// What of an engine is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Neither docker nor podman is on the search path.
    NoEngine,
    /// An engine's command is there, and no Compose for it.
    NoCompose {
        /// `docker` or `podman`.
        engine: &'static str,
    },
    /// The command and a Compose are there, and the engine does not answer.
    NotRunning {
        /// The Compose that would be used.
        flavour: Flavour,
        /// The engine's words.
        error: String,
    },
    /// All is there.
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
            // The command may be there without its plugin; then it ends with an error.
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
fn existing_folder(root: &Root) -> std::path::PathBuf {
    root.path()
        .ancestors()
        .find(|folder| folder.is_dir())
        .unwrap_or(std::path::Path::new("/"))
        .to_path_buf()
}

/// Why there is no engine to use, for people.
pub fn missing(presence: &Presence) -> Problem {
    match presence {
        Presence::NoEngine => Problem::new(
            text!(
                "There is no Docker and no Podman on this machine.",
                "本机没有 Docker，也没有 Podman。"
            ),
            text!(
                "The sidecar runs in a container; neither `docker` nor `podman` is on the search path.",
                "边车在容器中运行，而搜索路径中既没有 `docker` 也没有 `podman`。"
            ),
            text!(
                "Install Docker with Compose (Debian, Ubuntu: sudo apt-get install docker.io docker-compose), or start the gateway by hand as section 3 of RUNBOOK.en.md tells.",
                "请安装 Docker 与 Compose（Debian、Ubuntu：sudo apt-get install docker.io docker-compose），或按 RUNBOOK.md 第 3 节手动启动网关。"
            ),
        ),
        Presence::NoCompose { engine } => Problem::new(
            text!(
                "`{engine}` is there, and no Compose for it.",
                "已有 `{engine}`，但没有对应的 Compose。"
            ),
            text!(
                "Neither `docker compose`, `docker-compose` nor `podman-compose` can be run.",
                "`docker compose`、`docker-compose`、`podman-compose` 均不可用。"
            ),
            text!(
                "Install one (Debian, Ubuntu: sudo apt-get install docker-compose, or docker-compose-plugin from Docker's own repository; for Podman: podman-compose).",
                "请安装其一（Debian、Ubuntu：sudo apt-get install docker-compose，或 Docker 官方源的 docker-compose-plugin；Podman 用 podman-compose）。"
            ),
        ),
        Presence::NotRunning { flavour, error } => {
            let engine = flavour.engine();
            let error = last_lines(error, 3);
            Problem::new(
                text!(
                    "`{engine}` is installed and does not answer: {error}",
                    "`{engine}` 已安装但没有应答：{error}"
                ),
                text!(
                    "Its service is not running, or this user may not talk to it.",
                    "它的服务没有运行，或当前用户无权访问。"
                ),
                text!(
                    "Start it (sudo systemctl start {engine}); if it runs, use sudo or join the group `docker`.",
                    "请启动它（sudo systemctl start {engine}）；如果它已在运行，请使用 sudo 或加入 `docker` 组。"
                ),
            )
        }
        Presence::Running { .. } => Problem::default(),
    }
}
