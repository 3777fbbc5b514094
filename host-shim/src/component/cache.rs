//! A folder of artifacts that this library made by itself: their names, and which of them are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::artifact::{self, UNFINISHED, description_of};
use super::digest;

/// Artifacts that are kept, those used last: versions that are used in turns do not compile each time.
const KEPT: usize = 4;

/// Nobody writes an artifact for so long: what is left then is of a process that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Where the artifact of a component is in a cache folder. The name holds all that it depends on,
/// so that several versions can share a folder.
pub(super) fn place(dir: &Path, wasm_sha256: &str) -> PathBuf {
    let key = digest::of_bytes(artifact::key(wasm_sha256).as_bytes());
    dir.join(format!("openclaw-{}.cwasm", &key[..32]))
}

/// Puts on record that an artifact was used now. That it cannot be is no harm: it is then made again
/// one day.
pub(super) fn mark_used(path: &Path) {
    if let Ok(file) = fs::File::open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Removes what is not needed any more: all but the artifacts used last (always this one), and files
/// that a killed process left half written. Whoever runs a removed one keeps it until it ends.
pub(super) fn clean(dir: &Path, made: &Path) {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut artifacts = Vec::new();
    for file in files {
        let name = file.file_name();
        let name = name.to_string_lossy();
        let used = file.metadata().and_then(|metadata| metadata.modified());
        let used = used.unwrap_or(SystemTime::UNIX_EPOCH);
        if name.starts_with(UNFINISHED) {
            if used.elapsed().is_ok_and(|age| age > ABANDONED) {
                remove(&file.path());
            }
        } else if is_ours(&name) && file.path() != made {
            artifacts.push((used, file.path()));
        }
    }
    artifacts.sort();
    let unneeded = artifacts.len().saturating_sub(KEPT - 1);
    for (_, path) in artifacts.into_iter().take(unneeded) {
        // The code first: a description alone is never used.
        remove(&path);
        remove(&description_of(&path));
    }
}

/// Whether this is a name that [`place`] gives.
fn is_ours(name: &str) -> bool {
    name.strip_prefix("openclaw-")
        .and_then(|rest| rest.strip_suffix(".cwasm"))
        .is_some_and(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(path = %path.display(), %error, "an old artifact is left");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str, age_seconds: u64) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, b"x").unwrap();
        let then = SystemTime::now() - Duration::from_secs(age_seconds);
        fs::File::open(&path).unwrap().set_modified(then).unwrap();
        path
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    // Report A23 (attack): artifacts of every version stayed for ever.
    #[test]
    fn the_artifacts_used_last_are_kept_and_nothing_of_others_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let mut artifacts: Vec<_> = (0..7_u64)
            .map(|day| {
                let name = format!("openclaw-{day:032x}.cwasm");
                file(dir, &format!("{name}.json"), day * 86_400);
                file(dir, &name, day * 86_400)
            })
            .collect();
        for other in ["mine.cwasm", "openclaw-x.cwasm", "notes.txt", ".hidden"] {
            file(dir, other, 100 * 86_400);
        }
        file(dir, ".openclaw-killed", 2 * 86_400);
        file(dir, ".openclaw-writing", 1);
        // The oldest was used just now, and the next one has just been made.
        mark_used(&artifacts[6]);
        clean(dir, &artifacts[5]);
        let kept = [6, 5, 0, 1].map(|at| artifacts[at].clone());
        artifacts.retain(|path| !kept.contains(path));
        for path in &kept {
            assert!(path.exists() && description_of(path).exists(), "{path:?}");
        }
        for path in &artifacts {
            assert!(!path.exists() && !description_of(path).exists(), "{path:?}");
        }
        let left = names(dir);
        for other in [
            "mine.cwasm",
            "openclaw-x.cwasm",
            "notes.txt",
            ".hidden",
            ".openclaw-writing",
        ] {
            assert!(left.iter().any(|name| name == other), "{other}: {left:?}");
        }
        assert!(
            !left.iter().any(|name| name == ".openclaw-killed"),
            "{left:?}"
        );
    }
}
