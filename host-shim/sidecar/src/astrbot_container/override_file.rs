//! The file that keeps AstrBot's container in the shared network when Compose makes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{AstrBotContainer, ComposeProject};
use crate::atomic_file::AtomicFiles;
use crate::compose_file;
use crate::error::{At, Result, WRITE};
use crate::layout::Root;
use crate::read_file;

/// Its first line, by which we know it again.
const HEAD: &str =
    "# Written by `host-shim sidecar`: AstrBot joins the network of its OpenClaw gateway.\n";
/// The network's key in it.
const KEY: &str = "openclaw";
/// Its name in our root, where Compose does not find it by itself.
const OWN: &str = "astrbot.override.yml";
/// What Compose looks for without -f.
const DEFAULTS: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// What keeps AstrBot's container in the network when it is made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// Nothing: Compose did not make it.
    ByNothing,
    /// The override file.
    ByFile(Override),
    /// Nothing: this service has a `network_mode`, beside which Compose refuses `networks`.
    NetworkMode(String),
}

/// An override file for AstrBot's compose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Where it is.
    pub path: PathBuf,
    /// The options that Compose needs to read it, beside AstrBot's own files; empty if it finds it by itself.
    pub options: Vec<PathBuf>,
    /// AstrBot's folder, in which Compose runs.
    pub folder: PathBuf,
    /// Whether it was written just now.
    pub written: bool,
}

/// Writes the override file for a container that Compose made, unless its service cannot have it. An existing file
/// that is not ours is left alone: then ours is in the root, as it is where AstrBot's folder cannot be written.
///
/// # Errors
///
/// It cannot be written in the root either.
pub(super) fn write(
    astrbot: &AstrBotContainer,
    network: &str,
    root: &Root,
    files: AtomicFiles<'_>,
) -> Result<Kept> {
    let Some(compose) = astrbot
        .compose
        .as_ref()
        .filter(|compose| !compose.service.is_empty())
    else {
        return Ok(Kept::ByNothing);
    };
    let written = Written::read(astrbot, compose);
    if written.network_mode {
        return Ok(Kept::NetworkMode(compose.service.clone()));
    }
    let content = content(
        &written.version,
        &compose.service,
        network,
        written.in_default,
    );
    let put = |path: &Path| -> Result<bool> {
        let there = read_file::read_text(path).is_ok_and(|text| text == content);
        if !there {
            files
                .write(path, content.as_bytes(), 0o644)
                .at(WRITE, path)?;
        }
        Ok(!there)
    };
    // A folder that we may not write in (a panel's) is as one with a name that is taken.
    let beside = beside(&compose.folder, &compose.files);
    let beside = beside.and_then(|path| put(&path).ok().map(|written| (path, written)));
    let (path, written, options) = match beside {
        Some((path, written)) => (path, written, Vec::new()),
        None => {
            let path = root.join(OWN);
            let written = put(&path)?;
            let options = [compose.files.clone(), vec![path.clone()]].concat();
            (path, written, options)
        }
    };
    Ok(Kept::ByFile(Override {
        path,
        options,
        folder: compose.folder.clone(),
        written,
    }))
}

/// What Compose's files, ours aside, say of AstrBot's service.
struct Written {
    /// The file's version, `null` without one.
    version: Value,
    /// Whether it has a `network_mode`.
    network_mode: bool,
    /// Whether it is in its project's default network, whatever that one is called.
    in_default: bool,
}

impl Written {
    fn read(astrbot: &AstrBotContainer, compose: &ComposeProject) -> Self {
        let files = compose.files.iter().filter(|path| !is_ours(path));
        let files = files.filter_map(|path| read_file::read_text(path).ok());
        let files = files.filter_map(|text| compose_file::parse(&text).ok());
        let files: Vec<Value> = files.collect();
        let services = files
            .iter()
            .filter_map(|file| compose_file::services(file)?.get(&compose.service));
        let services: Vec<&Value> = services.collect();
        let whole = !services.is_empty() && services.iter().all(|it| it["extends"].is_null());
        let named = || services.iter().map(|it| &it["network_mode"]);
        let network_mode = named().any(|mode| !mode.is_null() && mode != "");
        let lists = || services.iter().map(|it| &it["networks"]);
        let lists_default = |networks: &Value| match networks {
            Value::Array(names) => names.iter().any(|name| name == "default"),
            networks => networks.get("default").is_some(),
        };
        // Where the files do not tell, the container's networks do.
        let is_in = |name: &str| astrbot.networks.contains_key(name);
        Self {
            version: files
                .first()
                .map_or(Value::Null, |file| file["version"].clone()),
            network_mode: network_mode || !whole && (is_in("bridge") || is_in("podman")),
            in_default: match whole {
                true => lists().all(Value::is_null) || lists().any(lists_default),
                false => is_in(&format!("{}_default", compose.project)),
            },
        }
    }
}

/// The name that Compose finds by itself beside AstrBot's file, unless another is there.
fn beside(folder: &Path, files: &[PathBuf]) -> Option<PathBuf> {
    let name = |file: &Path| file.file_name()?.to_str().map(str::to_owned);
    // Ours of an earlier time is among the files already.
    let mut own = files.iter().filter(|file| !is_ours(file));
    let (Some(file), None) = (own.next(), own.next()) else {
        return None;
    };
    let file = name(file).filter(|file| DEFAULTS.contains(&file.as_str()))?;
    let over = |name: &str| {
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, "yml"));
        folder.join(format!("{stem}.override.{end}"))
    };
    // A link that leads nowhere is the user's, too.
    let taken = |name: &str| fs::symlink_metadata(over(name)).is_ok() && !is_ours(&over(name));
    (folder.is_dir() && !DEFAULTS.iter().any(|name| taken(name))).then(|| over(&file))
}

/// Whether a file is ours, and nobody has put more into it.
fn is_ours(path: &Path) -> bool {
    let text = read_file::read_text(path).unwrap_or_default();
    text.starts_with(HEAD) && compose_file::parse(&text).is_ok_and(|file| is_as_written(&file))
}

/// Whether a file has exactly what [`content`] writes, for whichever service and network.
fn is_as_written(file: &Value) -> bool {
    let service = file["services"].as_object();
    let service = service.and_then(|services| services.keys().next());
    let network = file["networks"][KEY]["name"].as_str();
    let (Some(service), Some(network)) = (service, network) else {
        return false;
    };
    [true, false].iter().any(|in_default| {
        let ours = compose_file::parse(&content(&file["version"], service, network, *in_default));
        ours.is_ok_and(|ours| ours == *file)
    })
}

fn content(version: &Value, service: &str, network: &str, in_default: bool) -> String {
    // Old versions of Compose refuse two files of different versions.
    let version = match version {
        Value::Null => String::new(),
        version => format!("version: {version}\n"),
    };
    let networks = match in_default {
        true => format!("[default, {KEY}]"),
        false => format!("[{KEY}]"),
    };
    let [service, network] = [service, network].map(Value::from);
    format!(
        "{HEAD}{version}services:\n  {service}:\n    networks: {networks}\nnetworks:\n  {KEY}:\n    external: true\n    name: {network}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kept: Result<Kept>) -> Override {
        match kept.unwrap() {
            Kept::ByFile(file) => file,
            other => panic!("{other:?}"),
        }
    }

    fn astrbot(folder: &Path, files: &[&str]) -> AstrBotContainer {
        AstrBotContainer {
            networks: [("bot_default".to_owned(), Vec::new())].into(),
            compose: Some(ComposeProject {
                project: "bot".to_owned(),
                service: "astrbot".to_owned(),
                folder: folder.to_owned(),
                files: files.iter().map(|file| folder.join(file)).collect(),
            }),
            ..AstrBotContainer::default()
        }
    }

    #[test]
    fn it_is_where_compose_finds_it_and_nothing_of_the_users_is_overwritten() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        let folder = temp.path().join("bot");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("compose.yml"), "version: '3.8'\nservices: {}\n").unwrap();
        let put = |files: &[&str]| {
            let astrbot = astrbot(&folder, files);
            file(write(&astrbot, "net", &root, AtomicFiles::new(&|_| {})))
        };
        let first = put(&["compose.yml"]);
        assert_eq!(first.path, folder.join("compose.override.yml"));
        assert!(first.written && first.options.is_empty());
        let text = fs::read_to_string(&first.path).unwrap();
        let parsed = compose_file::parse(&text).unwrap();
        assert_eq!(parsed["version"], "3.8");
        assert_eq!(
            parsed["services"]["astrbot"]["networks"],
            serde_json::json!(["default", "openclaw"])
        );
        assert_eq!(parsed["networks"]["openclaw"]["name"], "net");
        // Again, when Compose has read ours; and for another network.
        assert!(!put(&["compose.yml", "compose.override.yml"]).written);

        // What the user adds to ours is the user's, as is a link that leads nowhere.
        for (old, new) in [
            (
                "    networks: [default",
                "    mem_limit: 2g\n    networks: [default",
            ),
            ("services:\n", "services:\n  napcat: {image: x}\n"),
            ("[default, openclaw]", "[default, openclaw, more]"),
            ("    name: ", "    labels: [a]\n    name: "),
            ("networks:\n  openclaw", "networks:\n  more: {}\n  openclaw"),
        ] {
            let edited = text.replacen(old, new, 1);
            assert_ne!(edited, text);
            fs::write(&first.path, &edited).unwrap();
            let other = put(&["compose.yml", "compose.override.yml"]);
            assert_eq!(other.path, root.join(OWN), "{edited}");
            assert_eq!(fs::read_to_string(&first.path).unwrap(), edited);
        }
        #[cfg(unix)]
        {
            fs::remove_file(&first.path).unwrap();
            std::os::unix::fs::symlink("nowhere", &first.path).unwrap();
            assert_eq!(put(&["compose.yml"]).path, root.join(OWN));
            assert!(first.path.is_symlink());
        }
        fs::write(root.join(OWN), "").unwrap();

        // The user's own override stays, whichever of the names it has.
        drop(fs::remove_file(&first.path));
        let users = folder.join("docker-compose.override.yml");
        fs::write(&users, "services: {}\n").unwrap();
        let own = put(&["compose.yml"]);
        assert_eq!(own.path, root.join(OWN));
        assert_eq!(own.options, [folder.join("compose.yml"), root.join(OWN)]);
        assert_eq!(fs::read_to_string(&users).unwrap(), "services: {}\n");
        // A file that Compose does not find by itself.
        fs::remove_file(&users).unwrap();
        assert_eq!(put(&["astrbot.yml"]).path, root.join(OWN));
        assert_eq!(put(&["compose.yml", "more.yml"]).options.len(), 3);
    }

    // /proc refuses new files even to root.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_written_is_as_a_name_that_is_taken() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        let folder = Path::new("/proc/self");
        let astrbot = astrbot(folder, &["compose.yml"]);
        let own = write(&astrbot, "net", &root, AtomicFiles::new(&|_| {}));
        let own = file(own);
        assert_eq!(own.options, [folder.join("compose.yml"), root.join(OWN)]);
        assert!(own.written && own.path.is_file());
    }

    #[test]
    fn a_container_of_docker_run_has_none() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        let none = AstrBotContainer::default();
        let kept = write(&none, "net", &root, AtomicFiles::new(&|_| {})).unwrap();
        assert_eq!(kept, Kept::ByNothing);
    }

    /// What is written for a container in this network, beside these files of Compose.
    fn beside_files(network: &str, texts: &[&str]) -> Option<Value> {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        let names = ["compose.yml", "more.yml"];
        for (name, text) in names.iter().zip(texts) {
            fs::write(temp.path().join(name), text).unwrap();
        }
        let mut astrbot = astrbot(temp.path(), &names[..texts.len().max(1)]);
        astrbot.networks = [(network.to_owned(), Vec::new())].into();
        match write(&astrbot, "net", &root, AtomicFiles::new(&|_| {})).unwrap() {
            Kept::NetworkMode(service) => {
                assert_eq!(service, "astrbot");
                assert!(!temp.path().join("compose.override.yml").exists());
                assert!(!root.join(OWN).exists());
                None
            }
            kept => {
                let text = fs::read_to_string(file(Ok(kept)).path).unwrap();
                let parsed = compose_file::parse(&text).unwrap();
                Some(parsed["services"]["astrbot"]["networks"].clone())
            }
        }
    }

    #[test]
    fn the_default_network_stays_whatever_it_is_called() {
        let both = serde_json::json!(["default", "openclaw"]);
        let one = serde_json::json!(["openclaw"]);
        let plain = "services: {astrbot: {image: x}}\n";
        let named = format!("{plain}networks: {{default: {{name: botnet}}}}\n");
        let front = "services: {astrbot: {networks: [front]}}\n";
        let mapping = "services: {astrbot: {networks: {default: {aliases: [x]}}}}\n";
        let extends = "services: {astrbot: {extends: {file: x.yml, service: y}}}\n";
        for (network, texts, wanted) in [
            ("botnet", &[named.as_str()][..], &both),
            ("botnet", &[mapping], &both),
            ("bot_default", &[front], &one),
            ("bot_default", &[plain, front], &one),
            ("botnet", &[front, mapping], &both),
            // The files do not tell.
            ("bot_default", &[extends], &both),
            ("botnet", &[extends], &one),
            ("bot_default", &[], &both),
            ("botnet", &[], &one),
        ] {
            assert_eq!(
                beside_files(network, texts).as_ref(),
                Some(wanted),
                "{texts:?}"
            );
        }
    }

    #[test]
    fn nothing_is_written_beside_a_network_mode() {
        let plain = "services: {astrbot: {image: x}}\n";
        let bridge = "services: {astrbot: {network_mode: bridge}}\n";
        let extends = "services: {astrbot: {extends: {file: x.yml, service: y}}}\n";
        for (network, texts) in [
            ("bridge", &[bridge][..]),
            ("bot_default", &[plain, bridge]),
            ("bridge", &[extends]),
            ("bridge", &[]),
            ("podman", &[]),
        ] {
            assert_eq!(beside_files(network, texts), None, "{texts:?}");
        }
        // A default network that is the engine's.
        assert!(beside_files("bridge", &[plain]).is_some());
    }
}
