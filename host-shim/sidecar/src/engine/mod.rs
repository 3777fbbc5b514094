//! The container engine and the Compose that are there: Docker with Compose v2 or v1, or Podman.

mod presence;

use std::time::Duration;

use serde_json::Value;

use crate::layout::{COMPOSE, Root, SERVICE};
use crate::process::{self, Output, RunError, Surroundings};
use crate::text::{Problem, text};

pub use self::presence::{Flavour, Presence, detect, missing};

/// Longest wait for a question to the engine.
const QUESTION: Duration = Duration::from_secs(15);

/// An engine that answers, and the root it works on.
#[derive(Debug)]
pub struct Engine {
    flavour: Flavour,
    surroundings: Surroundings,
    root: Root,
}

/// The gateway's container as the engine sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its id.
    pub id: String,
    /// Its image, with the tag.
    pub image: String,
    /// `created`, `running`, `restarting`, `exited`, …
    pub status: String,
    /// `starting`, `healthy`, `unhealthy`; empty without a health check.
    pub health: String,
    /// How often the engine has restarted it.
    pub restarts: u64,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// Of its last end.
    pub exit_code: i64,
    /// When it was started last, RFC 3339.
    pub started_at: String,
    /// Bytes; 0 for none.
    pub memory_limit: u64,
    /// The last answer of the health check.
    pub health_output: String,
}

impl Engine {
    /// The engine of this machine.
    ///
    /// # Errors
    ///
    /// There is none, no Compose for it, or it does not run; each with what to do.
    pub fn find(surroundings: &Surroundings, root: &Root) -> Result<Self, Problem> {
        match detect(surroundings, root) {
            Presence::Running { flavour, .. } => {
                Ok(Self::new(flavour, surroundings.clone(), root.clone()))
            }
            other => Err(missing(&other)),
        }
    }

    /// An engine that is known to be there.
    pub fn new(flavour: Flavour, surroundings: Surroundings, root: Root) -> Self {
        Self {
            flavour,
            surroundings,
            root,
        }
    }

    /// The Compose in use.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// A Compose command over the root's compose file, not yet started.
    pub fn compose(&self, args: &[&str]) -> std::process::Command {
        let mut words = self.flavour.words().to_vec();
        words.extend(["-f", COMPOSE]);
        words.extend(args);
        self.surroundings.command(&words, self.root.path())
    }

    /// Runs a Compose command and wants it to succeed.
    ///
    /// # Errors
    ///
    /// It failed; the problem has its words.
    pub fn compose_run(&self, args: &[&str], limit: Duration) -> Result<Output, Problem> {
        let name = format!("{} {}", self.flavour.name(), args.join(" "));
        succeed(&name, process::run(self.compose(args), limit))
    }

    /// Runs a command of the engine itself.
    ///
    /// # Errors
    ///
    /// It could not be run to its end; a status that is not 0 is no error here.
    pub fn ask(&self, args: &[&str]) -> Result<Output, RunError> {
        let mut words = vec![self.flavour.engine()];
        words.extend(args);
        process::run(
            self.surroundings.command(&words, self.root.path()),
            QUESTION,
        )
    }

    /// Whether an image is on this machine.
    ///
    /// # Errors
    ///
    /// The engine did not answer.
    pub fn has_image(&self, image: &str) -> Result<bool, Problem> {
        let output = self.ask(&["image", "inspect", "--format", "{{.Id}}", image]);
        match output {
            Ok(output) => Ok(output.status.success()),
            Err(error) => Err(silent(&error)),
        }
    }

    /// Pulls an image; a status that is not 0 is no error here. By the engine itself: the version is
    /// not in `.env` yet, and not every Compose lets the environment win over that file.
    ///
    /// # Errors
    ///
    /// It could not be run to its end.
    pub fn pull(&self, image: &str, limit: Duration) -> Result<Output, RunError> {
        let words = [self.flavour.engine(), "pull", image];
        process::run(self.surroundings.command(&words, self.root.path()), limit)
    }

    /// The gateway's container, running or not; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The engine did not answer, or with something that is no container.
    pub fn container(&self) -> Result<Option<Container>, Problem> {
        // By label, which every flavour sets, and not by `compose ps`, whose output differs.
        let working_dir = format!(
            "label=com.docker.compose.project.working_dir={}",
            self.root.path().display()
        );
        let service = format!("label=com.docker.compose.service={SERVICE}");
        let list = [
            "ps",
            "-a",
            "-q",
            "--no-trunc",
            "--filter",
            &working_dir,
            "--filter",
            &service,
        ];
        let output = succeed("docker ps", self.ask(&list))?;
        let Some(id) = output.stdout.split_whitespace().next() else {
            return Ok(None);
        };
        let output = self
            .ask(&["inspect", "--type", "container", id])
            .map_err(|error| silent(&error))?;
        if !output.status.success() {
            // Gone between the two questions.
            return Ok(None);
        }
        let value: Value = serde_json::from_str(&output.stdout).map_err(|error| {
            Problem::new(
                text!(
                    "The engine's description of the container cannot be read: {error}",
                    "无法读取引擎对容器的描述：{error}"
                ),
                text!(
                    "Another program answers in its name, or its version is unknown.",
                    "应答者可能不是容器引擎，或其版本未知。"
                ),
                text!(
                    "Run `docker inspect {id}` and look at the answer.",
                    "请运行 `docker inspect {id}` 查看应答。"
                ),
            )
        })?;
        Ok(value.get(0).map(container_of))
    }

    /// How often the kernel has killed something in the container for memory, as far back as the
    /// engine remembers; 0 where it does not tell.
    pub fn oom_events(&self, id: &str) -> usize {
        if self.flavour.engine() == "podman" {
            // Its containers are not restarted at once, so their state does not forget.
            return 0;
        }
        // The state forgets a kill at the next start, and `restart: unless-stopped` starts at once.
        let container = format!("container={id}");
        let until = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |now| now.as_secs())
            .to_string();
        let question = [
            "events",
            "--since",
            "24h",
            "--until",
            &until,
            "--filter",
            &container,
            "--filter",
            "event=oom",
            "--format",
            "{{.ID}}",
        ];
        match self.ask(&question) {
            Ok(output) if output.status.success() => output.stdout.lines().count(),
            _ => 0,
        }
    }

    /// The last lines of the gateway's own log, both outputs in order.
    ///
    /// # Errors
    ///
    /// The engine did not answer.
    pub fn log_tail(&self, id: &str, lines: usize) -> Result<String, Problem> {
        let lines = lines.to_string();
        let output = self
            .ask(&["logs", "--tail", &lines, id])
            .map_err(|error| silent(&error))?;
        Ok(output.all())
    }
}

/// Reads one element of `docker inspect`.
fn container_of(value: &Value) -> Container {
    let text = |pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let state = value.get("State").cloned().unwrap_or_default();
    // Podman calls it Healthcheck in old versions.
    let health = state
        .get("Health")
        .or_else(|| state.get("Healthcheck"))
        .cloned()
        .unwrap_or_default();
    Container {
        id: text("/Id"),
        image: text("/Config/Image"),
        status: text("/State/Status"),
        health: health
            .get("Status")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        restarts: value
            .get("RestartCount")
            .and_then(Value::as_u64)
            .unwrap_or(0),
        oom_killed: state
            .get("OOMKilled")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        exit_code: state.get("ExitCode").and_then(Value::as_i64).unwrap_or(0),
        started_at: text("/State/StartedAt"),
        memory_limit: value
            .pointer("/HostConfig/Memory")
            .and_then(Value::as_u64)
            .unwrap_or(0),
        health_output: health
            .get("Log")
            .and_then(Value::as_array)
            .and_then(|log| log.last())
            .and_then(|entry| entry.get("Output"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    }
}

fn succeed(name: &str, result: Result<Output, RunError>) -> Result<Output, Problem> {
    match result {
        Ok(output) if output.status.success() => Ok(output),
        Ok(output) => {
            let words = last_lines(&output.all(), 12);
            Err(Problem::new(
                text!(
                    "`{name}` failed ({}):\n{words}",
                    "`{name}` 失败（{}）：\n{words}",
                    output.status
                ),
                text!(
                    "The engine or Compose refused; its words are above.",
                    "容器引擎或 Compose 拒绝了操作，原文见上。"
                ),
                text!(
                    "Mend what it names; `host-shim sidecar doctor` looks at the rest.",
                    "请按其提示修复；`host-shim sidecar doctor` 可检查其余部分。"
                ),
            ))
        }
        Err(error) => Err(silent(&error)),
    }
}

fn silent(error: &RunError) -> Problem {
    Problem::new(
        text!(
            "The container engine gave no answer: {error}",
            "容器引擎没有应答：{error}"
        ),
        text!(
            "It hangs, is overloaded or was removed meanwhile.",
            "它可能卡住、过载，或已被移除。"
        ),
        text!(
            "Look at its state (systemctl status docker), then run the command again.",
            "请检查其状态（systemctl status docker），然后重试。"
        ),
    )
}

/// The last lines of a text.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
