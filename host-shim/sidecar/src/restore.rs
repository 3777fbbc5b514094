//! Restore points: version, `.env`, config and compose file, saved together.
//!
//! An older gateway may reject a newer one's config, so they are always restored together.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use openclaw_os::{files as os_files, private};
use serde::{Deserialize, Serialize};

use crate::astrbot_container::network;
use crate::atomic_file::{self, AtomicFiles};
use crate::dotenv;
use crate::error::{self, At, LIST_POINTS, MAKE_POINT, REMOVE_POINT, Result, USE_POINT};
use crate::interpolate::Dialect;
use crate::layout::{COMPOSE, CONFIG, ENV, KEPT, Root};
use crate::read_file;

/// The files of a restore point, with the modes that they get.
const FILES: [(&str, u32); 3] = [(ENV, 0o600), (CONFIG, 0o644), (COMPOSE, 0o644)];
/// How many to keep by default.
pub const KEEP: usize = 5;

/// A restore point's own description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePoint {
    /// Its name: when and which version.
    pub id: String,
    /// The version in its `.env`.
    pub version: String,
    /// When it was made, RFC 3339, UTC.
    pub created: String,
    /// Whether the gateway was healthy then.
    pub good: bool,
    /// Whether a rollback created it; such a point is only used by name.
    pub before_rollback: bool,
    /// Whether a change of settings at the same version created it; only used by name as well.
    #[serde(default)]
    pub before_settings: bool,
}

/// What a restore point is created before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Before {
    /// A switch to another version.
    Upgrade,
    /// A return to an earlier restore point.
    Rollback,
    /// A change of settings, such as the model provider, at the same version.
    Settings,
}

/// Plans a restore point for [`create`], so that a journal can name it before it exists.
pub fn plan(
    root: &Root,
    version: &str,
    good: bool,
    before: Before,
    now: SystemTime,
) -> RestorePoint {
    let folder = root.restore_points();
    let created = humantime::format_rfc3339_seconds(now).to_string();
    let stem = stem(&created, version);
    // Above those of the same second, also where an older one was removed: their order is that of the numbers.
    let there = list(root).unwrap_or_default();
    let there = there.iter().filter(|point| point.created == created);
    let first = there.map(|point| point.number() + 1).max().unwrap_or(0);
    let id = (first..)
        .map(|n| match n {
            0 => stem.clone(),
            n => format!("{stem}-{n}"),
        })
        .find(|id| !folder.join(id).exists())
        .unwrap_or(stem.clone());
    RestorePoint {
        id,
        version: version.to_owned(),
        created,
        good,
        before_rollback: before == Before::Rollback,
        before_settings: before == Before::Settings,
    }
}

/// How the ids of this second and version begin.
fn stem(created: &str, version: &str) -> String {
    format!("{}-{version}", created.replace([':', '-'], ""))
}

impl RestorePoint {
    /// Which one of its second it is, from 0.
    fn number(&self) -> u32 {
        let stem = stem(&self.created, &self.version);
        let rest = self.id.strip_prefix(&stem).unwrap_or_default();
        let number = rest.strip_prefix('-').map(str::parse);
        number.and_then(Result::ok).unwrap_or(0)
    }
}

/// Creates a restore point of the root. Its `.env` gets the point's version, which differs from the
/// root's if that was changed but never started.
///
/// # Errors
///
/// A file cannot be read or written; there is then no restore point.
pub fn create(root: &Root, point: &RestorePoint, files: AtomicFiles<'_>) -> Result<()> {
    let folder = root.restore_points();
    make_private(&folder).at(MAKE_POINT, &folder)?;
    let draft = tempfile::Builder::new()
        .prefix(atomic_file::DRAFT)
        .tempdir_in(&folder)
        .at(MAKE_POINT, &folder)?;
    let put = |name: &str, content: &[u8], mode| {
        let path = draft.path().join(name);
        files.write(&path, content, mode).at(MAKE_POINT, &path)
    };
    for (name, mode) in FILES {
        let from = root.join(name);
        let mut content = read_file::read(&from).at(MAKE_POINT, &from)?;
        if name == ENV {
            let env = String::from_utf8_lossy(&content);
            content = dotenv::set(&env, dotenv::VERSION, &point.version).into_bytes();
        }
        put(name, &content, mode)?;
    }
    let about = serde_json::to_vec_pretty(point).map_err(io::Error::other);
    put("point.json", &about.at(MAKE_POINT, &folder)?, 0o600)?;
    let place = folder.join(&point.id);
    // It exists only once this rename has happened.
    files.rename(&draft.keep(), &place).at(MAKE_POINT, &place)
}

/// All complete restore points, oldest first.
///
/// # Errors
///
/// The folder is there and cannot be read.
pub fn list(root: &Root) -> Result<Vec<RestorePoint>> {
    let folder = root.restore_points();
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at(LIST_POINTS, &folder)?,
    };
    let mut points: Vec<RestorePoint> = entries
        .flatten()
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .filter_map(|entry| {
            serde_json::from_slice(&read_file::read(&entry.path().join("point.json")).ok()?).ok()
        })
        .collect();
    points.sort_by(|one, other| {
        (&one.created, one.number(), &one.id).cmp(&(&other.created, other.number(), &other.id))
    });
    Ok(points)
}

/// Copies a restore point's files into the root; AstrBot's container stays connected as it is. Each is replaced
/// atomically; the journal repeats an interrupted call.
///
/// # Errors
///
/// The restore point is not whole, or the root cannot be written.
pub fn restore(root: &Root, id: &str, files: AtomicFiles<'_>) -> Result<()> {
    let folder = place(root, id)?;
    for (name, mode) in FILES {
        let (from, to) = (folder.join(name), root.join(name));
        read_file::read(&from)
            .and_then(|content| files.write(&to, &still_connected(root, name, content), mode))
            .at(USE_POINT, &from)?;
    }
    Ok(())
}

/// A restore point's file with the connection that AstrBot's container has now: it belongs to no version.
fn still_connected(root: &Root, name: &str, old: Vec<u8>) -> Vec<u8> {
    let with = |old: &str| match name {
        ENV => {
            let now = dotenv::load(root, Dialect::default()).ok()?;
            let container = now.get(dotenv::ASTRBOT_CONTAINER)?;
            Some(dotenv::set(old, dotenv::ASTRBOT_CONTAINER, container))
        }
        COMPOSE => {
            let now = read_file::read_text(&root.join(COMPOSE)).ok()?;
            network::kept_in(&now, old)
        }
        _ => None,
    };
    let new = std::str::from_utf8(&old).ok().and_then(with);
    new.map_or(old, String::into_bytes)
}

/// Removes a restore point; it may not exist.
///
/// # Errors
///
/// It cannot be removed.
pub fn remove(root: &Root, id: &str, files: AtomicFiles<'_>) -> Result<()> {
    let folder = root.restore_points();
    let path = folder.join(id);
    if !path.exists() {
        return Ok(());
    }
    // Rename it to a draft first: after a power loss the rest is swept away instead of looking valid.
    let draft = folder.join(format!("{}{id}", atomic_file::DRAFT));
    files
        .rename(&path, &draft)
        .and_then(|()| os_files::remove_folder(&draft))
        .at(REMOVE_POINT, &path)
}

/// Removes the oldest ones beyond `keep`, those before changes of settings counted apart; the newest healthy
/// one before an upgrade always stays.
///
/// # Errors
///
/// One cannot be removed.
pub fn prune(root: &Root, keep: usize, files: AtomicFiles<'_>) -> Result<Vec<String>> {
    let points = list(root)?;
    let best = last_good(&points).map(|point| point.id.clone());
    let mut removed = Vec::new();
    // Otherwise a few changes of the model would remove the way back to the version before.
    for settings in [false, true] {
        let kind = points
            .iter()
            .filter(|point| point.before_settings == settings);
        let kind: Vec<&RestorePoint> = kind.collect();
        for point in &kind[..kind.len().saturating_sub(keep.max(1))] {
            if best.as_deref() != Some(&point.id) {
                remove(root, &point.id, files)?;
                removed.push(point.id.clone());
            }
        }
    }
    Ok(removed)
}

/// The newest one that was healthy and was created before an upgrade.
pub fn last_good(points: &[RestorePoint]) -> Option<&RestorePoint> {
    points
        .iter()
        .rev()
        .find(|point| point.good && !point.before_rollback && !point.before_settings)
}

/// Creates this tool's folder, accessible only to its owner: restore points contain the token.
///
/// # Errors
///
/// It cannot be made, or is a link: the mode of another folder would be changed.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let kept = folder
        .ancestors()
        .find(|path| path.file_name().is_some_and(|name| name == KEPT))
        .unwrap_or(folder);
    if kept.is_symlink() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    private::create_folder(folder)?;
    atomic_file::set_mode(kept, 0o700)
}

fn place(root: &Root, id: &str) -> Result<PathBuf> {
    match list(root)?.iter().any(|point| point.id == id) {
        true => Ok(root.restore_points().join(id)),
        false => Err(error::no_restore_point(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::init;

    const NOW: fn() -> SystemTime =
        || SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);

    fn root(temp: &Path) -> (Root, AtomicFiles<'static>) {
        let root = Root::new(temp).unwrap();
        let files = AtomicFiles::new(&|_| {});
        init(&root, false, "t", files).unwrap();
        (root, files)
    }

    fn make(root: &Root, version: &str, good: bool, files: AtomicFiles<'_>) -> RestorePoint {
        let point = plan(root, version, good, Before::Upgrade, NOW());
        create(root, &point, files).unwrap();
        point
    }

    #[test]
    fn a_restore_point_brings_all_three_files_back() {
        let temp = tempfile::tempdir().unwrap();
        let (root, files) = root(temp.path());
        let before: Vec<_> = FILES
            .map(|(name, _)| fs::read(root.join(name)).unwrap())
            .into();
        let point = make(&root, "2026.2.9", true, files);
        for (name, _) in FILES {
            fs::write(root.join(name), "changed").unwrap();
        }
        restore(&root, &point.id, files).unwrap();
        let after: Vec<_> = FILES
            .map(|(name, _)| fs::read(root.join(name)).unwrap())
            .into();
        assert_eq!(before, after);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&root.join(ENV)), 0o600);
            assert_eq!(mode(&root.join(KEPT)), 0o700);
        }
    }

    #[test]
    fn those_of_one_second_keep_their_order_when_older_ones_are_removed() {
        let temp = tempfile::tempdir().unwrap();
        let (root, files) = root(temp.path());
        let ids = |points: &[RestorePoint]| -> Vec<String> {
            points.iter().map(|point| point.id.clone()).collect()
        };
        let mut made = Vec::new();
        for n in 0..12 {
            let version = ["2026.2.9", "2026.9.6"][n % 2];
            made.push(make(&root, version, true, files));
            assert_eq!(ids(&list(&root).unwrap()), ids(&made));
            if made.len() > 3 {
                remove(&root, &made.remove(0).id, files).unwrap();
            }
        }
    }

    #[test]
    fn astrbots_container_stays_connected() {
        let temp = tempfile::tempdir().unwrap();
        let (root, files) = root(temp.path());
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        let point = make(&root, "2026.2.9", true, files);
        let compose = network::in_compose(&read(COMPOSE), "bot-net").unwrap();
        let env = dotenv::set(&read(ENV), dotenv::ASTRBOT_CONTAINER, "astrbot");
        fs::write(root.join(COMPOSE), &compose).unwrap();
        fs::write(
            root.join(ENV),
            dotenv::set(&env, dotenv::VERSION, "2026.9.6"),
        )
        .unwrap();
        // A second time too, as after an interruption.
        for _ in 0..2 {
            restore(&root, &point.id, files).unwrap();
            assert_eq!(read(COMPOSE), compose);
            let env = dotenv::load(&root, Dialect::default()).unwrap();
            assert_eq!(env.get(dotenv::ASTRBOT_CONTAINER), Some("astrbot"));
            assert_eq!(env.get(dotenv::VERSION), Some("2026.2.9"));
        }
    }

    #[test]
    fn pruning_keeps_the_newest_and_the_last_good_one() {
        let temp = tempfile::tempdir().unwrap();
        let (root, files) = root(temp.path());
        let good = make(&root, "2026.2.9", true, files);
        for _ in 0..4 {
            make(&root, "2026.9.6", false, files);
        }
        prune(&root, 2, files).unwrap();
        let left = list(&root).unwrap();
        assert_eq!(left.len(), 3);
        assert!(left.contains(&good));
    }

    #[test]
    fn one_of_an_earlier_program_is_one_before_an_upgrade() {
        let point = r#"{"id":"a","version":"2026.2.9","created":"2026-11-01T00:00:00Z","good":true,"before_rollback":false}"#;
        let point: RestorePoint = serde_json::from_str(point).unwrap();
        assert_eq!(last_good(std::slice::from_ref(&point)), Some(&point));
    }

    #[test]
    fn an_unknown_one_is_a_clear_error() {
        let temp = tempfile::tempdir().unwrap();
        let (root, files) = root(temp.path());
        let error = restore(&root, "../../etc", files).unwrap_err();
        assert!(error.to_string().contains("no restore point"), "{error}");
    }
}
