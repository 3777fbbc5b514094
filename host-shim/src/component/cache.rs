//! The cache of compiled components: file names and eviction.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::artifact::{self, UNFINISHED, description_of};
use super::digest;

/// Number of artifacts kept, most recently used first, so that alternating versions are not recompiled.
const KEPT: usize = 4;

/// A file still unfinished after this time was left by a killed process.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The path of a component's artifact in a cache folder. The name covers everything the artifact
/// depends on, so several versions can share a folder.
pub(super) fn place(dir: &Path, wasm_sha256: &str) -> PathBuf {
    let key = digest::of_bytes(artifact::key(wasm_sha256).as_bytes());
    dir.join(format!("openclaw-{}.cwasm", &key[..32]))
}

/// Marks an artifact as just used. Failure is harmless: the artifact is evicted sooner.
pub(super) fn mark_used(path: &Path) {
    if let Ok(file) = fs::File::open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Removes all but the most recently used artifacts (always keeps `made`), and unfinished files of
/// killed processes. A process that runs a removed artifact keeps its mapping.
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
        // The code first: a description alone is harmless.
        remove(&path);
        remove(&description_of(&path));
    }
}

/// Whether [`place`] generates this name.
fn is_ours(name: &str) -> bool {
    name.strip_prefix("openclaw-")
        .and_then(|rest| rest.strip_suffix(".cwasm"))
        .is_some_and(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(path = %path.display(), %error, "an old artifact could not be removed");
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
