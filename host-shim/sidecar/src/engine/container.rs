//! A container as `docker inspect` describes it.

use serde_json::Value;

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
    /// When it was made, RFC 3339.
    pub created: String,
    /// When it was started last, RFC 3339.
    pub started_at: String,
    /// Bytes; 0 for none.
    pub memory_limit: u64,
    /// The last answer of the health check.
    pub health_output: String,
    /// Its Compose project; empty where no label says.
    pub project: String,
    /// The folder of its compose file, as Compose was told it; empty where no label says.
    pub working_dir: String,
    /// Its compose files, with commas between them; relative to the folder in old versions.
    pub config_files: String,
    /// Whether `compose run` made it: for one command, beside the service's own.
    pub one_off: bool,
    /// The ports of it that are published: the port inside, and the one on the host.
    pub published: Vec<(u16, u16)>,
}

impl Container {
    /// What makes one container of a service more the service's than another.
    pub(super) fn rank(&self) -> (bool, &str) {
        let runs = matches!(self.status.as_str(), "running" | "restarting" | "paused");
        (runs, &self.created)
    }
}

/// Reads one element of `docker inspect`.
pub(super) fn read(value: &Value) -> Container {
    let text = |pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let label = |name: &str| {
        let labels = value.pointer("/Config/Labels");
        let found = labels.and_then(|labels| labels.get(name)?.as_str());
        found.unwrap_or_default().to_owned()
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
        created: text("/Created"),
        started_at: text("/State/StartedAt"),
        project: label("com.docker.compose.project"),
        working_dir: label("com.docker.compose.project.working_dir"),
        config_files: label("com.docker.compose.project.config_files"),
        one_off: label("com.docker.compose.oneoff").eq_ignore_ascii_case("true"),
        published: published(value),
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

fn published(value: &Value) -> Vec<(u16, u16)> {
    let ports = value.pointer("/NetworkSettings/Ports");
    let ports = ports.and_then(Value::as_object).into_iter().flatten();
    ports
        .filter_map(|(inside, outside)| {
            let inside = inside.strip_suffix("/tcp")?.parse().ok()?;
            Some((inside, outside.as_array()?))
        })
        .flat_map(|(inside, outside)| {
            outside.iter().filter_map(move |each| {
                let port = each.get("HostPort")?.as_str()?.parse().ok()?;
                Some((inside, port))
            })
        })
        .collect()
}
