//! `init`: creates a complete root without overwriting anything.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::atomic_file::{self, AtomicFiles};
use crate::compose_file;
use crate::dotenv::{self, Env};
use crate::error::{self, At, MAKE_FOLDER, READ, Result, SET_MODE, WRITE};
use crate::gateway_config;
use crate::layout::{COMPOSE, CONFIG, CONTAINER_UID, ENTRIES, ENV, Entry, Kind, Root};
use crate::model;
use crate::ownership::give_to_container;
use crate::read_file;
use crate::secret::{self, Token};
use crate::templates;
use crate::text::{Text, text};
use crate::version_config;
use crate::versions;

/// What `init` did with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was missing and has been created.
    Made,
    /// It existed and is the same as a new one.
    Same,
    /// It existed and differs; it was left alone. The difference as a unified diff with secrets masked;
    /// `None` if the file cannot be parsed, because it might then show a secret.
    Kept(Option<String>),
    /// The `.env` existed and lacks these lines of the example; it was left alone.
    Lacks(String),
    /// It differed and was replaced; this is the backup.
    Replaced(PathBuf),
}

/// What `init` did, entry by entry.
#[derive(Debug)]
pub struct Report {
    /// In the order of the layout; the root itself first.
    pub entries: Vec<(&'static str, Outcome)>,
    /// Problems that do not keep the files from being used.
    pub warnings: Vec<Text>,
}

/// Creates missing folders and files. With `force`, files that differ are replaced and backed up; an
/// existing `.env` is never replaced, because its token is in use. `stamp` becomes part of the backups'
/// names.
///
/// # Errors
///
/// The root cannot be created, or something of another kind is in an entry's place. All entries are
/// checked before the first is written, so nothing is left half done for that reason.
pub fn init(root: &Root, force: bool, stamp: &str, files: AtomicFiles<'_>) -> Result<Report> {
    for entry in ENTRIES {
        check_kind(root, entry)?;
    }
    let token = Token::generate()?;
    let mut entries = Vec::new();
    let mut warnings = Vec::new();
    for entry in ENTRIES {
        let outcome = match entry.kind {
            Kind::Folder => make_folder(root, entry, &mut warnings)?,
            Kind::File => make_file(root, entry, &token, force, stamp, files)?,
        };
        entries.push((entry.path, outcome));
    }
    warnings.extend(version_note(root));
    Ok(Report { entries, warnings })
}

/// What an existing config lacks that its version needs.
fn version_note(root: &Root) -> Option<Text> {
    let text = read_file::read_text(&root.join(CONFIG)).ok()?;
    let env = dotenv::load(root, Default::default()).ok()?;
    let version = env.get(dotenv::VERSION)?;
    let written = version_config::with_version(&text, version).ok()?;
    (written.text != text).then(|| {
        text!(
            en: "{CONFIG} lacks settings that {version} needs, such as the level agents. To add them: host-shim sidecar doctor --fix",
            zh: "{CONFIG} 缺少 {version} 所需的内容，例如各级别的智能体。运行 host-shim sidecar doctor --fix 可将其写入标记之间。")
    })
}

fn check_kind(root: &Root, entry: &Entry) -> Result<()> {
    let path = root.join(entry.path);
    let Ok(found) = fs::metadata(&path) else {
        return Ok(());
    };
    let path = path.display();
    match entry.kind {
        Kind::Folder if !found.is_dir() => Err(error::not_a_folder(path)),
        Kind::File if !found.is_file() => Err(error::not_a_file(path)),
        _ => Ok(()),
    }
}

fn make_folder(root: &Root, entry: &Entry, warnings: &mut Vec<Text>) -> Result<Outcome> {
    let path = root.join(entry.path);
    if path.is_dir() {
        // An empty folder becomes as private as one that we create; one with content is left to the
        // doctor.
        let fresh = entry.path.is_empty()
            && fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none());
        if fresh {
            atomic_file::set_mode(&path, entry.mode).at(SET_MODE, &path)?;
        }
        return Ok(Outcome::Same);
    }
    fs::create_dir_all(&path)
        .and_then(|()| atomic_file::set_mode(&path, entry.mode))
        .at(MAKE_FOLDER, &path)?;
    if entry.container_owns
        && let Err(error) = give_to_container(&path)
    {
        let shown = path.display();
        warnings.push(text!(
            en: "{shown} is not owned by the gateway's user (uid {CONTAINER_UID}): {error}. Run: sudo chown {CONTAINER_UID}:{CONTAINER_UID} {shown}",
            zh: "{shown} 不属于网关的用户（uid {CONTAINER_UID}）：{error}。请运行：sudo chown {CONTAINER_UID}:{CONTAINER_UID} {shown}"
        ));
    }
    Ok(Outcome::Made)
}

fn make_file(
    root: &Root,
    entry: &Entry,
    token: &Token,
    force: bool,
    stamp: &str,
    files: AtomicFiles<'_>,
) -> Result<Outcome> {
    let path = root.join(entry.path);
    let Some(wanted) = templates::content(entry.path, root.path(), token) else {
        return Ok(Outcome::Same);
    };
    let made = files.create(&path, wanted.as_bytes(), entry.mode);
    if made.at(WRITE, &path)? {
        return Ok(Outcome::Made);
    }
    let bytes = read_file::read(&path).at(READ, &path)?;
    let found = String::from_utf8_lossy(&bytes);
    if entry.path == ENV {
        return Ok(compare_env(&found));
    }
    let wanted = model::keep_provider(entry.path, &found, wanted, root);
    if found == wanted {
        return Ok(Outcome::Same);
    }
    if !force {
        let env = dotenv::load(root, Default::default());
        let header = format!("{} (template)", entry.path);
        let shown = diff(entry.path, &header, &found, &wanted);
        return Ok(Outcome::Kept(
            shown.map(|shown| env.unwrap_or_default().mask(&shown)),
        ));
    }
    let backup = path.with_file_name(format!("{}.backup-{stamp}", entry.path));
    let written = files.write(&backup, &bytes, entry.mode);
    written.at(WRITE, &backup)?;
    let written = files.write(&path, wanted.as_bytes(), entry.mode);
    written.at(WRITE, &path)?;
    Ok(Outcome::Replaced(backup))
}

/// An existing `.env` stays. Only settings of the example that it lacks are reported, never its values.
fn compare_env(found: &str) -> Outcome {
    let env = Env::parse(found).unwrap_or_else(|refused| *refused.rest);
    let example = Env::parse(templates::ENV_EXAMPLE).unwrap_or_default();
    let missing: Vec<String> = example
        .iter()
        .filter(|(key, _)| env.iter().all(|(other, _)| other != *key))
        .map(|(key, value)| match (key, env.get(dotenv::VERSION)) {
            (dotenv::STOP_GRACE, Some(version)) => (key, versions::of(version).stop_grace),
            _ => (key, value),
        })
        .map(|(key, value)| format!("+{key}={value}\n"))
        .collect();
    if missing.is_empty() {
        Outcome::Same
    } else {
        Outcome::Lacks(missing.concat())
    }
}

/// The difference as a unified diff with secrets masked; `None` if the old file cannot be parsed.
pub(crate) fn diff(path: &str, header: &str, old: &str, new: &str) -> Option<String> {
    let value: Value = match path {
        CONFIG => gateway_config::parse(old).ok()?,
        COMPOSE => compose_file::parse(old).ok()?,
        _ => Value::Null,
    };
    let shown = similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(2)
        .header(path, header)
        .to_string();
    let secrets = secret::in_clear(&value).into_iter();
    Some(secrets.fold(shown, |shown, (_, secret)| shown.replace(secret, "***")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(root: &Root, force: bool) -> Report {
        init(root, force, "t", AtomicFiles::new(&|_| {})).unwrap()
    }

    fn outcome<'a>(report: &'a Report, path: &str) -> &'a Outcome {
        &report
            .entries
            .iter()
            .find(|(entry, _)| *entry == path)
            .unwrap()
            .1
    }

    #[test]
    fn an_empty_folder_becomes_a_whole_root() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(&temp.path().join("new")).unwrap();
        let report = run(&root, false);
        assert!(
            report
                .entries
                .iter()
                .all(|(_, outcome)| *outcome == Outcome::Made)
        );
        #[cfg(unix)]
        for entry in ENTRIES {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(root.join(entry.path))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o7777, entry.mode, "{}", entry.path);
        }
        let again = run(&root, false);
        assert!(
            again
                .entries
                .iter()
                .all(|(_, outcome)| *outcome == Outcome::Same)
        );
    }

    #[test]
    fn nothing_is_overwritten_and_force_keeps_a_backup() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        run(&root, false);
        let config = root.join(crate::layout::CONFIG);
        fs::write(&config, "{ mine: true }\n").unwrap();
        let env = fs::read_to_string(root.join(ENV)).unwrap();

        let kept = run(&root, false);
        let Outcome::Kept(Some(diff)) = outcome(&kept, crate::layout::CONFIG) else {
            panic!("{kept:?}")
        };
        assert!(diff.contains("-{ mine: true }"));
        assert_eq!(fs::read_to_string(&config).unwrap(), "{ mine: true }\n");

        let forced = run(&root, true);
        let Outcome::Replaced(backup) = outcome(&forced, crate::layout::CONFIG) else {
            panic!("{forced:?}")
        };
        assert_eq!(fs::read_to_string(backup).unwrap(), "{ mine: true }\n");
        assert_eq!(fs::read_to_string(&config).unwrap(), templates::CONFIG_FILE);
        assert_eq!(
            fs::read_to_string(root.join(ENV)).unwrap(),
            env,
            "the token stays"
        );
    }

    #[test]
    fn an_env_keeps_its_token_and_only_names_of_missing_settings_are_told() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        fs::write(root.join(ENV), "OPENCLAW_GATEWAY_TOKEN=mine\n").unwrap();
        let report = run(&root, true);
        let Outcome::Lacks(lines) = outcome(&report, ENV) else {
            panic!("{report:?}")
        };
        assert!(lines.contains("+OPENCLAW_VERSION=") && !lines.contains("mine"));
        let env = fs::read_to_string(root.join(ENV)).unwrap();
        assert_eq!(env, "OPENCLAW_GATEWAY_TOKEN=mine\n");
    }

    #[test]
    fn a_difference_shows_no_secret() {
        let shown = diff(CONFIG, "x", "{ auth: { token: 'literal-1' } }", "{}").unwrap();
        assert!(shown.contains("-{ auth: { token: '***' } }"), "{shown}");
        let compose = "environment:\n  - OPENCLAW_GATEWAY_TOKEN=literal-2\n";
        let shown = diff(COMPOSE, "x", compose, "").unwrap();
        assert!(shown.contains("TOKEN=***"), "{shown}");
        // A file that cannot be parsed may have a secret anywhere.
        assert_eq!(diff(CONFIG, "x", "{ token: 'literal-3'", "{}"), None);
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_a_clear_error_and_nothing_is_written() {
        let temp = tempfile::tempdir().unwrap();
        let root = Root::new(temp.path()).unwrap();
        fs::create_dir(root.join(crate::layout::CONFIG)).unwrap();
        let error = init(&root, true, "t", AtomicFiles::new(&|_| {})).unwrap_err();
        assert!(error.to_string().contains("is not a file"), "{error}");
        assert!(!root.join(ENV).exists());
    }
}
