//! AstrBot in a container: finds it, brings it and the gateway into one network, and looks from inside it.
//!
//! In AstrBot's container 127.0.0.1 is that container. So the two share a [`network`], and the plugin reaches
//! the gateway by the name of its service. The `.env` keeps which container it is.

mod connect;
pub(crate) mod errors;
pub mod inside;
pub mod network;
mod override_file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use self::connect::{Connected, Mode, connect, reconnect};
pub use self::override_file::{Kept, Override};
use crate::engine::{self, Engine, Networks};
use crate::error::Result;
use crate::text::{Text, text};

/// AstrBot's data folder in its image.
pub const DATA: &str = "/AstrBot/data";

/// Which network a container has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkMode {
    /// Its own: it can be connected to others.
    #[default]
    Own,
    /// This machine's: 127.0.0.1 is the host.
    Host,
    /// Another container's, by name or id.
    Of(String),
    /// None at all.
    None,
}

/// How Compose made a container, by its labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComposeProject {
    /// The project.
    pub project: String,
    /// The service.
    pub service: String,
    /// The folder of its files.
    pub folder: PathBuf,
    /// Its files, absolute.
    pub files: Vec<PathBuf>,
}

/// A container, as far as AstrBot in it concerns the sidecar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AstrBotContainer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// `running`, `exited`, …
    pub status: String,
    /// Whether it looks like AstrBot: its image's name, its working folder, or a mount at [`DATA`].
    pub is_astrbot: bool,
    /// Whether only the mount says so: others mount the folder as well, NapCat in AstrBot's own compose file.
    pub only_mounts: bool,
    /// The folder of this machine that is mounted at [`DATA`].
    pub data: Option<PathBuf>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// The networks it is in.
    pub networks: Networks,
    /// Whose network it has.
    pub mode: NetworkMode,
    /// Its Compose project, if Compose made it.
    pub compose: Option<ComposeProject>,
}

impl AstrBotContainer {
    /// Its line in a list: name, image and state.
    pub fn line(&self) -> Text {
        let Self {
            name,
            image,
            status,
            ..
        } = self;
        text!(en: "{name} ({image}, {status})", zh: "{name}（{image}，{status}）")
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        self.status == "running"
    }
}

/// All containers that look like AstrBot, running ones first; by the mount alone only where nothing else does.
///
/// # Errors
///
/// The engine did not respond, or its answer could not be read.
pub fn find_all(engine: &Engine) -> Result<Vec<AstrBotContainer>> {
    let all = engine.describe(&[])?;
    let mut found = likely(all.iter().map(read).collect());
    found.sort_by(|one, other| (!one.runs(), &one.name).cmp(&(!other.runs(), &other.name)));
    Ok(found)
}

fn likely(mut all: Vec<AstrBotContainer>) -> Vec<AstrBotContainer> {
    let surely = all.iter().any(|one| one.is_astrbot && !one.only_mounts);
    all.retain(|one| one.is_astrbot && !(surely && one.only_mounts));
    all
}

/// The container of `found` whose data another only mounts.
fn whose_data<'a>(
    one: &AstrBotContainer,
    found: &'a [AstrBotContainer],
) -> Option<&'a AstrBotContainer> {
    let data = one.data.as_ref().filter(|_| one.only_mounts)?;
    let mut surely = found.iter().filter(|other| !other.only_mounts);
    surely.find(|other| other.data.as_ref() == Some(data))
}

/// The container of this name or id, whatever it is; `None` if there is none.
///
/// # Errors
///
/// The name cannot be a container's, the engine did not respond, or its answer could not be read.
pub fn find(engine: &Engine, name: &str) -> Result<Option<AstrBotContainer>> {
    if !is_name(name) {
        return Err(errors::no_container(name, &Text::default()));
    }
    let all = engine.describe(&[name])?;
    let mut all = all.iter().map(read);
    Ok(all.find(|one| one.name == name || one.id.starts_with(name)))
}

/// The container of this name, checked: it exists, is AstrBot's, and runs.
///
/// # Errors
///
/// One of these does not hold; the error names the containers that could be meant.
pub fn find_usable(engine: &Engine, name: &str) -> Result<AstrBotContainer> {
    let candidates = || {
        let found = find_all(engine).unwrap_or_default();
        match found[..] {
            [] => Text::default(),
            _ => {
                let list = lines(&found);
                Text::new(
                    format!(" AstrBot seems to run in:\n{}", list.en),
                    format!("疑似 AstrBot 的容器：\n{}", list.zh),
                )
            }
        }
    };
    let Some(container) = find(engine, name)? else {
        return Err(errors::no_container(name, &candidates()));
    };
    if !container.is_astrbot {
        return Err(errors::not_astrbot(name, &container.image, &candidates()));
    }
    if container.only_mounts
        && let Some(other) = whose_data(&container, &find_all(engine)?)
    {
        let image = &container.image;
        return Err(errors::mounts_data_of(name, image, &other.name));
    }
    if !container.runs() {
        return Err(errors::not_running(name, &container.status));
    }
    Ok(container)
}

/// The lines of containers as one text.
pub fn lines(containers: &[AstrBotContainer]) -> Text {
    let lines: Vec<Text> = containers.iter().map(AstrBotContainer::line).collect();
    let all = |of: fn(&Text) -> &str| {
        let lines = lines.iter().map(|line| format!("  {}", of(line)));
        lines.collect::<Vec<_>>().join("\n")
    };
    Text::new(all(|line| &line.en), all(|line| &line.zh))
}

/// Whether Docker takes it as a container's or a network's name; so it is no option either.
pub fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(good)
}

/// Reads one element of `docker inspect`.
fn read(value: &Value) -> AstrBotContainer {
    let at = |pointer: &str| value.pointer(pointer).cloned().unwrap_or_default();
    let text = |pointer: &str| at(pointer).as_str().unwrap_or_default().to_owned();
    let image = text("/Config/Image");
    let mounts = at("/Mounts");
    let mount = mounts.as_array().into_iter().flatten();
    let mut mount = mount.filter(|mount| mount["Destination"] == DATA);
    let mount = mount.next();
    let source = mount.and_then(|mount| mount["Source"].as_str());
    let repository = image.rsplit('/').next().unwrap_or_default();
    let surely = repository.to_ascii_lowercase().contains("astrbot")
        || text("/Config/WorkingDir").trim_end_matches('/') == "/AstrBot";
    let environment = at("/Config/Env");
    let environment = environment.as_array().into_iter().flatten();
    let environment = environment.filter_map(|line| line.as_str()?.split_once('='));
    AstrBotContainer {
        id: text("/Id"),
        name: text("/Name").trim_start_matches('/').to_owned(),
        status: text("/State/Status"),
        is_astrbot: surely || mount.is_some(),
        only_mounts: !surely && mount.is_some(),
        data: source
            .filter(|source| !source.is_empty())
            .map(PathBuf::from),
        environment: environment
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        networks: engine::networks(value),
        mode: mode(&text("/HostConfig/NetworkMode")),
        compose: compose(&at("/Config/Labels")),
        image,
    }
}

fn mode(written: &str) -> NetworkMode {
    match written {
        "host" => NetworkMode::Host,
        "none" => NetworkMode::None,
        other => match other.strip_prefix("container:") {
            Some(other) => NetworkMode::Of(other.to_owned()),
            None => NetworkMode::Own,
        },
    }
}

fn compose(labels: &Value) -> Option<ComposeProject> {
    let label = |name: &str| labels[format!("com.docker.compose.{name}")].as_str();
    let project = label("project").filter(|project| !project.is_empty())?;
    let folder = Path::new(label("project.working_dir").unwrap_or_default());
    let files = label("project.config_files").unwrap_or_default();
    let files = files.split(',').filter(|file| !file.is_empty());
    Some(ComposeProject {
        project: project.to_owned(),
        service: label("service").unwrap_or_default().to_owned(),
        files: files.map(|file| folder.join(file)).collect(),
        folder: folder.to_owned(),
    })
}

#[cfg(test)]
mod tests;
