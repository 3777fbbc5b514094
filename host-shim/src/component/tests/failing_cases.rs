//! Caches that are cut off, damaged, written by several at once or put in place by others. Issue 15.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// A cache with its artifact and description, and their bytes.
struct Made {
    folder: tempfile::TempDir,
    path: std::path::PathBuf,
    code: Vec<u8>,
    description: Vec<u8>,
}

impl Made {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        load_embedded(&cache);
        let path = artifact_in(&cache);
        let code = fs::read(&path).unwrap();
        let description = fs::read(artifact::description_of(&path)).unwrap();
        Self {
            folder,
            path,
            code,
            description,
        }
    }
}

/// The error of what must not be loaded: one line.
fn refused(path: &Path) -> String {
    let engine = engine::engine().unwrap();
    let error = artifact::load(&engine, path)
        .map(drop)
        .expect_err("machine code of a damaged artifact is loaded");
    assert!(!error.is_empty() && !error.contains('\n'), "{error:?}");
    error
}

#[test]
fn no_machine_code_of_a_damaged_artifact_is_loaded() {
    let made = Made::new();
    let whole = made.code.len();
    let mut lengths: Vec<usize> = (0..64)
        .chain((1..200).map(|part| whole * part / 200))
        .collect();
    lengths.extend((1..32).map(|less| whole - less));
    for length in &lengths {
        fs::write(&made.path, &made.code[..*length]).unwrap();
        assert!(refused(&made.path).contains("damaged"), "{length}");
    }
    let mut flipped = made.code.clone();
    let places: Vec<usize> = (0..128)
        .chain((0..300).map(|part| whole * part / 300))
        .collect();
    for (bit, place) in places.iter().enumerate() {
        flipped[*place] ^= 1 << (bit % 8);
        fs::write(&made.path, &flipped).unwrap();
        assert!(refused(&made.path).contains("damaged"), "{place}");
        flipped[*place] ^= 1 << (bit % 8);
    }
    let longer = [made.code.as_slice(), b"x"].concat();
    fs::write(&made.path, longer).unwrap();
    assert!(refused(&made.path).contains("damaged"));
    println!("{} lengths, {} bits", lengths.len(), places.len());
    // And it works again.
    let cache = made.folder.path().join("cache");
    assert_eq!(load_embedded(&cache).code, CodeOrigin::Compiled);
    assert_eq!(fs::read(&made.path).unwrap(), made.code);
}

#[test]
fn a_description_that_is_cut_off_or_damaged_describes_nothing() {
    let made = Made::new();
    let description = artifact::description_of(&made.path);
    for length in 0..made.description.trim_ascii_end().len() {
        fs::write(&description, &made.description[..length]).unwrap();
        refused(&made.path);
    }
    let engine = engine::engine().unwrap();
    let mut harmless = 0;
    for place in 0..made.description.len() {
        let mut flipped = made.description.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&description, flipped).unwrap();
        // A hash of another component or white space leaves the code what it is; all else is refused.
        match artifact::load(&engine, &made.path) {
            Ok(_) => harmless += 1,
            Err(error) => assert!(!error.contains('\n'), "{error}"),
        }
    }
    assert!(harmless < made.description.len() / 2, "{harmless}");
    fs::write(&description, vec![b' '; 1 << 20]).unwrap();
    refused(&made.path);
    fs::write(&description, "[".repeat(60_000)).unwrap();
    refused(&made.path);
}

#[test]
fn starts_at_once_on_one_cache_all_work_whoever_damages_it_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let cache = &folder.path().join("cache");
    let (together, done) = (Barrier::new(4), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    together.wait();
                    load_embedded(cache)
                })
            })
            .collect();
        scope.spawn(|| {
            together.wait();
            // Cuts off whatever is there. What was mapped before keeps its own file: a new one is renamed into place.
            while !done.load(Ordering::Relaxed) {
                for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
                    let place = entry.path().with_extension("cut");
                    let cut =
                        fs::write(&place, b"x").and_then(|()| fs::rename(place, entry.path()));
                    drop(cut);
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        for start in starts {
            start.join().expect("no start fails");
        }
        done.store(true, Ordering::Relaxed);
    });
    load_embedded(cache);
    assert_eq!(load_embedded(cache).code, CodeOrigin::Cache);
}

#[cfg(unix)]
#[test]
fn an_artifact_is_not_written_through_what_stands_in_its_place() {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    let made = Made::new();
    let cache = made.folder.path().join("cache");
    let victim = made.folder.path().join("victim");
    for file in [&made.path, &artifact::description_of(&made.path)] {
        for way in ["link", "dangling link", "hard link"] {
            fs::write(&victim, "theirs").unwrap();
            fs::remove_file(file).unwrap();
            match way {
                "link" => symlink(&victim, file).unwrap(),
                "dangling link" => symlink(made.folder.path().join("nowhere"), file).unwrap(),
                _ => fs::hard_link(&victim, file).unwrap(),
            }
            assert_eq!(load_embedded(&cache).code, CodeOrigin::Compiled, "{way}");
            let written = fs::symlink_metadata(file).unwrap();
            assert!(written.is_file() && written.nlink() == 1, "{way}");
            assert_eq!(written.mode() & 0o777, 0o600, "{way}");
            assert_eq!(fs::read(&victim).unwrap(), b"theirs", "{way}");
            assert!(!made.folder.path().join("nowhere").exists(), "{way}");
        }
    }
}
