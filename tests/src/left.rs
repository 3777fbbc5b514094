//! What tests leave for `tests/canary/scan.py`, which looks for the token in it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The token of every test that needs one, so that it is recognized wherever it should not be.
pub const TOKEN: &str = include_str!("../canary/token");

/// A test program leaves at most this many bytes: what soaks say repeats itself.
const MOST: usize = 32 << 20;

static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Keeps what a test printed, logged or dumped, in a file of this name. Without `tests/run` nobody looks, and nothing
/// is kept.
pub fn leave(name: &str, bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    let Some(folder) = folder() else { return };
    if LEFT.fetch_add(bytes.len(), Ordering::Relaxed) > MOST {
        return;
    }
    let path = folder.join(format!("{name}-{}", std::process::id()));
    let mut line = bytes.to_vec();
    line.push(b'\n');
    // One write for each line: tests of one process share the file.
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(path))
        .and_then(|mut file| file.write_all(&line));
    written.expect("the results can be written");
}

/// A token that was made at random, to be looked for as well.
pub fn look_for(token: &str) {
    let Some(results) = std::env::var_os("OPENCLAW_TESTS_RESULTS") else {
        return;
    };
    let folder = PathBuf::from(results).join("tokens");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join(format!("{token:.8}")), token))
        .expect("the results can be written");
}

/// Where the tests of cargo leave things; none without `tests/run`.
pub fn folder() -> Option<PathBuf> {
    let results = std::env::var_os("OPENCLAW_TESTS_RESULTS")?;
    Some(PathBuf::from(results).join("left/rust"))
}
