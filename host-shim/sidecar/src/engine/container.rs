//! A container as `docker inspect` describes it.

use std::collections::BTreeMap;

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
    /// Whether the kernel killed it for lack of memory.
    pub oom_killed: bool,
    /// The exit code of its last run.
    pub exit_code: i64,
    /// When it was created, RFC 3339.
    pub created: String,
    /// When it was last started, RFC 3339.
    pub started_at: String,
    /// Bytes; 0 for none.
    pub memory_limit: u64,
    /// The output of the last health check.
    pub health_output: String,
    /// Its Compose project; empty where no label says.
    pub project: String,
    /// The folder of its compose file as given to Compose; empty without the label.
    pub working_dir: String,
    /// Its compose files, with commas between them; relative to the folder in old versions.
    pub config_files: String,
    /// Whether `compose run` made it: for one command, beside the service's own.
    pub one_off: bool,
    /// Its published ports: the port inside and the port on the host.
    pub published: Vec<(u16, u16)>,
    /// The networks it is in, each with its addresses there.
    pub networks: Networks,
}

/// Networks by name, each with the container's addresses in it.
pub type Networks = BTreeMap<String, Vec<String>>;

impl Container {
    /// Whether its health check says so.
    pub fn is_healthy(&self) -> bool {
        self.health == "healthy"
    }

    /// Its addresses in all its networks.
    pub fn addresses(&self) -> Vec<&String> {
        self.networks.values().flatten().collect()
    }

    /// Orders the containers of a service: the highest is the service's own.
    pub(super) fn rank(&self) -> (bool, &str) {
        let runs = matches!(self.status.as_str(), "running" | "restarting" | "paused");
        (runs, &self.created)
    }
}

/// Reads one element of `docker inspect`.
pub(super) fn read(value: &Value) -> Container {
    let at = |pointer: &str| value.pointer(pointer).cloned().unwrap_or_default();
    let text = |pointer: &str| at(pointer).as_str().unwrap_or_default().to_owned();
    let labels = at("/Config/Labels");
    let label = |name: &str| labels[name].as_str().unwrap_or_default().to_owned();
    // Podman calls it Healthcheck in old versions.
    let health = match at("/State/Health") {
        Value::Null => at("/State/Healthcheck"),
        health => health,
    };
    let last_check = health["Log"].as_array().and_then(|log| log.last());
    let output = last_check.and_then(|check| check["Output"].as_str());
    Container {
        id: text("/Id"),
        image: text("/Config/Image"),
        status: text("/State/Status"),
        health: health["Status"].as_str().unwrap_or_default().to_owned(),
        restarts: at("/RestartCount").as_u64().unwrap_or(0),
        oom_killed: at("/State/OOMKilled").as_bool().unwrap_or(false),
        exit_code: at("/State/ExitCode").as_i64().unwrap_or(0),
        created: text("/Created"),
        started_at: text("/State/StartedAt"),
        memory_limit: at("/HostConfig/Memory").as_u64().unwrap_or(0),
        health_output: output.unwrap_or_default().trim().to_owned(),
        project: label("com.docker.compose.project"),
        working_dir: label("com.docker.compose.project.working_dir"),
        config_files: label("com.docker.compose.project.config_files"),
        one_off: label("com.docker.compose.oneoff").eq_ignore_ascii_case("true"),
        published: published(value),
        networks: networks(value),
    }
}

/// The networks of an element of `docker inspect`.
pub(crate) fn networks(value: &Value) -> Networks {
    let all = value.pointer("/NetworkSettings/Networks");
    let all = all.and_then(Value::as_object).into_iter().flatten();
    all.map(|(name, network)| {
        let addresses = ["IPAddress", "GlobalIPv6Address"];
        let addresses = addresses.iter().filter_map(|key| network[*key].as_str());
        let addresses = addresses.filter(|address| !address.is_empty());
        (name.clone(), addresses.map(str::to_owned).collect())
    })
    .collect()
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
